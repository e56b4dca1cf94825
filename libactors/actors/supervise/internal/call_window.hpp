#pragma once

#include <actors/core/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace actors::supervise::internal {

/// How many calls of late there were, and how many of them failed: of the last n, or of the last so many seconds in ten
/// steps. Memory does not grow with the calls.
class call_window {
public:
  static call_window of_calls(std::size_t count);
  static call_window of_time(duration length);

  void add(bool failed, time_point now);
  void clear();

  [[nodiscard]] std::uint64_t calls(time_point now);
  [[nodiscard]] std::uint64_t failures(time_point now);

private:
  static constexpr std::size_t steps = 10;

  struct step {
    std::int64_t number = -1;
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
  };

  call_window() = default;

  [[nodiscard]] std::int64_t number_of(time_point now) const noexcept { return now.time_since_epoch() / step_length_; }

  void forget_old(time_point now);

  // Of calls.
  std::vector<bool> ring_;
  std::size_t next_ = 0;
  std::size_t filled_ = 0;

  // Of time; a length of zero for a window of calls.
  duration step_length_ = duration::zero();
  std::array<step, steps> steps_{};

  std::uint64_t calls_ = 0;
  std::uint64_t failures_ = 0;
};

} // namespace actors::supervise::internal
