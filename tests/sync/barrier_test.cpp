#include "support.hpp"

#include <actors/sync/barrier.hpp>
#include <actors/sync/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::barrier;
using actors::sync::broken_barrier;
using namespace sync_test;

// Waiting in this order.
task<std::vector<task_handle<std::size_t>>> waiters(barrier& b, std::size_t count) {
  std::vector<task_handle<std::size_t>> result;
  for (std::size_t i = 0; i < count; ++i) {
    const auto before = b.n_waiting();
    result.push_back(spawn_detached(b.wait()));
    if (before + 1 < b.parties())
      co_await until([&] { return b.n_waiting() == before + 1; });
  }
  co_return result;
}

} // namespace

TEST(barrier, needs_a_party) {
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([] { const barrier b{0}; })));
}

TEST(barrier, of_one_lets_everybody_through) {
  on_every_runtime([]() -> task<> {
    barrier b{1};
    for (int i = 0; i < 3; ++i) {
      const auto index = co_await b.wait();
      EXPECT_EQ(index, 0U);
    }
    EXPECT_EQ(b.n_waiting(), 0U);
  });
}

TEST(barrier, lets_all_through_when_the_last_comes_and_numbers_them) {
  on_every_runtime([]() -> task<> {
    barrier b{4};
    EXPECT_EQ(b.parties(), 4U);
    const auto waiting = co_await waiters(b, 3);
    EXPECT_EQ(b.n_waiting(), 3U);
    EXPECT_FALSE(waiting[0].done());
    const auto last = co_await b.wait();
    EXPECT_EQ(last, 3U);
    EXPECT_EQ(b.n_waiting(), 0U);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto index = co_await waiting[i];
      EXPECT_EQ(index, i);
    }
  });
}

TEST(barrier, is_used_again_and_again) {
  on_every_runtime([]() -> task<> {
    constexpr std::size_t parties = 3;
    constexpr int rounds = 10;
    barrier b{parties};
    std::atomic<int> arrived{0};
    auto party = [](barrier& meeting, std::atomic<int>& count) -> task<> {
      for (int round = 0; round < rounds; ++round) {
        ++count;
        static_cast<void>(co_await meeting.wait());
        EXPECT_GE(count, (round + 1) * static_cast<int>(parties));
        static_cast<void>(co_await meeting.wait());
      }
    };
    std::vector<task_handle<>> all;
    for (std::size_t i = 0; i < parties; ++i)
      all.push_back(spawn(party(b, arrived)));
    for (const auto& each : all)
      co_await each;
    EXPECT_EQ(arrived, rounds * static_cast<int>(parties));
  });
}

TEST(barrier, more_tasks_than_parties_go_through_in_rounds) {
  on_every_runtime([]() -> task<> {
    barrier b{3};
    std::vector<task_handle<std::size_t>> all;
    for (int i = 0; i < 12; ++i)
      all.push_back(spawn(b.wait()));
    std::vector<std::size_t> numbers;
    for (const auto& each : all)
      numbers.push_back(co_await each);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(std::count(numbers.begin(), numbers.end(), i), 4);
  });
}

TEST(barrier, cancelling_one_waiter_does_not_break_it) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      barrier b{3};
      const auto waiting = co_await waiters(b, 2);
      if (killed)
        kill(waiting[0]);
      else
        waiting[0].cancel();
      const bool gave_up = co_await is_cancelled(waiting[0]);
      EXPECT_TRUE(gave_up);
      EXPECT_EQ(b.n_waiting(), 1U);
      EXPECT_FALSE(b.broken());
      const auto more = co_await waiters(b, 2);
      std::vector<std::size_t> numbers;
      numbers.push_back(co_await waiting[1]);
      numbers.push_back(co_await more[0]);
      numbers.push_back(co_await more[1]);
      EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2}));
    }
  });
}

TEST(barrier, one_cancelled_on_its_way_out_does_not_hold_the_next_round_up) {
  on_every_runtime([]() -> task<> {
    for (const bool killed : {false, true}) {
      barrier b{2};
      const auto waiting = co_await waiters(b, 1);
      if (killed)
        kill(waiting[0]);
      else
        waiting[0].cancel();
      const auto other = spawn(b.wait());
      co_await ended(waiting[0]);
      // Either the two met, or the other one waits for somebody.
      while (!other.done()) {
        if (b.n_waiting() == 1)
          static_cast<void>(co_await b.wait());
        co_await actors::yield();
      }
      static_cast<void>(co_await other);
      EXPECT_EQ(b.n_waiting(), 0U);
      EXPECT_FALSE(b.broken());
    }
  });
}

TEST(barrier, reset_sends_those_who_wait_away_and_is_as_new) {
  on_every_runtime([]() -> task<> {
    barrier b{3};
    b.reset(); // of an empty one
    EXPECT_FALSE(b.broken());
    const auto waiting = co_await waiters(b, 2);
    b.reset();
    for (const auto& each : waiting) {
      const auto error = co_await error_of(each);
      EXPECT_TRUE(is_a<broken_barrier>(error));
    }
    EXPECT_FALSE(b.broken());
    EXPECT_EQ(b.n_waiting(), 0U);
    const auto again = co_await waiters(b, 3);
    for (const auto& each : again)
      static_cast<void>(co_await each);
  });
}

TEST(barrier, tasks_that_come_during_a_reset_wait_for_its_end) {
  on_every_runtime([]() -> task<> {
    barrier b{2};
    const auto waiting = co_await waiters(b, 1);
    b.reset();
    const auto first = spawn(b.wait());
    const auto second = spawn(b.wait());
    const auto error = co_await error_of(waiting[0]);
    EXPECT_TRUE(is_a<broken_barrier>(error));
    static_cast<void>(co_await first);
    static_cast<void>(co_await second);
  });
}

TEST(barrier, abort_breaks_it_until_a_reset) {
  on_every_runtime([]() -> task<> {
    barrier b{3};
    const auto waiting = co_await waiters(b, 2);
    b.abort();
    EXPECT_TRUE(b.broken());
    EXPECT_EQ(b.n_waiting(), 0U);
    for (const auto& each : waiting) {
      const auto error = co_await error_of(each);
      EXPECT_TRUE(is_a<broken_barrier>(error));
    }
    const auto late = co_await error_of(b.wait());
    EXPECT_TRUE(is_a<broken_barrier>(late));
    b.abort();
    b.reset();
    EXPECT_FALSE(b.broken());
    const auto again = co_await waiters(b, 3);
    for (const auto& each : again)
      static_cast<void>(co_await each);
  });
}

TEST(barrier, abort_reaches_those_who_were_let_through_and_have_not_run) {
  in_virtual_time([]() -> task<> {
    barrier b{2};
    const auto waiting = co_await waiters(b, 1);
    static_cast<void>(co_await b.wait());
    b.abort(); // the other one has not run yet: there is one worker, and it runs this
    const auto error = co_await error_of(waiting[0]);
    EXPECT_TRUE(is_a<broken_barrier>(error));
  });
}

TEST(barrier, waiting_for_it_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    barrier b{2};
    const auto error = co_await error_of(actors::with_timeout(1ms, b.wait()));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(b.n_waiting(), 0U);
    EXPECT_FALSE(b.broken());
  });
}

TEST(barrier, destroyed_while_tasks_wait_tells_them_so) {
  on_every_runtime([]() -> task<> {
    auto b = std::make_unique<barrier>(2);
    const auto waiting = co_await waiters(*b, 1);
    b.reset();
    const auto error = co_await error_of(waiting[0]);
    EXPECT_EQ(actors::describe(error), "a barrier was destroyed while it was in use");
  });
}
