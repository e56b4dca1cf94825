#include "support.hpp"

#include <actors/core/gather.hpp>
#include <actors/sync/semaphore.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::bounded_semaphore;
using actors::sync::semaphore;
using namespace sync_test;

task<> acquire_and_note(semaphore& s, journal<int>& order, int name) {
  co_await s.acquire();
  order.add(name);
}

} // namespace

TEST(semaphore, counts_its_permits) {
  on_every_runtime([]() -> task<> {
    semaphore s{2};
    EXPECT_EQ(s.value(), 2);
    co_await s.acquire();
    EXPECT_FALSE(s.locked());
    EXPECT_TRUE(s.try_acquire());
    EXPECT_TRUE(s.locked());
    EXPECT_FALSE(s.try_acquire());
    s.release();
    EXPECT_EQ(s.value(), 1);
    s.release(5);
    EXPECT_EQ(s.value(), 6);
    s.release(0);
    EXPECT_EQ(s.value(), 6);
  });
}

TEST(semaphore, a_scoped_permit_is_given_back) {
  on_every_runtime([]() -> task<> {
    semaphore s;
    {
      auto permit = co_await s.scoped_acquire();
      EXPECT_TRUE(permit);
      EXPECT_EQ(s.value(), 0);
      permit.release();
      EXPECT_EQ(s.value(), 1);
      EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { permit.release(); })));
      permit = co_await s.scoped_acquire();
    }
    EXPECT_EQ(s.value(), 1);
    {
      auto permit = co_await s.scoped_acquire();
      permit.forget();
    }
    EXPECT_EQ(s.value(), 0);
  });
}

TEST(semaphore, bad_numbers_are_misuse) {
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([] { const semaphore s{-1}; })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([] { const bounded_semaphore s{-1}; })));
  semaphore s{1};
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { s.release(-1); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { s.release(std::numeric_limits<std::ptrdiff_t>::max()); })));
  EXPECT_EQ(s.value(), 1);
}

TEST(bounded_semaphore, never_has_more_than_it_began_with) {
  on_every_runtime([]() -> task<> {
    bounded_semaphore s{2};
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { s.release(); })));
    co_await s.acquire();
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { s.release(2); })));
    EXPECT_EQ(s.value(), 1);
    s.release();
    EXPECT_EQ(s.value(), 2);
  });
}

TEST(semaphore, serves_in_the_order_in_which_tasks_came) {
  on_every_runtime([]() -> task<> {
    semaphore s{0};
    journal<int> order;
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(spawn(acquire_and_note(s, order, i)));
      co_await until([&] { return s.waiting() == waiting.size(); });
    }
    for (int i = 0; i < 4; ++i) {
      s.release();
      EXPECT_FALSE(s.try_acquire()); // it belongs to the waiter already
      co_await waiting[static_cast<std::size_t>(i)];
    }
    EXPECT_EQ(order.entries(), (std::vector{0, 1, 2, 3}));
  });
}

TEST(semaphore, several_permits_at_once_wake_as_many) {
  on_every_runtime([]() -> task<> {
    semaphore s{0};
    journal<int> order;
    std::vector<task_handle<>> waiting;
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(spawn(acquire_and_note(s, order, i)));
      co_await until([&] { return s.waiting() == waiting.size(); });
    }
    s.release(3);
    EXPECT_EQ(s.waiting(), 1U);
    EXPECT_EQ(s.value(), 0);
    for (std::size_t i = 0; i < 3; ++i)
      co_await waiting[i];
    s.release(3);
    co_await waiting[3];
    EXPECT_EQ(s.value(), 2);
  });
}

TEST(semaphore, limits_how_many_are_inside) {
  on_every_runtime([]() -> task<> {
    semaphore s{3};
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    auto work = [](semaphore& limit, std::atomic<int>& now, std::atomic<int>& peak) -> task<> {
      const auto permit = co_await limit.scoped_acquire();
      const int here = ++now;
      for (int seen = peak; seen < here && !peak.compare_exchange_weak(seen, here);) {
      }
      co_await actors::yield();
      --now;
    };
    std::vector<task<>> all;
    for (int i = 0; i < 20; ++i)
      all.push_back(work(s, inside, most));
    co_await actors::gather(std::move(all));
    EXPECT_LE(most, 3);
    EXPECT_EQ(s.value(), 3);
  });
}

TEST(semaphore, passes_on_when_the_woken_waiter_is_cancelled_or_killed) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      semaphore s{0};
      journal<int> order;
      const auto first = spawn(acquire_and_note(s, order, 1));
      co_await until([&] { return s.waiting() == 1; });
      const auto second = spawn(acquire_and_note(s, order, 2));
      co_await until([&] { return s.waiting() == 2; });
      if (killed)
        kill(first);
      else
        first.cancel();
      s.release();
      co_await second;
      co_await ended(first);
      EXPECT_EQ(order.entries(), std::vector{2});
      EXPECT_EQ(s.value(), 0);
    }
  });
}

TEST(semaphore, a_cancelled_waiter_that_was_given_nothing_changes_nothing) {
  on_every_runtime([]() -> task<> {
    semaphore s{0};
    journal<int> order;
    const auto first = spawn(acquire_and_note(s, order, 1));
    co_await until([&] { return s.waiting() == 1; });
    first.cancel();
    const bool gave_up = co_await is_cancelled(first);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(s.value(), 0);
    s.release();
    EXPECT_EQ(s.value(), 1);
  });
}

TEST(semaphore, a_cancelled_scoped_acquire_has_no_permit_and_gives_none_back) {
  on_every_runtime([]() -> task<> {
    semaphore s{1};
    auto held = co_await s.scoped_acquire();
    const auto waiting = spawn(s.scoped_acquire());
    co_await until([&] { return s.waiting() == 1; });
    waiting.cancel();
    const bool gave_up = co_await is_cancelled(waiting);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(s.waiting(), 0U);
    EXPECT_EQ(s.value(), 0);
    {
      const auto gone = std::move(held);
    }
    EXPECT_EQ(s.value(), 1);
  });
}

TEST(semaphore, a_killed_task_gives_its_scoped_permit_back) {
  on_every_runtime([]() -> task<> {
    semaphore s{1};
    auto hold = [](semaphore& of) -> task<> {
      const auto permit = co_await of.scoped_acquire();
      co_await actors::sleep(actors::forever);
    };
    const auto victim = spawn(hold(s));
    co_await until([&] { return s.locked(); });
    kill(victim);
    co_await s.acquire();
    co_await ended(victim);
  });
}

TEST(semaphore, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    semaphore s{0};
    const auto error = co_await error_of(actors::with_timeout(1ms, s.acquire()));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    const auto scoped = co_await error_of(actors::with_timeout(1ms, s.scoped_acquire()));
    EXPECT_TRUE(is_a<actors::timeout_error>(scoped));
    s.release();
    EXPECT_EQ(s.value(), 1);
  });
}

TEST(semaphore, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto s = std::make_unique<semaphore>(1);
    const auto permit = co_await s->scoped_acquire();
    const auto waiting = spawn(s->acquire());
    co_await until([&] { return s->waiting() == 1; });
    s.reset();
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "a semaphore was destroyed while it was in use");
  });
}
