#pragma once

#include <cstdint>
#include <string_view>

namespace actors::http::internal {

/// Checks UTF-8 (RFC 3629) that comes in pieces: says no at the first byte after which no text can be valid, however it
/// was split.
class utf8_checker {
public:
  /// False once something was wrong.
  [[nodiscard]] bool feed(std::string_view piece) noexcept;

  /// Whether the text may end here.
  [[nodiscard]] bool complete() const noexcept { return needed_ == 0; }

  void reset() noexcept { needed_ = 0; }

private:
  std::uint8_t needed_ = 0; // further bytes of the character
  std::uint8_t low_ = 0;    // what the next of them may be
  std::uint8_t high_ = 0;
};

} // namespace actors::http::internal
