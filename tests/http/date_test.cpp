#include <actors/http/date.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

namespace actors::http {
namespace {

using namespace std::chrono;

constexpr sys_seconds example = sys_days{1994y / November / 6} + 8h + 49min + 37s;
constexpr sys_seconds now = sys_days{2024y / June / 1};

TEST(date, formats_as_imf_fixdate) {
  EXPECT_EQ(format_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(sys_seconds{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(sys_days{2024y / February / 29} + 23h + 59min + 59s), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(format_date(sys_days{year{12000} / January / 1}), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format_date(sys_days{year{-1} / January / 1}), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(date, reads_all_three_forms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", now), sys_days{1994y / November / 16} + 8h + 49min + 37s);
  EXPECT_EQ(parse_date("  Sun, 06 Nov 1994 08:49:37 GMT ", now), example);
}

TEST(date, a_two_digit_year_is_at_most_fifty_years_ahead) {
  EXPECT_EQ(parse_date("Friday, 01-Jan-74 00:00:00 GMT", now), sys_days{2074y / January / 1});
  EXPECT_EQ(parse_date("Friday, 01-Jan-75 00:00:00 GMT", now), sys_days{1975y / January / 1});
  EXPECT_EQ(parse_date("Friday, 01-Jan-24 00:00:00 GMT", now), sys_days{2024y / January / 1});
  EXPECT_EQ(parse_date("Friday, 01-Jan-05 00:00:00 GMT", sys_days{1999y / June / 1}), sys_days{2005y / January / 1});
}

TEST(date, refuses_what_is_no_date) {
  for (const auto* text : {"",
                           "x",
                           "Sun",
                           "Sun,",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 29 Feb 1900 08:49:37 GMT",
                           "Sun, 06 Nox 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMTx",
                           "Xxx, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 94",
                           "0",
                           "784111777",
                           "Sun, -6 Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_date(text, now)) << text;
}

TEST(date, a_leap_second_counts_as_the_next_second) {
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now), sys_days{2017y / January / 1});
}

TEST(date, what_is_formatted_is_read_back) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random{seed};
  for (int i = 0; i < 10'000; ++i) {
    const sys_seconds time{seconds{static_cast<std::int64_t>(random() % 253'402'300'800)}};
    ASSERT_EQ(parse_date(format_date(time), now), time) << format_date(time);
  }
}

TEST(date, retry_after_is_seconds_or_a_date) {
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after(format_date(now + 90s), now), 90s);
  EXPECT_EQ(parse_retry_after(format_date(now - 90s), now), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", now), max_retry_after);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), max_retry_after);
  for (const auto* text : {"", " ", "-1", "1.5", "soon", "12 s"})
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
}

} // namespace
} // namespace actors::http
