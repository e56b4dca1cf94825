#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

/// Limits on time.
///
/// `co_await with_timeout(2s, operation())` runs the operation inside the calling task. When time is up it is
/// cancelled, its cleanup is waited for, and then `timeout_error` is thrown, with the `cancelled` nested in it. An
/// operation that ends with an error of its own while it cleans up throws that; one that swallows the cancellation and
/// returns, returns.
///
/// With a task of zero or negative time the operation never runs. With a handle, one that is done gives its result
/// however late.
///
/// Cancellation: an outside cancellation is never mistaken for the timeout nor swallowed by it: requests are counted,
/// and the scope takes back its own only.
///
/// The time limit is known to the calls made inside: `ask` passes on how much is left.
///
/// Cost: a frame and a timer.
///
/// @snippet examples/tasks.cpp timeout
namespace actors {

/// A limit on time around a part of a task; `with_timeout` gives one to a body that takes it, to move or lift the
/// deadline while it runs.
class timeout_scope : private detail::waiter {
public:
  /// For `with_timeout`.
  timeout_scope(detail::task_context& context, time_point deadline);
  ~timeout_scope() override;

  /// When time is up; `time_point::max()` for never.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  /// True once time is up.
  [[nodiscard]] bool expired() const noexcept { return expired_; }

  /// Moves the deadline: earlier, later, or `time_point::max()` for never. Throws `misuse_error` once expired.
  void reschedule(time_point deadline);

  /// For `with_timeout`, when the body has been left with `cancelled`: takes back the scope's own request; true if
  /// there is no other, so that the cancellation is the timeout's.
  [[nodiscard]] bool leave_cancelled() noexcept;

  /// For `with_timeout`, when the body has been left in another way.
  void leave() noexcept;

private:
  void on_wake() override;
  void set_timer();

  time_point deadline_;
  time_point outer_deadline_;
  detail::timer timer_;
  std::uint32_t requests_before_;
  bool expired_ = false;
  bool left_ = false;
};

namespace detail {

[[nodiscard]] time_point deadline_after(const task_context& context, duration limit) noexcept;
[[noreturn]] void throw_timeout(duration limit);

template <class T, class Awaitable>
task<T> await_within(duration limit, Awaitable inner) {
  auto& context = co_await current_context{};
  timeout_scope scope{context, deadline_after(context, limit)};
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(inner);
      scope.leave();
      co_return;
    } else {
      T result = co_await std::move(inner);
      scope.leave();
      co_return result;
    }
  } catch (const cancelled&) {
    if (!scope.leave_cancelled())
      throw;
    throw_timeout(limit);
  }
}

template <class F>
concept timeout_body =
    std::is_invocable_v<F&, timeout_scope&> && is_task<std::invoke_result_t<F&, timeout_scope&>>::value;

} // namespace detail

/// Runs `inner` in this task for at most `limit`.
template <class T>
task<T> with_timeout(duration limit, task<T> inner) {
  if (limit <= duration::zero())
    detail::throw_timeout(limit);
  co_return co_await detail::await_within<T>(limit, std::move(inner));
}

/// Waits at most `limit` for a task that lives on its own, then cancels it.
template <class T>
task<T> with_timeout(duration limit, task_handle<T> inner) {
  return detail::await_within<T>(limit, std::move(inner));
}

/// Runs `body(scope)` in this task for at most `limit`; the body may move the deadline. The callable is kept until it
/// has ended.
template <detail::timeout_body F>
std::invoke_result_t<F&, timeout_scope&> with_timeout(duration limit, F body) {
  using result = typename std::invoke_result_t<F&, timeout_scope&>::value_type;
  auto& context = co_await detail::current_context{};
  timeout_scope scope{context, detail::deadline_after(context, limit)};
  try {
    if constexpr (std::is_void_v<result>) {
      co_await body(scope);
      scope.leave();
      co_return;
    } else {
      result value = co_await body(scope);
      scope.leave();
      co_return value;
    }
  } catch (const cancelled&) {
    if (!scope.leave_cancelled())
      throw;
    detail::throw_timeout(limit);
  }
}

} // namespace actors
