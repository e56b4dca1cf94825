#include <actors/core/start_signal.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>

namespace actors::detail {

bool handshake_base::wait(caf::strong_actor_ptr waiter, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  if (complete_)
    return false;
  waiter_ = std::move(waiter);
  wait_id_ = id;
  return true;
}

bool handshake_base::child_ended(std::exception_ptr error) noexcept {
  {
    const std::scoped_lock guard{mutex_};
    if (claimed_)
      return false;
    claimed_ = true;
    error_ = std::move(error);
    if (!error_)
      error_ =
          std::make_exception_ptr(misuse_error("a task that was to be started has ended without calling started()"));
  }
  complete();
  return true;
}

std::exception_ptr handshake_base::error() const noexcept {
  const std::scoped_lock guard{mutex_};
  return error_;
}

void handshake_base::claim() {
  const std::scoped_lock guard{mutex_};
  if (claimed_)
    throw misuse_error("started() was called twice, or after the task had ended");
  claimed_ = true;
}

void handshake_base::complete() noexcept {
  caf::strong_actor_ptr waiter;
  std::uint64_t id = 0;
  {
    const std::scoped_lock guard{mutex_};
    complete_ = true;
    waiter = std::move(waiter_);
    id = wait_id_;
  }
  if (waiter)
    wake(waiter, id);
}

bool handshake_awaiter::start(task_context& context) {
  arm(context);
  if (shared_->wait(caf::strong_actor_ptr{context.host().ctrl()}, id()))
    return true;
  disarm();
  return false;
}

void handshake_awaiter::await_resume() {
  check_cancelled();
  if (const auto error = shared_->error())
    std::rethrow_exception(error);
}

cancel_action handshake_awaiter::on_cancel() {
  // Its end is a signal too.
  return child_.cancel(context()->cancel_reason().reason()) ? cancel_action::wait : cancel_action::resume;
}

} // namespace actors::detail
