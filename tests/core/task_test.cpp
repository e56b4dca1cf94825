#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"

#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using actors::task;
using namespace core_test;

task<int> answer() {
  co_return 42;
}

task<int> fails(std::string text) {
  throw std::runtime_error(text);
  co_return 0;
}

task<> keeps(counted, int& steps) {
  ++steps;
  co_return;
}

// Not a tail call: each level still has something to do when the next one returns.
task<int> depth(int levels) {
  if (levels == 0)
    co_return 0;
  const int below = co_await depth(levels - 1);
  co_return below + 1;
}

} // namespace

TEST(task, runs_nothing_until_it_is_awaited) {
  int steps = 0;
  std::atomic<int> live{0};
  actors::run([&]() -> task<> {
    auto lazy = keeps(counted{live}, steps);
    EXPECT_EQ(steps, 0);
    co_await std::move(lazy);
    EXPECT_EQ(steps, 1);
  }());
}

TEST(task, that_was_never_awaited_runs_nothing_and_destroys_its_arguments) {
  int steps = 0;
  std::atomic<int> live{0};
  {
    const auto lazy = keeps(counted{live}, steps);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
  EXPECT_EQ(steps, 0);
}

TEST(task, assignment_destroys_the_coroutine_that_was_held_before) {
  int steps = 0;
  std::atomic<int> live{0};
  auto lazy = keeps(counted{live}, steps);
  lazy = keeps(counted{live}, steps);
  EXPECT_EQ(live, 1);
  lazy = {};
  EXPECT_EQ(live, 0);
}

TEST(task, knows_whether_it_holds_a_coroutine) {
  task<int> empty;
  EXPECT_FALSE(empty);
  auto full = answer();
  EXPECT_TRUE(full);
  const auto taken = std::move(full);
  EXPECT_TRUE(taken);
  EXPECT_FALSE(full); // NOLINT(bugprone-use-after-move): what is left is the subject
}

TEST(task, gives_its_value_to_the_caller_that_awaits_it) {
  on_every_runtime([]() -> task<> {
    const int value = co_await answer();
    EXPECT_EQ(value, 42);
  });
}

TEST(task, may_return_what_can_only_be_moved) {
  on_every_runtime([]() -> task<> {
    auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    const auto value = co_await make();
    EXPECT_EQ(*value, 7);
  });
}

TEST(task, may_return_what_has_no_default_constructor) {
  struct strict {
    explicit strict(int value_arg) : value(value_arg) {}

    int value;
  };

  const auto result = actors::run([]() -> task<strict> { co_return strict{5}; }());
  EXPECT_EQ(result.value, 5);
}

TEST(task, passes_an_exception_to_its_caller_unchanged) {
  on_every_runtime([]() -> task<> {
    const auto original = std::make_exception_ptr(std::runtime_error("broken"));
    auto inner = [](std::exception_ptr error) -> task<> {
      std::rethrow_exception(std::move(error));
      co_return;
    };
    auto outer = [&](std::exception_ptr error) -> task<> { co_await inner(std::move(error)); };
    const auto caught = co_await error_of(outer(original));
    EXPECT_EQ(caught, original);
  });
}

TEST(task, frees_its_frame_when_it_is_left_with_an_exception) {
  std::atomic<int> live{0};
  actors::run([&]() -> task<> {
    auto inner = [](counted) -> task<> {
      throw std::runtime_error("broken");
      co_return;
    };
    const auto caught = co_await error_of(inner(counted{live}));
    EXPECT_TRUE(is_a<std::runtime_error>(caught));
    EXPECT_EQ(live, 0);
  }());
}

TEST(task, that_holds_no_coroutine_cannot_be_awaited) {
  on_every_runtime([]() -> task<> {
    auto await_nothing = []() -> task<> {
      task<int> empty;
      static_cast<void>(co_await std::move(empty));
    };
    const auto caught = co_await error_of(await_nothing());
    EXPECT_TRUE(is_a<actors::misuse_error>(caught));
  });
}

TEST(task, may_be_retried_in_a_loop_after_it_failed) {
  const int attempts = actors::run([]() -> task<int> {
    int failed = 0;
    while (failed < 5) {
      const auto error = co_await error_of(fails("attempt " + std::to_string(failed)));
      EXPECT_EQ(actors::describe(error), "attempt " + std::to_string(failed));
      ++failed;
    }
    co_return failed;
  }());
  EXPECT_EQ(attempts, 5);
}

TEST(task, calls_nested_two_hundred_thousand_deep_need_no_stack) {
  on_every_runtime([]() -> task<> {
    constexpr int levels = 200'000;
    const int reached = co_await depth(levels);
    EXPECT_EQ(reached, levels);
  });
}

TEST(task, an_exception_travels_up_a_deep_stack_of_calls) {
  struct climb {
    static task<> from(int levels) {
      if (levels == 0)
        throw std::runtime_error("at the bottom");
      co_await from(levels - 1);
    }
  };

  const auto caught = actors::run(error_of(climb::from(2'000)));
  EXPECT_EQ(actors::describe(caught), "at the bottom");
}

TEST(task, a_million_awaits_that_are_ready_at_once_need_no_stack) {
  on_every_runtime([]() -> task<> {
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i)
      sum += co_await answer();
    EXPECT_EQ(sum, 42'000'000);
  });
}

TEST(task, a_hundred_thousand_awaits_of_a_finished_handle_need_no_stack) {
  on_every_runtime([]() -> task<> {
    const auto handle = actors::spawn(answer());
    long sum = 0;
    for (int i = 0; i < 100'000; ++i)
      sum += co_await handle;
    EXPECT_EQ(sum, 4'200'000);
  });
}

TEST(task, a_cancellation_unwinds_a_deep_stack_of_calls) {
  std::atomic<int> live{0};

  struct descend {
    static task<> to(int levels, std::atomic<int>& live) {
      const counted mark{live};
      if (levels == 0)
        co_await actors::sleep(actors::forever);
      else
        co_await to(levels - 1, live);
    }
  };

  constexpr int levels = 10'000;
  actors::run([&]() -> task<> {
    const auto handle = actors::spawn(descend::to(levels, live));
    while (live < levels + 1)
      co_await actors::yield();
    handle.cancel();
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  }());
}
