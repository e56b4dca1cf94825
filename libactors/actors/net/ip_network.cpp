#include <actors/net/ip_network.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace actors::net {

namespace {

/// The IPv4 address that an IPv4-mapped one stands for; any other as it is.
ip_address unmapped(const ip_address& address) noexcept {
  constexpr std::array<std::uint8_t, 12> mark{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto& bytes = address.bytes();
  if (!address.is_v6() || !std::equal(mark.begin(), mark.end(), bytes.begin()))
    return address;
  return ip_address{ip_address::v4_bytes{bytes[12], bytes[13], bytes[14], bytes[15]}};
}

/// The byte at `index` with only what is part of the prefix.
std::uint8_t masked(const ip_address& address, std::size_t index, unsigned prefix) noexcept {
  const auto first_bit = static_cast<unsigned>(index) * 8;
  const auto bits = prefix <= first_bit ? 0U : std::min(8U, prefix - first_bit);
  return static_cast<std::uint8_t>(address.bytes()[index] & (0xff00U >> bits));
}

std::size_t size_of(const ip_address& address) noexcept {
  return address.is_v6() ? 16 : 4;
}

} // namespace

ip_network::ip_network(const ip_address& only) noexcept
    : base_(unmapped(only)), prefix_(static_cast<unsigned>(size_of(base_) * 8)) {}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip_address::parse(text.substr(0, slash));
  if (!address || address->scope() != 0)
    return std::nullopt;
  if (slash == std::string_view::npos)
    return ip_network{*address};
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool is_number = problem == std::errc{} && end == digits.data() + digits.size();
  const auto size = size_of(*address);
  if (!is_number || (digits.size() > 1 && digits.front() == '0') || prefix > size * 8)
    return std::nullopt;
  for (std::size_t i = 0; i < size; ++i)
    if (address->bytes()[i] != masked(*address, i, prefix))
      return std::nullopt;
  ip_network result{*address};
  // One that begins with an IPv4-mapped address has a prefix of at least 96: it is a block of IPv4 addresses.
  const bool was_mapped = address->is_v6() && !result.base_.is_v6();
  result.prefix_ = was_mapped ? prefix - 96 : prefix;
  return result;
}

bool ip_network::contains(const ip_address& address) const noexcept {
  const auto plain = unmapped(address);
  if (plain.is_v6() != base_.is_v6())
    return false;
  for (std::size_t i = 0; i < size_of(base_); ++i)
    if (masked(plain, i, prefix_) != base_.bytes()[i])
      return false;
  return true;
}

std::string ip_network::to_string() const {
  return base_.to_string() + "/" + std::to_string(prefix_);
}

} // namespace actors::net
