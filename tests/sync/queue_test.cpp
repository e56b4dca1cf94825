#include "../core/counted.hpp"
#include "support.hpp"

#include <actors/core/gather.hpp>
#include <actors/sync/queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::queue;
using namespace sync_test;

// Getters that wait in this order.
task<std::vector<task_handle<int>>> getters(queue<int>& q, std::size_t count) {
  std::vector<task_handle<int>> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(spawn_detached(q.get()));
    co_await until([&] { return q.waiting_getters() == i + 1; });
  }
  co_return result;
}

// Putters of `first`, `first` + 1, ..., that wait in this order.
task<std::vector<task_handle<>>> putters(queue<int>& q, int first, std::size_t count) {
  std::vector<task_handle<>> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(spawn_detached(q.put(first + static_cast<int>(i))));
    co_await until([&] { return q.waiting_putters() == i + 1; });
  }
  co_return result;
}

std::vector<int> drain(queue<int>& q) {
  std::vector<int> result;
  while (const auto item = q.try_get())
    result.push_back(*item);
  return result;
}

} // namespace

TEST(queue, gives_the_oldest_item_first) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    EXPECT_EQ(q.maxsize(), actors::sync::unbounded);
    EXPECT_TRUE(q.empty());
    EXPECT_FALSE(q.full());
    for (int i = 0; i < 5; ++i)
      co_await q.put(i);
    EXPECT_EQ(q.size(), 5U);
    for (int i = 0; i < 5; ++i) {
      const int item = co_await q.get();
      EXPECT_EQ(item, i);
    }
    EXPECT_FALSE(q.try_get());
  });
}

TEST(queue, of_size_zero_has_no_limit_as_with_asyncio) {
  queue<int> q{0};
  EXPECT_EQ(q.maxsize(), actors::sync::unbounded);
  EXPECT_TRUE(q.try_put(1));
  EXPECT_FALSE(q.full());
}

TEST(queue, try_put_leaves_the_item_alone_if_there_is_no_room) {
  queue<std::unique_ptr<int>> q{1};
  auto item = std::make_unique<int>(1);
  EXPECT_TRUE(q.try_put(std::move(item)));
  item = std::make_unique<int>(2);
  EXPECT_TRUE(q.full());
  EXPECT_FALSE(q.try_put(std::move(item)));
  // NOLINTNEXTLINE(bugprone-use-after-move): what did not fit stays with the caller
  ASSERT_TRUE(item != nullptr && *item == 2);
  const auto first = q.try_get();
  ASSERT_TRUE(first);
  EXPECT_EQ(**first, 1);
}

TEST(queue, items_that_cannot_be_copied_pass_through) {
  on_every_runtime([]() -> task<> {
    queue<std::unique_ptr<std::string>> q{1};
    co_await q.put(std::make_unique<std::string>("one"));
    const auto waiting = spawn(q.put(std::make_unique<std::string>("two")));
    const auto one = co_await q.get();
    const auto two = co_await q.get();
    co_await waiting;
    EXPECT_EQ(*one + *two, "onetwo");
  });
}

TEST(queue, a_getter_waits_for_an_item) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 1);
    EXPECT_FALSE(getting[0].done());
    co_await q.put(7);
    const int item = co_await getting[0];
    EXPECT_EQ(item, 7);
    EXPECT_TRUE(q.empty());
  });
}

TEST(queue, a_putter_waits_for_room) {
  on_every_runtime([]() -> task<> {
    queue<int> q{2};
    co_await q.put(1);
    co_await q.put(2);
    const auto putting = co_await putters(q, 3, 1);
    EXPECT_FALSE(putting[0].done());
    const int item = co_await q.get();
    EXPECT_EQ(item, 1);
    co_await putting[0];
    EXPECT_EQ(drain(q), (std::vector{2, 3}));
  });
}

TEST(queue, getters_are_served_in_the_order_in_which_they_came) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 5);
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(q.try_put(i));
    for (int i = 0; i < 5; ++i) {
      const int item = co_await getting[static_cast<std::size_t>(i)];
      EXPECT_EQ(item, i);
    }
  });
}

TEST(queue, putters_are_served_in_the_order_in_which_they_came) {
  on_every_runtime([]() -> task<> {
    queue<int> q{3};
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(q.try_put(i));
    const auto putting = co_await putters(q, 3, 5);
    EXPECT_EQ(drain(q), (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
    for (const auto& each : putting)
      co_await each;
  });
}

TEST(queue, nobody_takes_what_a_waiting_getter_was_promised) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 1);
    EXPECT_TRUE(q.try_put(1));
    EXPECT_TRUE(q.try_put(2));
    const int mine = co_await q.get();
    EXPECT_EQ(mine, 2);
    const int first = co_await getting[0];
    EXPECT_EQ(first, 1);
  });
}

TEST(queue, items_on_their_way_to_a_getter_take_up_room) {
  in_virtual_time([]() -> task<> {
    queue<int> q{1};
    const auto getting = co_await getters(q, 1);
    EXPECT_TRUE(q.try_put(1));
    EXPECT_EQ(q.size(), 1U);
    EXPECT_FALSE(q.try_put(2)); // the getter has not run yet
    const int item = co_await getting[0];
    EXPECT_EQ(item, 1);
    EXPECT_TRUE(q.try_put(2));
  });
}

TEST(queue, a_cancelled_getter_loses_no_item) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 1);
    EXPECT_TRUE(q.try_put(1));
    EXPECT_TRUE(q.try_put(2));
    getting[0].cancel();
    const auto error = co_await error_of(getting[0]);
    // It was woken before it was cancelled; where that was too early, it has its item.
    int first = 0;
    if (error)
      first = co_await q.get();
    else
      first = getting[0].result().value();
    EXPECT_EQ(first, 1);
    const int second = co_await q.get();
    EXPECT_EQ(second, 2);
  });
}

TEST(queue, cancelled_or_killed_getters_lose_nothing_and_leave_the_rest_in_order) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      for (int victims = 1; victims < 16; ++victims) {
        queue<int> q;
        const auto getting = co_await getters(q, 4);
        for (std::size_t i = 0; i < 4; ++i) {
          if ((victims >> i & 1) == 0)
            continue;
          if (killed)
            kill(getting[i]);
          else
            getting[i].cancel();
        }
        for (int i = 0; i < 6; ++i)
          EXPECT_TRUE(q.try_put(i));
        // Nothing is lost, and what is left is in order. Not so what was received: a getter that ran before an earlier
        // one was cancelled has its item already, and those behind it get what the earlier one has left.
        std::vector<int> received;
        for (std::size_t i = 0; i < 4; ++i) {
          co_await ended(getting[i]);
          const auto error = co_await error_of(getting[i]);
          EXPECT_EQ(actors::is_cancelled(error), (victims >> i & 1) == 1);
          if (!error)
            received.push_back(getting[i].result().value());
        }
        auto all = drain(q);
        EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
        all.insert(all.end(), received.begin(), received.end());
        std::sort(all.begin(), all.end());
        EXPECT_EQ(all, (std::vector{0, 1, 2, 3, 4, 5}));
      }
    }
  });
}

TEST(queue, what_a_cancelled_getter_leaves_goes_to_the_one_behind_it) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 3);
    getting[0].cancel();
    co_await ended(getting[0]);
    EXPECT_TRUE(q.try_put(1));
    EXPECT_TRUE(q.try_put(2));
    EXPECT_TRUE(q.try_put(3));
    const int second = co_await getting[1];
    const int third = co_await getting[2];
    EXPECT_EQ(second, 1);
    EXPECT_EQ(third, 2);
    EXPECT_EQ(drain(q), std::vector{3});
  });
}

TEST(queue, getters_cancelled_in_the_moment_in_which_they_are_woken_leave_their_item_to_the_next) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto getting = co_await getters(q, 2);
    getting[0].cancel();
    EXPECT_TRUE(q.try_put(1));
    const bool gave_up = co_await is_cancelled(getting[0]);
    EXPECT_TRUE(gave_up);
    const int item = co_await getting[1];
    EXPECT_EQ(item, 1);
  });
}

TEST(queue, a_cancelled_putter_has_put_nothing) {
  on_every_runtime([]() -> task<> {
    queue<int> q{1};
    EXPECT_TRUE(q.try_put(1));
    const auto putting = co_await putters(q, 2, 2);
    putting[0].cancel();
    const bool gave_up = co_await is_cancelled(putting[0]);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(q.waiting_putters(), 1U);
    EXPECT_EQ(q.unfinished(), 1U);
    const int first = co_await q.get();
    co_await putting[1];
    EXPECT_EQ(first, 1);
    EXPECT_EQ(drain(q), std::vector{3});
  });
}

TEST(queue, a_putter_cancelled_in_the_moment_in_which_it_is_woken_leaves_its_room_to_the_next) {
  on_every_runtime([]() -> task<> {
    queue<int> q{1};
    EXPECT_TRUE(q.try_put(1));
    const auto putting = co_await putters(q, 2, 2);
    putting[0].cancel();
    EXPECT_EQ(q.try_get(), 1);
    const bool gave_up = co_await is_cancelled(putting[0]);
    EXPECT_TRUE(gave_up);
    co_await putting[1];
    EXPECT_EQ(drain(q), std::vector{3});
    EXPECT_EQ(q.unfinished(), 2U);
  });
}

TEST(queue, a_putter_whose_item_was_received_is_cancelled_at_its_next_await) {
  on_every_runtime([]() -> task<> {
    queue<int> q{1};
    bool put = false;
    EXPECT_TRUE(q.try_put(1));
    auto put_and_go_on = [](queue<int>& to, bool& done) -> task<> {
      co_await to.put(2);
      done = true;
      co_await actors::sleep(actors::forever);
    };
    const auto putting = spawn(put_and_go_on(q, put));
    co_await until([&] { return q.waiting_putters() == 1; });
    EXPECT_EQ(q.try_get(), 1);
    EXPECT_EQ(q.try_get(), 2);
    putting.cancel();
    const bool gave_up = co_await is_cancelled(putting);
    EXPECT_TRUE(gave_up);
    EXPECT_TRUE(put);
  });
}

TEST(queue, a_killed_putter_that_waits_puts_nothing) {
  on_every_runtime([]() -> task<> {
    queue<int> q{1};
    EXPECT_TRUE(q.try_put(1));
    const auto putting = co_await putters(q, 2, 2);
    kill(putting[0]);
    co_await ended(putting[0]);
    EXPECT_EQ(q.waiting_putters(), 1U);
    EXPECT_EQ(drain(q), (std::vector{1, 3}));
    co_await putting[1];
  });
}

TEST(queue, every_wait_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    queue<int> q{1};
    const auto get = co_await error_of(actors::with_timeout(1ms, q.get()));
    EXPECT_TRUE(is_a<actors::timeout_error>(get));
    EXPECT_EQ(q.waiting_getters(), 0U);
    co_await actors::with_timeout(1h, q.put(1));
    const auto put = co_await error_of(actors::with_timeout(1ms, q.put(2)));
    EXPECT_TRUE(is_a<actors::timeout_error>(put));
    EXPECT_EQ(q.waiting_putters(), 0U);
    const auto join = co_await error_of(actors::with_timeout(1ms, q.join()));
    EXPECT_TRUE(is_a<actors::timeout_error>(join));
    const int item = co_await actors::with_timeout(1h, q.get());
    EXPECT_EQ(item, 1);
    EXPECT_TRUE(q.empty());
  });
}

TEST(queue, join_waits_until_all_work_is_done) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    co_await q.join(); // no work
    for (int i = 0; i < 10; ++i)
      co_await q.put(i);
    auto work = [](queue<int>& from) -> task<> {
      for (int i = 0; i < 5; ++i) {
        static_cast<void>(co_await from.get());
        co_await actors::yield();
        from.task_done();
      }
    };
    const auto joining = spawn(q.join());
    const auto a = spawn(work(q));
    const auto b = spawn(work(q));
    co_await joining;
    EXPECT_EQ(q.unfinished(), 0U);
    EXPECT_TRUE(q.empty());
    co_await a;
    co_await b;
    co_await q.join();
  });
}

TEST(queue, one_task_done_too_many_is_misuse) {
  queue<int> q;
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { q.task_done(); })));
  EXPECT_TRUE(q.try_put(1));
  q.task_done();
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { q.task_done(); })));
}

TEST(queue, join_can_be_cancelled) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    EXPECT_TRUE(q.try_put(1));
    const auto joining = spawn(q.join());
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    joining.cancel();
    const bool gave_up = co_await is_cancelled(joining);
    EXPECT_TRUE(gave_up);
    q.task_done();
    co_await q.join();
  });
}

TEST(queue, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto q = std::make_unique<queue<int>>(1);
    const auto getting = co_await getters(*q, 1);
    auto late = q->get();
    q.reset();
    const auto get = co_await error_of(getting[0]);
    EXPECT_EQ(actors::describe(get), "a queue was destroyed while it was in use");
    const auto late_error = co_await error_of(std::move(late));
    EXPECT_TRUE(is_a<actors::misuse_error>(late_error));

    q = std::make_unique<queue<int>>(1);
    EXPECT_TRUE(q->try_put(1));
    const auto putting = co_await putters(*q, 2, 1);
    const auto joining = spawn(q->join());
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    q.reset();
    const auto put = co_await error_of(putting[0]);
    EXPECT_TRUE(is_a<actors::misuse_error>(put));
    const auto join = co_await error_of(joining);
    EXPECT_TRUE(is_a<actors::misuse_error>(join));
  });
}

TEST(queue, items_are_destroyed_once_however_they_end) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    {
      queue<counted> q{2};
      EXPECT_TRUE(q.try_put(counted{live}));
      EXPECT_TRUE(q.try_put(counted{live}));
      const auto cancelled = spawn(q.put(counted{live}));
      const auto killed = spawn(q.put(counted{live}));
      co_await until([&] { return q.waiting_putters() == 2; });
      cancelled.cancel();
      kill(killed);
      co_await ended(cancelled);
      co_await ended(killed);
      EXPECT_EQ(live, 2);
    }
    EXPECT_EQ(live, 0);
  });
}
