#include <actors/core/to_thread.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/runtime_core.hpp>

namespace actors::detail {

bool to_thread_awaiter_base::start(task_context& context) {
  arm(context);
  auto& host = context.host();
  job_->name_ = std::string{"blocking call of "} + host.name();
  job_->caller_ = caf::strong_actor_ptr{host.ctrl()};
  job_->wait_id_ = id();
  if (!host.core().blocking().submit(job_))
    throw stopping_error("a blocking call cannot start: the runtime is stopping");
  return true;
}

void to_thread_awaiter_base::job_base::report() noexcept {
  const auto caller = std::move(caller_);
  static_cast<host_actor*>(caller->get())->wake(wait_id_);
}

cancel_action to_thread_awaiter_base::on_cancel() {
  if (job_->withdraw() || abandon_)
    return cancel_action::resume;
  cancel_seen_ = true;
  return cancel_action::wait;
}

bool to_thread_awaiter_base::on_kill() {
  return !job_->withdraw() && !abandon_;
}

void to_thread_awaiter_base::check() {
  if (cancel_seen_)
    awaiting_context().throw_cancelled();
  check_cancelled();
}

} // namespace actors::detail
