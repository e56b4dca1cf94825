#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/testing/deterministic.hpp>
#include <tests/testing/environment_variable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using actors::testing::default_seed_count;
using actors::testing::deterministic_options;
using actors::testing::run_deterministic;
using actors::testing::run_failure;
using actors::testing::test_seeds;
using actors::testing::under_every_seed;
using ::testing::HasSubstr;
using testing_test::environment_variable;

/// The order in which eight tasks run that are all ready at once.
task<std::string> order_of_eight() {
  const auto order = std::make_shared<std::string>();
  const auto append = [](std::shared_ptr<std::string> text, char name) -> task<> {
    text->push_back(name);
    co_return;
  };
  std::vector<task_handle<>> handles;
  for (char name = 'a'; name <= 'h'; ++name)
    handles.push_back(spawn(append(order, name)));
  for (auto& handle : handles)
    co_await handle;
  co_return *order;
}

template <class Error, class F>
std::string text_of(F function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(deterministic, the_same_seed_gives_the_same_order_and_others_give_others) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto order = run_deterministic(seed, order_of_eight);
    EXPECT_EQ(run_deterministic(seed, order_of_eight), order) << seed;
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 10U);
}

TEST(deterministic, sleeping_costs_virtual_time_only) {
  const auto start = std::chrono::steady_clock::now();
  const auto slept = run_deterministic(1, []() -> task<duration> {
    const auto self = co_await this_task();
    const auto before = self.now();
    co_await sleep(450h);
    co_return self.now() - before;
  });
  EXPECT_EQ(slept, 450h);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1min);
}

TEST(deterministic, an_error_of_the_body_comes_out_unchanged) {
  const auto failing = []() -> task<int> {
    co_await yield();
    throw std::out_of_range("too far");
  };
  EXPECT_EQ(text_of<std::out_of_range>([&] { static_cast<void>(run_deterministic(1, failing)); }), "too far");
  const auto cancelling = []() -> task<> {
    co_await yield();
    throw cancelled("enough");
  };
  EXPECT_THROW(run_deterministic(1, cancelling), cancelled);
}

TEST(deterministic, an_error_that_nobody_asked_for_fails_the_run) {
  const auto careless = []() -> task<> {
    static_cast<void>(spawn_detached([]() -> task<> {
      co_await yield();
      throw std::runtime_error("lost and found");
    }));
    co_await sleep(1s);
  };
  const auto text = text_of<run_failure>([&] { run_deterministic(7, careless); });
  EXPECT_THAT(text, HasSubstr("ACTORS_TEST_SEED=7"));
  EXPECT_THAT(text, HasSubstr("lost and found"));
  run_deterministic(7, careless, deterministic_options{}.tolerate_log(log_level::critical));
}

TEST(deterministic, records_still_reach_the_log_of_the_program) {
  class counting_sink final : public log_sink {
  public:
    void write(const log_record& /*record*/) noexcept override { ++count; }

    std::atomic<int> count{0};
  };

  const auto sink = std::make_shared<counting_sink>();
  const auto careless = []() -> task<> {
    static_cast<void>(spawn_detached([]() -> task<> {
      co_await yield();
      throw std::runtime_error("lost and found");
    }));
    co_await sleep(1s);
  };
  EXPECT_THROW(run_deterministic(1, careless, deterministic_options{}.runtime(runtime_options{}.log_to(sink))),
               run_failure);
  EXPECT_EQ(sink->count.load(), 1);
}

TEST(deterministic, a_program_that_waits_for_what_never_comes_is_given_up) {
  const auto stuck = []() -> task<> { co_await sleep(forever); };
  const auto text = text_of<run_failure>([&] { run_deterministic(3, stuck, deterministic_options{}.patience(50ms)); });
  EXPECT_THAT(text, HasSubstr("ACTORS_TEST_SEED=3"));
  EXPECT_THAT(text, HasSubstr("did not end within 50 ms"));
}

TEST(deterministic, what_a_body_captures_lives_as_long_as_its_task) {
  const auto result = run_deterministic(1, [text = std::string(100, 'x')]() -> task<std::string> {
    co_await sleep(1s);
    co_return text;
  });
  EXPECT_EQ(result, std::string(100, 'x'));
}

TEST(under_every_seed, runs_each_seed_once_and_with_a_fresh_copy) {
  const environment_variable none{"ACTORS_TEST_SEED", nullptr};
  std::atomic<int> runs{0};
  under_every_seed(25, [&runs, fresh = true]() mutable -> task<> {
    EXPECT_TRUE(std::exchange(fresh, false));
    ++runs;
    co_return;
  });
  EXPECT_EQ(runs.load(), 25);
  under_every_seed(0, [&runs]() -> task<> {
    ++runs;
    co_return;
  });
  EXPECT_EQ(runs.load(), 25);
}

TEST(under_every_seed, tells_the_seed_that_failed_which_then_fails_again_alone) {
  // Fails only in some orders.
  std::atomic<int> runs{0};
  const auto fragile = [&runs]() -> task<> {
    ++runs;
    const auto order = co_await order_of_eight();
    if (order.front() == 'h')
      throw std::runtime_error("h came first");
  };
  std::string report;
  const auto options = deterministic_options{}.report_to([&](std::string_view text) { report = text; });
  {
    const environment_variable none{"ACTORS_TEST_SEED", nullptr};
    EXPECT_EQ(text_of<std::runtime_error>([&] { under_every_seed(1000, fragile, options); }), "h came first");
  }
  EXPECT_THAT(report, HasSubstr("h came first"));
  const auto failed = runs.exchange(0);
  EXPECT_THAT(report, HasSubstr("ACTORS_TEST_SEED=" + std::to_string(failed) + " runs this schedule again"));
  const environment_variable replay{"ACTORS_TEST_SEED", std::to_string(failed).c_str()};
  EXPECT_EQ(text_of<std::runtime_error>([&] { under_every_seed(1000, fragile, options); }), "h came first");
  EXPECT_EQ(runs.load(), 1);
}

TEST(under_every_seed, stops_at_a_run_that_failed_without_throwing) {
  const environment_variable none{"ACTORS_TEST_SEED", nullptr};
  std::atomic<int> runs{0};
  std::string report;
  under_every_seed(
      10,
      [&runs]() -> task<> {
        ++runs;
        co_return;
      },
      deterministic_options{}.failed_when([&] { return runs.load() == 4; }).report_to([&](std::string_view text) {
        report = text;
      }));
  EXPECT_EQ(runs.load(), 4);
  EXPECT_THAT(report, HasSubstr("ACTORS_TEST_SEED=4"));
}

TEST(test_seeds, a_seed_that_is_no_number_is_an_error_that_says_so) {
  for (const char* text : {"", "seven", "7 ", "-1", "18446744073709551616"}) {
    const environment_variable bad{"ACTORS_TEST_SEED", text};
    EXPECT_THAT(text_of<misuse_error>([] { static_cast<void>(test_seeds(3)); }),
                HasSubstr(std::string{"ACTORS_TEST_SEED is \""} + text + "\""));
  }
  const environment_variable largest{"ACTORS_TEST_SEED", "18446744073709551615"};
  EXPECT_EQ(test_seeds(3), std::vector<std::uint64_t>{UINT64_MAX});
}

TEST(test_seeds, their_usual_number_can_be_set) {
  {
    const environment_variable few{"ACTORS_TEST_SEEDS", "3"};
    EXPECT_EQ(default_seed_count(), 3U);
  }
  const environment_variable none{"ACTORS_TEST_SEEDS", nullptr};
  EXPECT_GE(default_seed_count(), 10U);
}

} // namespace
