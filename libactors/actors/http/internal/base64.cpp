#include <actors/http/internal/base64.hpp>

#include <array>
#include <cstdint>

namespace actors::http::internal {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

std::string base64_encode(std::string_view bytes) {
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    const auto taken = bytes.substr(0, 3);
    bytes.remove_prefix(taken.size());
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8U) | (i < taken.size() ? static_cast<unsigned char>(taken[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      result.push_back(i <= taken.size() ? alphabet[(group >> (18 - 6 * i)) & 63U] : '=');
  }
  return result;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string result;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      result.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 255U));
    }
  }
  // One text for each value: no stray bits, no missing or superfluous padding.
  if (base64_encode(result) != text)
    return std::nullopt;
  return result;
}

} // namespace actors::http::internal
