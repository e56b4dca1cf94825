#pragma once

#include <chrono>

/// Token bucket: the arithmetic of a rate limiter.
///
/// The bucket holds at most `burst` tokens and gains `rate` of them per second; an operation takes tokens, or waits
/// until there are enough. It starts full. With `burst` 1 the operations are evenly spaced.
///
/// Time is passed in and nothing sleeps, so the caller decides what waiting means: `try_take` refuses, `ready_at` tells
/// when to come back, `reserve` takes in any case (the bucket goes into debt) and returns how long to wait first, which
/// keeps waiters in order. A clock that goes backwards gains nothing and loses nothing.
///
/// Not synchronised: keep it inside one actor. Errors: `std::invalid_argument` for a rate or burst that makes no sense,
/// or for more tokens than `burst` at once, which would never be there. Cost: a few floating-point operations, 32
/// bytes.
namespace actors::supervise {

class token_bucket {
public:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  using duration = clock::duration;

  /// `rate` in tokens per second, `burst` in tokens (at least 1); `now` is when it starts, full.
  token_bucket(double rate, double burst, time_point now);

  /// Takes `tokens` if they are there at `now`.
  [[nodiscard]] bool try_take(time_point now, double tokens = 1);

  /// The earliest time at which `try_take` will succeed, not before `now`.
  [[nodiscard]] time_point ready_at(time_point now, double tokens = 1) const;

  /// Takes `tokens` in any case and returns how long to wait before using them; zero if they are there already.
  [[nodiscard]] duration reserve(time_point now, double tokens = 1);

  /// The tokens there at `now`; below zero after reservations.
  [[nodiscard]] double available(time_point now) const noexcept;

  [[nodiscard]] double rate() const noexcept { return rate_; }

  [[nodiscard]] double burst() const noexcept { return burst_; }

private:
  void check(double tokens) const;
  void refill(time_point now) noexcept;
  [[nodiscard]] duration time_for(double tokens) const noexcept;

  double rate_;
  double burst_;
  double tokens_;
  time_point last_;
};

} // namespace actors::supervise
