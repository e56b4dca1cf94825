#include <services/scraper/internal/url_set.hpp>

#include <bit>

namespace services::scraper::internal {

namespace {

/// The state of SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012).
struct sip_state {
  std::uint64_t a, b, c, d;

  void round() noexcept {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }

  void word(std::uint64_t w) noexcept {
    d ^= w;
    round();
    a ^= w;
  }
};

/// Up to eight bytes as a number.
std::uint64_t little_endian(std::string_view bytes) noexcept {
  std::uint64_t w = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    w |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return w;
}

} // namespace

std::uint64_t siphash(std::string_view text, std::uint64_t key_low, std::uint64_t key_high) noexcept {
  sip_state s{key_low ^ 0x736f6d6570736575, key_high ^ 0x646f72616e646f6d, key_low ^ 0x6c7967656e657261,
              key_high ^ 0x7465646279746573};
  const auto length = static_cast<std::uint64_t>(text.size());
  while (text.size() >= 8) {
    s.word(little_endian(text.substr(0, 8)));
    text.remove_prefix(8);
  }
  s.word(little_endian(text) | length << 56);
  s.c ^= 0xff;
  s.round();
  s.round();
  s.round();
  return s.a ^ s.b ^ s.c ^ s.d;
}

bool url_set::insert(std::string_view url) {
  // At most three quarters full.
  if ((size_ + 1) * 4 > slots_.size() * 3)
    grow();
  const auto h = hash(url);
  auto& slot = slots_[slot_of(h)];
  if (slot == h)
    return false;
  slot = h;
  ++size_;
  return true;
}

bool url_set::contains(std::string_view url) const noexcept {
  const auto h = hash(url);
  return !slots_.empty() && slots_[slot_of(h)] == h;
}

std::uint64_t url_set::hash(std::string_view url) const noexcept {
  const auto h = siphash(url, key_low_, key_high_);
  return h == 0 ? 1 : h;
}

std::size_t url_set::slot_of(std::uint64_t hash) const noexcept {
  const auto mask = slots_.size() - 1;
  auto i = static_cast<std::size_t>(hash) & mask;
  while (slots_[i] != 0 && slots_[i] != hash)
    i = (i + 1) & mask;
  return i;
}

void url_set::grow() {
  std::vector<std::uint64_t> old(slots_.empty() ? 1024 : slots_.size() * 2);
  slots_.swap(old);
  for (const auto h : old)
    if (h != 0)
      slots_[slot_of(h)] = h;
}

} // namespace services::scraper::internal
