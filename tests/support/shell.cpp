#include "shell.hpp"

#include <sys/wait.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace test_support {

shell_result run_shell(const std::string& command) {
  const auto all = "exec 2>&1; " + command;
  auto* const pipe = ::popen(all.c_str(), "re"); // NOLINT(concurrency-mt-unsafe,bugprone-command-processor)
  if (pipe == nullptr)
    throw std::runtime_error("cannot run " + command);
  shell_result result;
  std::array<char, 4096> buffer{};
  for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    result.output.append(buffer.data(), size);
  const int ended = ::pclose(pipe);
  result.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
  return result;
}

std::string output_of(const std::string& command) {
  auto result = run_shell(command);
  if (result.status != 0)
    throw std::runtime_error(command + " failed with " + std::to_string(result.status) + ": " + result.output);
  return std::move(result.output);
}

} // namespace test_support
