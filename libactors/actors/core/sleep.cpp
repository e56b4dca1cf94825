#include <actors/core/sleep.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/internal/runtime_core.hpp>

namespace actors {

namespace {

// Through the mailbox and the back of the run queue: everybody else gets a turn.
void wake_soon(detail::task_context& context, std::uint64_t id) {
  context.host().wake(id);
  context.host().yield_after_step();
}

} // namespace

bool sleep_awaiter::start(detail::task_context& context) {
  arm(context);
  if (length_ <= duration::zero())
    wake_soon(context, id());
  else
    timer_.arm(context.host(), id(), saturating_add(context.host().core().now(), length_));
  return true;
}

bool sleep_until_awaiter::start(detail::task_context& context) {
  arm(context);
  timer_.arm(context.host(), id(), when_);
  return true;
}

bool yield_awaiter::start(detail::task_context& context) {
  arm(context);
  wake_soon(context, id());
  return true;
}

void sleep_awaiter::describe_wait(detail::wait_view& view) const {
  view.kind = "sleep";
}

void sleep_until_awaiter::describe_wait(detail::wait_view& view) const {
  view.kind = "sleep";
}

void yield_awaiter::describe_wait(detail::wait_view& view) const {
  view.kind = "yield";
}

} // namespace actors
