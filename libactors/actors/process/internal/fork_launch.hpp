#pragma once

#include <actors/process/command.hpp>

#include <sys/types.h>

#include <string>
#include <vector>

namespace actors::process::internal {

/// What a child sets up between `fork` and `exec`, prepared before so that nothing there allocates.
class fork_plan {
public:
  void duplicate(int from, int to) { steps_.push_back({step::kind::duplicate, from, to}); }

  void close(int fd) { steps_.push_back({step::kind::close, fd, 0}); }

  void close_from(int first) { steps_.push_back({step::kind::close_from, first, 0}); }

  void change_folder(int fd) { steps_.push_back({step::kind::change_folder, fd, 0}); }

  struct step {
    enum class kind : unsigned char { duplicate, close, close_from, change_folder };

    kind what;
    int first;
    int second;
  };

  [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }

private:
  std::vector<step> steps_;
};

/// What went wrong: nothing if `number` is 0.
struct fork_result {
  pid_t pid = -1;
  int number = 0;    ///< of the error
  const char* where; ///< what failed: "set the user", "set the limit on open files", …; "run" for the program itself
};

/// Forks, applies the settings of the command and the plan, and runs the first of `files` that can be run. Blocks until
/// the child runs the program or has said why it does not.
[[nodiscard]] fork_result fork_and_run(const command& what, const fork_plan& plan,
                                       const std::vector<std::string>& files, char* const* arguments,
                                       char* const* variables);

} // namespace actors::process::internal
