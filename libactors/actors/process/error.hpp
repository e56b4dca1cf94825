#pragma once

#include <actors/process/exit_status.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

/// What can go wrong with child processes.
///
/// A child that cannot be started, signalled or waited for is a `process_error`. It names the operation, the program as
/// it was given and the reason, and `what()` is one line of the three: "cannot run convert: No such file or directory".
/// `code()` is for code that reacts: the operating system's error (compare with `std::errc`) or one of `errc` below. A
/// child that ran and said that it failed is no `process_error`, but where one asks for it an `exit_error`.
namespace actors::process {

/// Failures that the operating system has no code for.
enum class errc {
  /// The program's name is empty.
  no_program = 1,
  /// An argument, a variable or a folder contains a NUL byte, where the system would end it.
  nul_byte,
  /// The name of a variable is empty or contains `=`.
  invalid_variable,
  /// The child wrote more than the caller allowed.
  output_too_large,
  /// Other code of this process has collected the child's exit status, or the system was told to drop it (an ignored
  /// SIGCHLD).
  status_lost,
};

[[nodiscard]] const std::error_category& process_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc value) noexcept;

class process_error : public std::system_error {
public:
  /// `what()` is "`operation` `program`: text of `code`", and `detail` in brackets if there is any.
  process_error(std::string_view operation, std::string_view program, std::error_code code,
                std::string_view detail = {});

  [[nodiscard]] const char* what() const noexcept override;

  /// What was tried, such as `cannot run`.
  [[nodiscard]] const std::string& operation() const noexcept;
  [[nodiscard]] const std::string& program() const noexcept;

private:
  struct subject;
  std::shared_ptr<const subject> subject_;
};

/// A child ended in another way than with exit code 0. `what()`: "grep ended with exit code 2: grep: x: No such file".
class exit_error : public std::runtime_error {
public:
  /// The end of what it wrote on standard error is shown.
  exit_error(std::string_view program, exit_status status, std::string_view errors);

  [[nodiscard]] const exit_status& status() const noexcept { return status_; }

private:
  exit_status status_;
};

} // namespace actors::process

template <>
struct std::is_error_code_enum<actors::process::errc> : std::true_type {};
