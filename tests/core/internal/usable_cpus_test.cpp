#include <actors/core/internal/usable_cpus.hpp>

#include <gtest/gtest.h>

#include <sched.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <thread>

namespace {

using actors::internal::parse_cpu_max;
using actors::internal::usable_cpus;

} // namespace

TEST(usable_cpus, a_limit_is_the_quota_divided_by_the_period) {
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2U);
  EXPECT_EQ(parse_cpu_max("100000 100000"), 1U);
  EXPECT_EQ(parse_cpu_max("80000 10000"), 8U);
  EXPECT_EQ(parse_cpu_max("200000 100000\n"), 2U);
}

TEST(usable_cpus, a_part_of_a_cpu_counts_as_a_whole_one) {
  EXPECT_EQ(parse_cpu_max("1 100000"), 1U);
  EXPECT_EQ(parse_cpu_max("50000 100000"), 1U);
  EXPECT_EQ(parse_cpu_max("100001 100000"), 2U);
  EXPECT_EQ(parse_cpu_max("250000 100000"), 3U);
}

TEST(usable_cpus, a_group_without_a_quota_has_no_limit) {
  EXPECT_EQ(parse_cpu_max("max 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("max"), std::nullopt);
  // What version 1 says.
  EXPECT_EQ(parse_cpu_max("-1 100000"), std::nullopt);
}

TEST(usable_cpus, what_is_no_limit_is_none) {
  constexpr std::array<std::string_view, 13> texts{
      "",           " ",          "200000",         "200000 ",  " 200000 100000", "200000\t100000",
      "200000 max", "two 100000", "+200000 100000", "0 100000", "200000 0",       "200000 -100000",
      "0x10 100000"};
  for (const auto text : texts)
    EXPECT_EQ(parse_cpu_max(text), std::nullopt) << '"' << text << '"';
}

TEST(usable_cpus, numbers_up_to_the_largest_are_divided_and_larger_ones_are_none) {
  EXPECT_EQ(parse_cpu_max("9223372036854775807 1"), 9'223'372'036'854'775'807U);
  EXPECT_EQ(parse_cpu_max("9223372036854775807 2"), 4'611'686'018'427'387'904U);
  EXPECT_EQ(parse_cpu_max("9223372036854775807 9223372036854775807"), 1U);
  EXPECT_EQ(parse_cpu_max("1 9223372036854775807"), 1U);
  EXPECT_EQ(parse_cpu_max("9223372036854775808 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("200000 9223372036854775808"), std::nullopt);
}

TEST(usable_cpus, are_no_more_than_the_thread_may_run_on_and_at_least_one) {
  EXPECT_GE(usable_cpus(), 1U);
  std::size_t confined = 0;
  // The mask belongs to the thread, and goes with it.
  std::thread{[&] {
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    EXPECT_LE(usable_cpus(), static_cast<std::size_t>(CPU_COUNT(&mask)));
    std::size_t first = 0;
    while (!CPU_ISSET(first, &mask))
      ++first;
    CPU_ZERO(&mask);
    CPU_SET(first, &mask);
    ASSERT_EQ(sched_setaffinity(0, sizeof mask, &mask), 0);
    confined = usable_cpus();
  }}.join();
  EXPECT_EQ(confined, 1U);
}
