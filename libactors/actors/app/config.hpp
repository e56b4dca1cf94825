#pragma once

#include <actors/app/config_section.hpp>
#include <actors/app/environment.hpp>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace actors::app {

/// A program's configuration: typed sections declared by its components, read from a TOML file, the environment and
/// flags.
///
/// Later wins: default < files (in the order added) < environment (`PREFIX_SECTION_KEY`) < flags (in the order added).
/// Adding a source never fails; `apply` checks all of them against all declared keys, collects every mistake with its
/// place (file:line:column, variable, flag), and sets the bound variables only if there is none.
///
/// ```cpp
/// app::config config("ACTORS");
/// options.declare(config.section("server", "The HTTP server"));
/// config.add_file("actors.toml");
/// config.add_environment(app::process_environment());
/// config.add_assignment("server.port=80");
/// config.apply();
/// ```
///
/// Values in text (environment, flags): booleans are `true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`; a list is `a, b,
/// c` or, for items that hold commas, a TOML array; an empty text unsets an optional key. In a file a value has its
/// TOML type, durations and sizes are strings with a unit. Relative paths are left as they are: they are relative to
/// the working directory.
///
/// Bounds: a file has at most 1 MiB, keys at most 16 levels, and the first 100 mistakes are reported.
/// Owns the declarations, borrows the variables. Threads: one at a time, usually before anything starts.

struct config_problem {
  std::string place; ///< `actors.toml:3:8`, `environment variable ACTORS_SERVER_PORT`, `--set`; empty: no single place
  std::string text;  ///< one sentence part, safe to print; secrets are not in it
};

/// `place: text`
[[nodiscard]] std::string to_string(const config_problem& problem);

/// What was given cannot be used. `what()` has the problems, one a line.
class config_error : public std::runtime_error {
public:
  explicit config_error(std::vector<config_problem> problems);

  [[nodiscard]] const std::vector<config_problem>& problems() const noexcept { return problems_; }

private:
  std::vector<config_problem> problems_;
};

class config {
public:
  /// `environment_prefix` is put before `_SECTION_KEY`; without one the environment is not read.
  explicit config(std::string environment_prefix = {});
  ~config();
  config(const config&) = delete;
  config& operator=(const config&) = delete;

  /// Declares a section, or returns the one declared under this name. Names are like those of keys; a dot makes a
  /// section in a section (`[storage.cache]`). The reference stays valid as long as the `config`. Throws
  /// `std::logic_error` for a bad name.
  config_section& section(const std::string& name, const std::string& help = {});

  /// A section that other programs sharing the file read: whatever it and the sections in it hold is not looked at.
  void ignore_section(const std::string& name);

  /// A variable `PREFIX_NAME` that is no key, such as the one that names the file.
  void reserve_variable(const std::string& name);

  /// A file that has to be there.
  void add_file(const std::filesystem::path& file);
  /// A file that need not be there, but must be right if it is.
  void add_optional_file(const std::filesystem::path& file);
  /// A document that is already in memory; `name` is what errors call it.
  void add_text(std::string_view toml, const std::string& name);

  /// Takes the variables that start with the prefix. A variable that names no key is an error if it names a section,
  /// and a warning otherwise: container platforms put variables of their own beside ours.
  void add_environment(const environment& variables);

  /// `section.key=value`, as given to the flag.
  void add_assignment(std::string_view assignment, const std::string& flag = "--set");
  /// The value of a flag of its own: `add_flag("--port", "server.port", "80")`.
  void add_flag(const std::string& flag, std::string_view key, std::string_view value);

  /// Checks everything and sets the bound variables. Throws `config_error`, and then has set none. May be called
  /// again, after further sources were added; what no source gives gets its default again.
  void apply();

  /// What `apply` noticed that is no mistake.
  [[nodiscard]] const std::vector<config_problem>& warnings() const noexcept;

  /// The configuration in effect after `apply`, as a TOML file whose comments say where each value is from; `secret`
  /// keys are masked. For `--print-config`.
  [[nodiscard]] std::string effective() const;

  /// Every key with help, allowed values, default and environment variable, as a TOML file to start from.
  [[nodiscard]] std::string reference() const;

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace actors::app
