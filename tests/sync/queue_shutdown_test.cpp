#include "support.hpp"

#include <actors/sync/error.hpp>
#include <actors/sync/queue.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::queue;
using actors::sync::queue_shut_down;
using actors::sync::shutdown_mode;
using namespace sync_test;

} // namespace

TEST(queue_shutdown, graceful_lets_getters_have_what_is_there) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    co_await q.put(1);
    co_await q.put(2);
    EXPECT_FALSE(q.is_shut_down());
    q.shutdown();
    q.shutdown();
    EXPECT_TRUE(q.is_shut_down());
    const auto put = co_await error_of(q.put(3));
    EXPECT_TRUE(is_a<queue_shut_down>(put));
    EXPECT_TRUE(is_a<queue_shut_down>(thrown_by([&] { static_cast<void>(q.try_put(3)); })));
    const int first = co_await q.get();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(q.try_get(), 2);
    const auto get = co_await error_of(q.get());
    EXPECT_TRUE(is_a<queue_shut_down>(get));
    EXPECT_TRUE(is_a<queue_shut_down>(thrown_by([&] { static_cast<void>(q.try_get()); })));
  });
}

TEST(queue_shutdown, graceful_leaves_join_waiting) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    co_await q.put(1);
    const auto joining = spawn(q.join());
    q.shutdown();
    for (int i = 0; i < 10; ++i)
      co_await actors::yield();
    EXPECT_FALSE(joining.done());
    static_cast<void>(co_await q.get());
    q.task_done();
    co_await joining;
  });
}

TEST(queue_shutdown, wakes_waiting_getters) {
  on_every_runtime([]() -> task<> {
    for (const auto mode : {shutdown_mode::graceful, shutdown_mode::immediate}) {
      queue<int> q;
      std::vector<task_handle<int>> getting;
      for (int i = 0; i < 3; ++i)
        getting.push_back(spawn(q.get()));
      co_await until([&] { return q.waiting_getters() == 3; });
      q.shutdown(mode);
      for (const auto& each : getting) {
        const auto error = co_await error_of(each);
        EXPECT_TRUE(is_a<queue_shut_down>(error));
      }
    }
  });
}

TEST(queue_shutdown, wakes_waiting_putters) {
  on_every_runtime([]() -> task<> {
    for (const auto mode : {shutdown_mode::graceful, shutdown_mode::immediate}) {
      queue<int> q{1};
      co_await q.put(0);
      std::vector<task_handle<>> putting;
      for (int i = 0; i < 3; ++i)
        putting.push_back(spawn(q.put(i)));
      co_await until([&] { return q.waiting_putters() == 3; });
      q.shutdown(mode);
      for (const auto& each : putting) {
        const auto error = co_await error_of(each);
        EXPECT_TRUE(is_a<queue_shut_down>(error));
      }
      EXPECT_EQ(q.size(), mode == shutdown_mode::graceful ? 1U : 0U);
      EXPECT_EQ(q.unfinished(), q.size());
    }
  });
}

TEST(queue_shutdown, immediate_drops_the_items_and_lets_join_go_on) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    for (int i = 0; i < 3; ++i)
      co_await q.put(i);
    const auto joining = spawn(q.join());
    q.shutdown(shutdown_mode::immediate);
    EXPECT_TRUE(q.empty());
    co_await joining;
    const auto get = co_await error_of(q.get());
    EXPECT_TRUE(is_a<queue_shut_down>(get));
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { q.task_done(); })));
  });
}

TEST(queue_shutdown, immediate_with_unfinished_work_leaves_join_waiting_for_it) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    co_await q.put(1);
    co_await q.put(2);
    static_cast<void>(co_await q.get());
    const auto joining = spawn(q.join());
    q.shutdown(shutdown_mode::immediate);
    EXPECT_EQ(q.unfinished(), 1U);
    for (int i = 0; i < 10; ++i)
      co_await actors::yield();
    EXPECT_FALSE(joining.done());
    q.task_done();
    co_await joining;
  });
}

TEST(queue_shutdown, immediate_after_graceful_drops_what_was_left) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    co_await q.put(1);
    q.shutdown();
    EXPECT_EQ(q.size(), 1U);
    q.shutdown(shutdown_mode::immediate);
    EXPECT_EQ(q.size(), 0U);
    co_await q.join();
  });
}

TEST(queue_shutdown, a_getter_that_was_woken_for_an_item_gets_it_if_graceful_and_none_if_immediate) {
  in_virtual_time([]() -> task<> {
    for (const auto mode : {shutdown_mode::graceful, shutdown_mode::immediate}) {
      queue<int> q;
      const auto getting = spawn(q.get());
      co_await until([&] { return q.waiting_getters() == 1; });
      EXPECT_TRUE(q.try_put(1));
      q.shutdown(mode); // the getter has not run yet
      const auto error = co_await error_of(getting);
      if (mode == shutdown_mode::graceful)
        EXPECT_FALSE(error);
      else
        EXPECT_TRUE(is_a<queue_shut_down>(error));
      EXPECT_EQ(q.unfinished(), mode == shutdown_mode::graceful ? 1U : 0U);
    }
  });
}

TEST(queue_shutdown, what_a_cancelled_getter_leaves_goes_to_one_that_still_waits) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    const auto first = spawn(q.get());
    const auto second = spawn(q.get());
    co_await until([&] { return q.waiting_getters() == 2; });
    EXPECT_TRUE(q.try_put(1));
    first.cancel();
    // The item is on its way to the first getter, or has come back from it: there is one that can be had.
    q.shutdown();
    const auto cancelled = co_await error_of(first);
    const auto refused = co_await error_of(second);
    // The first one may have got it before it heard of its cancellation.
    EXPECT_NE(static_cast<bool>(cancelled), static_cast<bool>(refused));
    EXPECT_EQ(cancelled ? second.result().value() : first.result().value(), 1);
    EXPECT_TRUE(q.empty());
    const auto late = co_await error_of(q.get());
    EXPECT_TRUE(is_a<queue_shut_down>(late));
  });
}

TEST(queue_shutdown, a_getter_that_comes_while_the_last_item_is_promised_waits_for_what_becomes_of_it) {
  under_every_seed([]() -> task<> {
    queue<int> q;
    const auto first = spawn(q.get());
    co_await until([&] { return q.waiting_getters() == 1; });
    EXPECT_TRUE(q.try_put(1));
    q.shutdown();
    EXPECT_EQ(q.try_get(), std::nullopt);
    const auto second = spawn(q.get());
    const int value = co_await first;
    EXPECT_EQ(value, 1);
    const auto refused = co_await error_of(second);
    EXPECT_TRUE(is_a<queue_shut_down>(refused));
  });
}

TEST(queue_shutdown, getters_are_told_when_the_last_item_is_taken_back_by_its_putter) {
  under_every_seed([]() -> task<> {
    queue<int> q{1};
    co_await q.put(1);
    const auto putter = spawn(q.put(2));
    co_await until([&] { return q.waiting_putters() == 1; });
    // Room for the second item, which is put though its task has not run; its task takes it back.
    EXPECT_EQ(q.try_get(), 1);
    putter.cancel();
    q.shutdown();
    const auto cancelled = co_await error_of(putter);
    const auto getter = co_await error_of(q.get());
    EXPECT_EQ(is_a<queue_shut_down>(getter), static_cast<bool>(cancelled));
  });
}
