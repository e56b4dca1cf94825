#pragma once

#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>
#include <actors/process/child.hpp>

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

/// What the tests of child processes share.
namespace process_test {

using namespace std::chrono_literals;

/// Runs `body()` in a runtime with two workers.
template <class F>
void run_in_runtime(F body) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  home.block_on(std::move(body));
}

/// A shell that runs a script; children of tests need one.
inline actors::process::command shell(std::string script) {
  actors::process::command result{"/bin/sh"};
  result.argument("-c").argument(std::move(script));
  return result;
}

/// Reads one line, without its end; what there is at the end of the stream.
inline actors::task<std::string> read_line(actors::net::stream& from) {
  std::string line;
  std::array<char, 1> next{};
  for (;;) {
    const auto count = co_await from.read_some(next);
    if (count == 0 || next[0] == '\n')
      co_return line;
    line.push_back(next[0]);
  }
}

/// True if this process has no child left, neither a running one nor a zombie, once it comes to that.
inline bool no_children_left() {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
      return true;
    std::this_thread::yield();
  }
  return false;
}

} // namespace process_test
