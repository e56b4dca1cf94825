#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace test_support {

namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::system_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

} // namespace

std::string program_path(const std::string& name) {
  const char* folder = std::getenv("ACTORS_TEST_BIN"); // NOLINT(concurrency-mt-unsafe): nobody sets variables
  if (folder == nullptr)
    throw std::runtime_error("ACTORS_TEST_BIN does not say where the programs are; run the tests with ctest");
  return std::string{folder} + "/" + name;
}

program::program(std::vector<std::string> command, const std::string& folder, std::vector<std::string> variables) {
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view{*entry}.starts_with("ACTORS_"))
      variables.emplace_back(*entry);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    fail(errno, "pipe2");
  pipe_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  const auto arguments = pointers(command);
  const auto environment = pointers(variables);
  const int error =
      ::posix_spawnp(&child_, command.front().c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(pipe_);
    fail(error, command.front().c_str());
  }
}

program::~program() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  ::close(pipe_);
}

bool program::read_more() {
  pollfd wait{pipe_, POLLIN, 0};
  int ready = 0;
  do
    ready = ::poll(&wait, 1, patience_ms);
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    throw std::runtime_error("the program has been silent for a minute; before, it wrote:\n" + output_);
  std::array<char, 4096> buffer{};
  const auto size = ::read(pipe_, buffer.data(), buffer.size());
  if (size <= 0)
    return false;
  output_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

std::string program::read_until(const std::string& text) {
  for (;;) {
    for (auto end = output_.find('\n', seen_); end != std::string::npos; end = output_.find('\n', seen_)) {
      const auto line = output_.substr(seen_, end - seen_);
      seen_ = end + 1;
      if (line.find(text) != std::string::npos)
        return line;
    }
    if (!read_more())
      throw std::runtime_error("the program ended without \"" + text + "\"; it wrote:\n" + output_);
  }
}

void program::send_signal(int number) const {
  if (::kill(child_, number) != 0)
    fail(errno, "kill");
}

int program::wait() {
  while (read_more()) {
  }
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0)
    if (errno != EINTR)
      fail(errno, "waitpid");
  child_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace test_support
