#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// IP addresses and endpoints as plain values: compare, copy, print, parse.
///
/// Parsing takes the numeric forms only (`127.0.0.1`, `::1`, `fe80::1%2`) and never asks a name server; see `resolve`
/// for names.
namespace actors::net {

/// An IPv4 or IPv6 address.
class ip_address {
public:
  using v4_bytes = std::array<std::uint8_t, 4>;
  using v6_bytes = std::array<std::uint8_t, 16>;

  /// 0.0.0.0.
  ip_address() = default;

  explicit ip_address(const v4_bytes& bytes) noexcept;

  /// `scope` is the number of the network interface for link-local addresses, 0 otherwise.
  explicit ip_address(const v6_bytes& bytes, std::uint32_t scope = 0) noexcept;

  /// The address of a numeric text, nothing for any other text.
  [[nodiscard]] static std::optional<ip_address> parse(std::string_view text);

  [[nodiscard]] bool is_v6() const noexcept { return v6_; }

  /// In network order; the first four are used for IPv4.
  [[nodiscard]] const v6_bytes& bytes() const noexcept { return bytes_; }

  [[nodiscard]] std::uint32_t scope() const noexcept { return scope_; }

  /// 127.0.0.0/8 or ::1 (also as IPv4-mapped).
  [[nodiscard]] bool is_loopback() const noexcept;

  /// `127.0.0.1` or `::1`.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const ip_address&, const ip_address&) = default;

private:
  v6_bytes bytes_{};
  std::uint32_t scope_ = 0;
  bool v6_ = false;
};

/// An address and a port.
class endpoint {
public:
  endpoint() = default;

  endpoint(const ip_address& address, std::uint16_t port) noexcept : address_(address), port_(port) {}

  /// The endpoint of a text such as `127.0.0.1:80` or `[::1]:80`, nothing for any other text.
  [[nodiscard]] static std::optional<endpoint> parse(std::string_view text);

  [[nodiscard]] const ip_address& address() const noexcept { return address_; }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// `127.0.0.1:80` or `[::1]:80`.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const endpoint&, const endpoint&) = default;

  /// As a message: its text.
  template <class Inspector>
  friend bool inspect(Inspector& f, endpoint& x) {
    auto get = [&x] { return x.to_string(); };
    auto set = [&x](const std::string& text) {
      const auto parsed = endpoint::parse(text);
      if (parsed)
        x = *parsed;
      return parsed.has_value();
    };
    return f.apply(get, set);
  }

private:
  ip_address address_;
  std::uint16_t port_ = 0;
};

/// `host:port` for messages, with brackets around an IPv6 address.
[[nodiscard]] std::string host_and_port(std::string_view host, std::uint16_t port);

} // namespace actors::net
