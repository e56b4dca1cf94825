#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>
#include <actors/process/command.hpp>
#include <actors/process/error.hpp>
#include <actors/process/exit_status.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Child processes: `auto child = co_await start(command{"sort"}.input(redirection::pipe()));`.
///
/// `start` runs a program and returns once it runs; a program that cannot be run is an error of `start`. Pipes to and
/// from it are `net::stream`s. `wait` gives its exit status, `communicate` feeds it, reads all that it writes and
/// waits. For a program that runs from start to end there is `run` (run.hpp).
///
/// Ownership: the child belongs to the object; when that goes, a child that still runs is killed (SIGKILL), unless it
/// was detached. Its exit status is always collected, by a thread of the library, so no zombies stay, whatever became
/// of the object, the task or the runtime. A child that leads a process group or session is signalled and killed with
/// its group.
///
/// Threads: everything but the streams may be used from any thread and by several tasks at once; the object itself is
/// moved and destroyed by its owner.
///
/// Cancellation: cancelling `wait` ends the waiting and does nothing to the child. Cancelling `communicate` leaves the
/// child running too, with its streams where they were. Cancelling `start` leaves no child behind.
///
/// Errors: `process_error`, see error.hpp; `net_error` from the streams. Needs a runtime with the library's scheduler
/// and the system's clock if there are pipes. Cost: a `posix_spawn` on the blocking pool, about a millisecond, most of
/// it the system's; a `fork` if a user, group, umask or limit is set, which takes longer the more memory this process
/// has.
///
/// As asyncio's subprocess (https://docs.python.org/3/library/asyncio-subprocess.html).
///
/// @snippet examples/processes.cpp start
namespace actors::process {

namespace internal {

class child_state;
class new_child;

} // namespace internal

/// What a child has written; see `child::communicate`.
struct captured {
  exit_status status;
  std::string output; ///< empty if standard output is not piped
  std::string errors; ///< empty if standard error is not piped
};

class child {
public:
  /// Most that `communicate` takes from each of standard output and standard error unless it is told otherwise.
  static constexpr std::size_t usual_limit = std::size_t{16} * 1024 * 1024;

  /// Stands for no child.
  child() noexcept;
  child(child&& other) noexcept;
  child& operator=(child&& other) noexcept;
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();

  /// True if this stands for a child, running or not.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(state_); }

  /// The process id. Once the child has ended the system may give it to another process.
  [[nodiscard]] int pid() const;

  /// The program as it was given.
  [[nodiscard]] const std::string& program() const;

  // Our ends of its pipes. Throws `misuse_error` for a stream that is not piped. `close()` of the input is how the
  // child learns of its end.

  [[nodiscard]] net::stream& input() const;
  [[nodiscard]] net::stream& output() const;
  [[nodiscard]] net::stream& errors() const;

  /// Waits for the end of the child. Any number of tasks may wait, also when it has ended long ago.
  [[nodiscard]] task<exit_status> wait() const;

  /// The exit status, nothing while it runs.
  [[nodiscard]] std::optional<exit_status> status() const;

  /// Writes `input` to the child and closes its input, reads output and errors to their ends as far as they are piped,
  /// and waits. A child that does not read all of its input is no error. One that writes more than `limit` bytes on
  /// either is killed, and `errc::output_too_large` is thrown. Throws `misuse_error` for input without a pipe. The
  /// object must stay where it is meanwhile.
  ///
  /// It waits for the ends of the pipes, which the child's own children may hold open.
  [[nodiscard]] task<captured> communicate(std::string input = {}, std::size_t limit = usual_limit) const;

  /// SIGTERM. Each of these three: false if the child has ended.
  bool terminate() const;

  /// SIGKILL.
  bool kill() const;

  bool send_signal(int number) const;

  /// Kills the child if it still runs, and closes the pipes. The object stands for no child afterwards.
  void close() noexcept;

  /// Closes the pipes and lets the child run on by itself.
  void detach() noexcept;

private:
  friend task<child> start(command what);

  class exit_awaiter;

  static task<child> start_child(command what);

  [[nodiscard]] internal::child_state& state() const;

  std::shared_ptr<internal::child_state> state_;
  std::unique_ptr<net::stream> input_;
  std::unique_ptr<net::stream> output_;
  std::unique_ptr<net::stream> errors_;
};

/// Starts a child process.
[[nodiscard]] task<child> start(command what);

} // namespace actors::process
