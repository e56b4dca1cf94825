#include "support.hpp"

#include <actors/core/gather.hpp>
#include <actors/sync/mutex.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::mutex;
using namespace sync_test;

task<> lock_and_note(mutex& m, journal<int>& order, int name) {
  const auto guard = co_await m.lock();
  order.add(name);
}

task<> hold_until(mutex& m, gate& door) {
  const auto guard = co_await m.lock();
  co_await door;
}

} // namespace

TEST(mutex, that_is_free_is_locked_at_once_and_unlocked_by_the_guard) {
  on_every_runtime([]() -> task<> {
    mutex m;
    EXPECT_FALSE(m.locked());
    {
      auto guard = co_await m.lock();
      EXPECT_TRUE(guard);
      EXPECT_TRUE(m.locked());
      EXPECT_FALSE(m.try_lock());
      guard.unlock();
      EXPECT_FALSE(guard);
      EXPECT_FALSE(m.locked());
      guard = m.try_lock();
      EXPECT_TRUE(guard);
      auto moved = std::move(guard);
      EXPECT_TRUE(m.locked());
    }
    EXPECT_FALSE(m.locked());
  });
}

TEST(mutex, unlocking_with_an_empty_guard_is_misuse) {
  mutex m;
  mutex::guard empty;
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { empty.unlock(); })));
  auto guard = m.try_lock();
  guard.unlock();
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { guard.unlock(); })));
}

TEST(mutex, is_given_in_the_order_in_which_tasks_came) {
  on_every_runtime([]() -> task<> {
    mutex m;
    journal<int> order;
    auto guard = co_await m.lock();
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 5; ++i) {
      waiting.push_back(spawn(lock_and_note(m, order, i)));
      co_await until([&] { return m.waiting() == waiting.size(); });
    }
    guard.unlock();
    for (const auto& each : waiting)
      co_await each;
    EXPECT_EQ(order.entries(), (std::vector{0, 1, 2, 3, 4}));
    EXPECT_FALSE(m.locked());
  });
}

TEST(mutex, is_handed_over_so_that_nobody_overtakes_a_waiter) {
  on_every_runtime([]() -> task<> {
    mutex m;
    journal<int> order;
    auto guard = co_await m.lock();
    const auto waiting = spawn(lock_and_note(m, order, 1));
    co_await until([&] { return m.waiting() == 1; });
    guard.unlock();
    // It belongs to the other one now, whether that has run or not.
    co_await lock_and_note(m, order, 2);
    co_await waiting;
    EXPECT_EQ(order.entries(), (std::vector{1, 2}));
  });
}

TEST(mutex, excludes_tasks_on_different_workers) {
  on_every_runtime([]() -> task<> {
    constexpr int rounds = 20;
    mutex m;
    int shared = 0; // not atomic
    auto add = [](mutex& lock, int& sum) -> task<> {
      for (int i = 0; i < rounds; ++i) {
        const auto guard = co_await lock.lock();
        const int before = sum;
        co_await actors::yield();
        sum = before + 1;
      }
    };
    co_await actors::gather(add(m, shared), add(m, shared), add(m, shared), add(m, shared));
    EXPECT_EQ(shared, 4 * rounds);
  });
}

TEST(mutex, a_cancelled_waiter_leaves_the_line) {
  on_every_runtime([]() -> task<> {
    mutex m;
    journal<int> order;
    auto guard = co_await m.lock();
    const auto first = spawn(lock_and_note(m, order, 1));
    co_await until([&] { return m.waiting() == 1; });
    const auto second = spawn(lock_and_note(m, order, 2));
    co_await until([&] { return m.waiting() == 2; });
    first.cancel("enough");
    const auto error = co_await error_of(first);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_EQ(m.waiting(), 1U);
    guard.unlock();
    co_await second;
    EXPECT_EQ(order.entries(), std::vector{2});
  });
}

TEST(mutex, passes_on_when_the_woken_waiter_is_cancelled) {
  on_every_runtime([]() -> task<> {
    mutex m;
    std::atomic<int> owners{0};
    std::atomic<int> locked{0};
    auto take = [](mutex& lock, std::atomic<int>& inside, std::atomic<int>& times) -> task<> {
      const auto guard = co_await lock.lock();
      EXPECT_EQ(++inside, 1);
      ++times;
      --inside;
    };
    auto guard = co_await m.lock();
    const auto first = spawn(take(m, owners, locked));
    co_await until([&] { return m.waiting() == 1; });
    const auto second = spawn(take(m, owners, locked));
    co_await until([&] { return m.waiting() == 2; });
    // Both in the same moment, in this order: the first is given what it cannot take any more.
    first.cancel();
    guard.unlock();
    const bool gave_up = co_await is_cancelled(first);
    EXPECT_TRUE(gave_up);
    co_await second;
    EXPECT_EQ(locked, 1);
    EXPECT_FALSE(m.locked());
  });
}

TEST(mutex, released_and_cancelled_in_the_same_moment_is_never_lost) {
  on_every_runtime([]() -> task<> {
    mutex m;
    journal<int> order;
    auto guard = co_await m.lock();
    const auto first = spawn(lock_and_note(m, order, 1));
    co_await until([&] { return m.waiting() == 1; });
    guard.unlock();
    first.cancel();
    static_cast<void>(co_await error_of(first));
    const auto again = co_await m.lock();
    EXPECT_TRUE(again);
  });
}

TEST(mutex, cancelling_the_only_waiter_leaves_it_usable) {
  on_every_runtime([]() -> task<> {
    mutex m;
    journal<int> order;
    {
      const auto guard = co_await m.lock();
      const auto waiting = spawn(lock_and_note(m, order, 1));
      co_await until([&] { return m.waiting() == 1; });
      waiting.cancel();
      const bool gave_up = co_await is_cancelled(waiting);
      EXPECT_TRUE(gave_up);
      EXPECT_TRUE(m.locked());
    }
    EXPECT_FALSE(m.locked());
    co_await lock_and_note(m, order, 2);
    EXPECT_EQ(order.entries(), std::vector{2});
  });
}

TEST(mutex, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    mutex m;
    auto guard = co_await m.lock();
    const auto error = co_await error_of(actors::with_timeout(1ms, m.lock()));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(m.waiting(), 0U);
    guard.unlock();
    const auto again = co_await actors::with_timeout(1h, m.lock());
    EXPECT_TRUE(again);
  });
}

TEST(mutex, can_be_locked_while_a_cancelled_task_cleans_up) {
  on_every_runtime([]() -> task<> {
    mutex m;
    gate begun;
    gate door;
    auto stubborn = [](mutex& lock, gate& ready, gate& until_open) -> task<bool> {
      ready.open();
      try {
        co_await until_open;
      } catch (const actors::cancelled&) {
      }
      const auto guard = co_await lock.lock();
      co_return static_cast<bool>(guard);
    };
    const auto handle = spawn(stubborn(m, begun, door));
    co_await begun;
    handle.cancel();
    const bool got = co_await handle;
    EXPECT_TRUE(got);
    EXPECT_FALSE(m.locked());
  });
}

TEST(mutex, a_killed_owner_gives_it_back) {
  on_every_runtime([]() -> task<> {
    mutex m;
    gate never;
    const auto owner = spawn(hold_until(m, never));
    co_await until([&] { return m.locked(); });
    kill(owner);
    const auto guard = co_await m.lock();
    EXPECT_TRUE(guard);
    co_await ended(owner);
  });
}

TEST(mutex, a_killed_waiter_leaves_the_line_and_passes_on_what_it_was_given) {
  on_every_runtime([]() -> task<> {
    for (const bool given : {false, true}) {
      mutex m;
      journal<int> order;
      auto guard = co_await m.lock();
      const auto victim = spawn(lock_and_note(m, order, 1));
      co_await until([&] { return m.waiting() == 1; });
      const auto next = spawn(lock_and_note(m, order, 2));
      co_await until([&] { return m.waiting() == 2; });
      kill(victim);
      if (!given)
        co_await ended(victim);
      guard.unlock();
      co_await next;
      EXPECT_EQ(order.entries(), std::vector{2});
      co_await ended(victim);
    }
  });
}

TEST(mutex, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto m = std::make_unique<mutex>();
    auto wait = [](task<mutex::guard> locking) -> task<> { static_cast<void>(co_await std::move(locking)); };
    auto guard = co_await m->lock();
    const auto waiting = spawn(wait(m->lock()));
    co_await until([&] { return m->waiting() == 1; });
    auto late = m->lock();
    m.reset();
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "a mutex was destroyed while it was in use");
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    const auto late_error = co_await error_of(std::move(late));
    EXPECT_TRUE(is_a<actors::misuse_error>(late_error));
    guard.unlock(); // harmless
  });
}

TEST(mutex, destroyed_by_a_frame_that_ends_before_its_children_is_harmless) {
  on_every_runtime([]() -> task<> {
    auto parent = []() -> task<> {
      auto child = [](task<mutex::guard> locking) -> task<> {
        try {
          static_cast<void>(co_await std::move(locking));
        } catch (const actors::misuse_error&) {
        }
      };
      mutex m;
      const auto guard = co_await m.lock();
      static_cast<void>(spawn(child(m.lock())));
      co_await until([&] { return m.waiting() == 1; });
    };
    co_await spawn(parent());
  });
}
