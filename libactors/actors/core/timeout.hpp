#pragma once

#include <actors/core/cancel_scope.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <utility>

/// Limits on time.
///
/// `co_await with_timeout(2s, operation())` runs the operation inside the calling task. When time is up it is
/// cancelled, its cleanup is waited for, and then `timeout_error` is thrown, with the `cancelled` nested in it.
/// `move_on_after` does the same and goes on instead: it gives `std::optional<T>`, empty if time was up, or for an
/// operation without a result true if it was in time. With a `time_point` of the runtime's clock in place of a length
/// (`with_timeout_at`, `move_on_at`) several operations share one deadline.
///
/// An operation that ends with an error of its own while it cleans up throws that; one that swallows the cancellation
/// and returns, returns.
///
/// What can be limited: a task or another operation, which runs in the calling task; a handle, whose task is cancelled
/// when time is up; or a callable that is given the `cancel_scope` and may move or lift the deadline while it runs.
///
/// Zero and negative limits: a task never runs; a handle that is done gives its result, another is cancelled; a
/// callable runs until its first `co_await` that would suspend. Limits too long for the clock mean never.
///
/// Cancellation: an outside cancellation is never mistaken for the timeout nor swallowed by it, see `cancel_scope`. Of
/// nested limits that expire together only the outermost throws.
///
/// The time limit is known to the calls made inside: `ask` passes on how much is left.
///
/// Cost: a frame and a timer.
///
/// @snippet examples/tasks.cpp timeout
namespace actors {

namespace detail {

template <on_expiry Policy, class Inner>
auto run_limited(time_limit limit, Inner inner) {
  if constexpr (operation<Inner>)
    return run_scoped<Policy>(limit, as_task(std::move(inner)));
  else
    return run_scoped<Policy>(limit, std::move(inner));
}

} // namespace detail

/// Runs `inner` in this task for at most `limit`.
template <class T>
task<T> with_timeout(duration limit, task<T> inner) {
  return detail::run_scoped<detail::on_expiry::throws>(detail::time_limit{limit}, std::move(inner));
}

/// Waits at most `limit` for a task that lives on its own, then cancels it and waits for its cleanup.
template <class T>
task<T> with_timeout(duration limit, task_handle<T> inner) {
  return detail::run_scoped<detail::on_expiry::throws>(detail::time_limit{limit}, std::move(inner));
}

/// Runs `body(scope)` in this task for at most `limit`. The callable is kept until it has ended.
template <detail::scope_body F>
task<detail::scoped_value_t<F>> with_timeout(duration limit, F body) {
  return detail::run_scoped<detail::on_expiry::throws>(detail::time_limit{limit}, std::move(body));
}

/// Runs an operation that is not a task (`ask`, `gather`, `to_thread`, …) for at most `limit`.
template <detail::operation A>
task<detail::operation_result_t<A>> with_timeout(duration limit, A inner) {
  return with_timeout(limit, detail::as_task(std::move(inner)));
}

/// As `with_timeout`, until a moment of the runtime's clock (`this_task`'s `now`).
template <class Inner>
auto with_timeout_at(time_point deadline, Inner inner) {
  return detail::run_limited<detail::on_expiry::throws>(detail::time_limit{deadline}, std::move(inner));
}

/// As `with_timeout`, but goes on without a result when time is up.
template <class Inner>
auto move_on_after(duration limit, Inner inner) {
  return detail::run_limited<detail::on_expiry::moves_on>(detail::time_limit{limit}, std::move(inner));
}

/// As `move_on_after`, until a moment of the runtime's clock.
template <class Inner>
auto move_on_at(time_point deadline, Inner inner) {
  return detail::run_limited<detail::on_expiry::moves_on>(detail::time_limit{deadline}, std::move(inner));
}

} // namespace actors
