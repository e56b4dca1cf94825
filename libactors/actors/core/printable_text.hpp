#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace actors {

/// Text from outside made safe to show: in a log line, an error message, a terminal.
///
/// What a peer, a file or an environment sends may hold line breaks (which forge log lines), terminal escape sequences
/// (which repaint the screen) or bytes that are not UTF-8 (which garble it). `printable_text` keeps valid UTF-8 as it
/// is and writes control characters (C0, DEL, C1, line and paragraph separators) as `\n`, `\t`, `\x1b`, … and each
/// invalid byte as `\xff`. A backslash stays a backslash: the result is for people, not for reading back.
///
/// At most `limit` bytes of input are used, cut at a whole character; what was cut is said: `… (12 more bytes)`.
/// Threads: pure functions. Errors: none but `std::bad_alloc`. Cost: linear.

/// No cut: the whole text is shown.
inline constexpr std::size_t no_text_limit = static_cast<std::size_t>(-1);

[[nodiscard]] std::string printable_text(std::string_view text, std::size_t limit = no_text_limit);

/// Appends to `out` instead of making a new string.
void append_printable_text(std::string& out, std::string_view text, std::size_t limit = no_text_limit);

/// Offset of the first byte that is not part of a well-formed UTF-8 sequence (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF), or nothing if the text is all UTF-8.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

/// Length in bytes (1 to 4) of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

} // namespace actors
