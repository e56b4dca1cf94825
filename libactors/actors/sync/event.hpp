#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>

/// A flag that tasks wait for.
///
/// `set` wakes everybody who waits and lets everybody through who comes later, until `clear`. Those who waited when it
/// was set go on even if it is cleared before they run.
///
/// Cancellation: a waiter that is cancelled leaves. Threads: all members may be called from any thread; a plain thread
/// waits with `runtime::block_on(e.wait())`. Destroying an event makes those who wait throw `misuse_error`.
///
/// Cost: one allocation for the event and one for the frame of each `wait`; `set` is linear in those who wait. After
/// asyncio's `Event`.
///
/// @snippet examples/sync.cpp event
namespace actors::sync {

namespace internal {

class event_state;

} // namespace internal

class event {
public:
  event();
  ~event();
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  /// Waits until the event is set; does not suspend if it is.
  [[nodiscard]] task<> wait();

  void set() noexcept;
  void clear() noexcept;
  [[nodiscard]] bool is_set() const noexcept;

  /// How many tasks wait.
  [[nodiscard]] std::size_t waiting() const noexcept;

private:
  std::shared_ptr<internal::event_state> state_;
};

} // namespace actors::sync
