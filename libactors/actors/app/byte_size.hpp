#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace actors::app {

/// A number of bytes, as people write it: `64 KiB`, `1.5 GiB`, `10 MB`, `4096`.
///
/// Units: `B`, `KiB` … `EiB` (powers of 1024), `kB` … `EB` (powers of 1000), in any case; none means bytes. A lone `K`,
/// `M` or `G` is refused, because programs do not agree on what it means. The range is 0 to 2^63 - 1 bytes.
///
/// Nothing is rounded: `1.5 B` is an error. Threads: a value type and pure functions.
class byte_size {
public:
  constexpr byte_size() = default;

  constexpr explicit byte_size(std::uint64_t bytes) : bytes_(bytes) {}

  [[nodiscard]] constexpr std::uint64_t bytes() const noexcept { return bytes_; }

  friend constexpr auto operator<=>(byte_size, byte_size) = default;

private:
  std::uint64_t bytes_ = 0;
};

[[nodiscard]] constexpr byte_size kibibytes(std::uint64_t count) {
  return byte_size(count << 10U);
}

[[nodiscard]] constexpr byte_size mebibytes(std::uint64_t count) {
  return byte_size(count << 20U);
}

[[nodiscard]] constexpr byte_size gibibytes(std::uint64_t count) {
  return byte_size(count << 30U);
}

/// Throws `value_error`, which quotes the text.
[[nodiscard]] byte_size parse_byte_size(std::string_view text);

/// The shortest exact text in bytes or a power of 1024 (`64 KiB`, `1000 B`), which `parse_byte_size` reads back
/// unchanged.
[[nodiscard]] std::string format_byte_size(byte_size size);

} // namespace actors::app
