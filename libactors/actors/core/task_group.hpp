#pragma once

#include <actors/core/cancel_scope.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/start_signal.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Task groups: structured concurrency. `co_await with_task_group(body, args…)` runs `body(group, args…)` in the
/// calling task; what the body spawns into the group has ended when the call returns or throws.
///
/// The body is passed in, because a destructor cannot await. The callable and its arguments are kept until the group
/// has ended.
///
/// Errors: the first child that fails cancels its siblings and the body; all are waited for, and `group_error` is
/// thrown with every error in the order in which they happened, the body's among them. A child that is cancelled on its
/// own is no error.
///
/// Cancellation: cancelling the calling task cancels the children and the body, and `cancelled` comes out once all have
/// ended (or a `group_error` if cleanup failed; then the next await throws it). The group asks each child once, for
/// whatever reasons it ends, so that nothing interrupts their cleanup.
///
/// Threads: `spawn` may be called by the body and by children of the group, wherever they run.
///
/// @snippet examples/tasks.cpp group
namespace actors {

class task_group : private detail::task_sink, private detail::waiter {
public:
  /// For `with_task_group`.
  explicit task_group(detail::task_context& context);
  ~task_group() override;

  /// Starts a child of the group. Throws `misuse_error` while the group is cancelling its children or after it has
  /// ended; the coroutine is then destroyed unrun.
  template <class T>
  task_handle<T> spawn(task<T> child, const spawn_options& options = {},
                       std::source_location where = std::source_location::current());

  template <detail::task_function F>
  auto spawn(F function, const spawn_options& options = {},
             std::source_location where = std::source_location::current()) {
    return spawn(detail::hold(std::move(function)), options, where);
  }

  template <detail::operation A>
  auto spawn(A pending, const spawn_options& options = {},
             std::source_location where = std::source_location::current()) {
    return spawn(detail::as_task(std::move(pending)), options, where);
  }

  /// Starts a child of the group and waits until it is ready: `co_await group.start<int>(child)` runs
  /// `child(start_signal<int>)` and returns what that passes to `started`. See start_signal.hpp.
  template <class T = void, class F>
  task<T> start(F child, spawn_options options = {}, std::source_location where = std::source_location::current());

  /// Cancels the children and the body; the group then ends without an error unless there was one. From the body or a
  /// child.
  void cancel();

  class join_awaiter : public detail::leaf_awaiter<join_awaiter> {
  public:
    explicit join_awaiter(task_group& group) noexcept : group_(&group) {}

    [[nodiscard]] bool start(detail::task_context& context);
    void await_resume();

  private:
    friend class task_group;

    detail::cancel_action on_cancel() override;
    void describe_wait(detail::wait_view& view) const override;

    task_group* group_;
  };

  // For `with_task_group`, in this order: the body has ended, wait, what to throw.

  void body_ended(std::exception_ptr error);

  [[nodiscard]] join_awaiter join() noexcept { return join_awaiter{*this}; }

  [[nodiscard]] bool all_ended() const noexcept;
  void finish();

private:
  void child_ended(detail::task_actor& child) noexcept override;
  [[nodiscard]] detail::task_origin child_origin(const spawn_options& options, std::source_location where);
  void on_wake() override;
  void abort_children();
  void register_child();
  void unregister_child() noexcept;
  [[nodiscard]] bool aborting() const noexcept;

  // What children inherit; a copy, because they may spawn siblings while the task's own changes.
  time_point deadline_;

  mutable detail::spin_mutex mutex_;
  std::vector<std::exception_ptr> errors_;
  std::size_t live_ = 0;
  bool aborting_ = false;
  bool closed_ = false;
  bool cancel_asked_ = false;

  // Touched by the owning task only.
  cancel_scope scope_; // around the body
  std::uint32_t requests_before_;
  bool exiting_ = false;
  std::exception_ptr outside_cancel_;
  join_awaiter* joining_ = nullptr;
};

template <class T>
task_handle<T> task_group::spawn(task<T> child, const spawn_options& options, std::source_location where) {
  auto& core = context()->host().core();
  const auto origin = child_origin(options, where);
  auto created = detail::make_task(core, origin, std::move(child));
  register_child();
  if (!origin.parent->adopt(*created)) {
    unregister_child();
    detail::throw_not_adopted();
  }
  // Another child may have failed since: whoever told the children to cancel has not seen this one.
  if (aborting())
    created->cancel("the task group is cancelled");
  if (origin.eager)
    created->launch_eagerly();
  else
    created->launch();
  return task_handle<T>{std::move(created)};
}

template <class T, class F>
task<T> task_group::start(F child, spawn_options options, std::source_location where) {
  const auto shared = std::make_shared<detail::handshake<T>>();
  auto handle =
      spawn(detail::run_with_handshake<T>(std::move(child), detail::handshake_owner<T>{shared}), options, where);
  co_await detail::handshake_awaiter{*shared, std::move(handle)};
  if constexpr (std::is_void_v<T>)
    co_return;
  else
    co_return std::move(shared->value()).value();
}

/// Runs `body(group, args…)` and waits for everything that was spawned into the group. Returns what the body returns.
template <class F, class... Args>
std::invoke_result_t<F&, task_group&, Args&...> with_task_group(F body, Args... args) {
  using result = typename std::invoke_result_t<F&, task_group&, Args&...>::value_type;
  auto& context = co_await detail::current_context{};
  task_group group{context};
  outcome<result> body_outcome;
  try {
    if constexpr (std::is_void_v<result>) {
      co_await std::invoke(body, group, args...);
      body_outcome.set_value();
    } else {
      body_outcome.set_value(co_await std::invoke(body, group, args...));
    }
  } catch (...) {
    body_outcome.set_error(std::current_exception());
  }
  group.body_ended(body_outcome.error());
  while (!group.all_ended())
    co_await group.join();
  group.finish();
  if constexpr (std::is_void_v<result>)
    co_return;
  else
    co_return std::move(body_outcome).value();
}

} // namespace actors
