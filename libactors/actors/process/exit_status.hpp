#pragma once

#include <optional>
#include <string>

namespace actors::process {

/// How a child process ended: with an exit code, or by a signal. A value.
class exit_status {
public:
  /// Exit code 0.
  exit_status() = default;

  [[nodiscard]] static exit_status exited(int code) noexcept { return {code, 0}; }

  [[nodiscard]] static exit_status signalled(int number) noexcept { return {0, number}; }

  /// The exit code, 0 to 255; nothing if a signal has ended it.
  [[nodiscard]] std::optional<int> code() const noexcept { return signal_ == 0 ? std::optional{code_} : std::nullopt; }

  /// The number of the signal that has ended it, nothing if it exited.
  [[nodiscard]] std::optional<int> signal() const noexcept {
    return signal_ != 0 ? std::optional{signal_} : std::nullopt;
  }

  /// True for exit code 0.
  [[nodiscard]] bool success() const noexcept { return signal_ == 0 && code_ == 0; }

  friend bool operator==(const exit_status&, const exit_status&) = default;

private:
  exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}

  int code_ = 0;
  int signal_ = 0;
};

/// "exit code 3" or "signal 9 (Killed)".
[[nodiscard]] std::string to_string(const exit_status& status);

} // namespace actors::process
