#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

/// Exponential back-off: how long to wait before trying again.
///
/// The wait before retry number n (counted from 0) is drawn from a range that grows as `base · multiplier^n` up to
/// `cap`. Drawing it at random (jitter) keeps clients that failed together from coming back together. The kinds of
/// jitter have the names of the article that compared them: Marc Brooker, "Exponential Backoff And Jitter", AWS
/// Architecture Blog, 2015. `full` is the default: in that comparison it needs the fewest calls.
///
/// A server that says when it wants to be asked again (HTTP's Retry-After) sets a lower bound, which also goes beyond
/// `cap`; limit what you take from a peer before you pass it on.
///
/// Values only: nothing here sleeps, reads a clock or owns a random source. The generator is passed in, so the same
/// seed gives the same waits. Errors: `std::invalid_argument` from the constructor, naming the setting. Arithmetic
/// saturates: any retry number is fine.
///
/// @snippet tests/supervise/backoff_test.cpp wait before a retry
namespace actors::supervise {

/// How a wait is drawn from its range.
enum class jitter : std::uint8_t {
  none,         ///< always the ceiling
  full,         ///< uniform in [0, ceiling]
  equal,        ///< half the ceiling, plus uniform in [0, half the ceiling]
  decorrelated, ///< uniform in [base, 3 · previous wait], at most `cap`
};

/// The settings of a back-off: a value that can be kept in configuration and shared by many retries.
class backoff_policy {
public:
  using duration = std::chrono::nanoseconds;

  /// 100 ms, doubled each time, at most 30 s, full jitter.
  backoff_policy() = default;

  explicit backoff_policy(duration base, duration cap = std::chrono::seconds{30}, double multiplier = 2,
                          supervise::jitter kind = supervise::jitter::full);

  [[nodiscard]] duration base() const noexcept { return base_; }

  [[nodiscard]] duration cap() const noexcept { return cap_; }

  [[nodiscard]] double multiplier() const noexcept { return multiplier_; }

  [[nodiscard]] supervise::jitter jitter() const noexcept { return jitter_; }

  /// The longest wait before retry number `retry` (0 for the first): `min(cap, base · multiplier^retry)`.
  [[nodiscard]] duration ceiling(std::uint32_t retry) const noexcept;

  /// The wait before retry number `retry`. `previous` is the wait before the last one; only `decorrelated` looks at it.
  template <std::uniform_random_bit_generator Generator>
  [[nodiscard]] duration wait(std::uint32_t retry, Generator& random,
                              std::optional<duration> retry_after = std::nullopt,
                              std::optional<duration> previous = std::nullopt) const {
    const auto [low, high] = range(retry, previous);
    std::uniform_int_distribution<duration::rep> pick{low.count(), high.count()};
    const duration drawn{pick(random)};
    return retry_after && *retry_after > drawn ? *retry_after : drawn;
  }

private:
  struct bounds {
    duration low;
    duration high;
  };

  [[nodiscard]] bounds range(std::uint32_t retry, std::optional<duration> previous) const noexcept;

  duration base_ = std::chrono::milliseconds{100};
  duration cap_ = std::chrono::seconds{30};
  double multiplier_ = 2;
  supervise::jitter jitter_ = supervise::jitter::full;
};

/// The state of one operation that is being retried: counts the retries and remembers the last wait.
class backoff {
public:
  using duration = backoff_policy::duration;

  explicit backoff(backoff_policy policy = backoff_policy{}) noexcept : policy_(policy) {}

  /// The wait before the next retry, which it counts.
  template <std::uniform_random_bit_generator Generator>
  [[nodiscard]] duration next(Generator& random, std::optional<duration> retry_after = std::nullopt) {
    // Counted last, so that a generator that throws leaves the state as it was.
    const auto wait = policy_.wait(retries_, random, retry_after, previous_);
    previous_ = wait < policy_.cap() ? wait : policy_.cap();
    if (retries_ != UINT32_MAX)
      ++retries_;
    return wait;
  }

  /// Forgets the failures: call it after a success.
  void reset() noexcept {
    retries_ = 0;
    previous_.reset();
  }

  /// How many retries `next` has counted since the start or the last `reset`.
  [[nodiscard]] std::uint32_t retries() const noexcept { return retries_; }

  [[nodiscard]] const backoff_policy& policy() const noexcept { return policy_; }

private:
  backoff_policy policy_;
  std::uint32_t retries_ = 0;
  std::optional<duration> previous_;
};

} // namespace actors::supervise
