#pragma once

#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace actors::detail {

/// The timers of one worker: a heap of four children a node, ordered by time, whose elements know their place.
///
/// Threads: all members may be called from any thread; whoever owns the queue calls `fire`.
class timer_queue {
public:
  timer_queue() = default;
  timer_queue(const timer_queue&) = delete;
  timer_queue& operator=(const timer_queue&) = delete;
  virtual ~timer_queue() = default;

  void add(timer& entry, time_point when);
  void remove(timer& entry) noexcept;

  /// Wakes at most `budget` actors whose time has come; how many.
  std::size_t fire(time_point now, std::size_t budget) { return next_deadline() <= now ? fire_due(now, budget) : 0; }

  /// When the first timer is due, `time_point::max()` if there is none.
  [[nodiscard]] time_point next_deadline() const noexcept {
    return time_point{duration{next_.load(std::memory_order_acquire)}};
  }

  [[nodiscard]] std::size_t size() const;

protected:
  /// A timer was added that is due before all others.
  virtual void on_earlier_deadline() = 0;

private:
  struct entry {
    time_point when;
    timer* owner;
  };

  std::size_t fire_due(time_point now, std::size_t budget);
  void place(std::size_t slot, entry value) noexcept;
  void sift_up(std::size_t slot) noexcept;
  void sift_down(std::size_t slot) noexcept;
  void erase(std::size_t slot) noexcept;
  void publish_next() noexcept;

  mutable std::mutex mutex_;
  std::vector<entry> heap_;
  std::atomic<duration::rep> next_{duration::max().count()};
};

} // namespace actors::detail
