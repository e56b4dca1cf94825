#include <actors/core/detail/task_context.hpp>

#include <actors/core/detail/host_actor.hpp>

#include <utility>

namespace actors::detail {

namespace {

// Out of line, and without inlining: see running_context.
[[gnu::noinline]] task_context*& running_slot() noexcept {
  thread_local task_context* current = nullptr;
  return current;
}

} // namespace

[[gnu::noinline]] task_context* running_context() noexcept {
  return running_slot();
}

running_scope::running_scope(task_context& context) noexcept : outer_(std::exchange(running_slot(), &context)) {}

running_scope::~running_scope() {
  running_slot() = outer_;
}

// -- waiter ------------------------------------------------------------------------------------------------------------------------

waiter::~waiter() {
  disarm();
}

void waiter::arm(task_context& context) {
  context_ = &context;
  id_ = context.host().next_wait_id();
  context.host().waiters().insert(*this);
  armed_ = true;
}

void waiter::disarm() noexcept {
  if (!armed_)
    return;
  armed_ = false;
  context_->host().waiters().erase(*this);
}

void waiter::finish() {
  disarm();
  context_->resume_from(*this);
}

void waiter::on_message(caf::message&) {
  on_wake();
}

// -- task_context --------------------------------------------------------------------------------------------------------------------

void task_context::drive(std::coroutine_handle<> next) {
  auto* const outer = std::exchange(running_slot(), this);
  next_ = next;
  while (next_)
    std::exchange(next_, {}).resume();
  running_slot() = outer;
  if (root_done_)
    on_root_done();
}

void task_context::resume_from(waiter& leaf) {
  if (pending_ != &leaf)
    return;
  pending_ = nullptr;
  drive(std::exchange(pending_handle_, {}));
}

void task_context::throw_cancelled() const {
  throw cancelled{reason_};
}

void task_context::count_cancel_request(const cancelled& reason) {
  ++cancel_requests_;
  reason_ = reason;
}

void task_context::restore_cancel(const cancelled& reason, bool was_pending) noexcept {
  reason_ = reason;
  must_cancel_ = must_cancel_ && was_pending;
}

void task_context::deliver_cancel() {
  if (pending_ == nullptr) {
    must_cancel_ = true;
    return;
  }
  if (pending_->on_cancel() == cancel_action::wait)
    return;
  interrupted_ = true;
  pending_->finish();
}

std::uint32_t task_context::uncancel() noexcept {
  if (cancel_requests_ > 0)
    --cancel_requests_;
  if (cancel_requests_ == 0)
    must_cancel_ = false;
  return cancel_requests_;
}

} // namespace actors::detail
