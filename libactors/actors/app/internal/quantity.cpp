#include <actors/app/internal/quantity.hpp>

#include <actors/core/printable_text.hpp>

#include <limits>

namespace actors::app::internal {

namespace {

constexpr unsigned most_digits = 19; // any number of 19 digits fits into 64 bits
constexpr std::size_t shown_bytes = 80;

__extension__ using wide = unsigned __int128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
}

} // namespace

std::optional<decimal> take_decimal(std::string_view& text) {
  std::string_view rest = text;
  skip_blanks(rest);
  decimal result;
  unsigned significant = 0;
  unsigned pending_zeros = 0; // trailing zeros of a fraction change nothing, so they need not fit
  bool any = false;
  bool fraction = false;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char c = rest.front();
    if (c == '.' && !fraction && any && rest.size() > 1 && is_digit(rest[1])) {
      fraction = true;
      continue;
    }
    if (!is_digit(c))
      break;
    any = true;
    const auto digit = static_cast<unsigned>(c - '0');
    if (fraction && digit == 0) {
      ++pending_zeros;
      continue;
    }
    for (unsigned zeros = fraction ? pending_zeros : 0;; --zeros) {
      if (result.digits != 0 || digit != 0)
        ++significant;
      if (fraction)
        ++result.scale;
      if (significant > most_digits || result.scale > most_digits)
        return std::nullopt;
      result.digits = result.digits * 10 + (zeros == 0 ? digit : 0);
      if (zeros == 0)
        break;
    }
    pending_zeros = 0;
  }
  if (!any)
    return std::nullopt;
  text = rest;
  return result;
}

std::string take_unit(std::string_view& text) {
  skip_blanks(text);
  std::size_t length = 0;
  while (length < text.size()) {
    const char c = text[length];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    if (!letter)
      break;
    ++length;
  }
  std::string unit = lower_case(text.substr(0, length));
  text.remove_prefix(length);
  return unit;
}

std::string_view trimmed(std::string_view text) {
  skip_blanks(text);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

scaling scale(decimal number, std::uint64_t unit, std::uint64_t& result) {
  wide divisor = 1;
  for (unsigned i = 0; i < number.scale; ++i)
    divisor *= 10;
  const wide product = static_cast<wide>(number.digits) * unit;
  if (product / divisor > static_cast<wide>(std::numeric_limits<std::int64_t>::max()))
    return scaling::too_large;
  if (product % divisor != 0)
    return scaling::inexact;
  result = static_cast<std::uint64_t>(product / divisor);
  return scaling::exact;
}

std::string quoted_text(std::string_view text) {
  std::string result = "\"";
  append_printable_text(result, text, shown_bytes);
  result += '"';
  return result;
}

} // namespace actors::app::internal
