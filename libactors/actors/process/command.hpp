#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What to run: a program with its arguments, environment, folder and standard streams.
///
/// `command{"grep"}.arguments({"-n", pattern, path})`: the arguments reach the program as they are; there is no shell,
/// so nothing in them has to be quoted. A name without `/` is looked for in the `PATH` of the child's environment; one
/// with `/` is relative to the child's folder.
///
/// What a child gets unless it is said: the standard streams, environment and folder of this process. It never gets any
/// other open descriptor than those of `keep_descriptor`, no blocked signals, and SIGPIPE has its default effect.
///
/// Ownership: a value; copies are independent. Threads: none is involved before `start`. Errors: what the system would
/// misunderstand (an empty name, NUL bytes, `=` in the name of a variable) is refused by `start` with `process_error`.
///
/// @snippet examples/processes.cpp start
namespace actors::process {

/// Where a standard stream of a child leads.
class redirection {
public:
  enum class kind : std::uint8_t { inherit, null, pipe, file, descriptor, output };
  enum class file_mode : std::uint8_t { read, truncate, append };

  /// The same as this process's.
  [[nodiscard]] static redirection inherit() { return redirection{kind::inherit}; }

  /// Nothing to read; what is written is dropped.
  [[nodiscard]] static redirection null() { return redirection{kind::null}; }

  /// A pipe whose other end is a stream of the `child`.
  [[nodiscard]] static redirection pipe() { return redirection{kind::pipe}; }

  /// Reads from a file.
  [[nodiscard]] static redirection from_file(std::string path) { return {std::move(path), file_mode::read}; }

  /// Writes to a file, which is created, or emptied if it is there.
  [[nodiscard]] static redirection to_file(std::string path) { return {std::move(path), file_mode::truncate}; }

  /// Writes to the end of a file, which is created if it is not there.
  [[nodiscard]] static redirection append_to_file(std::string path) { return {std::move(path), file_mode::append}; }

  /// An open descriptor of this process, which stays its owner's; it must be open until `start` has returned.
  [[nodiscard]] static redirection to_descriptor(int fd) {
    redirection result{kind::descriptor};
    result.descriptor_ = fd;
    return result;
  }

  /// For standard error: where standard output leads.
  [[nodiscard]] static redirection to_output() { return redirection{kind::output}; }

  [[nodiscard]] kind what() const noexcept { return kind_; }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] file_mode mode() const noexcept { return mode_; }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

private:
  explicit redirection(kind what) noexcept : kind_(what) {}

  redirection(std::string path, file_mode mode) : path_(std::move(path)), kind_(kind::file), mode_(mode) {}

  std::string path_;
  int descriptor_ = -1;
  kind kind_;
  file_mode mode_ = file_mode::read;
};

/// What a child belongs to.
enum class group_kind : std::uint8_t {
  /// The group of this process: it gets the signals of the terminal (Ctrl-C) too.
  inherit,
  /// A process group of its own. What signals the child then signals all of the group, its own children among them.
  process_group,
  /// A session of its own, without a terminal; signals as for a group.
  session,
};

/// What `command::limit` limits for a child, in the units of setrlimit(2).
enum class resource : std::uint8_t {
  address_space,  ///< bytes
  core_file,      ///< bytes; 0 for no core files
  processor_time, ///< seconds
  data_segment,   ///< bytes
  file_size,      ///< bytes
  open_files,     ///< the highest descriptor, plus one
  processes,      ///< of the user, on the whole system
  stack_size,     ///< bytes
};

/// No limit.
inline constexpr std::uint64_t unlimited = UINT64_MAX;

struct resource_limit {
  resource_limit(resource what_arg, std::uint64_t soft_arg, std::uint64_t hard_arg) noexcept
      : what(what_arg), soft(soft_arg), hard(hard_arg) {}

  resource what;
  std::uint64_t soft; ///< what holds
  std::uint64_t hard; ///< how far the child may raise that
};

class command {
public:
  using variables = std::map<std::string, std::string>;

  explicit command(std::string program) : program_(std::move(program)) {}

  /// More arguments, after those that are there.
  command& arguments(std::vector<std::string> more);

  command& argument(std::string one) {
    arguments_.push_back(std::move(one));
    return *this;
  }

  /// What the program sees as its name (`argv[0]`); the program as it was given by default.
  command& called(std::string name) {
    name_ = std::move(name);
    return *this;
  }

  /// The folder that it starts in.
  command& folder(std::string path) {
    folder_ = std::move(path);
    return *this;
  }

  /// The whole environment, in place of this process's.
  command& environment(variables all) {
    environment_ = std::move(all);
    return *this;
  }

  /// Sets one variable, in addition to what is there.
  command& variable(std::string name, std::string value) {
    changes_[std::move(name)] = std::move(value);
    return *this;
  }

  /// Removes one variable.
  command& without_variable(std::string name) {
    changes_[std::move(name)] = std::nullopt;
    return *this;
  }

  command& input(redirection where) {
    input_ = std::move(where);
    return *this;
  }

  command& output(redirection where) {
    output_ = std::move(where);
    return *this;
  }

  command& errors(redirection where) {
    errors_ = std::move(where);
    return *this;
  }

  /// A descriptor above 2 that the child gets too, under the same number. It must be open until `start` has returned.
  command& keep_descriptor(int fd) {
    kept_.push_back(fd);
    return *this;
  }

  command& group(group_kind value) noexcept {
    group_ = value;
    return *this;
  }

  // What follows is set in the child before it runs the program. What the system refuses is a `process_error` that says
  // which it was: "cannot run id: Operation not permitted (set the user)".

  /// The user that it runs as, by number. Its supplementary groups are those of `supplementary_groups`, none unless
  /// they are given. Wants privileges, as the two after it.
  command& user_id(std::uint32_t value) noexcept {
    user_id_ = value;
    return *this;
  }

  command& group_id(std::uint32_t value) noexcept {
    group_id_ = value;
    return *this;
  }

  command& supplementary_groups(std::vector<std::uint32_t> values) {
    supplementary_groups_ = std::move(values);
    return *this;
  }

  /// The permissions that files which it creates do not get, 0 to 0777. Files of redirections are created before.
  command& umask(std::uint32_t value) noexcept {
    umask_ = value;
    return *this;
  }

  /// Limits what it may use; `hard` is `soft` unless it is given. The last one for a resource holds.
  command& limit(resource what, std::uint64_t soft, std::optional<std::uint64_t> hard = std::nullopt) {
    limits_.emplace_back(what, soft, hard.value_or(soft));
    return *this;
  }

  [[nodiscard]] const std::string& program() const noexcept { return program_; }

  [[nodiscard]] const std::vector<std::string>& arguments() const noexcept { return arguments_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_ ? *name_ : program_; }

  [[nodiscard]] const std::optional<std::string>& folder() const noexcept { return folder_; }

  /// What `start` makes of the settings: NAME=value each.
  [[nodiscard]] std::vector<std::string> full_environment() const;

  // What was not said is nothing.
  [[nodiscard]] const std::optional<redirection>& input() const noexcept { return input_; }

  [[nodiscard]] const std::optional<redirection>& output() const noexcept { return output_; }

  [[nodiscard]] const std::optional<redirection>& errors() const noexcept { return errors_; }

  [[nodiscard]] const std::vector<int>& kept_descriptors() const noexcept { return kept_; }

  [[nodiscard]] group_kind group() const noexcept { return group_; }

  [[nodiscard]] const std::optional<std::uint32_t>& user_id() const noexcept { return user_id_; }

  [[nodiscard]] const std::optional<std::uint32_t>& group_id() const noexcept { return group_id_; }

  [[nodiscard]] const std::optional<std::vector<std::uint32_t>>& supplementary_groups() const noexcept {
    return supplementary_groups_;
  }

  [[nodiscard]] const std::optional<std::uint32_t>& umask() const noexcept { return umask_; }

  [[nodiscard]] const std::vector<resource_limit>& limits() const noexcept { return limits_; }

private:
  std::string program_;
  std::vector<std::string> arguments_;
  std::optional<std::string> name_;
  std::optional<std::string> folder_;
  std::optional<variables> environment_;
  std::map<std::string, std::optional<std::string>> changes_;
  std::optional<redirection> input_;
  std::optional<redirection> output_;
  std::optional<redirection> errors_;
  std::vector<int> kept_;
  std::optional<std::uint32_t> user_id_;
  std::optional<std::uint32_t> group_id_;
  std::optional<std::vector<std::uint32_t>> supplementary_groups_;
  std::optional<std::uint32_t> umask_;
  std::vector<resource_limit> limits_;
  group_kind group_ = group_kind::inherit;
};

} // namespace actors::process
