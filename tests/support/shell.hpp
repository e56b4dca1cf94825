#pragma once

#include <string>

namespace test_support {

/// What came of a shell command.
struct shell_result {
  int status = 0; // as the shell has it: 128 and the number of the signal that ended the command
  std::string output;
};

/// Runs a shell command to its end. Its standard error is part of its output.
[[nodiscard]] shell_result run_shell(const std::string& command);

/// What a shell command prints; throws if it fails.
[[nodiscard]] std::string output_of(const std::string& command);

} // namespace test_support
