#pragma once

#include <actors/core/fwd.hpp>

#include <caf/action.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace actors::internal {

/// CAF's own timeouts (delayed messages, request timeouts) of one worker. CAF disposes of an action without telling its
/// clock, so the heap is swept of dead entries whenever it has doubled.
///
/// Threads: all members may be called from any thread; whoever owns the queue calls `fire`.
class action_queue {
public:
  /// True if the action is now the first of all.
  [[nodiscard]] bool add(time_point when, caf::action action, duration period);

  /// Runs at most `budget` actions whose time has come; how many.
  std::size_t fire(time_point now, std::size_t budget);

  [[nodiscard]] time_point next_deadline() const noexcept {
    return time_point{duration{next_.load(std::memory_order_acquire)}};
  }

  void clear();

  [[nodiscard]] std::size_t size();

private:
  struct entry {
    time_point when;
    caf::action action;
    duration period;
  };

  static bool later(const entry& a, const entry& b) noexcept { return a.when > b.when; }

  void sweep();
  void publish_next() noexcept;

  std::mutex mutex_;
  std::vector<entry> heap_;
  std::size_t sweep_at_ = 1024;
  std::atomic<duration::rep> next_{duration::max().count()};
};

} // namespace actors::internal
