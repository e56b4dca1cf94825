#include <actors/process/internal/fork_launch.hpp>

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>

namespace actors::process::internal {

namespace {

/// What the child says through the pipe when it cannot go on. Smaller than PIPE_BUF: written in one piece.
struct complaint {
  int number;
  int where;
};

// What can fail; the parent has the texts, in this order.
enum place : int { at_group, at_user, at_groups, at_session, at_stream, at_folder, at_program, first_limit };

constexpr std::array<const char*, first_limit> places{"set the group",
                                                      "set the user",
                                                      "set the supplementary groups",
                                                      "begin its process group or session",
                                                      "set up its streams",
                                                      "enter the folder",
                                                      "run"};

struct limit_name {
  resource what;
  int number;
  const char* text;
};

constexpr std::array<limit_name, 8> limits{{
    {resource::address_space, RLIMIT_AS, "set the limit on its address space"},
    {resource::core_file, RLIMIT_CORE, "set the limit on core files"},
    {resource::processor_time, RLIMIT_CPU, "set the limit on processor time"},
    {resource::data_segment, RLIMIT_DATA, "set the limit on its data segment"},
    {resource::file_size, RLIMIT_FSIZE, "set the limit on the size of files"},
    {resource::open_files, RLIMIT_NOFILE, "set the limit on open files"},
    {resource::processes, RLIMIT_NPROC, "set the limit on processes"},
    {resource::stack_size, RLIMIT_STACK, "set the limit on its stack"},
}};

struct prepared_limit {
  int number;
  std::size_t name;
  rlimit value;
};

/// All that the child needs, made before the fork. From there on only functions that are safe in a signal handler are
/// called: the other threads of this process do not exist in the child, and may have held any lock.
struct orders {
  const command* what;
  const std::vector<fork_plan::step>* steps;
  std::vector<const char*> files;
  std::vector<prepared_limit> limits;
  std::vector<gid_t> groups;
  char* const* arguments;
  char* const* variables;
  int report;
};

[[noreturn]] void give_up(const orders& how, int where, int number) noexcept {
  const complaint text{number, where};
  static_cast<void>(!::write(how.report, &text, sizeof text));
  ::_exit(127);
}

void reset_signals() noexcept {
  // Handlers of the parent go with exec; between here and there none may run in the child.
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction now{};
    if (::sigaction(number, nullptr, &now) != 0)
      continue;
    if (number == SIGPIPE || (now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL))
      ::sigaction(number, &usual, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr); // NOLINT(concurrency-mt-unsafe): the child has one thread
}

void set_up_streams(const orders& how) noexcept {
  for (const auto& step : *how.steps) {
    switch (step.what) {
    case fork_plan::step::kind::duplicate:
      if (step.first == step.second) {
        if (::fcntl(step.first, F_SETFD, 0) != 0)
          give_up(how, at_stream, errno);
      } else if (::dup2(step.first, step.second) < 0) {
        give_up(how, at_stream, errno);
      }
      break;
    case fork_plan::step::kind::close:
      if (step.first != how.report)
        ::close(step.first);
      break;
    case fork_plan::step::kind::close_from:
      // The report is above all that the child keeps; it closes on exec.
      if ((how.report > step.first && ::syscall(SYS_close_range, step.first, how.report - 1, 0) != 0) ||
          ::syscall(SYS_close_range, how.report + 1, ~0U, 0) != 0)
        give_up(how, at_stream, errno);
      break;
    case fork_plan::step::kind::change_folder:
      if (::fchdir(step.first) != 0)
        give_up(how, at_folder, errno);
      break;
    }
  }
}

[[noreturn]] void be_the_child(const orders& how) noexcept {
  const auto& what = *how.what;
  reset_signals();
  if (what.group() == group_kind::session ? ::setsid() < 0
                                          : what.group() == group_kind::process_group && ::setpgid(0, 0) != 0)
    give_up(how, at_session, errno);
  set_up_streams(how);
  if (what.umask())
    ::umask(static_cast<mode_t>(*what.umask()));
  for (const auto& limit : how.limits)
    if (::setrlimit(static_cast<__rlimit_resource_t>(limit.number), &limit.value) != 0)
      give_up(how, first_limit + static_cast<int>(limit.name), errno);
  // The groups while it may, the user last: after that it may do neither. As system calls: the C library's functions
  // for them speak to other threads, which do not exist here.
  if ((what.user_id() || what.group_id() || what.supplementary_groups()) &&
      (what.supplementary_groups() || ::geteuid() == 0) &&
      ::syscall(SYS_setgroups, how.groups.size(), how.groups.data()) != 0)
    give_up(how, at_groups, errno);
  if (what.group_id() && ::syscall(SYS_setresgid, *what.group_id(), *what.group_id(), *what.group_id()) != 0)
    give_up(how, at_group, errno);
  if (what.user_id() && ::syscall(SYS_setresuid, *what.user_id(), *what.user_id(), *what.user_id()) != 0)
    give_up(how, at_user, errno);
  int error = ENOENT;
  for (const auto* file : how.files) {
    ::execve(file, how.arguments, how.variables);
    if (errno != ENOENT && errno != ENOTDIR)
      error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
      break;
  }
  give_up(how, at_program, error);
}

std::vector<prepared_limit> prepared_limits(const command& what) {
  std::vector<prepared_limit> result;
  for (const auto& wanted : what.limits())
    for (std::size_t i = 0; i < limits.size(); ++i)
      if (limits[i].what == wanted.what) {
        const auto value = [](std::uint64_t given) {
          return given == unlimited ? RLIM_INFINITY : static_cast<rlim_t>(given);
        };
        result.push_back({limits[i].number, i, rlimit{value(wanted.soft), value(wanted.hard)}});
      }
  return result;
}

const char* text_of(int where) noexcept {
  const auto index = static_cast<std::size_t>(where);
  return index < places.size() ? places[index] : limits[index - places.size()].text;
}

} // namespace

fork_result fork_and_run(const command& what, const fork_plan& plan, const std::vector<std::string>& files,
                         char* const* arguments, char* const* variables) {
  fork_result result;
  result.where = text_of(at_program);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    result.number = errno;
    return result;
  }
  // Above all that the child keeps, so that nothing is set up over it.
  int highest = STDERR_FILENO;
  for (const auto& step : plan.steps())
    highest = std::max({highest, step.first, step.second});
  const int report = ::fcntl(ends[1], F_DUPFD_CLOEXEC, highest + 1);
  const int duplicate_error = errno;
  ::close(ends[1]);
  if (report < 0) {
    ::close(ends[0]);
    result.number = duplicate_error;
    return result;
  }
  orders how{&what, &plan.steps(), {}, prepared_limits(what), {}, arguments, variables, report};
  for (const auto& file : files)
    how.files.push_back(file.c_str());
  if (what.supplementary_groups())
    how.groups.assign(what.supplementary_groups()->begin(), what.supplementary_groups()->end());
  // No signal handler of this process runs in the child before they are reset.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0)
    be_the_child(how);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(report);
  complaint text{};
  ssize_t count = 0;
  if (pid > 0) {
    do
      count = ::read(ends[0], &text, sizeof text);
    while (count < 0 && errno == EINTR);
  }
  ::close(ends[0]);
  if (pid < 0) {
    result.number = fork_error;
  } else if (count == static_cast<ssize_t>(sizeof text)) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    result.number = text.number;
    result.where = text_of(text.where);
  } else {
    result.pid = pid;
  }
  return result;
}

} // namespace actors::process::internal
