#include <actors/supervise/token_bucket.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

using namespace std::chrono_literals;
using actors::supervise::token_bucket;

namespace {

const token_bucket::time_point start{1'000'000s};

} // namespace

TEST(token_bucket, a_full_bucket_gives_its_burst_at_once_and_then_refuses) {
  token_bucket bucket{10, 3, start};
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start + 99ms));
  EXPECT_TRUE(bucket.try_take(start + 100ms));
}

TEST(token_bucket, it_tells_when_the_next_token_is_there) {
  token_bucket bucket{4, 1, start};
  EXPECT_EQ(bucket.ready_at(start), start);
  ASSERT_TRUE(bucket.try_take(start));
  EXPECT_EQ(bucket.ready_at(start), start + 250ms);
  EXPECT_EQ(bucket.ready_at(start + 100ms), start + 250ms);
  EXPECT_FALSE(bucket.try_take(start + 250ms - 1us));
  EXPECT_TRUE(bucket.try_take(start + 250ms));
}

TEST(token_bucket, taking_exactly_when_it_said_succeeds_for_rates_that_do_not_divide_a_second) {
  for (const auto rate : {3.0, 7.0, 0.3, 11.7, 1e6 / 3, 999'999.0}) {
    token_bucket bucket{rate, 1, start};
    auto now = start;
    for (auto i = 0; i < 10'000; ++i) {
      now = bucket.ready_at(now);
      ASSERT_TRUE(bucket.try_take(now)) << "rate " << rate << ", token " << i;
    }
    const std::chrono::duration<double> passed = now - start;
    EXPECT_NEAR(passed.count(), 9'999 / rate, passed.count() * 1e-2) << "rate " << rate;
    EXPECT_GE(passed.count(), 9'999 / rate * (1 - 1e-6)) << "rate " << rate;
  }
}

TEST(token_bucket, idle_time_saves_up_no_more_than_the_burst) {
  token_bucket bucket{100, 2, start};
  const auto later = start + 24h;
  EXPECT_TRUE(bucket.try_take(later));
  EXPECT_TRUE(bucket.try_take(later));
  EXPECT_FALSE(bucket.try_take(later));
}

TEST(token_bucket, reservations_keep_their_order) {
  token_bucket bucket{2, 1, start};
  EXPECT_EQ(bucket.reserve(start), 0s);
  EXPECT_EQ(bucket.reserve(start), 500ms);
  EXPECT_EQ(bucket.reserve(start), 1s);
  EXPECT_DOUBLE_EQ(bucket.available(start), -2);
  EXPECT_FALSE(bucket.try_take(start + 1s));
  EXPECT_EQ(bucket.ready_at(start + 1s), start + 1500ms);
}

TEST(token_bucket, a_clock_that_goes_backwards_gains_and_loses_nothing) {
  token_bucket bucket{1, 1, start};
  ASSERT_TRUE(bucket.try_take(start));
  EXPECT_FALSE(bucket.try_take(start - 10s));
  EXPECT_EQ(bucket.ready_at(start - 10s), start + 1s);
  EXPECT_FALSE(bucket.try_take(start + 999ms));
  EXPECT_TRUE(bucket.try_take(start + 1s));
}

TEST(token_bucket, what_can_never_be_taken_is_refused) {
  token_bucket bucket{1, 2, start};
  EXPECT_THROW((void)bucket.try_take(start, 2.5), std::invalid_argument);
  EXPECT_THROW((void)bucket.ready_at(start, -1), std::invalid_argument);
  EXPECT_THROW((void)bucket.reserve(start, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  EXPECT_THROW((token_bucket{0, 1, start}), std::invalid_argument);
  EXPECT_THROW((token_bucket{-1, 1, start}), std::invalid_argument);
  EXPECT_THROW((token_bucket{1, 0.5, start}), std::invalid_argument);
}

TEST(token_bucket, a_wait_too_long_for_the_clock_saturates) {
  token_bucket bucket{1e-300, 1, start};
  ASSERT_TRUE(bucket.try_take(start));
  EXPECT_EQ(bucket.ready_at(start), token_bucket::time_point::max());
}
