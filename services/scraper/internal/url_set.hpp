#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace services::scraper::internal {

/// SipHash-1-3 of a text under a secret key: without the key nobody can make URLs that collide.
[[nodiscard]] std::uint64_t siphash(std::string_view text, std::uint64_t key_low, std::uint64_t key_high) noexcept;

/// A set of URLs that remembers only 64-bit hashes: 11 to 22 bytes a URL whatever its length. Two of n URLs are taken
/// for one with a probability of about n²/2^65: 3·10⁻⁸ for a million, 3·10⁻⁴ for a hundred million.
class url_set {
public:
  url_set(std::uint64_t key_low, std::uint64_t key_high) : key_low_(key_low), key_high_(key_high) {}

  /// True if it was not there.
  bool insert(std::string_view url);

  [[nodiscard]] bool contains(std::string_view url) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  [[nodiscard]] std::uint64_t hash(std::string_view url) const noexcept;
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const noexcept;
  void grow();

  /// Open addressing with linear probing; 0 is a free slot.
  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
  std::uint64_t key_low_;
  std::uint64_t key_high_;
};

} // namespace services::scraper::internal
