#pragma once

#include <actors/core/task.hpp>
#include <actors/sync/mutex.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

/// Waiting for a change of what a mutex protects.
///
/// A condition belongs to one mutex. `co_await c.wait(guard)` gives the mutex up, waits until it is notified, and holds
/// the mutex again when it goes on; the form with a predicate waits until the predicate holds, which is checked with
/// the mutex held. Whoever changes the state notifies while holding the mutex: notifying while nobody holds it throws
/// `misuse_error`, because a waiter that is just about to wait would miss it. Those who are notified line up for the
/// mutex in the order in which they came to wait.
///
/// Cancellation: a wait that is cancelled takes the mutex again before it throws `cancelled`, however long that takes,
/// so that the guard holds the mutex in every catch block, as with asyncio. A notification that a cancelled or killed
/// waiter had received goes to the next one.
///
/// Errors: `misuse_error` if the guard is empty or of another mutex, or if the condition is destroyed while tasks wait
/// (they hold the mutex again first) or the mutex is (their guards are then empty).
///
/// Threads: any task of any runtime, and plain threads that hold the mutex may notify. The guard that is passed must
/// stay in place until the wait has ended. Cost: one allocation for the condition and one for the frame of each `wait`.
///
/// @snippet examples/sync.cpp condition
namespace actors::sync {

namespace internal {

class condition_state;

} // namespace internal

class condition {
public:
  explicit condition(mutex& protects);
  ~condition();
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;

  /// Gives the mutex up, waits to be notified and takes the mutex again. May be woken for nothing, when a notification
  /// was passed on: check in a loop, or use the form below.
  [[nodiscard]] task<> wait(mutex::guard& guard);

  /// Waits until `predicate()` is true, and returns what it returned.
  template <class Predicate>
    requires std::is_invocable_v<Predicate&>
  [[nodiscard]] task<std::decay_t<std::invoke_result_t<Predicate&>>> wait(mutex::guard& guard, Predicate predicate) {
    return wait_until(*this, guard, std::move(predicate));
  }

  /// Wakes the one that has waited longest, the `count` that have, or all.
  void notify_one() { notify(1); }

  void notify(std::size_t count);
  void notify_all();

  /// How many tasks wait to be notified.
  [[nodiscard]] std::size_t waiting() const noexcept;

private:
  template <class Predicate>
  static task<std::decay_t<std::invoke_result_t<Predicate&>>> wait_until(condition& self, mutex::guard& guard,
                                                                         Predicate predicate) {
    for (;;) {
      auto result = std::invoke(predicate);
      if (result)
        co_return result;
      co_await self.wait(guard);
    }
  }

  class awaiter;

  static task<> wait_in(std::shared_ptr<internal::condition_state> state, mutex::guard& guard);

  std::shared_ptr<internal::condition_state> state_;
};

} // namespace actors::sync
