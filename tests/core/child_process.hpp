#pragma once

#include <chrono>
#include <string>
#include <string_view>

/// Tests about the state of a whole process (the table of type ids, leaks on purpose, CPU used while idle) run a
/// scenario in a process of its own: this program, started again.
namespace core_test {

/// How a scenario ended.
struct child_result {
  /// The exit status, or minus the number of the signal that ended it.
  int status = 0;
  /// What it wrote on standard output and standard error.
  std::string output;
  std::chrono::microseconds cpu{0};
};

/// Registers a scenario: `const scenario late{"late registration", [] { …; return 0; }};` at namespace scope.
class scenario {
public:
  scenario(const char* name, int (*body)()) noexcept;

private:
  friend int run_named_scenario(std::string_view name);

  const char* name_;
  int (*body_)();
  const scenario* next_;
};

/// What sanitizers make of a child that leaves memory or threads behind.
enum class leaks { forbidden, on_purpose };

/// Starts this program again to run a scenario and waits for it, at most a minute.
[[nodiscard]] child_result run_in_child(std::string_view name, leaks expected = leaks::forbidden);

/// For main: runs a scenario in this process; its exit status.
[[nodiscard]] int run_named_scenario(std::string_view name);

} // namespace core_test
