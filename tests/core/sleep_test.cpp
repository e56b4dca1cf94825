#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::sleep;
using actors::spawn;
using actors::task;
using namespace core_test;

task<> append_after(actors::duration delay, char letter, std::string& text) {
  co_await sleep(delay);
  text += letter;
}

} // namespace

TEST(sleep, takes_the_time_that_it_is_told_and_not_less) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    co_await sleep(5ms);
    EXPECT_GE(self.now() - start, 5ms);
  });
}

TEST(sleep, under_virtual_time_takes_exactly_that_and_costs_nothing) {
  const auto start = std::chrono::steady_clock::now();
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    co_await sleep(450s);
    EXPECT_EQ(self.now() - begin, 450s);
    co_await sleep(std::chrono::hours(24 * 365));
    EXPECT_EQ(self.now() - begin, 450s + std::chrono::hours(24 * 365));
  });
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(sleep, three_sleeps_at_once_take_as_long_as_the_longest) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    std::string text;
    co_await actors::gather(append_after(3s, 'c', text), append_after(1s, 'a', text), append_after(2s, 'b', text));
    EXPECT_EQ(text, "abc");
    EXPECT_EQ(self.now() - start, 3s);
  });
}

TEST(sleep, for_no_time_lets_everybody_else_run_once) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    std::string text;
    auto count = [](std::string& out) -> task<> {
      for (int i = 0; i < 3; ++i) {
        out += static_cast<char>('0' + i);
        co_await sleep(0s);
      }
    };
    co_await actors::gather(count(text), count(text));
    EXPECT_EQ(text, "001122");
    co_await sleep(-5s);
    EXPECT_EQ(self.now(), start);
  });
}

TEST(sleep, until_a_point_in_time_or_not_at_all_if_that_is_past) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    co_await actors::sleep_until(start + 7s);
    EXPECT_EQ(self.now() - start, 7s);
    co_await actors::sleep_until(start);
    EXPECT_EQ(self.now() - start, 7s);
  });
}

TEST(sleep, of_less_than_no_time_or_until_before_time_began_does_not_wait) {
  on_every_runtime([]() -> task<> {
    co_await actors::sleep(-1s);
    co_await actors::sleep(actors::duration::min());
    co_await actors::sleep_until(actors::time_point::min());
    co_await actors::sleep_until(actors::time_point{});
  });
}

TEST(sleep, until_the_end_of_time_can_be_cancelled) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto sleeper = [](gate& ready) -> task<> {
      ready.open();
      co_await actors::sleep_until(actors::time_point::max());
    };
    const auto handle = actors::spawn(sleeper(begun));
    co_await begun;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
  });
}

TEST(sleep, ends_at_once_when_the_task_is_cancelled) {
  on_every_runtime([]() -> task<> {
    gate asleep;
    auto sleeper = [](gate& begun, actors::duration length) -> task<> {
      begun.open();
      co_await sleep(length);
    };
    const auto handle = spawn(sleeper(asleep, actors::forever));
    co_await asleep;
    handle.cancel("wake up");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: wake up");
  });
}

TEST(sleep, ten_thousand_sleepers_wake_in_the_order_of_their_times) {
  in_virtual_time([]() -> task<> {
    std::vector<int> order;
    auto sleeper = [](int n, std::vector<int>& out) -> task<> {
      co_await sleep(std::chrono::milliseconds((n * 7919) % 10'007));
      out.push_back((n * 7919) % 10'007);
    };
    std::vector<task<>> all;
    for (int i = 0; i < 10'000; ++i)
      all.push_back(sleeper(i, order));
    co_await actors::gather(std::move(all));
    EXPECT_EQ(order.size(), 10'000U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  });
}

TEST(sleep, many_short_sleeps_on_several_workers_all_end) {
  actors::run(
      []() -> task<> {
        auto sleeper = [](int n) -> task<int> {
          for (int i = 0; i < 5; ++i)
            co_await sleep(std::chrono::microseconds((n * 37) % 900));
          co_return 1;
        };
        std::vector<task<int>> all;
        for (int i = 0; i < 2'000; ++i)
          all.push_back(sleeper(i));
        const auto ended = co_await actors::gather(std::move(all));
        EXPECT_EQ(ended.size(), 2'000U);
      }(),
      actors::runtime_options{}.workers(3));
}

TEST(sleep, a_task_that_computes_for_long_does_not_make_virtual_time_jump) {
  in_virtual_time([]() -> task<> {
    bool woken = false;
    auto sleeper = spawn([&woken]() -> task<> {
      co_await sleep(std::chrono::hours(1));
      woken = true;
    });
    co_await actors::yield();
    // Much longer than the patience that the runtime has with a worker under real time.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (std::chrono::steady_clock::now() < end) {
    }
    EXPECT_FALSE(woken);
    co_await actors::yield();
    EXPECT_FALSE(woken);
    sleeper.cancel();
  });
}

TEST(yield, lets_the_others_run_in_turn) {
  in_virtual_time([]() -> task<> {
    std::string text;
    auto count = [](char letter, std::string& out) -> task<> {
      for (int i = 0; i < 3; ++i) {
        out += letter;
        co_await actors::yield();
      }
    };
    co_await actors::gather(count('a', text), count('b', text), count('c', text));
    EXPECT_EQ(text, "abcabcabc");
  });
}

TEST(yield, a_hundred_thousand_times_in_a_row_ends) {
  on_every_runtime([]() -> task<> {
    for (int i = 0; i < 100'000; ++i)
      co_await actors::yield();
  });
}
