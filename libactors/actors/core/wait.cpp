#include <actors/core/wait.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/internal/runtime_core.hpp>

namespace actors::detail {

completion_rule rule_of(until condition) noexcept {
  switch (condition) {
  case until::first_completed:
    return completion_rule::first;
  case until::first_exception:
    return completion_rule::first_exception;
  default:
    return completion_rule::all;
  }
}

void describe_completion(wait_view& view, const caf::strong_actor_ptr& target) {
  view.kind = "task";
  view.targets.push_back(target);
}

void describe_shield(wait_view& view, const caf::strong_actor_ptr& target) {
  view.kind = "shield";
  view.targets.push_back(target);
}

void require_handle(bool present) {
  if (!present)
    throw misuse_error("an empty task handle was used");
}

void wait_awaiter_base::describe_wait(wait_view& view) const {
  view.kind = "wait";
  set_->describe_wait(view);
}

wait_awaiter_base::wait_awaiter_base(std::vector<caf::strong_actor_ptr> targets, until condition, duration timeout)
    : set_(std::make_unique<completion_set>(std::move(targets), rule_of(condition))), timeout_(timeout) {
  if (set_->size() == 0)
    throw misuse_error("wait was given no tasks to wait for");
}

bool wait_awaiter_base::start(task_context& context) {
  set_->check_awaitable(context);
  arm(context);
  if (set_->watch(context.host(), id()) || timeout_ <= duration::zero())
    return false;
  if (timeout_ != forever)
    timer_.arm(context.host(), id(), saturating_add(context.host().core().now(), timeout_));
  return true;
}

} // namespace actors::detail
