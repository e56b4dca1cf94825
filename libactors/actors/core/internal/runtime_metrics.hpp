#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace actors::internal {

/// The counters of one worker, on cache lines of their own, so that counting costs an uncontended addition. A thread
/// that is late in a job still counts for the worker that it has lost, so they are additions and not plain stores.
struct alignas(64) counter_block {
  /// Delays from ready to running, in powers of two from 1 µs; the last one takes all that are longer.
  static constexpr std::size_t delay_buckets = 24;

  std::atomic<std::uint64_t> tasks_started{0};
  std::atomic<std::uint64_t> tasks_completed{0};
  std::atomic<std::uint64_t> tasks_failed{0};
  std::atomic<std::uint64_t> tasks_cancelled{0};
  std::atomic<std::uint64_t> services_started{0};
  std::atomic<std::uint64_t> services_ended{0};
  std::atomic<std::uint64_t> services_failed{0};
  std::atomic<std::uint64_t> delay_sum_ns{0};
  std::array<std::atomic<std::uint64_t>, delay_buckets> delays{};

  void add_delay(std::int64_t ns) noexcept {
    const auto length = ns > 0 ? static_cast<std::uint64_t>(ns) : 0;
    std::size_t bucket = 0;
    while (bucket + 1 < delay_buckets && (std::uint64_t{1000} << bucket) < length)
      ++bucket;
    delays[bucket].fetch_add(1, std::memory_order_relaxed);
    delay_sum_ns.fetch_add(length, std::memory_order_relaxed);
  }

  static void add(std::atomic<std::uint64_t>& counter) noexcept { counter.fetch_add(1, std::memory_order_relaxed); }
};

/// One for each worker; a worker's index is less than 64.
using runtime_metrics = std::array<counter_block, 64>;

} // namespace actors::internal
