#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http {

/// Dates as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7). Always GMT, whole seconds, no locale.
///
/// Writes that form (IMF-fixdate) only, for the years 0 … 9999; other years are clamped to that range.
[[nodiscard]] std::string format_date(std::chrono::sys_seconds time);

/// Reads the three forms that a recipient must know: IMF-fixdate, RFC 850 (`Sunday, 06-Nov-94 08:49:37 GMT`) and
/// asctime
/// (`Sun Nov  6 08:49:37 1994`). Nothing if it is none of them or not a real date; a wrong day of the week is let pass,
/// a leap second (`:60`) counts as the next second. The two-digit year of RFC 850 is taken from the century that puts
/// it at most 50 years after `now`.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text, std::chrono::sys_seconds now);

/// The longest wait that `parse_retry_after` returns; longer ones are cut to it: about 68 years.
inline constexpr std::chrono::seconds max_retry_after{2'147'483'647};

/// How long to wait by a Retry-After field (RFC 9110 §10.2.3): seconds or a date. Zero if the date has passed; nothing
/// if the text is neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    std::chrono::sys_seconds now);

} // namespace actors::http
