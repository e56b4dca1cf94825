#include <actors/supervise/retry.hpp>

#include <actors/supervise/internal/settings.hpp>

#include <algorithm>
#include <stdexcept>

namespace actors::supervise {

retry_policy& retry_policy::attempts(std::uint32_t value) {
  if (value == 0)
    throw std::invalid_argument("retry: attempts must be at least 1, the first one is an attempt too");
  attempts_ = value;
  return *this;
}

retry_policy& retry_policy::within(duration value) {
  internal::require_positive("retry", "within", value);
  within_ = value;
  return *this;
}

retry_policy& retry_policy::attempt_within(duration value) {
  internal::require_positive("retry", "attempt_within", value);
  attempt_within_ = value;
  return *this;
}

retry_state::retry_state(retry_policy policy, time_point now)
    : policy_(std::move(policy)), pause_(policy_.backoff_), end_(saturating_add(now, policy_.within_)) {}

duration retry_state::time_for_attempt(time_point now) const {
  const auto left = end_ == time_point::max() ? forever : std::max(end_ - now, duration{1});
  return std::min(left, policy_.attempt_within_);
}

std::optional<duration> retry_state::after_failure(const std::exception_ptr& error, duration at_least, time_point now,
                                                   time_point deadline) {
  ++failures_;
  const auto wait = next_wait(error, at_least, now, deadline);
  if (policy_.hook_)
    policy_.hook_({failures_, error, !wait.has_value(), wait.value_or(duration::zero())});
  return wait;
}

std::optional<duration> retry_state::next_wait(const std::exception_ptr& error, duration at_least, time_point now,
                                               time_point deadline) {
  if (failures_ >= policy_.attempts_)
    return std::nullopt;
  if (error && policy_.filter_ && !policy_.filter_(error))
    return std::nullopt;
  if (error && policy_.least_wait_)
    at_least = std::max(at_least, policy_.least_wait_(error));
  // The source of most systems is a system call, and most operations succeed.
  if (!random_)
    random_.emplace(policy_.seed_ ? *policy_.seed_ : internal::random_seed());
  const auto wait = pause_.next(*random_, at_least);
  // An attempt that begins at the limit would have no time.
  if (saturating_add(now, wait) >= std::min(end_, deadline))
    return std::nullopt;
  return wait;
}

} // namespace actors::supervise
