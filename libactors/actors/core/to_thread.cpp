#include <actors/core/to_thread.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/internal/strand_queue.hpp>

namespace actors::detail {

bool to_thread_awaiter_base::start(task_context& context) {
  arm(context);
  auto& host = context.host();
  job_->name_ = std::string{"blocking call of "} + host.name();
  job_->values_ = context.values();
  job_->caller_ = caf::strong_actor_ptr{host.ctrl()};
  job_->wait_id_ = id();
  auto& pool = host.core().blocking();
  if (!(strand_ ? strand_->submit(pool, job_) : pool.submit(job_)))
    throw stopping_error("a blocking call cannot start: the runtime is stopping");
  return true;
}

void to_thread_awaiter_base::job_base::report() noexcept {
  const auto caller = std::move(caller_);
  static_cast<host_actor*>(caller->get())->wake(wait_id_);
}

bool to_thread_awaiter_base::withdraw() noexcept {
  if (!job_->withdraw())
    return false;
  job_->caller_ = nullptr;
  job_->values_ = {};
  job_->discard();
  return true;
}

bool to_thread_awaiter_base::break_off() {
  if (withdraw())
    return false;
  if (cancellation_.interrupt)
    cancellation_.interrupt();
  return !cancellation_.abandon;
}

cancel_action to_thread_awaiter_base::on_cancel() {
  if (!break_off())
    return cancel_action::resume;
  cancel_seen_ = true;
  return cancel_action::wait;
}

bool to_thread_awaiter_base::on_kill() {
  return break_off();
}

void to_thread_awaiter_base::describe_wait(wait_view& view) const {
  view.kind = "blocking call";
}

void to_thread_awaiter_base::check() {
  if (cancel_seen_)
    awaiting_context().throw_cancelled();
  check_cancelled();
}

} // namespace actors::detail

namespace actors {

blocking_strand::blocking_strand() : queue_(std::make_shared<detail::strand_queue>()) {}

} // namespace actors
