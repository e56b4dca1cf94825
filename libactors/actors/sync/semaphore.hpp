#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>
#include <utility>

/// A number of permits: `acquire` takes one and waits while there is none, `release` gives some back.
///
/// `auto permit = co_await s.scoped_acquire();` gives its permit back by itself and is what to use for limits on how
/// many do something at once. A permit that was acquired with `acquire` belongs to nobody in particular: anybody may
/// release it, or release more than were acquired. A `bounded_semaphore` never has more than it began with: releasing
/// more throws `misuse_error`.
///
/// Fairness: first come, first served; a released permit goes to the first waiter, so nobody overtakes. Cancellation: a
/// waiter that is cancelled or killed leaves the line; if it had been given a permit already, the next one gets it.
///
/// Threads: all members may be called from any thread; a plain thread waits with `runtime::block_on(s.acquire())`.
/// Destroying a semaphore makes those who wait throw `misuse_error`; a permit that is left over does nothing any more.
/// Errors: `misuse_error` for a negative number of permits.
///
/// Cost: one allocation for the semaphore and one for the frame of each `acquire`. After asyncio's `Semaphore` and
/// `BoundedSemaphore`.
///
/// @snippet examples/sync.cpp semaphore
namespace actors::sync {

namespace internal {

class semaphore_state;

} // namespace internal

class semaphore {
public:
  class permit;

  /// Has `value` permits.
  explicit semaphore(std::ptrdiff_t value = 1);
  ~semaphore();
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;

  /// Waits for a permit and takes it. Give it back with `release`.
  [[nodiscard]] task<> acquire();

  /// Waits for a permit, which is given back when the `permit` goes.
  [[nodiscard]] task<permit> scoped_acquire();

  /// Takes a permit if there is one, without waiting.
  [[nodiscard]] bool try_acquire() noexcept;

  /// Adds permits, which those who wait get first. Throws `misuse_error` for a negative number or for more than the
  /// semaphore may have, and then adds none.
  void release(std::ptrdiff_t count = 1);

  /// The permits that are free.
  [[nodiscard]] std::ptrdiff_t value() const noexcept;

  /// True if `acquire` would have to wait.
  [[nodiscard]] bool locked() const noexcept { return value() == 0; }

  /// How many tasks wait.
  [[nodiscard]] std::size_t waiting() const noexcept;

protected:
  semaphore(std::ptrdiff_t value, std::ptrdiff_t bound);

private:
  std::shared_ptr<internal::semaphore_state> state_;
};

/// One permit of a semaphore. Movable; empty after `release`, `forget` or a move.
class [[nodiscard]] semaphore::permit {
public:
  /// Holds nothing.
  permit() noexcept = default;

  explicit permit(std::shared_ptr<internal::semaphore_state> state) noexcept : state_(std::move(state)) {}

  permit(permit&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

  permit& operator=(permit&& other) noexcept {
    permit moved{std::move(other)};
    std::swap(state_, moved.state_);
    return *this;
  }

  ~permit() { give_back(); }

  [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

  /// Gives the permit back. Throws `misuse_error` if there is none.
  void release();

  /// Keeps the permit taken for good.
  void forget() noexcept { state_ = nullptr; }

private:
  void give_back() noexcept;

  std::shared_ptr<internal::semaphore_state> state_;
};

/// A semaphore that never has more permits than it began with: finds a release too many.
class bounded_semaphore : public semaphore {
public:
  explicit bounded_semaphore(std::ptrdiff_t value = 1) : semaphore(value, value) {}
};

} // namespace actors::sync
