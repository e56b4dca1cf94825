#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <memory>
#include <vector>

namespace actors::app {

/// Signals as something to wait for: `const int number = co_await watch.next();`.
///
/// From its construction to its destruction the given signals no longer have their default effect; afterwards they have
/// it again. Nothing else of the library touches signal handlers. Destroy it before its runtime stops.
///
/// One task waits at a time. A signal that comes while nobody waits is kept (one of each number). Cancellation ends the
/// wait. Errors: `std::system_error` for a number that cannot be caught.
class signal_watch {
public:
  signal_watch(const runtime& owner, std::vector<int> numbers);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// Waits for the next signal; its number.
  [[nodiscard]] task<int> next();

private:
  struct state;
  class awaiter;

  std::shared_ptr<state> state_;
};

} // namespace actors::app
