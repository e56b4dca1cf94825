#include <actors/supervise/token_bucket.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace actors::supervise {

namespace {

using duration = token_bucket::duration;
using time_point = token_bucket::time_point;

/// A token counts as there when less than this is missing: the sum of many refills is rounded.
constexpr double tolerance = 1e-9;

} // namespace

token_bucket::token_bucket(double rate, double burst, time_point now)
    : rate_(rate), burst_(burst), tokens_(burst), last_(now) {
  if (!(rate > 0) || !std::isfinite(rate))
    throw std::invalid_argument("token bucket: rate must be a number above zero, not " + std::to_string(rate));
  if (!(burst >= 1) || !std::isfinite(burst))
    throw std::invalid_argument("token bucket: burst must be a number of at least 1, not " + std::to_string(burst));
}

bool token_bucket::try_take(time_point now, double tokens) {
  check(tokens);
  refill(now);
  if (tokens_ + tolerance < tokens)
    return false;
  tokens_ -= tokens;
  return true;
}

time_point token_bucket::ready_at(time_point now, double tokens) const {
  check(tokens);
  const auto from = std::max(now, last_);
  const auto missing = tokens - available(now);
  if (missing <= tolerance)
    return from;
  const auto wait = time_for(missing);
  return from > time_point::max() - wait ? time_point::max() : from + wait;
}

duration token_bucket::reserve(time_point now, double tokens) {
  check(tokens);
  refill(now);
  tokens_ -= tokens;
  return tokens_ >= -tolerance ? duration::zero() : time_for(-tokens_);
}

double token_bucket::available(time_point now) const noexcept {
  if (now <= last_)
    return tokens_;
  const std::chrono::duration<double> passed = now - last_;
  return std::min(burst_, tokens_ + passed.count() * rate_);
}

void token_bucket::check(double tokens) const {
  if (!(tokens >= 0) || tokens > burst_)
    throw std::invalid_argument("token bucket: " + std::to_string(tokens) +
                                " tokens can never be taken from a bucket of " + std::to_string(burst_));
}

void token_bucket::refill(time_point now) noexcept {
  tokens_ = available(now);
  last_ = std::max(last_, now);
}

duration token_bucket::time_for(double tokens) const noexcept {
  const auto count = std::ceil(tokens / rate_ * std::chrono::duration_cast<duration>(std::chrono::seconds{1}).count());
  if (!(count < static_cast<double>(duration::max().count())))
    return duration::max();
  return duration{static_cast<duration::rep>(count)};
}

} // namespace actors::supervise
