#include <actors/app/duration_text.hpp>

#include <actors/app/internal/quantity.hpp>
#include <actors/app/value_error.hpp>

#include <array>
#include <cstdint>
#include <limits>

namespace actors::app {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;
constexpr std::uint64_t week = 7 * day;

struct unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};

constexpr std::array units{
    unit{"ns", 1},
    unit{"nanosecond", 1},
    unit{"nanoseconds", 1},
    unit{"us", 1'000},
    unit{"\u00b5s", 1'000}, // micro sign
    unit{"\u03bcs", 1'000}, // Greek mu, which looks the same
    unit{"microsecond", 1'000},
    unit{"microseconds", 1'000},
    unit{"ms", 1'000'000},
    unit{"millisecond", 1'000'000},
    unit{"milliseconds", 1'000'000},
    unit{"s", second},
    unit{"sec", second},
    unit{"second", second},
    unit{"seconds", second},
    unit{"m", minute},
    unit{"min", minute},
    unit{"minute", minute},
    unit{"minutes", minute},
    unit{"h", hour},
    unit{"hour", hour},
    unit{"hours", hour},
    unit{"d", day},
    unit{"day", day},
    unit{"days", day},
    unit{"w", week},
    unit{"week", week},
    unit{"weeks", week},
};

constexpr std::array shown_units{
    unit{"d", day}, unit{"h", hour}, unit{"min", minute}, unit{"s", second}, unit{"ms", 1'000'000}, unit{"us", 1'000},
};

std::uint64_t find_unit(std::string_view name) {
  for (const unit& candidate : units) {
    if (candidate.name == name)
      return candidate.nanoseconds;
  }
  return 0;
}

} // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
  const auto fail = [&](std::string_view why) { return value_error(internal::quoted_text(text) + std::string(why)); };
  std::string_view rest = internal::trimmed(text);
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative)
    rest.remove_prefix(1);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  bool first = true;
  while (first || !rest.empty()) {
    const auto number = internal::take_decimal(rest);
    if (!number)
      throw fail(R"( is not a duration, such as "30s", "1.5 min" or "250ms")");
    const std::string name = internal::take_unit(rest);
    if (name.empty()) {
      if (first && rest.empty() && number->digits == 0)
        return std::chrono::nanoseconds(0);
      throw fail(R"( has no unit of time; write for example "30s", "1.5 min" or "250ms")");
    }
    const std::uint64_t size = find_unit(name);
    if (size == 0)
      throw fail(": " + internal::quoted_text(name) + " is not a unit of time (ns, us, ms, s, min, h, d, w)");
    std::uint64_t part = 0;
    switch (internal::scale(*number, size, part)) {
    case internal::scaling::exact:
      break;
    case internal::scaling::too_large:
      throw fail(" is too long (at most 292 years)");
    case internal::scaling::inexact:
      throw fail(" is finer than a nanosecond");
    }
    if (part > most - total)
      throw fail(" is too long (at most 292 years)");
    total += part;
    first = false;
  }
  const auto count = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -count : count);
}

std::string format_duration(std::chrono::nanoseconds value) {
  const std::int64_t count = value.count();
  if (count == 0)
    return "0s";
  for (const unit& candidate : shown_units) {
    const auto size = static_cast<std::int64_t>(candidate.nanoseconds);
    if (count % size == 0)
      return std::to_string(count / size) + std::string(candidate.name);
  }
  return std::to_string(count) + "ns";
}

} // namespace actors::app
