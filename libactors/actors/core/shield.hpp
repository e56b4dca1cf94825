#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>

#include <source_location>
#include <type_traits>
#include <utility>

/// Protection from cancellation: `co_await shield(handle)` waits for a task, and cancelling the waiting task does not
/// cancel it.
///
/// The wait itself ends at once with `cancelled`. `shield(operation())` spawns the operation as a child first: it goes
/// on while its parent lives, and is cancelled and joined when the parent ends; shield a `spawn_detached` task to let
/// it outlive its parent. Cancelling the shielded task itself makes the wait throw its `cancelled`.
///
/// @snippet examples/tasks.cpp shield
namespace actors {

namespace detail {

void describe_shield(wait_view& view, const caf::strong_actor_ptr& target);

} // namespace detail

template <class T>
class [[nodiscard]] shield_awaiter : public detail::completion_awaiter<shield_awaiter<T>> {
public:
  explicit shield_awaiter(task_handle<T> handle)
      : detail::completion_awaiter<shield_awaiter<T>>(handle.ref().actor()), handle_(std::move(handle)) {}

  T await_resume() {
    this->check_cancelled();
    if constexpr (std::is_void_v<T>)
      static_cast<void>(handle_.result().value());
    else
      return T{handle_.result().value()};
  }

private:
  void describe_wait(detail::wait_view& view) const override { detail::describe_shield(view, handle_.ref().actor()); }

  task_handle<T> handle_;
};

template <class T>
shield_awaiter<T> shield(task_handle<T> handle) {
  static_cast<void>(handle.done()); // throws for an empty handle
  return shield_awaiter<T>{std::move(handle)};
}

template <class T>
shield_awaiter<T> shield(task<T> operation, std::source_location where = std::source_location::current()) {
  return shield_awaiter<T>{spawn(std::move(operation), spawn_options{}, where)};
}

template <detail::operation A>
auto shield(A pending, std::source_location where = std::source_location::current()) {
  return shield(detail::as_task(std::move(pending)), where);
}

} // namespace actors
