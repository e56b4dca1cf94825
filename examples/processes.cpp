// Child processes and signals.

#include <actors/core/run.hpp>
#include <actors/core/timeout.hpp>
#include <actors/process/child.hpp>
#include <actors/process/run.hpp>
#include <actors/process/signal_set.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

using namespace actors;
using namespace std::chrono_literals;
using actors::process::command;
using actors::process::redirection;
using actors::process::run_options;

namespace {

//! [run]
task<> use_run() {
  const auto sorted = co_await process::run(command{"sort"}.argument("-n"), run_options{}.input("10\n9\n").check());
  std::printf("run: %s", sorted.output.c_str());
  try {
    co_await process::run(command{"no-such-program"});
  } catch (const process::process_error& error) {
    std::printf("run: %s\n", error.what());
  }
}

//! [run]

//! [start]
task<> use_start() {
  auto what = command{"cat"};
  what.input(redirection::pipe()).output(redirection::pipe());
  const auto cat = co_await process::start(what);
  co_await cat.input().write_all("through a pipe\n");
  std::array<char, 64> buffer{};
  const auto count = co_await cat.output().read_some(buffer);
  std::printf("start: %.*s", static_cast<int>(count), buffer.data());
  cat.input().close();
  const auto status = co_await cat.wait();
  std::printf("start: %s\n", to_string(status).c_str());
}

//! [start]

//! [timeout]
task<> use_timeout() {
  try {
    co_await with_timeout(100ms, process::run(command{"sleep"}.argument("1000")));
  } catch (const timeout_error&) {
    std::printf("timeout: the child has ended, too\n");
  }
}

//! [timeout]

//! [signals]
task<> use_signals() {
  process::signal_set signals{{SIGUSR1, SIGUSR2}};
  std::raise(SIGUSR1);
  const int number = co_await signals.next();
  std::printf("signals: %s\n", number == SIGUSR1 ? "SIGUSR1" : "another one");
}

//! [signals]

task<> use_all() {
  co_await use_run();
  co_await use_start();
  co_await use_timeout();
  co_await use_signals();
}

} // namespace

int main() {
  run(use_all());
}
