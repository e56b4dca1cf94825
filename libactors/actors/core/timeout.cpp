#include <actors/core/timeout.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace actors {

timeout_scope::timeout_scope(detail::task_context& context, time_point deadline)
    : deadline_(deadline), outer_deadline_(context.deadline()), requests_before_(context.cancel_requests()) {
  arm(context);
  set_timer();
}

timeout_scope::~timeout_scope() {
  leave();
}

void timeout_scope::set_timer() {
  timer_.disarm();
  context()->set_deadline(std::min(outer_deadline_, deadline_));
  if (deadline_ != time_point::max())
    timer_.arm(context()->host(), id(), deadline_);
}

void timeout_scope::reschedule(time_point deadline) {
  if (expired_ || left_)
    throw misuse_error(expired_ ? "a timeout that has expired cannot be moved"
                                : "a timeout that was left cannot be moved");
  deadline_ = deadline;
  set_timer();
}

void timeout_scope::on_wake() {
  // Moved to a later time while this wake-up was under way.
  if (expired_ || left_ || context()->host().core().now() < deadline_)
    return;
  expired_ = true;
  context()->request_cancel(cancelled{"timed out"});
}

bool timeout_scope::leave_cancelled() noexcept {
  const bool by_timeout = expired_ && !left_;
  left_ = true;
  timer_.disarm();
  disarm();
  context()->set_deadline(outer_deadline_);
  return by_timeout && context()->uncancel() <= requests_before_;
}

void timeout_scope::leave() noexcept {
  if (left_)
    return;
  static_cast<void>(leave_cancelled());
}

} // namespace actors

namespace actors::detail {

time_point deadline_after(const task_context& context, duration limit) noexcept {
  return saturating_add(context.host().core().now(), limit);
}

void throw_timeout(duration limit) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  const auto text = "timed out after " + std::to_string(ms) + " ms";
  if (std::current_exception())
    std::throw_with_nested(timeout_error{text});
  throw timeout_error{text};
}

} // namespace actors::detail
