#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Character classes of RFC 9110 and ASCII-only comparisons: locale-free, unlike <cctype>.
namespace actors::http::internal {

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

[[nodiscard]] constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

/// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (is_digit(c))
    return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

enum char_class : std::uint8_t {
  token_char = 1,      ///< RFC 9110 §5.6.2
  value_char = 2,      ///< may stand in a field value: visible, space, tab or a byte above 127
  target_char = 4,     ///< may stand in a request target: visible ASCII
  unreserved_char = 8, ///< RFC 3986 §2.3
  host_char = 16,      ///< may stand in a Host field (RFC 3986 §3.2.2 and a port)
  name_char = 32,      ///< may stand in a host's name as it is: `host_char` without `%`, commas, colons and brackets
};

inline constexpr auto char_classes = [] {
  std::array<std::uint8_t, 256> table{};
  constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view unreserved_marks = "-._~";
  constexpr std::string_view host_marks = "-._~!$&'()*+,;=:[]%";
  constexpr std::string_view name_marks = "-._~!$&'()*+;=";
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    const bool alnum = i < 128 && (is_digit(c) || is_alpha(c));
    if (alnum || (i < 128 && token_marks.find(c) != std::string_view::npos))
      table[i] |= token_char;
    if (alnum || (i < 128 && unreserved_marks.find(c) != std::string_view::npos))
      table[i] |= unreserved_char;
    if (alnum || (i < 128 && host_marks.find(c) != std::string_view::npos))
      table[i] |= host_char;
    if (alnum || (i < 128 && name_marks.find(c) != std::string_view::npos))
      table[i] |= name_char;
    if (i == '\t' || (i >= 0x20 && i != 0x7f))
      table[i] |= value_char;
    if (i > 0x20 && i < 0x7f)
      table[i] |= target_char;
  }
  return table;
}();

[[nodiscard]] constexpr bool is(char_class wanted, char c) noexcept {
  return (char_classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// Whether all characters of the text are such. Without a way out in the middle, since nearly every text is right.
[[nodiscard]] constexpr bool all_are(char_class wanted, std::string_view text) noexcept {
  unsigned common = wanted;
  for (const char c : text)
    common &= char_classes[static_cast<unsigned char>(c)];
  return common != 0;
}

/// Whether the text has at least one character and only such.
[[nodiscard]] constexpr bool consists_of(char_class wanted, std::string_view text) noexcept {
  return !text.empty() && all_are(wanted, text);
}

/// The same as `all_are(value_char, text)` for texts that mostly are: eight bytes at a time.
[[nodiscard]] inline bool is_field_value(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high = ones * 0x80;
  std::size_t at = 0;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    const auto del = word ^ (ones * 0x7f);
    // The high bit of bytes below 0x20, of those that are 0x7f, and perhaps of others behind such a one.
    if ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & high)
      return all_are(value_char, text);
  }
  return all_are(value_char, text.substr(at));
}

[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
      return false;
  return true;
}

/// Without spaces and tabs at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

} // namespace actors::http::internal
