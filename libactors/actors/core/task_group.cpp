#include <actors/core/task_group.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/detail/told_group.hpp>

#include <mutex>
#include <utility>

namespace actors {

task_group::task_group(detail::task_context& context)
    : deadline_(context.deadline()), scope_(context), requests_before_(context.delivered_requests()) {
  arm(context);
}

task_group::~task_group() = default;

// -- from any thread -----------------------------------------------------------------------------------------------------------------

detail::task_origin task_group::child_origin(const spawn_options& options, std::source_location where) {
  auto& host = context()->host();
  detail::task_origin origin;
  origin.parent = &host;
  origin.sink = this;
  origin.name = &options.name();
  origin.where = where;
  origin.home = detail::choose_home(host.core(), &host, options.run_on());
  origin.eager = options.eager();
  origin.deadline = deadline_;
  // Of the task that spawns, which may be another child.
  origin.values = detail::running_values();
  origin.log_unretrieved = false;
  return origin;
}

void task_group::register_child() {
  const std::scoped_lock guard{mutex_};
  if (closed_)
    throw misuse_error("a task was spawned into a task group that has ended");
  if (aborting_)
    throw misuse_error("a task was spawned into a task group that is cancelling its children");
  ++live_;
}

void task_group::unregister_child() noexcept {
  const std::scoped_lock guard{mutex_};
  --live_;
}

bool task_group::aborting() const noexcept {
  const std::scoped_lock guard{mutex_};
  return aborting_;
}

void task_group::child_ended(detail::task_actor& child) noexcept {
  const auto error = child.error();
  const bool failed = error && !is_cancelled(error);
  // Taken before the count goes down: then the group may end, and it lives in the frame of its task.
  const caf::strong_actor_ptr owner{context()->host().ctrl()};
  const auto wait_id = id();
  bool news = false;
  {
    const std::scoped_lock guard{mutex_};
    if (failed)
      errors_.push_back(error);
    --live_;
    news = live_ == 0 || (failed && !aborting_);
  }
  if (news)
    static_cast<detail::host_actor*>(owner->get())->wake(wait_id);
}

void task_group::cancel() {
  const caf::strong_actor_ptr owner{context()->host().ctrl()};
  const auto wait_id = id();
  {
    const std::scoped_lock guard{mutex_};
    if (closed_ || cancel_asked_)
      return;
    cancel_asked_ = true;
  }
  static_cast<detail::host_actor*>(owner->get())->wake(wait_id);
}

// -- on the owning task --------------------------------------------------------------------------------------------------------------

void task_group::abort_children() {
  {
    const std::scoped_lock guard{mutex_};
    aborting_ = true;
  }
  context()->host().cancel_all_of(*this, make_caf_error(errc::cancelled, "the task group is cancelled"));
}

void task_group::on_wake() {
  bool start_abort = false;
  bool ended = false;
  {
    const std::scoped_lock guard{mutex_};
    start_abort = !aborting_ && (cancel_asked_ || !errors_.empty());
    ended = live_ == 0;
  }
  if (start_abort) {
    abort_children();
    // The body does not know yet. A task that is already waiting for its children needs no cancellation.
    if (!exiting_) {
      const detail::told_group told{*this};
      scope_.strike(cancelled{"the task group is cancelled"});
      return;
    }
  }
  if (ended && joining_ != nullptr)
    std::exchange(joining_, nullptr)->finish();
}

void task_group::body_ended(std::exception_ptr error) {
  exiting_ = true;
  if (!error)
    return;
  if (is_cancelled(error)) {
    outside_cancel_ = error;
  } else {
    const std::scoped_lock guard{mutex_};
    errors_.push_back(error);
  }
  if (!aborting())
    abort_children();
}

bool task_group::all_ended() const noexcept {
  const std::scoped_lock guard{mutex_};
  return live_ == 0;
}

void task_group::finish() {
  disarm();
  std::vector<std::exception_ptr> errors;
  {
    const std::scoped_lock guard{mutex_};
    closed_ = true;
    errors = errors_;
  }
  // The group's own request is taken back; if it was the only one, nobody outside has cancelled the task.
  auto& task = *context();
  if (scope_.leave_cancelled())
    outside_cancel_ = nullptr;
  const bool asked_from_outside = task.cancel_requests() > requests_before_;
  if (!errors.empty()) {
    // The errors take the place of a cancellation that has been delivered; it must not be lost, so the next await
    // throws it.
    if (asked_from_outside && outside_cancel_)
      task.deliver_cancel();
    throw group_error{std::move(errors)};
  }
  if (!outside_cancel_)
    return;
  if (asked_from_outside)
    task.throw_cancelled();
  std::rethrow_exception(outside_cancel_);
}

bool task_group::join_awaiter::start(detail::task_context& context) {
  if (group_->all_ended())
    return false;
  arm(context);
  group_->joining_ = this;
  return true;
}

detail::cancel_action task_group::join_awaiter::on_cancel() {
  // In place of the group's own cancellation too, which may have ended the body.
  group_->outside_cancel_ = std::make_exception_ptr(context()->cancel_reason());
  // Told once: each request counts in the children, and another one would interrupt their cleanup.
  if (!group_->aborting())
    group_->abort_children();
  return detail::cancel_action::wait;
}

void task_group::join_awaiter::describe_wait(detail::wait_view& view) const {
  view.kind = "group";
  view.keep = context()->host().members();
  for (const auto& member : view.keep)
    if (static_cast<const detail::host_actor&>(*member->get()).sink() == group_)
      view.targets.push_back(member);
}

void task_group::join_awaiter::await_resume() {
  // A cancellation that was requested before the wait began: the loop waits again, with the children told.
  try {
    check_cancelled();
  } catch (const cancelled&) {
    group_->outside_cancel_ = std::current_exception();
    if (!group_->aborting())
      group_->abort_children();
  }
}

} // namespace actors
