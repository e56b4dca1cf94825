#include <actors/core/detail/io_worker.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>

namespace actors::detail {

namespace {

internal::reactor_scheduler& require_reactor(const runtime_core& core) {
  if (core.reactor() == nullptr)
    throw misuse_error("I/O needs the reactor scheduler: CAF's stock scheduler runs the core only");
  return *core.reactor();
}

} // namespace

boost::asio::io_context& choose_io_context(task_context& context) {
  auto& host = context.host();
  auto& reactor = require_reactor(host.core());
  if (host.home() != nullptr)
    return host.home()->io();
  auto* worker = reactor_worker::current();
  if (worker != nullptr && &worker->scheduler() == &reactor)
    return worker->io();
  return reactor.next_home().io();
}

boost::asio::io_context& choose_io_context(runtime_core& core) {
  return require_reactor(core).next_home().io();
}

std::size_t io_context_count(const runtime_core& core) noexcept {
  return core.reactor() != nullptr ? core.reactor()->worker_count() : 0;
}

boost::asio::io_context& io_context_at(runtime_core& core, std::size_t index) {
  return require_reactor(core).worker(index).io();
}

reactor_worker* worker_of(runtime_core& core, const boost::asio::io_context& io) noexcept {
  if (core.reactor() == nullptr)
    return nullptr;
  for (std::size_t i = 0; i < core.reactor()->worker_count(); ++i)
    if (&core.reactor()->worker(i).io() == &io)
      return &core.reactor()->worker(i);
  return nullptr;
}

void wake(const caf::strong_actor_ptr& target, std::uint64_t id) noexcept {
  static_cast<host_actor*>(target->get())->wake(id);
}

caf::strong_actor_ptr actor_of(const task_context& context) noexcept {
  return caf::strong_actor_ptr{context.host().ctrl()};
}

runtime_core& core_of(const task_context& context) noexcept {
  return context.host().core();
}

time_point now_of(const runtime_core& core) noexcept {
  return core.now();
}

log_sink& log_of(runtime_core& core) noexcept {
  return core.log();
}

} // namespace actors::detail
