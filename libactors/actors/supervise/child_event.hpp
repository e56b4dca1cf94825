#pragma once

#include <actors/core/fwd.hpp>

#include <caf/actor.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

/// What happens to the children of a supervisor, as its handlers and event streams are told.
///
/// Events of one supervisor come in the order in which things happened. Those of a nested supervisor go to its own
/// handlers only.
///
/// Threads: a value; texts are copies.
namespace actors::supervise {

enum class child_event_kind : std::uint8_t {
  started,      ///< `actor` has started
  start_failed, ///< a start has failed with `error`
  exited,       ///< `actor` has ended, see `exit`; `error` if it failed
  restarting,   ///< it will be started again after `delay`
  abandoned,    ///< `actor` was killed and has not ended; the supervisor, which is stopping, goes on without it
  given_up,     ///< one restart too many, because of `error`: the supervisor stops all children and fails
};

[[nodiscard]] std::string_view to_string(child_event_kind kind) noexcept;

/// How a child has ended.
enum class exit_kind : std::uint8_t {
  normal,  ///< it returned
  orderly, ///< it was cancelled or asked to stop
  error,   ///< it failed
  killed,
};

[[nodiscard]] std::string_view to_string(exit_kind kind) noexcept;

struct child_event {
  child_event(child_event_kind kind_arg, std::string supervisor_arg, std::string child_arg)
      : kind(kind_arg), supervisor(std::move(supervisor_arg)), child(std::move(child_arg)) {}

  child_event_kind kind;
  exit_kind exit = exit_kind::normal;
  std::string supervisor;
  std::string child;
  caf::actor actor;
  std::exception_ptr error;
  duration delay = duration::zero();
  /// How often the child was started again, this time included.
  std::uint64_t restarts = 0;
};

/// One line: `child 'x' of supervisor 'y' exited: error: text`.
[[nodiscard]] std::string describe(const child_event& event);

} // namespace actors::supervise
