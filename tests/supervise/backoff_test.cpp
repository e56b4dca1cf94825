#include <actors/supervise/backoff.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>

using namespace std::chrono_literals;
using actors::supervise::backoff;
using actors::supervise::backoff_policy;
using actors::supervise::jitter;

namespace {

std::mt19937_64 seeded(std::uint64_t seed = 20240229) {
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  return std::mt19937_64{seed};
}

} // namespace

TEST(backoff, the_ceiling_doubles_up_to_the_cap) {
  const backoff_policy policy{100ms, 1s};
  EXPECT_EQ(policy.ceiling(0), 100ms);
  EXPECT_EQ(policy.ceiling(1), 200ms);
  EXPECT_EQ(policy.ceiling(2), 400ms);
  EXPECT_EQ(policy.ceiling(3), 800ms);
  EXPECT_EQ(policy.ceiling(4), 1s);
  EXPECT_EQ(policy.ceiling(1'000'000), 1s);
  EXPECT_EQ(policy.ceiling(UINT32_MAX), 1s);
}

TEST(backoff, the_largest_settings_do_not_overflow) {
  const backoff_policy policy{1ns, backoff_policy::duration::max(), 1e300, jitter::none};
  EXPECT_EQ(policy.ceiling(1), backoff_policy::duration::max());
  EXPECT_EQ(policy.ceiling(UINT32_MAX), backoff_policy::duration::max());
  auto random = seeded();
  EXPECT_EQ(policy.wait(UINT32_MAX, random), backoff_policy::duration::max());
}

TEST(backoff, a_multiplier_of_one_waits_evenly) {
  const backoff_policy policy{250ms, 10s, 1, jitter::none};
  auto random = seeded();
  EXPECT_EQ(policy.wait(0, random), 250ms);
  EXPECT_EQ(policy.wait(50, random), 250ms);
}

TEST(backoff, full_jitter_uses_the_whole_range_from_zero_to_the_ceiling) {
  const backoff_policy policy{100ms, 10s};
  auto random = seeded();
  auto low = backoff_policy::duration::max();
  auto high = backoff_policy::duration::zero();
  for (auto i = 0; i < 10'000; ++i) {
    const auto wait = policy.wait(3, random);
    low = std::min(low, wait);
    high = std::max(high, wait);
  }
  EXPECT_GE(low, 0ms);
  EXPECT_LT(low, 20ms);
  EXPECT_GT(high, 780ms);
  EXPECT_LE(high, 800ms);
}

TEST(backoff, equal_jitter_waits_at_least_half_the_ceiling) {
  const backoff_policy policy{100ms, 10s, 2, jitter::equal};
  auto random = seeded();
  for (auto i = 0; i < 1'000; ++i) {
    const auto wait = policy.wait(2, random);
    EXPECT_GE(wait, 200ms);
    EXPECT_LE(wait, 400ms);
  }
}

TEST(backoff, decorrelated_jitter_stays_between_the_base_and_three_times_the_last_wait) {
  backoff state{backoff_policy{100ms, 5s, 2, jitter::decorrelated}};
  auto random = seeded();
  backoff::duration last = 100ms;
  for (auto i = 0; i < 1'000; ++i) {
    const auto wait = state.next(random);
    EXPECT_GE(wait, 100ms);
    EXPECT_LE(wait, std::min<backoff::duration>(5s, 3 * last));
    last = wait;
  }
}

TEST(backoff, the_server_s_retry_after_is_a_lower_bound_even_above_the_cap) {
  const backoff_policy policy{100ms, 1s, 2, jitter::none};
  auto random = seeded();
  EXPECT_EQ(policy.wait(0, random, 50ms), 100ms);
  EXPECT_EQ(policy.wait(0, random, 700ms), 700ms);
  EXPECT_EQ(policy.wait(0, random, 60s), 60s);
}

TEST(backoff, the_same_seed_gives_the_same_waits) {
  backoff one, two;
  std::mt19937_64 first{7}, second{7};
  for (auto i = 0; i < 20; ++i)
    EXPECT_EQ(one.next(first), two.next(second));
}

//! [wait before a retry]
TEST(backoff, a_state_counts_its_retries_and_forgets_them_after_a_success) {
  std::mt19937_64 random{42};
  backoff state{backoff_policy{100ms, 30s}};
  EXPECT_LE(state.next(random), 100ms);
  EXPECT_LE(state.next(random), 200ms);
  EXPECT_LE(state.next(random), 400ms);
  EXPECT_EQ(state.retries(), 3u);
  state.reset();
  EXPECT_EQ(state.retries(), 0u);
  EXPECT_LE(state.next(random), 100ms);
}

//! [wait before a retry]

TEST(backoff, settings_that_make_no_sense_are_refused_by_name) {
  const auto message = [](auto make) -> std::string {
    try {
      make();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_NE(message([] { backoff_policy{0ms}; }).find("base"), std::string::npos);
  EXPECT_NE(message([] { backoff_policy{-1ms}; }).find("base"), std::string::npos);
  EXPECT_NE(message([] { backoff_policy{2s, 1s}; }).find("cap"), std::string::npos);
  EXPECT_NE(message([] { backoff_policy{1s, 2s, 0.5}; }).find("multiplier"), std::string::npos);
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(message([nan] { backoff_policy{1s, 2s, nan}; }).find("multiplier"), std::string::npos);
}
