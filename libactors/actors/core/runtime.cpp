#include <actors/core/runtime.hpp>

#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/run.hpp>
#include <actors/core/span_record.hpp>

#include <string>
#include <utility>

namespace actors {

runtime::runtime() : runtime(runtime_options{}) {}

runtime::runtime(runtime_options options) : core_(std::make_unique<detail::runtime_core>(std::move(options))) {}

runtime::~runtime() {
  static_cast<void>(stop());
}

std::vector<std::string> runtime::stop(duration deadline) {
  if (!core_)
    return {};
  auto left = core_->stop(deadline);
  if (const auto& sink = core_->options().trace())
    sink->flush();
  // What has not stopped uses the core, so it stays for the rest of the process.
  if (!left.empty())
    static_cast<void>(core_.release());
  return left;
}

std::vector<std::string> runtime::stop() {
  if (!core_)
    return {};
  return stop(core_->options().stop_deadline());
}

caf::actor_system& runtime::system() {
  return core().system();
}

time_point runtime::now() const noexcept {
  return core_->now();
}

std::size_t runtime::worker_count() const noexcept {
  return core_->worker_count();
}

const std::shared_ptr<log_sink>& runtime::log() const noexcept {
  return core_->shared_log();
}

detail::runtime_core& runtime::core() const {
  if (!core_)
    throw stopping_error("the runtime was stopped");
  return *core_;
}

} // namespace actors

namespace actors::detail {

void require_outside_of_tasks(const char* function) {
  if (running_context() != nullptr)
    throw misuse_error(std::string{function} +
                       " was called inside a task: it would block the worker; co_await instead");
}

void thread_waiter::wait_for(task_actor& target) {
  // A worker that waits for a task may be the one that has to run it. The task itself is a child of nobody here: it is
  // asked to end.
  if (const auto* context = running_context(); context != nullptr && &context->host().core() == &target.core()) {
    target.cancel("block_on was called from inside a task");
    throw misuse_error("block_on was called from inside a task: co_await instead");
  }
  if (!target.watch(*this))
    return;
  std::unique_lock guard{mutex_};
  changed_.wait(guard, [this] { return done_; });
}

caf::strong_actor_ptr thread_waiter::completed(completion_watcher& watcher, task_actor&, std::uint64_t&) noexcept {
  auto& self = static_cast<thread_waiter&>(watcher);
  // Notified under the lock: the waiting thread destroys this object as soon as it can take it.
  const std::scoped_lock guard{self.mutex_};
  self.done_ = true;
  self.changed_.notify_one();
  return {};
}

} // namespace actors::detail
