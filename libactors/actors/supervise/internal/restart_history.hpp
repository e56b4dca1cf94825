#pragma once

#include <actors/core/fwd.hpp>
#include <actors/supervise/supervisor_spec.hpp>

#include <cstdint>
#include <deque>

namespace actors::supervise::internal {

/// The restarts of a supervisor that still count, at most one more than are allowed.
class restart_history {
public:
  explicit restart_history(const restart_intensity& limit) noexcept : limit_(limit) {}

  /// Counts a restart; true if it is one too many.
  [[nodiscard]] bool add(time_point now) {
    if (limit_.is_unlimited())
      return false;
    while (!times_.empty() && now - times_.front() > limit_.period())
      times_.pop_front();
    times_.push_back(now);
    return times_.size() > limit_.restarts();
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return times_.size(); }

private:
  restart_intensity limit_;
  std::deque<time_point> times_;
};

} // namespace actors::supervise::internal
