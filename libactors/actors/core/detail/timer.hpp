#pragma once

#include <actors/core/fwd.hpp>

#include <atomic>
#include <cstdint>

namespace actors::detail {

/// A wake-up of an actor at a point in time. Lives in the awaiter that wants it, so that arming it allocates nothing;
/// disarming and destroying it are O(log n) in the number of timers of its worker.
///
/// Threads: armed and disarmed on the actor, fired by the worker whose queue it is in.
class timer {
public:
  timer() noexcept = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// Only before it is armed.
  timer(timer&& /*not armed*/) noexcept {}

  ~timer() { disarm(); }

  /// Wakes `target` under `id` at `when`, or soon after. The target must stay alive until the timer has fired or was
  /// disarmed.
  void arm(host_actor& target, std::uint64_t id, time_point when);

  void disarm() noexcept {
    if (slot_.load(std::memory_order_acquire) != not_queued)
      remove();
  }

private:
  friend class timer_queue;

  static constexpr std::uint32_t not_queued = UINT32_MAX;

  void remove() noexcept;

  timer_queue* queue_ = nullptr;
  host_actor* target_ = nullptr;
  std::uint64_t id_ = 0;
  std::atomic<std::uint32_t> slot_{not_queued};
};

} // namespace actors::detail
