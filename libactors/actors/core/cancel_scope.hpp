#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

/// Cancel scopes: a part of a task that can be cancelled on its own. Timeouts and task groups are made of them.
///
/// `co_await with_cancel_scope(body)` runs `body(scope)` inside the calling task. `scope.cancel(reason)` makes the
/// pending `co_await` of the body throw `cancelled`, and when that has come out of the body, having run all cleanup on
/// its way, the scope swallows it and the task goes on behind the scope. A scope may have a deadline; then it cancels
/// itself when time is up.
///
/// Requests are counted. A scope takes back its own one only, so a cancellation from outside that comes at the same
/// time is never swallowed: it leaves the scope with its own reason. Of several nested scopes that are struck at the
/// same moment the outermost swallows.
///
/// A body that ends in another way is not disturbed: its value is returned, and its error wins, also if the scope was
/// cancelled.
///
/// Ownership: scopes live in the frame of the verb that opened them; references to them are good until the body has
/// ended. Threads: `cancel` may be called from any thread, everything else by the task. Cost: a frame; a timer if there
/// is a deadline.
///
/// The idea is trio's (https://trio.readthedocs.io/en/stable/reference-core.html, "Cancellation and timeouts"), the
/// counting is asyncio's (`Task.uncancel`).
///
/// @snippet examples/tasks.cpp cancel scope
namespace actors {

class cancel_scope : private detail::waiter {
public:
  /// For the verbs below. A deadline that has passed strikes at the first `co_await` that would suspend.
  explicit cancel_scope(detail::task_context& context, time_point deadline = time_point::max());
  ~cancel_scope() override;

  /// Cancels the rest of the body. Only the first call counts; none does once the scope was left or has expired.
  void cancel(std::string_view reason = "the cancel scope was cancelled");

  /// True once `cancel` was called or time was up.
  [[nodiscard]] bool cancel_requested() const noexcept;

  /// When time is up; `time_point::max()` for never.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  /// True once time is up.
  [[nodiscard]] bool expired() const noexcept { return expired_; }

  /// Moves the deadline: earlier, later, or `time_point::max()` for never. Throws `misuse_error` once the scope has
  /// expired, was cancelled or was left.
  void reschedule(time_point deadline);

  /// For the verbs, when the body has been left with `cancelled`: takes back the scope's own request; true if there is
  /// no other, so that the cancellation is the scope's to swallow.
  [[nodiscard]] bool leave_cancelled() noexcept;

  /// For the verbs, in the catch block, when that was false: throws what was caught, or if the scope was struck too the
  /// cancellation from outside, which the body may have left with the reason of the scope.
  [[noreturn]] void rethrow() const;

  /// For the verbs, when the body has been left in another way.
  void leave() noexcept;

private:
  friend class task_group;

  void on_wake() override;
  void set_timer();
  /// Counts the scope's request, once; it still has to be delivered.
  void request(const cancelled& reason, bool outer_struck);
  void strike(const cancelled& reason);
  void unlink() noexcept;

  time_point deadline_;
  time_point outer_deadline_;
  detail::timer timer_;
  cancel_scope* outer_;
  std::uint32_t requests_before_;
  bool expired_ = false;
  bool requested_ = false;
  bool left_ = false;
  /// What holds again when the scope has taken its request back; null unless requested.
  struct state_before;
  std::unique_ptr<state_before> before_;

  mutable detail::spin_mutex mutex_;
  /// From another thread; taken over by the task.
  std::unique_ptr<cancelled> asked_;
};

namespace detail {

/// What a verb does when its scope was cancelled.
enum class on_expiry : std::uint8_t { throws, moves_on };

template <class F>
concept scope_body = std::is_invocable_v<F&, cancel_scope&> && is_task<std::invoke_result_t<F&, cancel_scope&>>::value;

/// The type of the value that comes out of a task, a handle, or a body.
template <class Inner>
struct scoped_value {};

template <class Inner>
  requires requires { typename Inner::value_type; }
struct scoped_value<Inner> {
  using type = typename Inner::value_type;
};

template <scope_body F>
struct scoped_value<F> {
  using type = typename std::invoke_result_t<F&, cancel_scope&>::value_type;
};

template <class Inner>
using scoped_value_t = typename scoped_value<Inner>::type;

/// A handle of a task that lives on its own.
template <class Inner>
concept is_handle = requires(const Inner& inner) {
  { inner.done() } -> std::same_as<bool>;
};

/// How a verb that moves on says whether there is a result.
template <class T>
using moved_on_t = std::conditional_t<std::is_void_v<T>, bool, std::optional<T>>;

template <on_expiry Policy, class T>
using scoped_result_t = std::conditional_t<Policy == on_expiry::moves_on, moved_on_t<T>, T>;

/// When a scope ends. A length is counted from the moment in which the scope is entered.
class time_limit {
public:
  explicit time_limit(duration length) noexcept : length_(length), is_length_(true) {}

  explicit time_limit(time_point deadline) noexcept : deadline_(deadline) {}

  [[nodiscard]] time_point deadline(const task_context& context) const noexcept;

  /// Throws `timeout_error`, with the exception that is being handled, if any, nested in it.
  [[noreturn]] void throw_timeout() const;

private:
  duration length_{};
  time_point deadline_ = time_point::max();
  bool is_length_ = false;
};

/// True if the limit has passed already.
[[nodiscard]] bool is_over(time_point deadline, const task_context& context) noexcept;

template <on_expiry Policy, class Inner>
task<scoped_result_t<Policy, scoped_value_t<Inner>>> run_scoped(time_limit limit, Inner inner) {
  using value = scoped_value_t<Inner>;
  auto& context = co_await current_context{};
  auto deadline = limit.deadline(context);
  if constexpr (is_task<Inner>::value) {
    // Unlike a body, a task has no way to see that there is no time for it, so it does not run at all.
    if (is_over(deadline, context)) {
      if constexpr (Policy == on_expiry::throws)
        limit.throw_timeout();
      else
        co_return scoped_result_t<Policy, value>{};
    }
  } else if constexpr (is_handle<Inner>) {
    // What is done needs no time, and if it was cancelled, that was not for want of time.
    if (inner.done())
      deadline = time_point::max();
  }
  cancel_scope scope{context, deadline};
  try {
    if constexpr (scope_body<Inner>) {
      if constexpr (std::is_void_v<value>) {
        co_await std::invoke(inner, scope);
        scope.leave();
        if constexpr (Policy == on_expiry::throws)
          co_return;
        else
          co_return true;
      } else {
        value result = co_await std::invoke(inner, scope);
        scope.leave();
        co_return result;
      }
    } else {
      if constexpr (std::is_void_v<value>) {
        co_await std::move(inner);
        scope.leave();
        if constexpr (Policy == on_expiry::throws)
          co_return;
        else
          co_return true;
      } else {
        value result = co_await std::move(inner);
        scope.leave();
        co_return result;
      }
    }
  } catch (const cancelled&) {
    if (!scope.leave_cancelled())
      scope.rethrow();
    if constexpr (Policy == on_expiry::throws)
      limit.throw_timeout();
  }
  if constexpr (Policy == on_expiry::moves_on)
    co_return scoped_result_t<Policy, value>{};
}

} // namespace detail

/// Runs `body(scope)` in this task until it ends or the scope is cancelled. A body that returns `task<T>` gives
/// `std::optional<T>`, empty if the scope was cancelled; one that returns `task<>` gives true if it was not. The
/// callable is kept until it has ended.
template <detail::scope_body F>
task<detail::moved_on_t<detail::scoped_value_t<F>>> with_cancel_scope(F body) {
  return detail::run_scoped<detail::on_expiry::moves_on>(detail::time_limit{time_point::max()}, std::move(body));
}

} // namespace actors
