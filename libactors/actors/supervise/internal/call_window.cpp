#include <actors/supervise/internal/call_window.hpp>

#include <algorithm>

namespace actors::supervise::internal {

call_window call_window::of_calls(std::size_t count) {
  call_window result;
  result.ring_.resize(count);
  return result;
}

call_window call_window::of_time(duration length) {
  call_window result;
  result.step_length_ = std::max(length / static_cast<duration::rep>(steps), duration{1});
  return result;
}

void call_window::forget_old(time_point now) {
  if (step_length_ == duration::zero())
    return;
  const auto oldest = number_of(now) - static_cast<std::int64_t>(steps) + 1;
  for (auto& each : steps_) {
    if (each.number >= oldest)
      continue;
    calls_ -= each.calls;
    failures_ -= each.failures;
    each = step{};
  }
}

void call_window::add(bool failed, time_point now) {
  forget_old(now);
  if (step_length_ == duration::zero()) {
    if (filled_ == ring_.size()) {
      failures_ -= ring_[next_] ? 1 : 0;
      --calls_;
    } else {
      ++filled_;
    }
    ring_[next_] = failed;
    next_ = (next_ + 1) % ring_.size();
  } else {
    const auto number = number_of(now);
    auto& current = steps_[static_cast<std::size_t>(number) % steps];
    current.number = number;
    ++current.calls;
    current.failures += failed ? 1 : 0;
  }
  ++calls_;
  failures_ += failed ? 1 : 0;
}

void call_window::clear() {
  steps_ = {};
  next_ = filled_ = 0;
  calls_ = failures_ = 0;
}

std::uint64_t call_window::calls(time_point now) {
  forget_old(now);
  return calls_;
}

std::uint64_t call_window::failures(time_point now) {
  forget_old(now);
  return failures_;
}

} // namespace actors::supervise::internal
