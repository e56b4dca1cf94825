#include <actors/http/date.hpp>

#include <actors/http/internal/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace actors::http {

namespace {

using namespace std::chrono;
using internal::iequals;

constexpr std::array<std::string_view, 7> day_names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes one piece after the other off the front of a text; once something does not fit, `ok` stays false.
struct cursor {
  std::string_view rest;
  bool ok = true;

  void literal(std::string_view expected) {
    ok = ok && rest.starts_with(expected);
    if (ok)
      rest.remove_prefix(expected.size());
  }

  int digits(std::size_t count) {
    int value = 0;
    ok = ok && rest.size() >= count;
    for (std::size_t i = 0; ok && i < count; ++i) {
      ok = internal::is_digit(rest[i]);
      value = value * 10 + (rest[i] - '0');
    }
    if (ok)
      rest.remove_prefix(count);
    return value;
  }

  /// 1 … 12
  unsigned month() {
    const auto name = rest.substr(0, 3);
    const auto* found = std::find_if(month_names.begin(), month_names.end(), [&](auto m) { return iequals(m, name); });
    ok = ok && found != month_names.end();
    if (ok)
      rest.remove_prefix(3);
    return static_cast<unsigned>(found - month_names.begin()) + 1;
  }

  seconds time_of_day() {
    const int h = digits(2);
    literal(":");
    const int m = digits(2);
    literal(":");
    const int s = digits(2);
    ok = ok && h < 24 && m < 60 && s <= 60;
    return hours{h} + minutes{m} + seconds{s};
  }
};

std::optional<sys_seconds> assemble(const cursor& at, int y, unsigned m, int d, seconds time) {
  if (!at.ok || !at.rest.empty())
    return std::nullopt;
  const year_month_day date{year{y}, month{m}, day{static_cast<unsigned>(d)}};
  if (!date.ok())
    return std::nullopt;
  return sys_days{date} + time;
}

int year_of(sys_seconds time) {
  return static_cast<int>(year_month_day{floor<days>(time)}.year());
}

} // namespace

std::string format_date(sys_seconds time) {
  constexpr sys_seconds first = sys_days{year{0} / January / 1};
  constexpr sys_seconds last = sys_days{year{9999} / December / 31} + 23h + 59min + 59s;
  time = std::clamp(time, first, last);
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const auto since = (time - midnight).count();
  std::string out = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto two = [&out](std::size_t at, unsigned value) {
    out[at] = static_cast<char>('0' + value / 10);
    out[at + 1] = static_cast<char>('0' + value % 10);
  };
  const auto y = static_cast<unsigned>(static_cast<int>(date.year()));
  out.replace(0, 3, day_names[weekday{midnight}.c_encoding()].substr(0, 3));
  two(5, static_cast<unsigned>(date.day()));
  out.replace(8, 3, month_names[static_cast<unsigned>(date.month()) - 1]);
  two(12, y / 100);
  two(14, y % 100);
  two(17, static_cast<unsigned>(since / 3600));
  two(20, static_cast<unsigned>(since / 60 % 60));
  two(23, static_cast<unsigned>(since % 60));
  return out;
}

std::optional<sys_seconds> parse_date(std::string_view text, sys_seconds now) {
  cursor at{internal::trim(text)};
  const auto name_end = std::min(at.rest.find_first_of(", "), at.rest.size());
  const auto name = at.rest.substr(0, name_end);
  const bool is_long = std::any_of(day_names.begin(), day_names.end(), [&](auto d) { return iequals(d, name); });
  const bool is_short =
      std::any_of(day_names.begin(), day_names.end(), [&](auto d) { return iequals(d.substr(0, 3), name); });
  at.rest.remove_prefix(name_end);
  if (is_short && at.rest.starts_with(", ")) {
    at.literal(", ");
    const int d = at.digits(2);
    at.literal(" ");
    const unsigned m = at.month();
    at.literal(" ");
    const int y = at.digits(4);
    at.literal(" ");
    const auto time = at.time_of_day();
    at.literal(" GMT");
    return assemble(at, y, m, d, time);
  }
  if (is_long && at.rest.starts_with(", ")) {
    at.literal(", ");
    const int d = at.digits(2);
    at.literal("-");
    const unsigned m = at.month();
    at.literal("-");
    int y = at.digits(2);
    at.literal(" ");
    const auto time = at.time_of_day();
    at.literal(" GMT");
    const int current = year_of(now);
    y += current - current % 100 + 100;
    while (y > current + 50)
      y -= 100;
    return assemble(at, y, m, d, time);
  }
  if (is_short) {
    at.literal(" ");
    const unsigned m = at.month();
    at.literal(" ");
    const bool padded = at.rest.starts_with(" ");
    if (padded)
      at.literal(" ");
    const int d = at.digits(padded ? 1 : 2);
    at.literal(" ");
    const auto time = at.time_of_day();
    at.literal(" ");
    const int y = at.digits(4);
    return assemble(at, y, m, d, time);
  }
  return std::nullopt;
}

std::optional<seconds> parse_retry_after(std::string_view text, sys_seconds now) {
  text = internal::trim(text);
  if (!text.empty() && std::all_of(text.begin(), text.end(), internal::is_digit)) {
    std::int64_t value = 0;
    for (const char c : text)
      value = std::min<std::int64_t>(value * 10 + (c - '0'), max_retry_after.count());
    return seconds{value};
  }
  const auto date = parse_date(text, now);
  if (!date)
    return std::nullopt;
  return std::clamp<seconds>(*date - now, seconds{0}, max_retry_after);
}

} // namespace actors::http
