#pragma once

#include <actors/core/fwd.hpp>
#include <actors/observe/inspector.hpp>

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace services::node {

/// The commands that look at a running program: `ps`, `tree`, `top`, `dump`, `cancel` and `log-level`. Wrong arguments
/// are reported by the parser (`CLI::ParseError`).
class inspect_commands {
public:
  /// Adds the subcommands to `parent`, which must outlive this.
  explicit inspect_commands(CLI::App& parent);
  ~inspect_commands();
  inspect_commands(const inspect_commands&) = delete;
  inspect_commands& operator=(const inspect_commands&) = delete;

  /// True if the command line named one of them.
  [[nodiscard]] bool parsed() const;

  /// Runs it; the exit status of the program. Throws `actors::observe::inspector_error`.
  [[nodiscard]] int run() const;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

/// Lets these commands look at `home`, if `wanted`. A program that cannot be looked at runs all the same: why is
/// logged.
[[nodiscard]] std::unique_ptr<actors::observe::inspector> serve_inspector(actors::runtime& home, bool wanted = true);

} // namespace services::node
