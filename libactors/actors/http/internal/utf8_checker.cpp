#include <actors/http/internal/utf8_checker.hpp>

#include <cstddef>
#include <cstring>

namespace actors::http::internal {

namespace {

/// How many bytes at the front are ASCII, in steps of eight.
std::size_t ascii_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & high_bits) != 0)
      break;
  }
  return at;
}

} // namespace

/// The table of RFC 3629 §4: only the second byte has limits of its own, against overlong forms, surrogates and what is
/// above U+10FFFF.
bool utf8_checker::begin(std::uint8_t byte) noexcept {
  low_ = 0x80;
  high_ = 0xbf;
  if (byte < 0x80)
    return true;
  if (byte < 0xc2 || byte > 0xf4)
    return false;
  if (byte < 0xe0) {
    needed_ = 1;
    return true;
  }
  if (byte < 0xf0) {
    needed_ = 2;
    if (byte == 0xe0)
      low_ = 0xa0;
    else if (byte == 0xed)
      high_ = 0x9f;
    return true;
  }
  needed_ = 3;
  if (byte == 0xf0)
    low_ = 0x90;
  else if (byte == 0xf4)
    high_ = 0x8f;
  return true;
}

bool utf8_checker::feed(std::string_view piece) noexcept {
  while (!piece.empty()) {
    if (needed_ == 0) {
      piece.remove_prefix(ascii_prefix(piece));
      if (piece.empty())
        return true;
    }
    const auto byte = static_cast<std::uint8_t>(piece.front());
    piece.remove_prefix(1);
    if (needed_ == 0) {
      if (!begin(byte))
        return false;
      continue;
    }
    if (byte < low_ || byte > high_)
      return false;
    low_ = 0x80;
    high_ = 0xbf;
    --needed_;
  }
  return true;
}

} // namespace actors::http::internal
