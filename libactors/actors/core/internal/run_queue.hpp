#pragma once

#include <caf/resumable.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace actors::internal {

/// A bounded queue of jobs: its owner pushes, its owner and thieves pop. The steal protocol of Go's and Tokio's run
/// queues: the head moves by compare-and-swap only, and a thief copies first and claims afterwards.
class run_queue {
public:
  static constexpr std::uint32_t capacity = 256;
  using batch = std::array<caf::resumable*, capacity>;

  /// Positions are counted from `first`, beyond the largest number and on from zero.
  explicit run_queue(std::uint32_t first = 0) noexcept : head_(first), tail_(first) {}

  /// Owner only. False if the queue is full.
  [[nodiscard]] bool push(caf::resumable* job) noexcept {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= capacity)
      return false;
    slots_[tail % capacity].store(job, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Owner only. The oldest job, null if there is none.
  [[nodiscard]] caf::resumable* pop() noexcept {
    auto head = head_.load(std::memory_order_acquire);
    while (head != tail_.load(std::memory_order_relaxed)) {
      auto* job = slots_[head % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        return job;
    }
    return nullptr;
  }

  /// Any thread. Takes the older half (at least one job if there is any); how many.
  [[nodiscard]] std::uint32_t steal(batch& out) noexcept {
    for (;;) {
      auto head = head_.load(std::memory_order_acquire);
      const auto tail = tail_.load(std::memory_order_acquire);
      const std::uint32_t size = tail - head;
      if (size == 0)
        return 0;
      // The head was read before others moved both: read again.
      if (size > capacity)
        continue;
      const std::uint32_t count = size - size / 2;
      for (std::uint32_t i = 0; i < count; ++i)
        out[i] = slots_[(head + i) % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel, std::memory_order_relaxed))
        return count;
    }
  }

  /// Any thread; a moment's truth.
  [[nodiscard]] std::uint32_t size() const noexcept {
    const auto head = head_.load(std::memory_order_acquire);
    const std::uint32_t size = tail_.load(std::memory_order_acquire) - head;
    return size > capacity ? 0 : size;
  }

private:
  alignas(64) std::atomic<std::uint32_t> head_;
  alignas(64) std::atomic<std::uint32_t> tail_;
  alignas(64) std::array<std::atomic<caf::resumable*>, capacity> slots_{};
};

} // namespace actors::internal
