#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>

/// A meeting point: `wait` returns when `parties` tasks have come, to all of them.
///
/// It can be used again and again: when all have come the barrier drains, that is, all of them go on; tasks that come
/// while it drains wait for the next round. `wait` returns a number from 0 to `parties` - 1, different for each: one of
/// them (by convention 0) can do what is to be done once.
///
/// `reset` empties the barrier and `abort` breaks it for good, until a `reset`; tasks that are inside throw
/// `broken_barrier`, those that came to an aborted barrier too.
///
/// Cancellation: a task that is cancelled or killed while it waits leaves and breaks nothing; the others wait for
/// somebody else. Threads: all members may be called from any thread; a plain thread waits with
/// `runtime::block_on(b.wait())`. Destroying a barrier makes those who wait throw `misuse_error`. Errors:
/// `misuse_error` for 0 parties.
///
/// Cost: one allocation for the barrier and one for the frame of each `wait`. After asyncio's `Barrier`.
///
/// @snippet examples/sync.cpp barrier
namespace actors::sync {

namespace internal {

class barrier_state;

} // namespace internal

class barrier {
public:
  explicit barrier(std::size_t parties);
  ~barrier();
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;

  /// Waits until `parties` tasks wait; which of them this was, in the order of their coming.
  [[nodiscard]] task<std::size_t> wait();

  /// Tasks that are inside throw `broken_barrier`; then the barrier is as new.
  void reset() noexcept;

  /// Tasks that are inside or will come throw `broken_barrier`, until a `reset`.
  void abort() noexcept;

  [[nodiscard]] std::size_t parties() const noexcept;

  /// How many wait for the others; 0 while the barrier drains.
  [[nodiscard]] std::size_t n_waiting() const noexcept;

  /// True after `abort`.
  [[nodiscard]] bool broken() const noexcept;

private:
  std::shared_ptr<internal::barrier_state> state_;
};

} // namespace actors::sync
