#include "flock.hpp"

#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/supervise/bulkhead.hpp>
#include <actors/supervise/rate_limiter.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <stdexcept>

namespace {

using namespace supervise_test;

// -- rate limiter ------------------------------------------------------------------------------------------------------------------

task<actors::duration> time_of(sv::rate_limiter limiter, double tokens) {
  const auto self = co_await actors::this_task();
  const auto begin = self.now();
  co_await limiter.acquire(tokens);
  co_return self.now() - begin;
}

TEST(rate_limiter, lets_a_burst_through_and_then_the_rate) {
  in_virtual_time([]() -> task<> {
    const sv::rate_limiter limiter{10, 3};
    std::vector<actors::task_handle<actors::duration>> waits;
    for (int i = 0; i < 6; ++i)
      waits.push_back(actors::spawn(time_of(limiter, 1)));
    std::vector<actors::duration> times;
    for (const auto& each : waits)
      times.push_back(co_await each);
    EXPECT_THAT(times, testing::ElementsAre(0s, 0s, 0s, 100ms, 200ms, 300ms));
  });
}

TEST(rate_limiter, serves_in_the_order_of_arrival_whatever_they_want) {
  under_every_seed([]() -> task<> {
    const sv::rate_limiter limiter{10, 5};
    co_await limiter.acquire(5);
    auto many = actors::spawn(time_of(limiter, 5));
    co_await sleep(1ms);
    auto few = actors::spawn(time_of(limiter, 1));
    co_await sleep(1ms);
    EXPECT_EQ(limiter.waiting(), 2u);
    EXPECT_FALSE(limiter.try_acquire(0.001));
    EXPECT_EQ(co_await many, 500ms);
    EXPECT_EQ(co_await few, 599ms);
  });
}

TEST(rate_limiter, a_cancelled_wait_takes_no_tokens_and_those_behind_move_up) {
  under_every_seed([]() -> task<> {
    const sv::rate_limiter limiter{10, 5};
    co_await limiter.acquire(5);
    auto first = actors::spawn(time_of(limiter, 5));
    co_await sleep(1ms);
    auto second = actors::spawn(time_of(limiter, 1));
    co_await sleep(1ms);
    first.cancel();
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(first)));
    EXPECT_EQ(co_await second, 99ms);
    auto killed = actors::spawn(time_of(limiter, 5));
    auto third = actors::spawn(time_of(limiter, 1));
    co_await sleep(1ms);
    caf::anon_send_exit(killed.address(), caf::exit_reason::kill);
    static_cast<void>(co_await error_of(killed));
    EXPECT_LE(co_await third, 100ms);
    EXPECT_EQ(limiter.waiting(), 0u);
  });
}

TEST(rate_limiter, never_exceeds_its_rate_on_any_runtime) {
  on_every_runtime([]() -> task<> {
    const sv::rate_limiter limiter{2000, 10};
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    std::vector<actors::task_handle<actors::duration>> waits;
    for (int i = 0; i < 50; ++i)
      waits.push_back(actors::spawn(time_of(limiter, 1)));
    for (const auto& each : waits)
      static_cast<void>(co_await each);
    EXPECT_GE(self.now() - begin, 19ms);
  });
}

TEST(rate_limiter, settings_and_wishes_that_make_no_sense_are_refused) {
  EXPECT_THROW(sv::rate_limiter(0), std::invalid_argument);
  EXPECT_THROW(sv::rate_limiter(1, 0.5), std::invalid_argument);
  in_virtual_time([]() -> task<> {
    const sv::rate_limiter limiter{1, 2};
    EXPECT_TRUE(is_a<std::invalid_argument>(co_await error_of(time_of(limiter, 3))));
    EXPECT_TRUE(is_a<std::invalid_argument>(co_await error_of(time_of(limiter, -1))));
    EXPECT_THROW(static_cast<void>(limiter.try_acquire(3)), std::invalid_argument);
    EXPECT_TRUE(limiter.try_acquire(2));
    EXPECT_FALSE(limiter.try_acquire(1));
  });
}

// -- bulkhead ----------------------------------------------------------------------------------------------------------------------

TEST(bulkhead, runs_so_many_at_a_time_and_never_more) {
  on_every_runtime([]() -> task<> {
    const sv::bulkhead gate{3, 100};
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    auto work = [&]() -> task<int> {
      const int now = ++running;
      int seen = most.load();
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      co_await sleep(1ms);
      --running;
      co_return 1;
    };
    std::vector<actors::task_handle<int>> all;
    for (int i = 0; i < 30; ++i)
      all.push_back(actors::spawn(gate.run(work)));
    int sum = 0;
    for (const auto& each : all)
      sum += co_await each;
    EXPECT_EQ(sum, 30);
    EXPECT_EQ(most.load(), 3);
    EXPECT_EQ(gate.running(), 0u);
  });
}

TEST(bulkhead, refuses_at_once_when_places_and_queue_are_full) {
  under_every_seed([]() -> task<> {
    const sv::bulkhead gate{1, 1};
    auto forever = [] { return sleep_forever(); };
    auto first = actors::spawn(gate.run(forever));
    co_await sleep(1ms);
    auto second = actors::spawn(gate.run(forever));
    co_await sleep(1ms);
    EXPECT_EQ(gate.waiting(), 1u);
    EXPECT_EQ(text_of(co_await error_of(gate.run(forever))), "bulkhead: all 1 places and all 1 of the queue are taken");
    EXPECT_FALSE(gate.try_acquire());
    first.cancel();
    second.cancel();
    static_cast<void>(co_await error_of(first));
    static_cast<void>(co_await error_of(second));
    EXPECT_TRUE(gate.try_acquire());
  });
}

TEST(bulkhead, hands_a_place_to_the_one_that_has_waited_longest) {
  under_every_seed([]() -> task<> {
    const sv::bulkhead gate{1, 10};
    const auto notes = std::make_shared<journal>();
    auto held = co_await gate.acquire();
    std::vector<actors::task_handle<>> all;
    for (const std::string name : {"a", "b", "c"}) {
      auto work = [notes, name]() -> task<void> {
        notes->add(name);
        co_return;
      };
      all.push_back(actors::spawn(gate.run(work)));
      co_await sleep(1ms);
    }
    all[1].cancel();
    static_cast<void>(co_await error_of(all[1]));
    held.release();
    held.release();
    co_await all[0];
    co_await all[2];
    EXPECT_THAT(notes->texts(), testing::ElementsAre("a", "c"));
  });
}

TEST(bulkhead, a_place_that_was_handed_to_a_cancelled_or_killed_waiter_goes_on_to_the_next) {
  under_every_seed([]() -> task<> {
    for (const bool kill : {false, true}) {
      const sv::bulkhead gate{1, 10};
      auto held = co_await gate.acquire();
      auto nothing = []() -> task<void> { co_return; };
      auto first = actors::spawn(gate.run(nothing));
      auto second = actors::spawn(gate.run(nothing));
      co_await sleep(1ms);
      // Both at the same time.
      held.release();
      if (kill)
        caf::anon_send_exit(first.address(), caf::exit_reason::kill);
      else
        first.cancel();
      co_await second;
      static_cast<void>(co_await error_of(first));
      EXPECT_EQ(gate.running(), 0u);
    }
  });
}

TEST(bulkhead, gives_the_place_back_when_the_operation_fails) {
  under_every_seed([]() -> task<> {
    const sv::bulkhead gate{1};
    auto broken = []() -> task<void> {
      throw std::runtime_error("broken");
      co_return;
    };
    EXPECT_EQ(text_of(co_await error_of(gate.run(broken))), "broken");
    EXPECT_EQ(gate.running(), 0u);
    EXPECT_THROW(sv::bulkhead(0), std::invalid_argument);
  });
}

} // namespace
