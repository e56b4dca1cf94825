#include <actors/process/internal/launch.hpp>

#include <actors/process/error.hpp>
#include <actors/process/internal/exit_watch.hpp>
#include <actors/process/internal/fork_launch.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace actors::process::internal {

namespace {

constexpr std::array<const char*, 3> stream_names{"standard input", "standard output", "standard error"};

std::error_code system_error_of(int number) noexcept {
  return {number, std::system_category()};
}

[[noreturn]] void fail(const command& what, std::error_code error, std::string_view detail = {}) {
  throw process_error("cannot run", what.program(), error, detail);
}

void check_text(const command& what, std::string_view text, const char* where) {
  if (text.find('\0') != std::string_view::npos)
    fail(what, errc::nul_byte, where);
}

void check(const command& what, const std::vector<std::string>& environment) {
  if (what.program().empty())
    fail(what, errc::no_program);
  check_text(what, what.program(), "the program");
  check_text(what, what.name(), "argument 0");
  for (std::size_t i = 0; i < what.arguments().size(); ++i)
    check_text(what, what.arguments()[i], ("argument " + std::to_string(i + 1)).c_str());
  for (const auto& variable : environment)
    check_text(what, variable, ("variable " + variable.substr(0, variable.find('='))).c_str());
  if (what.folder())
    check_text(what, *what.folder(), "the folder");
  if (what.umask() && *what.umask() > 0777U)
    fail(what, std::make_error_code(std::errc::invalid_argument), "the umask must be 0 to 0777");
}

/// What posix_spawn does in the child. Collects the first error.
class actions {
public:
  actions() { check(::posix_spawn_file_actions_init(&actions_)); }

  actions(const actions&) = delete;
  actions& operator=(const actions&) = delete;

  ~actions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to));
    plan_.duplicate(from, to);
  }

  void close(int fd) {
    check(::posix_spawn_file_actions_addclose(&actions_, fd));
    plan_.close(fd);
  }

  void close_from(int first) {
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first));
    plan_.close_from(first);
  }

  void change_folder(int fd) {
    check(::posix_spawn_file_actions_addfchdir_np(&actions_, fd));
    plan_.change_folder(fd);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

  /// The same, for a child that posix_spawn cannot make.
  [[nodiscard]] const fork_plan& plan() const noexcept { return plan_; }

private:
  static void check(int error) {
    if (error != 0)
      throw std::system_error(system_error_of(error), "posix_spawn_file_actions");
  }

  posix_spawn_file_actions_t actions_;
  fork_plan plan_;
};

class attributes {
public:
  explicit attributes(group_kind group) {
    ::posix_spawnattr_init(&attributes_);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    // A program that ignores SIGPIPE would else give that to children that count on it.
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    if (group == group_kind::process_group)
      flags = static_cast<short>(flags | POSIX_SPAWN_SETPGROUP); // with 0, the default: its own
    else if (group == group_kind::session)
      flags = static_cast<short>(flags | POSIX_SPAWN_SETSID);
    ::posix_spawnattr_setflags(&attributes_, flags);
  }

  attributes(const attributes&) = delete;
  attributes& operator=(const attributes&) = delete;

  ~attributes() { ::posix_spawnattr_destroy(&attributes_); }

  [[nodiscard]] const posix_spawnattr_t* get() const noexcept { return &attributes_; }

private:
  posix_spawnattr_t attributes_;
};

/// A descriptor that is none of 0, 1, 2, so that setting those up in the child cannot overwrite it.
actors::detail::unique_fd above_standard(actors::detail::unique_fd fd) {
  if (!fd || fd.get() > STDERR_FILENO)
    return fd;
  return actors::detail::unique_fd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

actors::detail::unique_fd open_for(const command& what, const char* path, int flags, const char* stream) {
  actors::detail::unique_fd fd =
      above_standard(actors::detail::unique_fd{::open(path, flags | O_CLOEXEC | O_NOCTTY, 0666)});
  if (!fd)
    fail(what, system_error_of(errno), std::string{path} + " as its " + stream);
  return fd;
}

/// One standard stream of the child, as far as this process prepares it.
struct prepared {
  actors::detail::unique_fd childs; ///< what the child gets
  actors::detail::unique_fd ours;   ///< our end of a pipe
  int source = -1;                  ///< what the child gets, owned or not; -1 to leave it as it is
};

prepared prepare(const command& what, const redirection& where, int number) {
  const bool reads = number == STDIN_FILENO;
  const char* const name = stream_names[static_cast<std::size_t>(number)];
  prepared result;
  switch (where.what()) {
  case redirection::kind::inherit:
    result.source = number;
    return result;
  case redirection::kind::output:
    if (number != STDERR_FILENO)
      fail(what, std::make_error_code(std::errc::invalid_argument), "only standard error can follow standard output");
    result.source = STDOUT_FILENO;
    return result;
  case redirection::kind::descriptor:
    // A copy, so that it is none of 0, 1, 2, and closed by nobody meanwhile.
    result.childs = actors::detail::unique_fd{::fcntl(where.descriptor(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!result.childs)
      fail(what, system_error_of(errno), "descriptor " + std::to_string(where.descriptor()) + " as its " + name);
    break;
  case redirection::kind::null:
    result.childs = open_for(what, "/dev/null", O_RDWR, name);
    break;
  case redirection::kind::file: {
    check_text(what, where.path(), name);
    const auto mode = where.mode();
    if ((mode == redirection::file_mode::read) != reads)
      fail(what, std::make_error_code(std::errc::invalid_argument),
           where.path() + (reads ? " is to be written, but is its " : " is to be read, but is its ") + name);
    const int flags = reads                                      ? O_RDONLY
                      : mode == redirection::file_mode::truncate ? O_WRONLY | O_CREAT | O_TRUNC
                                                                 : O_WRONLY | O_CREAT | O_APPEND;
    result.childs = open_for(what, where.path().c_str(), flags, name);
    break;
  }
  case redirection::kind::pipe: {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      fail(what, system_error_of(errno), std::string{"a pipe as its "} + name);
    actors::detail::unique_fd childs{ends[reads ? 0 : 1]};
    actors::detail::unique_fd ours{ends[reads ? 1 : 0]};
    result.childs = above_standard(std::move(childs));
    result.ours = above_standard(std::move(ours));
    if (!result.childs || !result.ours)
      fail(what, system_error_of(errno), std::string{"a pipe as its "} + name);
    break;
  }
  }
  result.source = result.childs.get();
  return result;
}

void keep_descriptors(const command& what, actions& todo) {
  auto kept = what.kept_descriptors();
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  int next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    if (fd < next || ::fcntl(fd, F_GETFD) < 0)
      fail(what, system_error_of(EBADF), "descriptor " + std::to_string(fd) + " to keep");
    for (; next < fd; ++next)
      todo.close(next);
    todo.duplicate(fd, fd); // takes the mark "close on exec" away
    next = fd + 1;
  }
  todo.close_from(next);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// The files that the name may stand for, in the order in which they are tried.
std::vector<std::string> candidates(const std::string& program, const std::vector<std::string>& environment) {
  if (program.find('/') != std::string::npos)
    return {program};
  std::string_view path{"/usr/local/bin:/usr/bin:/bin"};
  constexpr std::string_view name{"PATH="};
  for (const auto& variable : environment)
    if (variable.starts_with(name))
      path = std::string_view{variable}.substr(name.size());
  std::vector<std::string> result;
  for (;;) {
    const auto end = path.find(':');
    // An empty entry is the current folder.
    const auto folder = path.substr(0, end);
    result.push_back(std::string{folder.empty() ? "." : folder}.append("/").append(program));
    if (end == std::string_view::npos)
      return result;
    path.remove_prefix(end + 1);
  }
}

/// Whether there is nothing by this path: saves a process that would find that out. Relative ones are looked for in the
/// folder of the child.
bool is_missing(const std::string& path, int folder) noexcept {
  struct stat status{};
  return ::fstatat(folder, path.c_str(), &status, 0) != 0;
}

actors::detail::unique_fd open_folder(const command& what) {
  actors::detail::unique_fd folder =
      above_standard(actors::detail::unique_fd{::open(what.folder()->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)});
  if (!folder)
    fail(what, system_error_of(errno), "the folder " + *what.folder());
  // O_PATH asks for no rights.
  if (::faccessat(folder.get(), ".", X_OK, AT_EACCESS) != 0)
    fail(what, system_error_of(errno), "the folder " + *what.folder());
  return folder;
}

/// What posix_spawn has no setting for.
bool needs_fork(const command& what) noexcept {
  return what.user_id() || what.group_id() || what.supplementary_groups() || what.umask() || !what.limits().empty();
}

pid_t run_first(const command& what, const actions& todo, int folder) {
  auto environment = what.full_environment();
  std::vector<std::string> words{what.name()};
  words.insert(words.end(), what.arguments().begin(), what.arguments().end());
  const auto arguments = pointers(words);
  const attributes how{what.group()};
  const auto files = candidates(what.program(), environment);
  const auto variables = pointers(environment);
  if (needs_fork(what)) {
    const auto result = fork_and_run(what, todo.plan(), files, arguments.data(), variables.data());
    if (result.number == 0)
      return result.pid;
    const std::string_view where{result.where};
    fail(what, system_error_of(result.number), where == "run" ? std::string_view{} : where);
  }
  int error = ENOENT;
  for (const auto& file : files) {
    if (files.size() > 1 && is_missing(file, folder))
      continue;
    pid_t pid = -1;
    const int result = ::posix_spawn(&pid, file.c_str(), todo.get(), how.get(), arguments.data(), variables.data());
    if (result == 0)
      return pid;
    if (result != ENOENT && result != ENOTDIR)
      error = result;
    // One that may not be run does not hide another further on (as execvp(3)).
    if (result != ENOENT && result != ENOTDIR && result != EACCES)
      break;
  }
  fail(what, system_error_of(error));
}

void end_at_once(pid_t pid) noexcept {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

new_child launch(const command& what) {
  check(what, what.full_environment());
  const std::array<redirection, 3> wanted{what.input().value_or(redirection::inherit()),
                                          what.output().value_or(redirection::inherit()),
                                          what.errors().value_or(redirection::inherit())};
  std::array<prepared, 3> streams;
  for (int number = 0; number < 3; ++number)
    streams[static_cast<std::size_t>(number)] = prepare(what, wanted[static_cast<std::size_t>(number)], number);
  actors::detail::unique_fd folder;
  actions todo;
  // In rising order, so that standard error finds where standard output leads.
  for (int number = 0; number < 3; ++number)
    if (const int source = streams[static_cast<std::size_t>(number)].source; source != number)
      todo.duplicate(source, number);
  if (what.folder()) {
    folder = open_folder(what);
    todo.change_folder(folder.get());
  }
  keep_descriptors(what, todo);
  const auto pid = run_first(what, todo, folder ? folder.get() : AT_FDCWD);
  std::shared_ptr<child_state> state;
  try {
    state = std::make_shared<child_state>(pid, what.group() != group_kind::inherit, what.program());
    watch_exit(state);
  } catch (const std::system_error& error) {
    end_at_once(pid);
    fail(what, error.code(), "no thread to wait for it");
  } catch (...) {
    end_at_once(pid);
    throw;
  }
  new_child result{std::move(state)};
  for (std::size_t i = 0; i < streams.size(); ++i)
    result.pipes[i] = std::move(streams[i].ours);
  return result;
}

} // namespace actors::process::internal
