#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/supervise/backoff.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <random>
#include <type_traits>
#include <utility>

/// Retry: `co_await retry(policy, operation)` runs an operation again until it succeeds, its error is not worth it, or
/// attempts or time run out.
///
/// The operation is a callable that returns a task; it is kept until the last attempt has ended, and attempts follow
/// one another. The waits between them are an exponential back-off with full jitter unless the policy says otherwise.
///
/// Time: `within` limits everything, attempts and waits, `attempt_within` each attempt. A wait that would end after the
/// limit, or after the deadline of a `with_timeout` around the call, is not begun: the last error comes at once, while
/// the caller still has time to do something about it.
///
/// Cancellation ends the attempt or the wait and is never retried. Errors: the last attempt's, unchanged;
/// `timeout_error` for an attempt that was cut off. `std::invalid_argument` for settings that make no sense.
///
/// A result can ask for another attempt too: `retry(policy, operation, judge)`, where `judge(result)` gives nothing for
/// a result that is good, else the least time to wait (zero for the policy's). When no attempt is left, the last result
/// is returned.
///
/// @snippet examples/supervision.cpp retry
namespace actors::supervise {

/// An attempt that has failed, as hooks see it.
struct failed_attempt {
  std::uint32_t number;     ///< 1 for the first
  std::exception_ptr error; ///< null if a result asked for another attempt
  bool last;                ///< no other follows
  duration wait;            ///< before the next
};

class retry_policy {
public:
  using error_filter = std::function<bool(const std::exception_ptr&)>;
  using least_wait = std::function<duration(const std::exception_ptr&)>;
  using attempt_hook = std::function<void(const failed_attempt&)>;

  /// At most 5 attempts with the default back-off, after any error.
  retry_policy() = default;

  /// At most this many attempts, the first one included.
  retry_policy& attempts(std::uint32_t value);

  /// As many attempts as the time allows.
  retry_policy& unlimited_attempts() noexcept {
    attempts_ = UINT32_MAX;
    return *this;
  }

  retry_policy& backoff(backoff_policy value) noexcept {
    backoff_ = value;
    return *this;
  }

  /// For all attempts and waits together.
  retry_policy& within(duration value);

  /// For each attempt, which then fails with `timeout_error`.
  retry_policy& attempt_within(duration value);

  /// Which errors are worth another attempt. `cancelled` never is.
  retry_policy& retry_if(error_filter value) {
    filter_ = std::move(value);
    return *this;
  }

  /// The least time to wait after an error, such as a server's Retry-After; also beyond the back-off's longest.
  retry_policy& wait_at_least(least_wait value) {
    least_wait_ = std::move(value);
    return *this;
  }

  /// Called after every attempt that failed, in the task that retries.
  retry_policy& on_failure(attempt_hook value) {
    hook_ = std::move(value);
    return *this;
  }

  /// What the waits are drawn from; by default a random one for each call.
  retry_policy& seed(std::uint64_t value) noexcept {
    seed_ = value;
    return *this;
  }

  [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }

  [[nodiscard]] const backoff_policy& backoff() const noexcept { return backoff_; }

  [[nodiscard]] duration within() const noexcept { return within_; }

  [[nodiscard]] duration attempt_within() const noexcept { return attempt_within_; }

private:
  friend class retry_state;

  backoff_policy backoff_;
  error_filter filter_;
  least_wait least_wait_;
  attempt_hook hook_;
  std::optional<std::uint64_t> seed_;
  duration within_ = forever;
  duration attempt_within_ = forever;
  std::uint32_t attempts_ = 5;
};

/// The course of one `retry`, for those who write the loop themselves.
class retry_state {
public:
  retry_state(retry_policy policy, time_point now);

  /// How long the next attempt may take, `forever` for no limit.
  [[nodiscard]] duration time_for_attempt(time_point now) const;

  /// The wait before the next attempt, nothing if there is to be none. `error` is null when a result asks for it;
  /// `deadline` is when the caller has to be done.
  [[nodiscard]] std::optional<duration> after_failure(const std::exception_ptr& error, duration at_least,
                                                      time_point now, time_point deadline);

  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }

private:
  [[nodiscard]] std::optional<duration> next_wait(const std::exception_ptr& error, duration at_least, time_point now,
                                                  time_point deadline);

  retry_policy policy_;
  supervise::backoff pause_;
  std::optional<std::mt19937_64> random_;
  time_point end_;
  std::uint32_t failures_ = 0;
};

namespace detail {

template <class F>
using retry_result = typename std::invoke_result_t<F&>::value_type;

/// One attempt; the callable may throw before there is a task.
template <class F>
task<outcome<retry_result<F>>> attempt(F& operation, duration limit) {
  using result = retry_result<F>;
  outcome<result> ended;
  try {
    auto running = operation();
    if (limit != forever)
      running = with_timeout(limit, std::move(running));
    if constexpr (std::is_void_v<result>) {
      co_await std::move(running);
      ended.set_value();
    } else {
      ended.set_value(co_await std::move(running));
    }
  } catch (const cancelled&) {
    throw;
  } catch (...) {
    ended.set_error(std::current_exception());
  }
  co_return ended;
}

struct accept_every_result {};

template <class F, class Judge>
task<retry_result<F>> retry_loop(retry_policy policy, F operation, Judge judge) {
  using result = retry_result<F>;
  const auto self = co_await this_task();
  retry_state state{std::move(policy), self.now()};
  for (;;) {
    const auto limit = state.time_for_attempt(self.now());
    auto ended = co_await attempt(operation, limit);
    std::optional<duration> at_least = duration::zero();
    if constexpr (!std::is_same_v<Judge, accept_every_result>) {
      if (ended.has_value())
        at_least = judge(std::as_const(ended.value()));
    } else if (ended.has_value()) {
      at_least = std::nullopt;
    }
    std::optional<duration> wait;
    if (at_least)
      wait = state.after_failure(ended.error(), *at_least, self.now(), self.deadline());
    if (!wait) {
      if constexpr (std::is_void_v<result>) {
        static_cast<void>(ended.value());
        co_return;
      } else {
        co_return std::move(ended).value();
      }
    }
    co_await sleep(*wait);
  }
}

} // namespace detail

/// Runs `operation()` until it succeeds or the policy is exhausted.
template <actors::detail::task_function F>
[[nodiscard]] std::invoke_result_t<F&> retry(retry_policy policy, F operation) {
  return detail::retry_loop(std::move(policy), std::move(operation), detail::accept_every_result{});
}

/// As above, until `judge(result)` gives nothing as well.
template <actors::detail::task_function F, class Judge>
  requires std::is_invocable_r_v<std::optional<duration>, Judge&, const detail::retry_result<F>&>
[[nodiscard]] std::invoke_result_t<F&> retry(retry_policy policy, F operation, Judge judge) {
  return detail::retry_loop(std::move(policy), std::move(operation), std::move(judge));
}

} // namespace actors::supervise
