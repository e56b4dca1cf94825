#include <actors/process/run_main.hpp>

#include <actors/core/error.hpp>
#include <actors/core/run.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/process/signal_set.hpp>

#include <csignal>
#include <optional>
#include <utility>
#include <vector>

namespace actors::process {

namespace {

/// The number of the signal that came before `main` was done; 0 for none.
task<int> signal_before_end(signal_set& signals, const task_handle<int>& main) {
  const auto signal = spawn(signals.next());
  std::vector<task_handle<int>> both;
  both.push_back(main);
  both.push_back(signal);
  static_cast<void>(co_await wait(both, until::first_completed));
  if (signal.done())
    co_return signal.result().value();
  signal.cancel();
  both.erase(both.begin());
  static_cast<void>(co_await wait(both));
  co_return signal.result().has_value() ? signal.result().value() : 0;
}

task<int> end_by_signal(task<int> main) {
  // Before the task begins, which may tell others that it is there, and until the first signal has come.
  std::optional<signal_set> signals{std::in_place, std::vector{SIGINT, SIGTERM}};
  const auto handle = spawn(std::move(main));
  const int number = co_await signal_before_end(*signals, handle);
  signals.reset();
  if (number != 0)
    handle.cancel(number == SIGINT ? "SIGINT" : "SIGTERM");
  int status = 128 + number;
  try {
    status = co_await handle;
  } catch (const cancelled&) {
    if (number == 0)
      throw;
  }
  co_return status;
}

task<int> returning_zero(task<> main) {
  co_await std::move(main);
  co_return 0;
}

} // namespace

int run_main(task<int> main, runtime_options options) {
  return run(end_by_signal(std::move(main)), std::move(options));
}

int run_main(task<> main, runtime_options options) {
  return run_main(returning_zero(std::move(main)), std::move(options));
}

} // namespace actors::process
