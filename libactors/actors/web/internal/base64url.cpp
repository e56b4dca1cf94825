#include <actors/web/internal/base64url.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace actors::web::internal {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_digit = 64;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> result{};
  result.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    result[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return result;
}();

} // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string result;
  result.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6)
      result.push_back(alphabet[bits >> (count - 6) & 63]);
  }
  if (count > 0)
    result.push_back(alphabet[bits << (6 - count) & 63]);
  return result;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1)
    return std::nullopt;
  std::string result;
  result.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit)
      return std::nullopt;
    bits = bits << 6 | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result.push_back(static_cast<char>(bits >> count & 255));
    }
  }
  if ((bits & ((1U << count) - 1)) != 0)
    return std::nullopt;
  return result;
}

} // namespace actors::web::internal
