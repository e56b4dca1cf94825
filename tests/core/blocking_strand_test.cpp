#include "blocking_call.hpp"
#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::blocking_strand;
using actors::runtime_options;
using actors::spawn;
using actors::task;
using actors::to_thread;
using namespace core_test;
using testing::ElementsAre;

// Functions that hold more than references are not written into a `co_await`: g++ 12 would destroy them twice.

} // namespace

TEST(blocking_strand, runs_the_calls_of_many_tasks_one_at_a_time) {
  on_every_runtime([]() -> task<> {
    const blocking_strand strand;
    // Neither atomic nor locked: that is what the strand is for.
    std::vector<std::pair<int, int>> order;
    bool occupied = false;
    std::atomic<int> met{0};
    auto calls = [&](int caller) -> task<> {
      // A copy stands for the same order.
      blocking_strand same;
      same = strand;
      for (int i = 0; i < 15; ++i)
        co_await to_thread(same, [&, i] {
          if (occupied)
            ++met;
          occupied = true;
          order.emplace_back(caller, i);
          std::this_thread::yield();
          occupied = false;
        });
    };
    std::vector<actors::task_handle<>> all;
    for (int i = 0; i < 10; ++i)
      all.push_back(spawn(calls(i)));
    for (const auto& each : all)
      co_await each;
    EXPECT_EQ(met, 0);
    // Each caller's calls in its order, and each once.
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    EXPECT_EQ(order.size(), 150U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  });
}

TEST(blocking_strand, runs_calls_in_the_order_in_which_tasks_made_them) {
  // On one worker, where tasks start in the order in which they are spawned, so that there is an order.
  const auto body = []() -> task<> {
    const blocking_strand strand;
    std::vector<int> order;
    std::vector<actors::task_handle<>> calls;
    auto asks = [&](int number) -> task<> {
      co_await to_thread(strand, [number, &order] { order.push_back(number); });
    };
    for (int i = 0; i < 60; ++i)
      calls.push_back(spawn(asks(i)));
    for (const auto& each : calls)
      co_await each;
    EXPECT_EQ(order.size(), 60U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  };
  run_in(runtime_options{}.workers(1), body);
  run_in(virtual_time(), body);
}

TEST(blocking_strand, holds_up_only_the_calls_that_were_given_it) {
  on_every_runtime([]() -> task<> {
    const blocking_strand strand;
    const blocking_strand other;
    blocking_call block;
    std::atomic<bool> ran{false};
    auto blocks = [&]() -> task<> { co_await to_thread(strand, [&] { block(); }); };
    auto waits = [&]() -> task<int> {
      co_return co_await to_thread(strand, [&] {
        ran = true;
        return 4;
      });
    };
    const auto first = spawn(blocks());
    co_await block.begun;
    const auto second = spawn(waits());
    const int free = co_await to_thread([] { return 1; });
    const int elsewhere = co_await to_thread(other, [] { return 2; });
    EXPECT_EQ(free, 1);
    EXPECT_EQ(elsewhere, 2);
    co_await look_around();
    EXPECT_FALSE(ran);
    block.let_go();
    co_await first;
    const int value = co_await second;
    EXPECT_EQ(value, 4);
  });
}

TEST(blocking_strand, a_call_that_fails_does_not_hold_up_the_others) {
  on_every_runtime([]() -> task<> {
    const blocking_strand strand;
    auto fails = [&]() -> task<int> {
      co_return co_await to_thread(strand, []() -> int { throw library_error("no such table", 1); });
    };
    const auto error = co_await error_of(fails());
    EXPECT_TRUE(is_a<library_error>(error));
    const int value = co_await to_thread(strand, [] { return 5; });
    EXPECT_EQ(value, 5);
  });
}

TEST(blocking_strand, a_call_that_waits_its_turn_can_be_withdrawn_and_one_that_runs_is_waited_for) {
  on_every_runtime([]() -> task<> {
    const blocking_strand strand;
    blocking_call block;
    shared_list ran;
    std::atomic<int> live_second{0};
    std::atomic<int> live_third{0};
    auto blocks = [&]() -> task<> {
      co_await to_thread(strand, [&] {
        block();
        ran.add("first");
      });
    };
    auto waits = [&](std::string name, std::atomic<int>& live) -> task<> {
      auto awaiter = to_thread(strand, [&, name, mark = counted{live}] {
        static_cast<void>(mark);
        ran.add(name);
      });
      co_await awaiter;
    };
    const auto first = spawn(blocks());
    co_await block.begun;
    const auto second = spawn(waits("second", live_second));
    while (live_second == 0)
      co_await actors::yield();
    const auto third = spawn(waits("third", live_third));
    while (live_third == 0)
      co_await actors::yield();
    co_await look_around();
    second.cancel();
    const auto second_error = co_await error_of(second);
    EXPECT_TRUE(actors::is_cancelled(second_error));
    EXPECT_EQ(live_second, 0) << "the function that never ran is gone";
    first.cancel();
    co_await look_around();
    EXPECT_FALSE(first.done());
    EXPECT_FALSE(third.done());
    block.let_go();
    const auto first_error = co_await error_of(first);
    EXPECT_TRUE(actors::is_cancelled(first_error));
    co_await third;
    EXPECT_THAT(ran.take(), ElementsAre("first", "third"));
  });
}

TEST(blocking_strand, serves_several_runtimes_one_after_another) {
  const blocking_strand strand;
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_in(kind.options, [&]() -> task<> {
      const int value = co_await to_thread(strand, [] { return 6; });
      EXPECT_EQ(value, 6);
    });
  }
}
