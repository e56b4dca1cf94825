#include <actors/core/printable_text.hpp>

#include <actors/core/detail/utf8_lead.hpp>

#include <cstdint>

namespace actors {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_escaped_byte(std::string& out, unsigned char byte) {
  switch (byte) {
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\x";
    out += hex_digits[byte >> 4U];
    out += hex_digits[byte & 0xfU];
  }
}

void append_escaped_code_point(std::string& out, std::uint32_t code_point) {
  out += "\\u";
  for (unsigned shift = 16; shift != 0; shift -= 4)
    out += hex_digits[(code_point >> (shift - 4)) & 0xfU];
}

/// Code point of a sequence of two or three bytes that is known to be well formed.
std::uint32_t decode(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 2)
    return ((byte(0) & 0x1fU) << 6U) | (byte(1) & 0x3fU);
  return ((byte(0) & 0x0fU) << 12U) | ((byte(1) & 0x3fU) << 6U) | (byte(2) & 0x3fU);
}

/// C1 controls are terminal commands in one byte; U+2028 and U+2029 break lines in some viewers; the bidirectional
/// overrides make a line read differently from what it says (CVE-2021-42574).
bool must_be_escaped(std::uint32_t code_point) {
  return (code_point >= 0x80 && code_point <= 0x9f) || (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

} // namespace

std::size_t utf8_sequence_length(std::string_view text) noexcept {
  if (text.empty())
    return 0;
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto lead = detail::utf8_lead_of(at(0));
  if (!lead || text.size() <= lead->further)
    return 0;
  auto low = lead->low;
  auto high = lead->high;
  for (std::size_t i = 1; i <= lead->further; ++i) {
    if (at(i) < low || at(i) > high)
      return 0;
    low = 0x80;
    high = 0xbf;
  }
  return std::size_t{lead->further} + 1;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = utf8_sequence_length(text.substr(i));
    if (length == 0)
      return i;
    i += length;
  }
  return std::nullopt;
}

void append_printable_text(std::string& out, std::string_view text, std::size_t limit) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    const std::size_t valid = utf8_sequence_length(rest);
    const std::size_t length = valid == 0 ? 1 : valid;
    if (length > limit || i > limit - length) {
      out += "… (";
      out += std::to_string(text.size() - i);
      out += text.size() - i == 1 ? " more byte)" : " more bytes)";
      return;
    }
    const auto first = static_cast<unsigned char>(rest.front());
    const bool escaped_byte = valid == 0 || (valid == 1 && (first < 0x20 || first == 0x7f));
    const std::uint32_t code_point = valid == 2 || valid == 3 ? decode(rest.substr(0, valid)) : 0;
    if (escaped_byte)
      append_escaped_byte(out, first);
    else if (must_be_escaped(code_point))
      append_escaped_code_point(out, code_point);
    else
      out += rest.substr(0, valid);
    i += length;
  }
}

std::string printable_text(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(text.size() < limit ? text.size() : limit);
  append_printable_text(out, text, limit);
  return out;
}

} // namespace actors
