#include "support.hpp"

#include <actors/sync/condition.hpp>
#include <actors/sync/mutex.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::condition;
using actors::sync::mutex;
using namespace sync_test;

task<> wait_and_note(mutex& m, condition& c, journal<int>& order, int name) {
  auto guard = co_await m.lock();
  co_await c.wait(guard);
  EXPECT_TRUE(guard);
  EXPECT_TRUE(m.locked());
  order.add(name);
}

// The names 0 to count - 1, waiting in this order.
task<std::vector<task_handle<>>> waiters(mutex& m, condition& c, journal<int>& order, std::size_t count) {
  std::vector<task_handle<>> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(spawn_detached(wait_and_note(m, c, order, static_cast<int>(i))));
    co_await until([&] { return c.waiting() == i + 1; });
  }
  co_return result;
}

} // namespace

TEST(condition, a_wait_gives_the_mutex_up_and_takes_it_again) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    journal<int> order;
    const auto waiting = co_await waiters(m, c, order, 1);
    EXPECT_FALSE(m.locked());
    {
      const auto guard = co_await m.lock();
      c.notify_one();
      co_await actors::yield();
      EXPECT_EQ(order.size(), 0U); // I still hold it
    }
    co_await waiting[0];
    EXPECT_EQ(order.size(), 1U);
    EXPECT_FALSE(m.locked());
  });
}

TEST(condition, notifies_in_the_order_in_which_tasks_came) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    journal<int> order;
    const auto waiting = co_await waiters(m, c, order, 6);
    auto guard = co_await m.lock();
    c.notify_one();
    c.notify(2);
    c.notify(0);
    EXPECT_EQ(c.waiting(), 3U);
    guard.unlock();
    for (std::size_t i = 0; i < 3; ++i)
      co_await waiting[i];
    EXPECT_EQ(order.entries(), (std::vector{0, 1, 2}));
    guard = co_await m.lock();
    c.notify_all();
    c.notify_all(); // nobody is left
    guard.unlock();
    for (const auto& each : waiting)
      co_await each;
    EXPECT_EQ(order.entries(), (std::vector{0, 1, 2, 3, 4, 5}));
  });
}

TEST(condition, waits_until_a_predicate_holds_and_returns_its_value) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    int level = 0;
    auto wait = [](mutex& lock, condition& changed, int& value) -> task<std::string> {
      auto guard = co_await lock.lock();
      auto enough = [&value]() -> std::optional<std::string> {
        return value >= 3 ? std::optional{std::to_string(value)} : std::nullopt;
      };
      const auto found = co_await changed.wait(guard, enough);
      co_return *found;
    };
    const auto handle = spawn(wait(m, c, level));
    for (int i = 1; i <= 3; ++i) {
      co_await until([&] { return c.waiting() == 1; });
      const auto guard = co_await m.lock();
      level = i;
      c.notify_one();
    }
    const auto seen = co_await handle;
    EXPECT_EQ(seen, "3");
    // Holds already: does not wait.
    auto guard = co_await m.lock();
    const bool held = co_await c.wait(guard, [] { return true; });
    EXPECT_TRUE(held);
  });
}

TEST(condition, notifying_while_nobody_holds_the_mutex_is_misuse) {
  mutex m;
  condition c{m};
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { c.notify_one(); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { c.notify_all(); })));
  const auto guard = m.try_lock();
  c.notify_all();
}

TEST(condition, waiting_with_an_empty_or_foreign_guard_is_misuse) {
  on_every_runtime([]() -> task<> {
    mutex m;
    mutex other;
    condition c{m};
    mutex::guard empty;
    const auto a = co_await error_of(c.wait(empty));
    EXPECT_EQ(actors::describe(a), "a condition was given an empty guard");
    auto foreign = co_await other.lock();
    const auto b = co_await error_of(c.wait(foreign));
    EXPECT_EQ(actors::describe(b), "a condition was given the guard of another mutex");
    EXPECT_TRUE(foreign);
  });
}

TEST(condition, a_cancelled_wait_takes_the_mutex_again_before_it_throws) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    bool cleaned_up = false;
    auto wait = [](mutex& lock, condition& changed, bool& cleaned) -> task<> {
      auto guard = co_await lock.lock();
      try {
        co_await changed.wait(guard);
      } catch (const actors::cancelled&) {
        EXPECT_TRUE(guard);
        cleaned = true;
        throw;
      }
    };
    const auto handle = spawn(wait(m, c, cleaned_up));
    co_await until([&] { return c.waiting() == 1; });
    auto guard = co_await m.lock();
    handle.cancel("first");
    co_await until([&] { return m.waiting() == 1; });
    handle.cancel("second"); // does not shorten the wait for the mutex
    for (int i = 0; i < 10; ++i)
      co_await actors::yield();
    EXPECT_FALSE(handle.done());
    EXPECT_FALSE(cleaned_up);
    guard.unlock();
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: second");
    EXPECT_TRUE(cleaned_up);
    EXPECT_FALSE(m.locked());
  });
}

TEST(condition, a_wait_cancelled_while_the_mutex_is_free_holds_it_too) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    journal<int> order;
    const auto waiting = co_await waiters(m, c, order, 1);
    waiting[0].cancel();
    const bool gave_up = co_await is_cancelled(waiting[0]);
    EXPECT_TRUE(gave_up);
    EXPECT_FALSE(m.locked());
    EXPECT_EQ(c.waiting(), 0U);
  });
}

TEST(condition, a_wait_for_a_predicate_can_be_cancelled_and_holds_the_mutex_when_it_throws) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    bool held = false;
    auto wait = [](mutex& lock, condition& changed, bool& owned) -> task<> {
      auto guard = co_await lock.lock();
      auto never = [] { return false; };
      try {
        static_cast<void>(co_await changed.wait(guard, never));
      } catch (const actors::cancelled&) {
        owned = static_cast<bool>(guard) && lock.locked();
        throw;
      }
    };
    const auto waiting = spawn(wait(m, c, held));
    co_await until([&] { return c.waiting() == 1; });
    waiting.cancel();
    const bool gave_up = co_await is_cancelled(waiting);
    EXPECT_TRUE(gave_up);
    EXPECT_TRUE(held);
    EXPECT_FALSE(m.locked());
    EXPECT_EQ(c.waiting(), 0U);
  });
}

TEST(condition, a_notification_that_a_cancelled_or_killed_waiter_had_goes_to_the_next) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      mutex m;
      condition c{m};
      journal<int> order;
      const auto waiting = co_await waiters(m, c, order, 2);
      auto guard = co_await m.lock();
      c.notify_one();
      if (killed)
        kill(waiting[0]);
      else
        waiting[0].cancel();
      guard.unlock();
      co_await waiting[1];
      co_await ended(waiting[0]);
      EXPECT_EQ(order.entries(), std::vector{1});
      EXPECT_FALSE(m.locked());
    }
  });
}

TEST(condition, a_killed_waiter_leaves) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    journal<int> order;
    const auto waiting = co_await waiters(m, c, order, 2);
    kill(waiting[0]);
    co_await ended(waiting[0]);
    EXPECT_EQ(c.waiting(), 1U);
    {
      const auto guard = co_await m.lock();
      c.notify_one();
    }
    co_await waiting[1];
    EXPECT_EQ(order.entries(), std::vector{1});
  });
}

TEST(condition, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    mutex m;
    condition c{m};
    auto guard = co_await m.lock();
    const auto error = co_await error_of(actors::with_timeout(1ms, c.wait(guard)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(guard);
    const auto with_predicate = co_await error_of(actors::with_timeout(1ms, c.wait(guard, [] { return false; })));
    EXPECT_TRUE(is_a<actors::timeout_error>(with_predicate));
    EXPECT_TRUE(guard);
  });
}

TEST(condition, destroyed_while_tasks_wait_tells_them_so_with_the_mutex_held) {
  on_every_runtime([]() -> task<> {
    mutex m;
    auto c = std::make_unique<condition>(m);
    auto wait = [](mutex& lock, condition& changed) -> task<> {
      auto guard = co_await lock.lock();
      const auto error = co_await error_of(changed.wait(guard));
      EXPECT_EQ(actors::describe(error), "a condition was destroyed while it was in use");
      EXPECT_TRUE(guard);
    };
    const auto waiting = spawn(wait(m, *c));
    co_await until([&] { return c->waiting() == 1; });
    c.reset();
    co_await waiting;
    EXPECT_FALSE(m.locked());
  });
}

TEST(condition, whose_mutex_is_destroyed_leaves_empty_guards) {
  on_every_runtime([]() -> task<> {
    auto m = std::make_unique<mutex>();
    condition c{*m};
    auto wait = [](mutex& lock, condition& changed) -> task<> {
      auto guard = co_await lock.lock();
      const auto error = co_await error_of(changed.wait(guard));
      EXPECT_EQ(actors::describe(error), "a mutex was destroyed while it was in use");
      EXPECT_FALSE(guard);
    };
    const auto waiting = spawn(wait(*m, c));
    co_await until([&] { return c.waiting() == 1; });
    auto guard = co_await m->lock();
    c.notify_one();
    m.reset();
    co_await waiting;
  });
}
