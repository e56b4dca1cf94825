#include <actors/core/cancel_scope.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace actors {

struct cancel_scope::state_before {
  cancelled reason;
  std::uint32_t requests;
  bool delivery_pending;
};

cancel_scope::cancel_scope(detail::task_context& context, time_point deadline)
    : deadline_(deadline), outer_deadline_(context.deadline()), outer_(context.innermost_scope()),
      requests_before_(context.delivered_requests()) {
  context.set_innermost_scope(this);
  arm(context);
  if (detail::is_over(deadline_, context))
    strike(cancelled{"timed out"});
  else
    set_timer();
}

cancel_scope::~cancel_scope() {
  leave();
}

void cancel_scope::set_timer() {
  timer_.disarm();
  context()->set_deadline(std::min(outer_deadline_, deadline_));
  if (deadline_ != time_point::max())
    timer_.arm(context()->host(), id(), deadline_);
}

void cancel_scope::reschedule(time_point deadline) {
  if (expired_ || requested_ || left_)
    throw misuse_error(expired_     ? "the deadline of a scope that has expired cannot be moved"
                       : requested_ ? "the deadline of a scope that was cancelled cannot be moved"
                                    : "the deadline of a scope that was left cannot be moved");
  deadline_ = deadline;
  if (detail::is_over(deadline_, *context()))
    strike(cancelled{"timed out"});
  else
    set_timer();
}

void cancel_scope::cancel(std::string_view reason) {
  if (detail::running_context() == context()) {
    if (!requested_ && !left_)
      strike(cancelled{reason});
    return;
  }
  // Taken before the request can be seen: then the scope may be left, and with it its task may end.
  const caf::strong_actor_ptr owner{context()->host().ctrl()};
  const auto wait_id = id();
  {
    const std::scoped_lock guard{mutex_};
    if (asked_)
      return;
    asked_ = std::make_unique<cancelled>(reason);
  }
  static_cast<detail::host_actor*>(owner->get())->wake(wait_id);
}

bool cancel_scope::cancel_requested() const noexcept {
  const std::scoped_lock guard{mutex_};
  return requested_ || asked_ != nullptr;
}

void cancel_scope::on_wake() {
  if (requested_ || left_)
    return;
  std::unique_ptr<cancelled> asked;
  {
    const std::scoped_lock guard{mutex_};
    if (asked_)
      asked = std::make_unique<cancelled>(*asked_);
  }
  if (asked)
    strike(*asked);
  // If not, the deadline was moved to a later time while this wake-up was under way.
  else if (detail::is_over(deadline_, *context()))
    strike(cancelled{"timed out"});
}

void cancel_scope::request(const cancelled& reason, bool outer_struck) {
  requested_ = true;
  timer_.disarm();
  auto& task = *context();
  before_ = std::make_unique<state_before>(
      state_before{task.cancel_reason(), task.cancel_requests(), outer_struck || task.cancel_is_pending()});
  task.count_cancel_request(reason);
}

void cancel_scope::strike(const cancelled& reason) {
  auto& task = *context();
  // With all other scopes whose time is up as well: all have to know before the body moves, so that the outermost one
  // swallows.
  std::vector<cancel_scope*> struck;
  for (auto* scope = task.innermost_scope(); scope != nullptr; scope = scope->outer_) {
    scope->expired_ = scope->expired_ || (!scope->requested_ && detail::is_over(scope->deadline_, task));
    if (!scope->requested_ && (scope == this || scope->expired_))
      struck.push_back(scope);
  }
  bool outer_struck = false;
  for (auto scope = struck.rbegin(); scope != struck.rend(); ++scope) {
    (*scope)->request(*scope == this ? reason : cancelled{"timed out"}, outer_struck);
    outer_struck = true;
  }
  // The body may run on at once, and the scope may be gone when this returns.
  task.deliver_cancel();
}

void cancel_scope::unlink() noexcept {
  auto& task = *context();
  if (task.innermost_scope() == this) {
    task.set_innermost_scope(outer_);
    return;
  }
  // A generator may be left later than the scope in which it was asked for its last value.
  for (auto* inner = task.innermost_scope(); inner != nullptr; inner = inner->outer_)
    if (inner->outer_ == this)
      inner->outer_ = outer_;
}

bool cancel_scope::leave_cancelled() noexcept {
  if (left_)
    return false;
  left_ = true;
  timer_.disarm();
  if (context() == nullptr)
    return false; // killed
  disarm();
  auto& task = *context();
  unlink();
  task.set_deadline(outer_deadline_);
  if (!requested_)
    return false;
  const auto left_over = task.uncancel();
  if (left_over <= before_->requests) {
    // Nobody has asked since.
    task.restore_cancel(before_->reason, before_->delivery_pending);
  }
  return left_over <= requests_before_;
}

void cancel_scope::rethrow() const {
  if (requested_ && context()->cancel_requests() > requests_before_)
    context()->throw_cancelled();
  throw;
}

void cancel_scope::leave() noexcept {
  if (!left_)
    static_cast<void>(leave_cancelled());
}

} // namespace actors

namespace actors::detail {

bool is_over(time_point deadline, const task_context& context) noexcept {
  return deadline != time_point::max() && deadline <= context.host().core().now();
}

time_point time_limit::deadline(const task_context& context) const noexcept {
  return is_length_ ? saturating_add(context.host().core().now(), length_) : deadline_;
}

void time_limit::throw_timeout() const {
  std::string text = "timed out";
  if (is_length_)
    text += " after " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length_).count()) + " ms";
  if (std::current_exception())
    std::throw_with_nested(timeout_error{text});
  throw timeout_error{text};
}

} // namespace actors::detail
