#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>

/// Sleeping and yielding.
///
/// `co_await sleep(d)` suspends the task for `d` on the runtime's clock; the worker does other things meanwhile. A
/// duration of zero or less lets everybody else run once, like `yield`. Cancellation ends the sleep at once with
/// `cancelled`.
///
/// Precision: not before its time; the wait of an idle worker is in whole milliseconds. Cost: no allocation, O(log n)
/// in the timers of the worker.
///
/// @snippet examples/fetch_concurrently.cpp fetch
namespace actors {

class [[nodiscard]] sleep_awaiter : public detail::leaf_awaiter<sleep_awaiter> {
public:
  explicit sleep_awaiter(duration length) noexcept : length_(length) {}

  [[nodiscard]] bool start(detail::task_context& context);

  void await_resume() { check_cancelled(); }

private:
  void describe_wait(detail::wait_view& view) const override;

  duration length_;
  detail::timer timer_;
};

class [[nodiscard]] sleep_until_awaiter : public detail::leaf_awaiter<sleep_until_awaiter> {
public:
  explicit sleep_until_awaiter(time_point when) noexcept : when_(when) {}

  [[nodiscard]] bool start(detail::task_context& context);

  void await_resume() { check_cancelled(); }

private:
  void describe_wait(detail::wait_view& view) const override;

  time_point when_;
  detail::timer timer_;
};

class [[nodiscard]] yield_awaiter : public detail::leaf_awaiter<yield_awaiter> {
public:
  [[nodiscard]] bool start(detail::task_context& context);

  void await_resume() { check_cancelled(); }

private:
  void describe_wait(detail::wait_view& view) const override;
};

/// Suspends the task for `length`.
inline sleep_awaiter sleep(duration length) noexcept {
  return sleep_awaiter{length};
}

/// Suspends the task until the runtime's clock shows `when`.
inline sleep_until_awaiter sleep_until(time_point when) noexcept {
  return sleep_until_awaiter{when};
}

/// Lets other actors run, then goes on.
inline yield_awaiter yield() noexcept {
  return {};
}

} // namespace actors
