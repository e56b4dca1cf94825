#include <actors/http/internal/utf8_checker.hpp>

#include <actors/core/detail/utf8_lead.hpp>

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
      const auto lead = actors::detail::utf8_lead_of(byte);
      if (!lead)
        return false;
      needed_ = lead->further;
      low_ = lead->low;
      high_ = lead->high;
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
