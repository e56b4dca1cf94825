#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <concepts>
#include <memory>
#include <vector>

/// Signals as something to wait for: `const int number = co_await next_signal(SIGINT, SIGTERM);`, or with a
/// `signal_set`, which also keeps those that come between two waits.
///
/// From its construction to its destruction the given signals do not have their default effect; when the last set with
/// a signal goes, it has it again. Nothing else of the library touches signal handlers.
///
/// Any number of sets may watch for the same signal, in one or several runtimes: each sees every signal. Of one set's
/// waiting tasks each signal wakes the one that has waited longest. A signal that comes while nobody waits is kept, one
/// of each number, as the system itself does it.
///
/// Ownership: destroy a set before its runtime stops. Threads: `next` from any task, of other runtimes too.
///
/// Cancellation ends the wait and loses no signal. Errors: `std::system_error` for a number that cannot be caught.
///
/// Signals are of the process: in virtual time they come whenever they come, so a program that waits for one is not
/// deterministic.
///
/// @snippet examples/processes.cpp signals
namespace actors::process {

class signal_set {
public:
  /// Starts to watch.
  signal_set(const runtime& owner, std::vector<int> numbers);

  /// The same in the runtime of the running task. Throws `misuse_error` outside of tasks.
  explicit signal_set(std::vector<int> numbers);

  ~signal_set();
  signal_set(const signal_set&) = delete;
  signal_set& operator=(const signal_set&) = delete;

  /// Waits for the next signal; its number.
  [[nodiscard]] task<int> next();

private:
  struct state;
  class awaiter;

  std::shared_ptr<state> state_;
};

namespace detail {

[[nodiscard]] task<int> next_signal_of(std::vector<int> numbers);

} // namespace detail

/// Waits for one of these signals; its number. Watches only while it waits: what comes before or after has its usual
/// effect.
template <std::same_as<int>... Numbers>
[[nodiscard]] task<int> next_signal(int first, Numbers... more) {
  return detail::next_signal_of(std::vector<int>{first, more...});
}

} // namespace actors::process
