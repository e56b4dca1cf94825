#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace test_support {

/// Where the programs of this build are; throws if the environment (`ACTORS_TEST_BIN`) does not say.
[[nodiscard]] std::string program_path(const std::string& name);

/// A program that a test runs as a user would. Its standard output and standard error are read through one pipe.
///
/// One that is still running when the object goes is killed. A program that hangs fails the test by itself: every read
/// ends with an exception after a minute.
class program {
public:
  /// Starts it in `folder`; variables of the form `NAME=value` are added to the environment, in which nothing else
  /// starts with `ACTORS_`.
  program(std::vector<std::string> command, const std::string& folder, std::vector<std::string> variables = {});
  ~program();
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// Reads until a line contains `text`; that line. Throws, with all that was read, if the output ends before.
  [[nodiscard]] std::string read_until(const std::string& text);

  void send_signal(int number) const;

  /// Waits for its end: the exit status, or minus the number of the signal that ended it.
  [[nodiscard]] int wait();

  /// All that it has written as far as it was read; after `wait` all.
  [[nodiscard]] const std::string& output() const noexcept { return output_; }

private:
  [[nodiscard]] bool read_more();

  pid_t child_ = -1;
  int pipe_ = -1;
  std::string output_;
  std::size_t seen_ = 0;
};

} // namespace test_support
