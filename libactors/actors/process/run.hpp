#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/process/child.hpp>
#include <actors/process/command.hpp>
#include <actors/process/exit_status.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

/// Running a program from start to end: `auto done = co_await run(command{"git"}.arguments({"rev-parse", "HEAD"}));`.
///
/// Gives the exit status and what the program wrote. Unless the command says otherwise its standard input is empty (or
/// what `input` says) and its standard output and standard error are captured.
///
/// Ownership: the child is owned by the call and does not outlive it. Cancellation, and every error: the child gets
/// SIGTERM, after a grace period SIGKILL, and has ended before the call throws; a second cancellation kills it at once.
/// For a time limit use `with_timeout`.
///
/// Errors: `process_error` if the program cannot be run or writes too much; a program that fails is an `exit_error` if
/// `check` was asked for, else a status like any other.
///
/// @snippet examples/processes.cpp run
namespace actors::process {

/// How a program was run.
struct completed {
  std::string program;
  exit_status status;
  std::string output;
  std::string errors;

  /// Throws `exit_error` unless it ended with exit code 0.
  void check() const;
};

class run_options {
public:
  run_options() = default;

  /// What the program reads from its standard input; nothing by default.
  run_options& input(std::string text) {
    input_ = std::move(text);
    return *this;
  }

  /// Most that it may write on each of standard output and standard error; 16 MiB by default.
  run_options& limit(std::size_t bytes) noexcept {
    limit_ = bytes;
    return *this;
  }

  /// Throw `exit_error` unless it ends with exit code 0.
  run_options& check(bool value = true) noexcept {
    check_ = value;
    return *this;
  }

  /// Time between SIGTERM and SIGKILL when the call is cancelled or fails; 5 s by default.
  run_options& grace(duration value) noexcept {
    grace_ = value;
    return *this;
  }

  [[nodiscard]] const std::string& input() const noexcept { return input_; }

  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  [[nodiscard]] bool checked() const noexcept { return check_; }

  [[nodiscard]] duration grace() const noexcept { return grace_; }

private:
  std::string input_;
  std::size_t limit_ = child::usual_limit;
  duration grace_ = std::chrono::seconds(5);
  bool check_ = false;
};

[[nodiscard]] task<completed> run(command what, run_options options);

/// With the usual options.
[[nodiscard]] task<completed> run(command what);

} // namespace actors::process
