#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/as_completed.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::as_completed;
using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

using handles = std::vector<task_handle<int>>;

task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

task<int> fail_after(actors::duration delay, std::string text) {
  co_await actors::sleep(delay);
  throw std::runtime_error(text);
}

} // namespace

TEST(as_completed, gives_tasks_in_the_order_in_which_they_end) {
  in_every_order([]() -> task<> {
    auto completed =
        as_completed(handles{spawn(value_after(3s, 3)), spawn(value_after(1s, 1)), spawn(value_after(2s, 2))});
    std::vector<int> order;
    while (const auto handle = co_await completed.next())
      order.push_back(handle->result().value());
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  });
}

TEST(as_completed, gives_every_task_once) {
  on_every_runtime([]() -> task<> {
    handles all;
    for (int i = 0; i < 300; ++i)
      all.push_back(spawn(value_after(std::chrono::microseconds((i * 13) % 400), i)));
    auto completed = as_completed(all);
    std::set<int> seen;
    while (const auto handle = co_await completed.next())
      seen.insert(handle->result().value());
    EXPECT_EQ(seen.size(), 300U);
    const auto more = co_await completed.next();
    EXPECT_FALSE(more);
  });
}

TEST(as_completed, gives_a_task_once_that_was_handed_in_twice) {
  on_every_runtime([]() -> task<> {
    const auto early = spawn(value_after(0ms, 1));
    static_cast<void>(co_await early);
    const auto late = spawn(value_after(1ms, 2));
    auto completed = as_completed(handles{late, early, late, early});
    std::vector<int> order;
    while (const auto handle = co_await completed.next())
      order.push_back(handle->result().value());
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
  });
}

TEST(as_completed, of_no_time_gives_what_has_ended_and_then_says_that_time_is_up) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto patient = [](gate& wait_for) -> task<int> {
      co_await wait_for;
      co_return 2;
    };
    const auto early = spawn(value_after(0ms, 1));
    static_cast<void>(co_await early);
    const auto late = spawn(patient(door));
    for (const auto limit : {actors::duration{0}, actors::duration{-1s}, actors::duration::min()}) {
      auto completed = as_completed(handles{late, early}, limit);
      const auto first = co_await completed.next();
      EXPECT_EQ(first->result().value(), 1);
      auto next = [&]() -> task<> { static_cast<void>(co_await completed.next()); };
      const auto error = co_await error_of(next());
      EXPECT_EQ(actors::describe(error), "as_completed timed out with 1 tasks still running");
      EXPECT_FALSE(late.done());
    }
    door.open();
    static_cast<void>(co_await late);
  });
}

TEST(as_completed, of_an_empty_handle_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto all = []() -> task<> {
      auto completed = as_completed(handles(1));
      static_cast<void>(co_await completed.next());
    };
    const auto error = co_await error_of(all());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
  });
}

TEST(as_completed, of_nothing_is_over_at_once) {
  on_every_runtime([]() -> task<> {
    auto completed = as_completed(handles{});
    const auto none = co_await completed.next();
    EXPECT_FALSE(none);
  });
}

TEST(as_completed, gives_tasks_that_ended_before_it_began) {
  on_every_runtime([]() -> task<> {
    const auto early = spawn(value_after(0ms, 1));
    static_cast<void>(co_await early);
    auto completed = as_completed(handles{spawn(value_after(1ms, 2)), early});
    const auto first = co_await completed.next();
    EXPECT_EQ(first->result().value(), 1);
    const auto second = co_await completed.next();
    EXPECT_EQ(second->result().value(), 2);
  });
}

TEST(as_completed, gives_failed_tasks_and_throws_nothing) {
  on_every_runtime([]() -> task<> {
    auto completed = as_completed(handles{spawn(fail_after(0ms, "broken"))});
    const auto handle = co_await completed.next();
    EXPECT_EQ(actors::describe(handle->result().error()), "broken");
  });
}

TEST(as_completed, its_timeout_counts_from_the_start_throws_and_cancels_nothing) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    handles all{spawn(value_after(1s, 1)), spawn(value_after(5s, 5))};
    auto completed = as_completed(all, 3s);
    const auto first = co_await completed.next();
    EXPECT_EQ(first->result().value(), 1);
    auto next = [&]() -> task<> { static_cast<void>(co_await completed.next()); };
    const auto error = co_await error_of(next());
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(self.now() - start, 3s);
    EXPECT_FALSE(all[1].done());
    // Time stays up, but what has ended is still given.
    const auto again = co_await error_of(next());
    EXPECT_TRUE(is_a<actors::timeout_error>(again));
    const int value = co_await all[1];
    EXPECT_EQ(value, 5);
    const auto last = co_await completed.next();
    EXPECT_EQ(last->result().value(), 5);
  });
}

TEST(as_completed, a_broken_off_iteration_can_go_on) {
  in_every_order([]() -> task<> {
    auto completed =
        as_completed(handles{spawn(value_after(1s, 1)), spawn(value_after(2s, 2)), spawn(value_after(3s, 3))});
    const auto first = co_await completed.next();
    EXPECT_EQ(first->result().value(), 1);
    co_await actors::sleep(10s);
    const auto second = co_await completed.next();
    const auto third = co_await completed.next();
    EXPECT_EQ(second->result().value(), 2);
    EXPECT_EQ(third->result().value(), 3);
  });
}

TEST(as_completed, a_cancelled_wait_loses_no_task) {
  on_every_runtime([]() -> task<> {
    gate door;
    gate first;
    gate second;
    auto patient = [](gate& wait_for) -> task<int> {
      co_await wait_for;
      co_return 4;
    };
    auto completed = as_completed(handles{spawn(patient(door))});
    auto for_task = [&]() -> task<> {
      first.open();
      static_cast<void>(co_await completed.next());
    };
    auto for_index = [&]() -> task<> {
      second.open();
      static_cast<void>(co_await completed.next_index());
    };
    auto cancelled = [](task<> body, gate& begun) -> task<std::string> {
      const auto waiting = spawn(std::move(body));
      co_await begun;
      waiting.cancel("never mind");
      const auto error = co_await error_of(waiting);
      co_return actors::describe(error);
    };
    const auto one = co_await cancelled(for_task(), first);
    EXPECT_EQ(one, "cancelled: never mind");
    const auto other = co_await cancelled(for_index(), second);
    EXPECT_EQ(other, "cancelled: never mind");
    door.open();
    const auto handle = co_await completed.next();
    EXPECT_EQ(handle->result().value(), 4);
  });
}

TEST(as_completed, may_be_dropped_while_tasks_still_run) {
  on_every_runtime([]() -> task<> {
    for (int round = 0; round < 50; ++round) {
      handles all;
      for (int i = 0; i < 8; ++i)
        all.push_back(spawn(value_after(std::chrono::microseconds(i * 10), i)));
      auto completed = as_completed(std::move(all));
      static_cast<void>(co_await completed.next());
    }
  });
}
