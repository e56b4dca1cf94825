#include "flock.hpp"

#include <actors/core/spawn.hpp>
#include <actors/supervise/hedged.hpp>

#include <stdexcept>

namespace {

using namespace supervise_test;

// Attempt number n takes the n-th time and then fails if that is below zero.
template <class... Times>
auto attempts(journal_ptr notes, Times... each) {
  const std::vector<actors::duration> times{each...};
  return [notes, times](std::size_t number) -> task<std::size_t> {
    const auto name = std::to_string(number);
    notes->add("+" + name);
    const auto time = times.at(number);
    try {
      co_await sleep(time < 0s ? -time : time);
    } catch (const actors::cancelled&) {
      notes->add("-" + name);
      throw;
    }
    if (time < 0s)
      throw std::runtime_error(name + " failed");
    co_return number;
  };
}

TEST(hedged, a_fast_first_attempt_is_the_only_one) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    EXPECT_EQ(co_await sv::hedged(attempts(notes, 0s, 0s), 10s), 0u);
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+0"));
  });
}

TEST(hedged, the_first_success_wins_and_the_others_are_cancelled_and_joined) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    EXPECT_EQ(co_await sv::hedged(attempts(notes, 10s, 1s, 10s), 100ms, 3), 1u);
    EXPECT_EQ(self.now() - begin, 1100ms);
    EXPECT_THAT(notes->texts(), testing::UnorderedElementsAre("+0", "+1", "+2", "-0", "-2"));
  });
}

TEST(hedged, an_attempt_that_fails_makes_the_next_one_start_at_once) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    EXPECT_EQ(co_await sv::hedged(attempts(notes, -5ms, 5ms), 1s), 1u);
    EXPECT_EQ(self.now() - begin, 10ms);
  });
}

TEST(hedged, when_all_fail_every_error_is_told) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto error = co_await error_of(sv::hedged(attempts(notes, -50ms, -5ms, -5ms), 10ms, 3));
    EXPECT_TRUE(is_a<actors::group_error>(error));
    EXPECT_THAT(text_of(error), testing::AllOf(testing::HasSubstr("0 failed"), testing::HasSubstr("1 failed"),
                                               testing::HasSubstr("2 failed")));
  });
}

TEST(hedged, cancelling_the_caller_cancels_every_attempt_and_waits_for_their_cleanup) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto stubborn = [notes](std::size_t) -> task<void> {
      bool asked = false;
      try {
        co_await sleep(actors::forever);
      } catch (const actors::cancelled&) {
        asked = true;
      }
      if (asked)
        co_await sleep(1s);
      notes->add("cleaned up");
    };
    auto running = actors::spawn(sv::hedged(stubborn, 10ms, 2));
    co_await sleep(100ms);
    running.cancel();
    co_await sleep(100ms);
    running.cancel();
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(running)));
    EXPECT_EQ(notes->count("cleaned up"), 2u);
  });
}

TEST(hedged, takes_callables_without_a_number_and_results_that_only_move) {
  under_every_seed([]() -> task<> {
    auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    const auto result = co_await sv::hedged(make, 1s);
    EXPECT_EQ(*result, 7);
  });
}

TEST(hedged, settings_that_make_no_sense_are_refused) {
  in_virtual_time([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    EXPECT_TRUE(is_a<actors::misuse_error>(co_await error_of(sv::hedged(attempts(notes, 0s), 1s, 0))));
    EXPECT_TRUE(is_a<actors::misuse_error>(co_await error_of(sv::hedged(attempts(notes, 0s), -1s))));
    EXPECT_EQ(co_await sv::hedged(attempts(notes, 1s, 2s), 0s), 0u);
  });
}

} // namespace
