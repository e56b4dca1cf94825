#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>

/// A mutex that many readers or one writer may hold.
///
/// `auto guard = co_await m.lock_shared();` for reading, `co_await m.lock()` for writing.
///
/// Fairness: first come, first served. A reader that comes after a waiting writer waits behind it, so writers do not
/// starve, and readers that wait next to each other are let in together. So a task that holds the mutex for reading
/// must not lock it for reading again: a writer may stand in between.
///
/// Cancellation: a waiter that is cancelled or killed leaves the line, and what it had been given goes to the next;
/// readers behind a writer that leaves join those who read. Threads: any task of any runtime, plain threads with
/// `try_lock`, `try_lock_shared` or `runtime::block_on`; guards may be destroyed anywhere. Destroying the mutex makes
/// those who wait throw `misuse_error`.
///
/// Cost: one allocation for the mutex and one for the frame of each lock. After POSIX read-write locks and Tokio's
/// `RwLock`.
///
/// @snippet examples/sync.cpp shared mutex
namespace actors::sync {

namespace internal {

class shared_mutex_state;

} // namespace internal

class shared_mutex {
public:
  class guard;
  class shared_guard;

  shared_mutex();
  ~shared_mutex();
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  /// Waits until nobody else holds the mutex and locks it for writing.
  [[nodiscard]] task<guard> lock();

  /// Waits until no writer holds it and none waits ahead, and locks it for reading.
  [[nodiscard]] task<shared_guard> lock_shared();

  /// Lock it without waiting; an empty guard if that cannot be.
  [[nodiscard]] guard try_lock();
  [[nodiscard]] shared_guard try_lock_shared();

  /// True while a writer holds it.
  [[nodiscard]] bool locked() const noexcept;

  /// How many readers hold it.
  [[nodiscard]] std::size_t readers() const noexcept;

  /// How many tasks wait for it.
  [[nodiscard]] std::size_t waiting() const noexcept;

private:
  std::shared_ptr<internal::shared_mutex_state> state_;
};

/// Holds the mutex for reading. Movable; empty after `unlock` or a move.
class [[nodiscard]] shared_mutex::shared_guard {
public:
  /// Holds nothing.
  shared_guard() noexcept = default;

  explicit shared_guard(std::shared_ptr<internal::shared_mutex_state> state) noexcept : state_(std::move(state)) {}

  shared_guard(shared_guard&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

  shared_guard& operator=(shared_guard&& other) noexcept {
    shared_guard moved{std::move(other)};
    std::swap(state_, moved.state_);
    return *this;
  }

  ~shared_guard() { release(); }

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

  /// Throws `misuse_error` if the guard is empty.
  void unlock();

private:
  void release() noexcept;

  std::shared_ptr<internal::shared_mutex_state> state_;
};

/// Holds the mutex for writing. Movable; empty after `unlock`, `downgrade` or a move.
class [[nodiscard]] shared_mutex::guard {
public:
  /// Holds nothing.
  guard() noexcept = default;

  explicit guard(std::shared_ptr<internal::shared_mutex_state> state) noexcept : state_(std::move(state)) {}

  guard(guard&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

  guard& operator=(guard&& other) noexcept {
    guard moved{std::move(other)};
    std::swap(state_, moved.state_);
    return *this;
  }

  ~guard() { release(); }

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

  /// Throws `misuse_error` if the guard is empty.
  void unlock();

  /// Goes on as a reader, with no writer in between; readers that are next in line come in too. Throws `misuse_error`
  /// if the guard is empty.
  [[nodiscard]] shared_guard downgrade();

private:
  void release() noexcept;

  std::shared_ptr<internal::shared_mutex_state> state_;
};

} // namespace actors::sync
