#include "flock.hpp"

#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/supervise/retry.hpp>

#include <stdexcept>

namespace {

using namespace supervise_test;

sv::backoff_policy steady(actors::duration wait) {
  return sv::backoff_policy{wait, wait, 1, sv::jitter::none};
}

// Fails the first `failures` times.
auto failing(std::shared_ptr<int> calls, int failures) {
  return [calls, failures]() -> task<int> {
    co_await sleep(10ms);
    if (++*calls <= failures)
      throw std::runtime_error("attempt " + std::to_string(*calls));
    co_return *calls;
  };
}

TEST(retry, returns_the_first_success) {
  on_every_runtime([]() -> task<> {
    const auto calls = std::make_shared<int>(0);
    EXPECT_EQ(co_await sv::retry(sv::retry_policy{}.backoff(steady(1ms)), failing(calls, 3)), 4);
    EXPECT_EQ(*calls, 4);
  });
}

TEST(retry, throws_the_last_error_unchanged_when_no_attempt_is_left) {
  under_every_seed([]() -> task<> {
    const auto calls = std::make_shared<int>(0);
    const auto policy = sv::retry_policy{}.backoff(steady(1ms)).attempts(3);
    EXPECT_EQ(text_of(co_await error_of(sv::retry(policy, failing(calls, 9)))), "attempt 3");
    EXPECT_EQ(*calls, 3);
  });
}

TEST(retry, waits_longer_each_time_and_tells_the_hook) {
  in_virtual_time([]() -> task<> {
    const auto calls = std::make_shared<int>(0);
    std::vector<actors::duration> waits;
    std::vector<bool> last;
    auto policy = sv::retry_policy{}.backoff(sv::backoff_policy{1s, 4s, 2, sv::jitter::none});
    policy.on_failure([&](const sv::failed_attempt& attempt) {
      EXPECT_EQ(attempt.number, waits.size() + 1);
      EXPECT_TRUE(attempt.error);
      waits.push_back(attempt.wait);
      last.push_back(attempt.last);
    });
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    static_cast<void>(co_await error_of(sv::retry(policy, failing(calls, 9))));
    EXPECT_THAT(waits, testing::ElementsAre(1s, 2s, 4s, 4s, 0s));
    EXPECT_THAT(last, testing::ElementsAre(false, false, false, false, true));
    EXPECT_EQ(self.now() - begin, 11s + 50ms);
  });
}

TEST(retry, draws_the_same_waits_from_the_same_seed_and_full_jitter_by_default) {
  in_virtual_time([]() -> task<> {
    std::vector<std::vector<actors::duration>> runs(2);
    for (auto& waits : runs) {
      auto policy = sv::retry_policy{}.attempts(8).seed(7);
      policy.on_failure([&](const sv::failed_attempt& attempt) { waits.push_back(attempt.wait); });
      static_cast<void>(co_await error_of(sv::retry(policy, failing(std::make_shared<int>(0), 99))));
    }
    EXPECT_EQ(runs[0], runs[1]);
    EXPECT_EQ(sv::retry_policy{}.backoff().jitter(), sv::jitter::full);
  });
}

TEST(retry, does_not_repeat_what_the_filter_refuses) {
  under_every_seed([]() -> task<> {
    const auto calls = std::make_shared<int>(0);
    const auto policy = sv::retry_policy{}.backoff(steady(1ms)).retry_if([](const std::exception_ptr& error) {
      return text_of(error) != "attempt 2";
    });
    EXPECT_EQ(text_of(co_await error_of(sv::retry(policy, failing(calls, 9)))), "attempt 2");
  });
}

TEST(retry, never_repeats_a_cancelled_operation_and_can_be_cancelled_in_attempt_and_wait) {
  under_every_seed([]() -> task<> {
    int calls = 0;
    auto cancelled = [&calls]() -> task<void> {
      ++calls;
      throw actors::cancelled{"by itself"};
      co_return;
    };
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(sv::retry(sv::retry_policy{}, cancelled))));
    EXPECT_EQ(calls, 1);

    const auto count = std::make_shared<int>(0);
    const auto policy = sv::retry_policy{}.backoff(steady(1s));
    for (const auto when : {5ms, 500ms}) {
      auto running = actors::spawn(sv::retry(policy, failing(count, 9)));
      co_await sleep(when);
      running.cancel();
      EXPECT_TRUE(actors::is_cancelled(co_await error_of(running)));
    }
    EXPECT_EQ(*count, 1);
  });
}

TEST(retry, does_not_begin_a_wait_that_ends_after_the_budget_or_the_deadline_around_it) {
  under_every_seed([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    auto policy = sv::retry_policy{}.backoff(steady(1s)).unlimited_attempts();
    auto budget = policy;
    EXPECT_EQ(text_of(co_await error_of(sv::retry(budget.within(3500ms), failing(std::make_shared<int>(0), 9)))),
              "attempt 4");
    EXPECT_EQ(self.now() - begin, 3040ms);
    const auto middle = self.now();
    auto inside = actors::with_timeout(2500ms, sv::retry(policy, failing(std::make_shared<int>(0), 9)));
    EXPECT_EQ(text_of(co_await error_of(std::move(inside))), "attempt 3");
    EXPECT_EQ(self.now() - middle, 2030ms);
  });
}

TEST(retry, cuts_off_attempts_that_take_too_long) {
  under_every_seed([]() -> task<> {
    int calls = 0;
    auto slow = [&calls]() -> task<int> {
      if (++calls < 3)
        co_await sleep(actors::forever);
      co_return calls;
    };
    const auto policy = sv::retry_policy{}.backoff(steady(1ms)).attempt_within(1s);
    EXPECT_EQ(co_await sv::retry(policy, slow), 3);
    auto hangs = []() -> task<int> {
      co_await sleep(actors::forever);
      co_return 0;
    };
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    const auto limited = sv::retry_policy{}.within(5s);
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(sv::retry(limited, hangs))));
    EXPECT_EQ(self.now() - begin, 5s);
  });
}

TEST(retry, a_callable_that_throws_before_there_is_a_task_has_failed_an_attempt) {
  under_every_seed([]() -> task<> {
    int calls = 0;
    auto operation = [&calls]() -> task<int> {
      if (++calls < 3)
        throw std::runtime_error("not yet");
      return [](int value) -> task<int> { co_return value; }(calls);
    };
    EXPECT_EQ(co_await sv::retry(sv::retry_policy{}.backoff(steady(1ms)), operation), 3);
  });
}

TEST(retry, a_result_or_an_error_can_ask_for_a_longer_wait) {
  under_every_seed([]() -> task<> {
    const auto self = co_await actors::this_task();
    auto begin = self.now();
    int calls = 0;
    auto operation = [&calls]() -> task<int> { co_return ++calls; };
    auto judge = [](int value) -> std::optional<actors::duration> {
      if (value >= 3)
        return std::nullopt;
      return 10s;
    };
    EXPECT_EQ(co_await sv::retry(sv::retry_policy{}.backoff(steady(1s)), operation, judge), 3);
    EXPECT_EQ(self.now() - begin, 20s);
    // With no attempt left the result is returned as it is.
    calls = 0;
    EXPECT_EQ(co_await sv::retry(sv::retry_policy{}.backoff(steady(1s)).attempts(2), operation, judge), 2);

    begin = self.now();
    const auto policy = sv::retry_policy{}.backoff(steady(1s)).wait_at_least([](const auto&) { return 7s; });
    EXPECT_EQ(co_await sv::retry(policy, failing(std::make_shared<int>(0), 1)), 2);
    EXPECT_EQ(self.now() - begin, 7s + 20ms);
  });
}

TEST(retry, settings_that_make_no_sense_are_refused) {
  EXPECT_THROW(sv::retry_policy{}.attempts(0), std::invalid_argument);
  EXPECT_THROW(sv::retry_policy{}.within(0s), std::invalid_argument);
  EXPECT_THROW(sv::retry_policy{}.within(-1s), std::invalid_argument);
  EXPECT_THROW(sv::retry_policy{}.attempt_within(0s), std::invalid_argument);
}

} // namespace
