#include "support.hpp"

#include <actors/core/runtime.hpp>
#include <actors/sync/event.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::event;
using namespace sync_test;

task<> wait_and_note(event& e, journal<int>& order, int name) {
  co_await e.wait();
  order.add(name);
}

} // namespace

TEST(event, that_is_set_does_not_make_anybody_wait) {
  on_every_runtime([]() -> task<> {
    event e;
    EXPECT_FALSE(e.is_set());
    e.set();
    e.set();
    EXPECT_TRUE(e.is_set());
    co_await e.wait();
    co_await e.wait();
    e.clear();
    e.clear();
    EXPECT_FALSE(e.is_set());
  });
}

TEST(event, set_wakes_everybody) {
  on_every_runtime([]() -> task<> {
    event e;
    journal<int> order;
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 10; ++i)
      waiting.push_back(spawn(wait_and_note(e, order, i)));
    co_await until([&] { return e.waiting() == 10; });
    e.set();
    for (const auto& each : waiting)
      co_await each;
    EXPECT_EQ(order.size(), 10U);
    EXPECT_EQ(e.waiting(), 0U);
  });
}

TEST(event, set_and_cleared_at_once_still_wakes_those_who_waited) {
  on_every_runtime([]() -> task<> {
    event e;
    journal<int> order;
    const auto a = spawn(wait_and_note(e, order, 1));
    const auto b = spawn(wait_and_note(e, order, 2));
    co_await until([&] { return e.waiting() == 2; });
    e.set();
    e.clear();
    co_await a;
    co_await b;
    const auto late = spawn(wait_and_note(e, order, 3));
    co_await until([&] { return e.waiting() == 1; });
    EXPECT_EQ(order.size(), 2U);
    e.set();
    co_await late;
  });
}

TEST(event, a_cancelled_waiter_leaves_and_the_others_go_on) {
  on_every_runtime([]() -> task<> {
    event e;
    journal<int> order;
    const auto a = spawn(wait_and_note(e, order, 1));
    const auto b = spawn(wait_and_note(e, order, 2));
    co_await until([&] { return e.waiting() == 2; });
    a.cancel();
    const bool gave_up = co_await is_cancelled(a);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(e.waiting(), 1U);
    e.set();
    co_await b;
    EXPECT_EQ(order.entries(), std::vector{2});
  });
}

TEST(event, cancelled_and_set_in_the_same_moment_cancels) {
  on_every_runtime([]() -> task<> {
    event e;
    journal<int> order;
    const auto a = spawn(wait_and_note(e, order, 1));
    co_await until([&] { return e.waiting() == 1; });
    a.cancel();
    e.set();
    const bool gave_up = co_await is_cancelled(a);
    EXPECT_TRUE(gave_up);
  });
}

TEST(event, a_killed_waiter_leaves) {
  on_every_runtime([]() -> task<> {
    for (const bool set : {false, true}) {
      event e;
      journal<int> order;
      const auto victim = spawn(wait_and_note(e, order, 1));
      co_await until([&] { return e.waiting() == 1; });
      kill(victim);
      if (set)
        e.set();
      co_await ended(victim);
      EXPECT_EQ(e.waiting(), 0U);
      EXPECT_EQ(order.size(), 0U);
    }
  });
}

TEST(event, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    event e;
    const auto error = co_await error_of(actors::with_timeout(1ms, e.wait()));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(e.waiting(), 0U);
    e.set();
    co_await actors::with_timeout(1h, e.wait());
  });
}

TEST(event, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto e = std::make_unique<event>();
    const auto waiting = spawn(e->wait());
    co_await until([&] { return e->waiting() == 1; });
    auto late = e->wait();
    e.reset();
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "an event was destroyed while it was in use");
    const auto late_error = co_await error_of(std::move(late));
    EXPECT_TRUE(is_a<actors::misuse_error>(late_error));
  });
}

TEST(event, whoever_it_wakes_may_destroy_it) {
  on_every_runtime([]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      auto owned = [](std::unique_ptr<event> e, std::atomic<event*>& seen) -> task<> {
        seen = e.get();
        co_await e->wait();
      };
      std::atomic<event*> seen{nullptr};
      const auto owner = spawn(owned(std::make_unique<event>(), seen));
      co_await until([&] { return seen != nullptr && seen.load()->waiting() == 1; });
      seen.load()->set();
      co_await owner;
    }
  });
}

TEST(event, may_be_set_by_a_plain_thread_and_waited_for_by_another) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  event asked;
  event answered;
  const auto serving = home.spawn([](event& in, event& out) -> task<> {
    co_await in.wait();
    out.set();
  }(asked, answered));
  std::thread thread{[&] {
    asked.set();
    home.block_on(answered.wait());
  }};
  thread.join();
  EXPECT_TRUE(answered.is_set());
  EXPECT_TRUE(home.stop(10s).empty());
}
