#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

namespace actors::internal {

/// Counts the threads that are inside of an object which they do not keep alive.
///
/// A thread of another runtime that hands in a job is one: the job may run, be the last one, and let its runtime be
/// destroyed before that thread has returned from handing it in. So it enters before the job can be seen, and whoever
/// destroys the object waits until nobody is inside.
class visitor_count {
public:
  /// One visit; of nobody if `count` is null.
  class visit {
  public:
    explicit visit(visitor_count* count) noexcept : count_(count) {
      if (count_ != nullptr)
        count_->inside_.fetch_add(1, std::memory_order_relaxed);
    }

    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

    ~visit() {
      if (count_ != nullptr)
        count_->inside_.fetch_sub(1, std::memory_order_release);
    }

  private:
    visitor_count* count_;
  };

  /// Visits last microseconds, so this gives the processor away instead of sleeping. Nobody may enter any more.
  void wait_until_none() const noexcept {
    while (inside_.load(std::memory_order_acquire) > 0)
      std::this_thread::yield();
  }

private:
  std::atomic<std::size_t> inside_{0};
};

} // namespace actors::internal
