#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace actors::app {

/// Durations as people write them: `30s`, `1.5 min`, `250ms`, `1h 30min`.
///
/// Units: `ns`, `us` or `µs`, `ms`, `s`, `min` or `m`, `h`, `d` (24 h), `w` (7 d), and the English words (`seconds`,
/// `hour`). Several parts add up; each has its unit. A unit is required, since a bare `30` may mean seconds to one and
/// milliseconds to another; only `0` needs none. The range is that of 64-bit nanoseconds, ±292 years.
///
/// Nothing is rounded: a text finer than a nanosecond is an error. Threads: pure functions.
/// Errors: `value_error`, which quotes the text.
[[nodiscard]] std::chrono::nanoseconds parse_duration(std::string_view text);

/// The shortest exact text with one unit (`90s`, `1500ms`, `2h`), which `parse_duration` reads back unchanged.
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds value);

} // namespace actors::app
