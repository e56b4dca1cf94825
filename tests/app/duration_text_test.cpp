#include <actors/app/duration_text.hpp>
#include <actors/app/value_error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace {

using actors::app::format_duration;
using actors::app::parse_duration;
using namespace std::chrono_literals;

std::string failure_of(std::string_view text) {
  try {
    (void)parse_duration(text);
  } catch (const actors::app::value_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(duration_text, units_are_read) {
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5 min"), 90s);
  EXPECT_EQ(parse_duration("2 h"), 2h);
  EXPECT_EQ(parse_duration("3d"), 72h);
  EXPECT_EQ(parse_duration("1 week"), 168h);
  EXPECT_EQ(parse_duration("7us"), 7us);
  EXPECT_EQ(parse_duration("7µs"), 7us);
  EXPECT_EQ(parse_duration("7μs"), 7us);
  EXPECT_EQ(parse_duration("9ns"), 9ns);
  EXPECT_EQ(parse_duration("10 Seconds"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
}

TEST(duration_text, parts_add_up_and_blanks_do_not_matter) {
  EXPECT_EQ(parse_duration("1h30min"), 90min);
  EXPECT_EQ(parse_duration(" 1 h  30 min 5s "), 90min + 5s);
  EXPECT_EQ(parse_duration("-1.5s"), -1500ms);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("0.000"), 0s);
}

TEST(duration_text, fractions_are_exact) {
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("0.000000001s"), 1ns);
  EXPECT_EQ(parse_duration("1.000000000000000000000s"), 1s);
  EXPECT_EQ(parse_duration("0.7 h"), 42min);
  EXPECT_EQ(failure_of("0.5ns"), "\"0.5ns\" is finer than a nanosecond");
  EXPECT_EQ(failure_of("0.0000000001s"), "\"0.0000000001s\" is finer than a nanosecond");
}

TEST(duration_text, a_number_without_unit_is_refused) {
  EXPECT_EQ(failure_of("30"), R"("30" has no unit of time; write for example "30s", "1.5 min" or "250ms")");
  EXPECT_EQ(failure_of("1h30"), R"("1h30" has no unit of time; write for example "30s", "1.5 min" or "250ms")");
}

TEST(duration_text, what_is_no_duration_is_named) {
  for (const char* text : {"", " ", "s", "-", "abc", "1..5s", "1.s", ".5s", "1e3s", "0x10s", "1s,", "+1s", "--1s",
                           "1s\n", "1,5s", "12345678901234567890s", "0.1234567890123456789s"}) {
    EXPECT_NE(failure_of(text), "no error") << text;
  }
  EXPECT_EQ(failure_of("5 lightyears"),
            R"("5 lightyears": "lightyears" is not a unit of time (ns, us, ms, s, min, h, d, w))");
  EXPECT_EQ(failure_of("soon"), R"("soon" is not a duration, such as "30s", "1.5 min" or "250ms")");
}

TEST(duration_text, the_ends_of_the_range_are_exact) {
  EXPECT_EQ(parse_duration("9223372036854775.807us"), std::chrono::nanoseconds::max());
  EXPECT_EQ(failure_of("9223372036854775.808us"), "\"9223372036854775.808us\" is too long (at most 292 years)");
  EXPECT_EQ(failure_of("999999999999999999w"), "\"999999999999999999w\" is too long (at most 292 years)");
  EXPECT_EQ(failure_of("200000h 100000d"), "\"200000h 100000d\" is too long (at most 292 years)");
}

TEST(duration_text, a_hostile_text_is_shown_short_and_safe) {
  const std::string shown = failure_of("\x1b[2J" + std::string(100'000, '9'));
  EXPECT_LT(shown.size(), 200U);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_NE(failure_of(std::string(1'000'000, '0') + "x"), "no error");
  EXPECT_EQ(parse_duration(std::string(1000, '0') + "1s"), 1s);
}

TEST(duration_text, is_written_in_the_largest_unit_that_is_exact) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2min");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(24h), "1d");
  EXPECT_EQ(format_duration(-3h), "-3h");
  EXPECT_EQ(format_duration(1us), "1us");
  EXPECT_EQ(format_duration(1ns), "1ns");
}

TEST(duration_text, what_is_written_is_read_back) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::chrono::nanoseconds value(static_cast<std::int64_t>(random()) >> (random() % 63));
    if (value == std::chrono::nanoseconds::min())
      continue;
    EXPECT_EQ(parse_duration(format_duration(value)), value) << format_duration(value);
  }
}

} // namespace
