#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/wait.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::until;
using namespace core_test;

task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

task<int> fail_after(actors::duration delay, std::string text) {
  co_await actors::sleep(delay);
  throw std::runtime_error(text);
}

using handles = std::vector<task_handle<int>>;

// Joins what a test has left running.
task<> end_all(handles running) {
  for (const auto& each : running)
    each.cancel("the test is over");
  for (const auto& each : running)
    static_cast<void>(co_await error_of(each));
}

} // namespace

TEST(wait, for_all_returns_when_the_last_has_ended) {
  on_every_runtime([]() -> task<> {
    handles all{spawn(value_after(2ms, 0)), spawn(value_after(0ms, 1)), spawn(value_after(1ms, 2))};
    const auto result = co_await actors::wait(all);
    EXPECT_EQ(result.done, all);
    EXPECT_TRUE(result.pending.empty());
    EXPECT_EQ(result.done[2].result().value(), 2);
  });
}

TEST(wait, for_none_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto wait_for_none = []() -> task<> { static_cast<void>(co_await actors::wait(handles{})); };
    const auto error = co_await error_of(wait_for_none());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    auto wait_for_hole = []() -> task<> {
      handles hole(1);
      static_cast<void>(co_await actors::wait(std::move(hole)));
    };
    const auto other = co_await error_of(wait_for_hole());
    EXPECT_TRUE(is_a<actors::misuse_error>(other));
  });
}

TEST(wait, until_the_first_has_completed_leaves_the_others_running) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    handles all{spawn(value_after(3s, 0)), spawn(value_after(1s, 1)), spawn(value_after(2s, 2))};
    const auto result = co_await actors::wait(all, until::first_completed);
    EXPECT_EQ(self.now() - start, 1s);
    EXPECT_EQ(result.done, handles{all[1]});
    EXPECT_EQ(result.pending, (handles{all[0], all[2]}));
    const auto rest = co_await actors::wait(result.pending);
    EXPECT_EQ(self.now() - start, 3s);
    EXPECT_EQ(rest.done[0].result().value(), 0);
  });
}

TEST(wait, until_the_first_exception_returns_on_an_error) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    handles all{spawn(value_after(1s, 0)), spawn(fail_after(2s, "broken")), spawn(value_after(3s, 2))};
    const auto result = co_await actors::wait(all, until::first_exception);
    EXPECT_EQ(self.now() - start, 2s);
    EXPECT_EQ(result.done, (handles{all[0], all[1]}));
    EXPECT_TRUE(result.done[1].result().has_error());
    co_await end_all(result.pending);
  });
}

TEST(wait, until_the_first_exception_waits_for_all_if_there_is_none) {
  on_every_runtime([]() -> task<> {
    handles all{spawn(value_after(1ms, 0)), spawn(value_after(0ms, 1))};
    const auto result = co_await actors::wait(all, until::first_exception);
    EXPECT_EQ(result.done.size(), 2U);
  });
}

TEST(wait, a_cancelled_task_is_no_exception_to_wait_for) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    handles all{spawn(value_after(actors::forever, 0)), spawn(value_after(2s, 1))};
    all[0].cancel("not this one");
    const auto result = co_await actors::wait(all, until::first_exception);
    EXPECT_EQ(self.now() - start, 2s);
    EXPECT_EQ(result.done.size(), 2U);
    EXPECT_TRUE(result.done[0].result().was_cancelled());
  });
}

TEST(wait, for_all_never_throws_a_tasks_error) {
  on_every_runtime([]() -> task<> {
    handles all{spawn(fail_after(0ms, "one")), spawn(fail_after(1ms, "two"))};
    const auto result = co_await actors::wait(all);
    EXPECT_EQ(result.done.size(), 2U);
    EXPECT_EQ(actors::describe(result.done[0].result().error()), "one");
    EXPECT_EQ(actors::describe(result.done[1].result().error()), "two");
  });
}

TEST(wait, a_timeout_neither_throws_nor_cancels) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    handles all{spawn(value_after(1s, 0)), spawn(value_after(5s, 1))};
    const auto result = co_await actors::wait(all, until::all_completed, 2'500ms);
    EXPECT_EQ(self.now() - start, 2'500ms);
    EXPECT_EQ(result.done, handles{all[0]});
    EXPECT_EQ(result.pending, handles{all[1]});
    const int value = co_await all[1];
    EXPECT_EQ(value, 1);
    EXPECT_EQ(self.now() - start, 5s);
  });
}

TEST(wait, lists_a_task_twice_that_was_handed_in_twice) {
  on_every_runtime([]() -> task<> {
    const auto one = spawn(value_after(1ms, 0));
    const handles both{one, one};
    for (const auto condition : {until::all_completed, until::first_completed, until::first_exception}) {
      const auto result = co_await actors::wait(both, condition);
      EXPECT_EQ(result.done, both);
      EXPECT_TRUE(result.pending.empty());
    }
  });
}

TEST(wait, with_no_time_at_all_only_looks) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto patient = [](gate& wait_for) -> task<int> {
      co_await wait_for;
      co_return 1;
    };
    handles all{spawn(patient(door)), spawn(value_after(0ms, 2))};
    static_cast<void>(co_await all[1]);
    for (const auto limit : {actors::duration{0}, actors::duration{-1s}, actors::duration::min()}) {
      const auto result = co_await actors::wait(all, until::all_completed, limit);
      EXPECT_EQ(result.done, handles{all[1]});
      EXPECT_EQ(result.pending, handles{all[0]});
    }
    const auto first = co_await actors::wait(all, until::first_completed, actors::duration::max());
    EXPECT_EQ(first.done, handles{all[1]});
    door.open();
    static_cast<void>(co_await all[0]);
  });
}

TEST(wait, for_tasks_that_have_ended_long_ago_returns_at_once) {
  on_every_runtime([]() -> task<> {
    handles all{spawn(value_after(0ms, 1)), spawn(value_after(0ms, 2))};
    static_cast<void>(co_await actors::wait(all));
    for (const auto condition : {until::all_completed, until::first_completed, until::first_exception}) {
      const auto again = co_await actors::wait(all, condition);
      EXPECT_EQ(again.done.size(), 2U);
    }
  });
}

TEST(wait, cancelling_the_waiting_task_leaves_the_awaited_ones_alone) {
  on_every_runtime([]() -> task<> {
    gate door;
    gate begun;
    auto patient = [](gate& wait_for) -> task<int> {
      co_await wait_for;
      co_return 1;
    };
    handles all{spawn(patient(door))};
    auto waiter = [](handles list, gate& ready) -> task<> {
      ready.open();
      static_cast<void>(co_await actors::wait(std::move(list)));
    };
    const auto waiting = spawn(waiter(all, begun));
    co_await begun;
    waiting.cancel("stop waiting");
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "cancelled: stop waiting");
    EXPECT_FALSE(all[0].done());
    door.open();
    const int value = co_await all[0];
    EXPECT_EQ(value, 1);
  });
}

TEST(wait, many_waiters_on_many_tasks_that_end_at_the_same_time) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto patient = [](gate& wait_for, int n) -> task<int> {
      co_await wait_for;
      co_return n;
    };
    handles all;
    for (int i = 0; i < 50; ++i)
      all.push_back(spawn(patient(door, i)));
    auto waiter = [](handles list, until condition) -> task<int> {
      const auto result = co_await actors::wait(std::move(list), condition);
      co_return static_cast<int>(result.done.size());
    };
    handles waiters;
    for (int i = 0; i < 20; ++i)
      waiters.push_back(spawn(waiter(all, i % 2 == 0 ? until::all_completed : until::first_completed)));
    for (int i = 0; i < 3; ++i)
      co_await actors::yield();
    door.open();
    for (int i = 0; i < 20; ++i) {
      const int seen = co_await waiters[static_cast<std::size_t>(i)];
      EXPECT_GE(seen, i % 2 == 0 ? 50 : 1);
    }
  });
}
