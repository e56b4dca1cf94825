#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "gather_parts.hpp"
#include "recording_log.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using actors::gather;
using actors::gather_outcomes;
using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

task<int> throw_at(gate& until, std::string text) {
  co_await until;
  throw std::runtime_error(text);
}

} // namespace

TEST(gather_of_handles, gives_copies_of_the_results_in_order) {
  on_every_runtime([]() -> task<> {
    const auto a = spawn(value_after(2ms, 1));
    const auto b = spawn(text("two"));
    const auto c = spawn(nothing());
    const auto [first, second, third] = co_await gather(a, b, c);
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, "two");
    EXPECT_EQ(third, std::monostate{});
    EXPECT_EQ(b.result().value(), "two");
    std::vector<task_handle<int>> handles{a, spawn(value_after(0ms, 7))};
    const auto values = co_await gather(std::move(handles));
    EXPECT_EQ(values, (std::vector<int>{1, 7}));
  });
}

TEST(gather_of_handles, throws_the_first_error_at_once_and_leaves_the_others_running) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto patient = [](gate& until) -> task<int> {
      co_await until;
      co_return 3;
    };
    const auto slow = spawn(patient(door));
    const auto broken = spawn(fail_after(0ms, "broken"));
    auto both = [&]() -> task<> { co_await gather(slow, broken); };
    const auto error = co_await error_of(both());
    EXPECT_EQ(actors::describe(error), "broken");
    EXPECT_FALSE(slow.done());
    door.open();
    const int value = co_await slow;
    EXPECT_EQ(value, 3);
  });
}

TEST(gather_of_handles, later_errors_are_not_lost_but_logged) {
  const auto log = std::make_shared<recording_log>();
  actors::run(
      []() -> task<> {
        gate first;
        gate second;
        {
          const auto early = spawn(throw_at(first, "the early error"));
          const auto late = spawn(throw_at(second, "the late error"));
          auto both = [&]() -> task<> { co_await gather(early, late); };
          first.open();
          const auto error = co_await error_of(both());
          EXPECT_EQ(actors::describe(error), "the early error");
          second.open();
          while (!late.done())
            co_await actors::yield();
        }
      }(),
      actors::runtime_options{}.log_to(log));
  ASSERT_THAT(log->lines(), testing::SizeIs(1));
  EXPECT_THAT(log->lines()[0], testing::HasSubstr("the late error"));
}

TEST(gather_of_handles, the_same_one_twice_fills_both_slots_and_runs_once) {
  on_every_runtime([]() -> task<> {
    int runs = 0;
    auto count = [](int& n) -> task<int> {
      co_await actors::yield();
      co_return ++n;
    };
    const auto handle = spawn(count(runs));
    const auto [a, b] = co_await gather(handle, handle);
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 1);
    EXPECT_EQ(runs, 1);
  });
}

TEST(gather_of_handles, outcomes_wait_for_all) {
  on_every_runtime([]() -> task<> {
    const auto a = spawn(value_after(1ms, 1));
    const auto b = spawn(fail_after(0ms, "broken"));
    const auto c = spawn(value_after(actors::forever, 1));
    c.cancel("not needed");
    const auto [first, second, third] = co_await gather_outcomes(a, b, c);
    EXPECT_EQ(first.value(), 1);
    EXPECT_EQ(actors::describe(second.error()), "broken");
    EXPECT_TRUE(third.was_cancelled());
  });
}

TEST(gather_of_handles, cancelling_the_caller_cancels_the_tasks_behind_the_handles) {
  on_every_runtime([]() -> task<> {
    std::vector<task_handle<int>> handles;
    for (int i = 0; i < 5; ++i)
      handles.push_back(spawn(value_after(actors::forever, i)));
    gate waiting;
    auto all = [](std::vector<task_handle<int>> copies, gate& begun) -> task<> {
      begun.open();
      co_await gather(std::move(copies));
    };
    const auto outer = spawn(all(handles, waiting));
    co_await waiting;
    outer.cancel("everything");
    const auto error = co_await error_of(outer);
    EXPECT_EQ(actors::describe(error), "cancelled: everything");
    for (const auto& each : handles) {
      static_cast<void>(co_await error_of(each));
      EXPECT_TRUE(each.result().was_cancelled());
    }
  });
}

TEST(gather_of_handles, cancelling_a_caller_that_gathers_outcomes_cancels_the_tasks_too_and_waits_for_them) {
  on_every_runtime([]() -> task<> {
    gate first;
    gate second;
    gate waiting;
    std::atomic<int> cleaned{0};
    auto all = [](task_handle<int> a, task_handle<int> b, gate& begun) -> task<> {
      begun.open();
      static_cast<void>(co_await gather_outcomes(a, b));
    };
    const auto handle =
        spawn(all(spawn(wait_and_clean_up(first, cleaned)), spawn(wait_and_clean_up(second, cleaned)), waiting));
    co_await first;
    co_await second;
    co_await waiting;
    EXPECT_TRUE(handle.cancel("all of you"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: all of you");
    EXPECT_EQ(cleaned, 2);
    EXPECT_FALSE(handle.cancel());
  });
}

TEST(gather_of_handles, of_different_runtimes_is_an_error_that_says_so) {
  actors::runtime other{actors::runtime_options{}.workers(1)};
  const auto foreign = other.spawn(text("over there"));
  on_every_runtime([&]() -> task<> {
    auto both = [&]() -> task<> { co_await gather(spawn(text("here")), foreign); };
    const auto error = co_await error_of(both());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("another runtime"));
  });
  static_cast<void>(other.block_on([&]() -> task<std::string> { co_return co_await foreign; }));
}

TEST(gather_of_handles, with_an_empty_one_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto all = []() -> task<> { co_await gather(spawn(text("here")), task_handle<int>{}); };
    const auto error = co_await error_of(all());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
  });
}
