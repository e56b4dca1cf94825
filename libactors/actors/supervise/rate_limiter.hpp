#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/supervise/detail/wait_queue.hpp>

#include <cstddef>
#include <memory>

/// Rate limiter: `co_await limiter.acquire()` goes on when a token is there, at most `rate` of them a second with
/// bursts of at most `burst`.
///
/// Waiters are served in the order in which they came, so one that wants many tokens is not overtaken by those that
/// want few. Limit how long to wait with `with_timeout` around it.
///
/// Copies share one bucket. Threads: tasks of one runtime, on any of its workers.
///
/// Cancellation: a wait ends at once and takes no tokens; those behind it move up. Errors: `std::invalid_argument` for
/// a rate or burst that makes no sense, and for more tokens at once than `burst`, which would never be there.
///
/// @snippet examples/supervision.cpp limits
namespace actors::supervise {

namespace detail {

class rate_limiter_state;

} // namespace detail

class rate_limiter {
public:
  class awaiter;

  /// `rate` in tokens per second, `burst` in tokens (at least 1). Begins full.
  explicit rate_limiter(double rate, double burst = 1);

  /// Takes `tokens`, waiting for them if need be.
  [[nodiscard]] awaiter acquire(double tokens = 1) const;

  /// Takes `tokens` if they are there and nobody waits. In tasks and handlers only.
  [[nodiscard]] bool try_acquire(double tokens = 1) const;

  /// Tasks that wait.
  [[nodiscard]] std::size_t waiting() const;

private:
  std::shared_ptr<detail::rate_limiter_state> state_;
};

class rate_limiter::awaiter : public actors::detail::leaf_awaiter<awaiter> {
public:
  awaiter(std::shared_ptr<detail::rate_limiter_state> state, double tokens) noexcept;
  ~awaiter();

  [[nodiscard]] bool start(actors::detail::task_context& context);

  void await_resume() { check_cancelled(); }

private:
  void on_wake() override;
  [[nodiscard]] bool try_finish();
  void leave() noexcept;

  std::shared_ptr<detail::rate_limiter_state> state_;
  double tokens_;
  detail::wait_node node_;
  actors::detail::timer timer_;
};

} // namespace actors::supervise
