#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>

/// Mutual exclusion between tasks, across awaits.
///
/// `auto guard = co_await m.lock();` waits for the mutex and holds it until the guard goes or `guard.unlock()` is
/// called. Unlike `std::mutex` it may be held while the task awaits, and waiting for it blocks no thread.
///
/// Fairness: first come, first served. An unlock hands the mutex to the first waiter, so nobody overtakes.
/// Cancellation: a waiter that is cancelled or killed leaves the line; if it had been given the mutex already, the next
/// one gets it. Not recursive: a task that locks a mutex that it holds waits for itself (give it a time limit,
/// `with_timeout`).
///
/// Threads: any task of any runtime, and plain threads with `try_lock` or `runtime::block_on(m.lock())`; a guard may be
/// destroyed anywhere. Destroying a mutex makes those who wait throw `misuse_error`; a guard that is left over does
/// nothing any more.
///
/// Cost: one allocation for the mutex and one for the frame of each `lock`; no allocation for waiting
/// (`benchmarks/sync/mutex_bench.cpp`). After asyncio's `Lock`.
///
/// @snippet examples/sync.cpp mutex
namespace actors::sync {

namespace internal {

class mutex_state;

} // namespace internal

class mutex {
public:
  class guard;

  mutex();
  ~mutex();
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  /// Waits for the mutex and locks it.
  [[nodiscard]] task<guard> lock();

  /// Locks the mutex if it is free, without waiting; an empty guard if it is not.
  [[nodiscard]] guard try_lock();

  /// True while somebody holds it.
  [[nodiscard]] bool locked() const noexcept;

  /// How many tasks wait for it.
  [[nodiscard]] std::size_t waiting() const noexcept;

private:
  friend class condition;

  std::shared_ptr<internal::mutex_state> state_;
};

/// Holds a mutex. Movable; empty after `unlock` or a move.
class [[nodiscard]] mutex::guard {
public:
  /// Holds nothing.
  guard() noexcept = default;

  explicit guard(std::shared_ptr<internal::mutex_state> state) noexcept : state_(std::move(state)) {}

  guard(guard&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

  guard& operator=(guard&& other) noexcept {
    guard moved{std::move(other)};
    std::swap(state_, moved.state_);
    return *this;
  }

  ~guard() { release(); }

  /// True while it holds a mutex.
  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

  /// Gives the mutex to the next in line. Throws `misuse_error` if the guard is empty.
  void unlock();

private:
  friend class condition;

  void release() noexcept;

  std::shared_ptr<internal::mutex_state> state_;
};

} // namespace actors::sync
