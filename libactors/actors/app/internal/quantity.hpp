#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actors::app::internal {

/// A decimal number such as `12` or `1.5`, kept exactly: `digits / 10^scale`.
struct decimal {
  std::uint64_t digits = 0;
  unsigned scale = 0; ///< at most 19
};

/// Takes blanks, then a decimal number from the front of `text`; nothing (and `text` as it was) if there is none or it
/// has more than 19 significant digits.
[[nodiscard]] std::optional<decimal> take_decimal(std::string_view& text);

/// Takes blanks, then letters (and the bytes of `µ`) from the front of `text`, made lower case.
[[nodiscard]] std::string take_unit(std::string_view& text);

[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower_case(std::string_view text);

enum class scaling { exact, too_large, inexact };

/// `number * unit`, exactly, if it is a whole number of at most 2^63 - 1.
[[nodiscard]] scaling scale(decimal number, std::uint64_t unit, std::uint64_t& result);

/// The text in quotes, safe to print and not longer than a line.
[[nodiscard]] std::string quoted_text(std::string_view text);

} // namespace actors::app::internal
