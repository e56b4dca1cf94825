#include <actors/supervise/backoff.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace actors::supervise {

namespace {

using duration = backoff_policy::duration;

duration scaled(duration value, double factor, duration cap) noexcept {
  // Compared as floating point before it is converted: the product of a late retry does not fit an integer.
  const auto product = static_cast<double>(value.count()) * factor;
  if (!(product < static_cast<double>(cap.count())))
    return cap;
  return duration{static_cast<duration::rep>(product)};
}

std::string seconds(duration value) {
  return std::to_string(std::chrono::duration<double>{value}.count()) + " s";
}

} // namespace

backoff_policy::backoff_policy(duration base, duration cap, double multiplier, supervise::jitter kind)
    : base_(base), cap_(cap), multiplier_(multiplier), jitter_(kind) {
  if (base <= duration::zero())
    throw std::invalid_argument("back-off: base must be above zero, not " + seconds(base));
  if (cap < base)
    throw std::invalid_argument("back-off: cap (" + seconds(cap) + ") must not be below base (" + seconds(base) + ")");
  if (!(multiplier >= 1) || !std::isfinite(multiplier))
    throw std::invalid_argument("back-off: multiplier must be a number of at least 1, not " +
                                std::to_string(multiplier));
}

duration backoff_policy::ceiling(std::uint32_t retry) const noexcept {
  return scaled(base_, std::pow(multiplier_, static_cast<double>(retry)), cap_);
}

backoff_policy::bounds backoff_policy::range(std::uint32_t retry, std::optional<duration> previous) const noexcept {
  const auto high = ceiling(retry);
  switch (jitter_) {
  case supervise::jitter::none:
    return {high, high};
  case supervise::jitter::full:
    return {duration::zero(), high};
  case supervise::jitter::equal:
    return {high / 2, high};
  case supervise::jitter::decorrelated:
    return {base_, std::max(base_, scaled(std::max(previous.value_or(base_), base_), 3, cap_))};
  }
  return {high, high};
}

} // namespace actors::supervise
