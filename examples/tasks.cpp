// The verbs for tasks, one short function each. Runs in virtual time: the seconds cost nothing.

#include <actors/core/as_completed.hpp>
#include <actors/core/cancel_scope.hpp>
#include <actors/core/cleanup.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/generator.hpp>
#include <actors/core/run.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/task_local.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

task<int> square_slowly(int value) {
  co_await sleep(value * 1s);
  co_return value* value;
}

//! [gather]
task<> use_gather() {
  // Owns its tasks: on an error the others are cancelled and joined before it is thrown.
  const auto [four, nine] = co_await gather(square_slowly(2), square_slowly(3));
  std::printf("gather: %d %d\n", four, nine);
}

//! [gather]

//! [spawn]
task<> use_spawn() {
  const auto background = spawn(square_slowly(4), spawn_options{}.name("squares"));
  std::printf("spawn: %s runs, done: %s\n", std::string{background.name()}.c_str(), background.done() ? "yes" : "no");
  const int result = co_await background;
  std::printf("spawn: %d\n", result);
}

//! [spawn]

//! [wait]
task<> use_wait() {
  std::vector<task_handle<int>> handles;
  for (int i = 1; i <= 3; ++i)
    handles.push_back(spawn(square_slowly(i)));
  const auto result = co_await wait(handles, until::first_completed);
  std::printf("wait: %zu done, %zu pending\n", result.done.size(), result.pending.size());
}

//! [wait]

//! [as completed]
task<> use_as_completed() {
  std::vector<task_handle<int>> handles;
  for (int i = 3; i >= 1; --i)
    handles.push_back(spawn(square_slowly(i)));
  auto completed = as_completed(handles);
  while (const auto handle = co_await completed.next())
    std::printf("as_completed: %d\n", handle->result().value());
}

//! [as completed]

//! [timeout]
task<> use_timeout() {
  try {
    co_await with_timeout(500ms, square_slowly(10));
  } catch (const timeout_error& error) {
    std::printf("with_timeout: %s\n", error.what());
  }
}

//! [timeout]

//! [cancel scope]
task<> use_cancel_scope() {
  auto search = [](cancel_scope& scope) -> task<> {
    for (int i = 1;; ++i) {
      const int square = co_await square_slowly(i);
      if (square > 10)
        scope.cancel(); // the next await ends the search
    }
  };
  const bool completed = co_await with_cancel_scope(search);
  std::printf("with_cancel_scope: %s\n", completed ? "completed" : "cancelled");
  const bool in_time = co_await move_on_after(1s, sleep(1h));
  std::printf("move_on_after: %s\n", in_time ? "in time" : "too late");
}

//! [cancel scope]

//! [generator]
generator<int> squares(int count) {
  for (int i = 1; i <= count; ++i)
    co_yield co_await square_slowly(i);
}

task<> use_generator() {
  auto source = squares(3);
  while (const auto value = co_await source.next())
    std::printf("generator: %d\n", *value);
  auto until_four = [](int value) {
    std::printf("for_each: %d\n", value);
    return value < 4;
  };
  co_await for_each(squares(100), until_four); // closes the generator
}

//! [generator]

//! [cleanup]
task<> use_cleanup() {
  auto say_goodbye = []() -> task<> {
    co_await sleep(100ms);
    std::printf("with_cleanup: goodbye\n");
  };
  try {
    co_await with_timeout(1s, with_cleanup(sleep(1h), say_goodbye));
  } catch (const timeout_error&) {
    std::printf("with_cleanup: after that, timed out\n");
  }
}

//! [cleanup]

//! [start]
task<> serve_numbers(start_signal<int> ready) {
  co_await sleep(100ms); // opens its port
  ready.started(8080);
  co_await sleep(forever);
}

task<> use_start() {
  auto body = [](task_group& group) -> task<> {
    const int port = co_await group.start<int>(serve_numbers);
    std::printf("group.start: ready on port %d\n", port);
    group.cancel();
  };
  co_await with_task_group(body);
}

//! [start]

//! [group]
task<int> sum_of_squares(task_group& group, int up_to) {
  std::vector<task_handle<int>> parts;
  for (int i = 1; i <= up_to; ++i)
    parts.push_back(group.spawn(square_slowly(i)));
  int sum = 0;
  for (const auto& part : parts)
    sum += co_await part;
  co_return sum;
}

task<> use_group() {
  const int sum = co_await with_task_group(sum_of_squares, 4);
  std::printf("with_task_group: %d\n", sum);
}

//! [group]

//! [shield]
task<int> wait_shielded(task_handle<int> inner) {
  co_return co_await shield(inner);
}

task<> use_shield() {
  const auto inner = spawn(square_slowly(5));
  try {
    co_await with_timeout(1s, wait_shielded(inner));
  } catch (const timeout_error&) {
    // The wait is over, the shielded task is not.
  }
  const int result = co_await inner;
  std::printf("shield: %d\n", result);
}

//! [shield]

//! [to_thread]
task<> use_to_thread() {
  const auto text = co_await to_thread([] { return std::string{"from a thread that may block"}; });
  std::printf("to_thread: %s\n", text.c_str());
}

//! [to_thread]

//! [cancel]
task<> wait_forever() {
  try {
    co_await sleep(forever);
  } catch (const cancelled& request) {
    std::printf("cancel: %s\n", std::string{request.reason()}.c_str());
    throw; // after the cleanup
  }
}

task<> use_cancel() {
  const auto waiting = spawn(wait_forever());
  co_await sleep(1s);
  waiting.cancel("no longer needed");
  const std::vector only{waiting};
  co_await wait(only);
}

//! [cancel]

//! [task local]
inline const task_local<std::string> customer;

void greet() {
  std::printf("task_local: hello %s\n", customer.value_or("stranger").c_str());
}

task<> serve_customer() {
  greet();
  const auto child = []() -> task<> {
    greet(); // inherited
    co_return;
  };
  co_await spawn(child);
}

task<> use_task_local() {
  co_await with_value(customer, "Ann", serve_customer());
  greet(); // behind the scope
}

//! [task local]

task<> use_all() {
  co_await use_gather();
  co_await use_spawn();
  co_await use_wait();
  co_await use_as_completed();
  co_await use_timeout();
  co_await use_cancel_scope();
  co_await use_generator();
  co_await use_cleanup();
  co_await use_start();
  co_await use_group();
  co_await use_shield();
  co_await use_to_thread();
  co_await use_cancel();
  co_await use_task_local();
}

} // namespace

int main() {
  run(use_all(), runtime_options{}.clock(clock_kind::virtual_time));
}
