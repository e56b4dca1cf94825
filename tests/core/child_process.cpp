#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace core_test {

namespace {

const scenario*& registered() noexcept {
  static const scenario* first = nullptr;
  return first;
}

std::vector<std::string> child_environment(leaks expected) {
  std::vector<std::string> result;
  const auto add = [&](const char* name, const char* extra) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets variables
    result.push_back(std::string{name} + "=" + (value != nullptr ? std::string{value} + ":" : "") + extra);
  };
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    // GoogleTest's own variables would make the child write reports and the like.
    if (!text.starts_with("ASAN_OPTIONS=") && !text.starts_with("TSAN_OPTIONS=") && !text.starts_with("GTEST_"))
      result.emplace_back(text);
  }
  add("ASAN_OPTIONS", expected == leaks::on_purpose ? "detect_leaks=0" : "detect_leaks=1");
  add("TSAN_OPTIONS", expected == leaks::on_purpose ? "report_thread_leaks=0" : "report_thread_leaks=1");
  return result;
}

std::string read_to_end(int descriptor) {
  std::string result;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count <= 0)
      return result;
    result.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

} // namespace

scenario::scenario(const char* name, int (*body)()) noexcept : name_(name), body_(body), next_(registered()) {
  registered() = this;
}

int run_named_scenario(std::string_view name) {
  for (const auto* each = registered(); each != nullptr; each = each->next_)
    if (name == each->name_) {
      // A scenario that hangs ends by itself, and its parent sees SIGALRM.
      ::alarm(60);
      return each->body_();
    }
  std::fprintf(stderr, "there is no scenario %s\n", std::string{name}.c_str());
  return 127;
}

child_result run_in_child(std::string_view name, leaks expected) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::system_category(), "pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);

  std::string program = "/proc/self/exe";
  std::string argument = "--scenario=" + std::string{name};
  const std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
  auto environment = child_environment(expected);
  std::vector<char*> pointers;
  for (auto& entry : environment)
    pointers.push_back(entry.data());
  pointers.push_back(nullptr);

  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), pointers.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    throw std::system_error(error, std::system_category(), "posix_spawn");
  }

  child_result result;
  result.output = read_to_end(ends[0]);
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  const auto time = [](const timeval& x) {
    return std::chrono::seconds(x.tv_sec) + std::chrono::microseconds(x.tv_usec);
  };
  result.cpu = time(usage.ru_utime) + time(usage.ru_stime);
  return result;
}

} // namespace core_test
