#pragma once

#include <atomic>

namespace actors::detail {

/// A lock of four bytes for sections of a few instructions. Meets the BasicLockable requirements.
///
/// A task has several short critical sections and there may be a million tasks, so the forty bytes of a `std::mutex`
/// count. A thread that does not get the lock at once gives its processor away, because the holder may have been
/// preempted.
class spin_mutex {
public:
  void lock() noexcept {
    for (int spins = 0; locked_.exchange(true, std::memory_order_acquire); ++spins)
      relax(spins);
  }

  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

private:
  static void relax(int spins) noexcept;

  std::atomic<bool> locked_{false};
};

} // namespace actors::detail
