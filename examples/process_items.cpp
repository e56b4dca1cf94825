// Three ways to run several operations at once: gather with outcomes, wait with a time limit, and a task group.

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/wait.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

task<std::string> process_item(int id, duration delay) {
  std::printf("Processing item %d\n", id);
  co_await sleep(delay);
  if (id == 3)
    throw std::invalid_argument("Item 3 failed!");
  co_return "Result " + std::to_string(id);
}

// Results in the order of the arguments; an error is a result like any other.
task<> with_gather() {
  std::vector<task<std::string>> items;
  items.push_back(process_item(1, 1s));
  items.push_back(process_item(2, 2s));
  items.push_back(process_item(3, 1s));
  const auto outcomes = co_await gather_outcomes(std::move(items));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i])
      std::printf("Task %zu result: %s\n", i, outcomes[i].value().c_str());
    else
      std::printf("Task %zu failed: %s\n", i, describe(outcomes[i].error()).c_str());
  }
}

// What is done after two and a half seconds and what is not; the latter is cancelled by hand.
task<> with_wait() {
  std::vector<task_handle<std::string>> items;
  for (int i = 1; i <= 3; ++i)
    items.push_back(spawn(process_item(i, i * 1s)));
  const auto [done, pending] = co_await wait(std::move(items), until::all_completed, 2500ms);
  std::printf("Completed: %zu, Pending: %zu\n", done.size(), pending.size());
  for (const auto& item : pending)
    item.cancel("taking too long");
}

// The first error cancels the rest and comes out with its siblings' errors.
task<> with_group() {
  co_await with_task_group([](task_group& group) -> task<> {
    for (int i = 1; i <= 3; ++i)
      group.spawn(process_item(i, 1s));
    co_return;
  });
}

task<> show() {
  std::printf("Method 1: gather\n");
  co_await with_gather();
  std::printf("Method 2: wait\n");
  co_await with_wait();
  std::printf("Method 3: task group\n");
  try {
    co_await with_group();
  } catch (const group_error& failure) {
    for (const auto& error : failure.errors())
      std::printf("The group failed: %s\n", describe(error).c_str());
  }
}

} // namespace

int main() {
  run(show(), runtime_options{}.workers(1));
}
