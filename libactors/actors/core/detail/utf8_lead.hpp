#pragma once

#include <cstdint>
#include <optional>

namespace actors::detail {

/// What has to come behind the first byte of a character in UTF-8.
struct utf8_lead {
  std::uint8_t further = 0; ///< bytes
  std::uint8_t low = 0x80;  ///< what the first of them may be; those behind it are 0x80 … 0xbf
  std::uint8_t high = 0xbf;
};

/// The table of RFC 3629 §4: only the second byte has limits of its own, against overlong forms, surrogates and what is
/// above U+10FFFF. Nothing for a byte that begins no character.
[[nodiscard]] constexpr std::optional<utf8_lead> utf8_lead_of(std::uint8_t byte) noexcept {
  if (byte < 0x80)
    return utf8_lead{};
  if (byte < 0xc2 || byte > 0xf4)
    return std::nullopt;
  utf8_lead result{static_cast<std::uint8_t>(byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3)};
  if (byte == 0xe0)
    result.low = 0xa0;
  else if (byte == 0xed)
    result.high = 0x9f;
  else if (byte == 0xf0)
    result.low = 0x90;
  else if (byte == 0xf4)
    result.high = 0x8f;
  return result;
}

} // namespace actors::detail
