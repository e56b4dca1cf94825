#pragma once

#include <actors/net/endpoint.hpp>

#include <optional>
#include <string>
#include <string_view>

/// A block of IP addresses as a plain value, in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
///
/// An IPv4 address that arrives as IPv4-mapped (`::ffff:10.0.0.1`, what a socket that listens on `::` tells) is one of
/// the IPv4 block. Scopes (`%2`) are not compared. Source: RFC 4632 §3.1, RFC 4291 §2.3 and §2.5.5.2.
namespace actors::net {

class ip_network {
public:
  /// Only this address.
  explicit ip_network(const ip_address& only) noexcept;

  /// The block of a text; nothing for any other text, also for one with bits behind the prefix (`10.0.0.1/8`), which
  /// hides a mistake.
  [[nodiscard]] static std::optional<ip_network> parse(std::string_view text);

  [[nodiscard]] bool contains(const ip_address& address) const noexcept;

  /// The first address of the block.
  [[nodiscard]] const ip_address& base() const noexcept { return base_; }

  /// How many bits all its addresses share: 0 to 32 or 128.
  [[nodiscard]] unsigned prefix() const noexcept { return prefix_; }

  /// `10.0.0.0/8`.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const ip_network&, const ip_network&) = default;

private:
  ip_address base_;
  unsigned prefix_ = 0;
};

} // namespace actors::net
