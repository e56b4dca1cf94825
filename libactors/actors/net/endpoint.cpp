#include <actors/net/endpoint.hpp>

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>

namespace actors::net {

ip_address::ip_address(const v4_bytes& bytes) noexcept {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

ip_address::ip_address(const v6_bytes& bytes, std::uint32_t scope) noexcept : bytes_(bytes), scope_(scope), v6_(true) {}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  // inet_pton wants an end; no address is longer than this.
  std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
  const auto percent = text.find('%');
  const auto number = text.substr(0, percent);
  if (number.empty() || number.size() >= buffer.size() || number.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::copy(number.begin(), number.end(), buffer.begin());
  if (percent == std::string_view::npos) {
    if (v4_bytes v4; ::inet_pton(AF_INET, buffer.data(), v4.data()) == 1)
      return ip_address{v4};
  }
  v6_bytes v6;
  if (::inet_pton(AF_INET6, buffer.data(), v6.data()) != 1)
    return std::nullopt;
  std::uint32_t scope = 0;
  if (percent != std::string_view::npos) {
    const auto zone = text.substr(percent + 1);
    const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), scope);
    if (error != std::errc{} || end != zone.data() + zone.size())
      return std::nullopt;
  }
  return ip_address{v6, scope};
}

bool ip_address::is_loopback() const noexcept {
  if (!v6_)
    return bytes_[0] == 127;
  static constexpr v6_bytes loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  static constexpr v6_bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return bytes_ == loopback || (std::equal(mapped.begin(), mapped.begin() + 12, bytes_.begin()) && bytes_[12] == 127);
}

std::string ip_address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), buffer.data(), buffer.size());
  std::string text{buffer.data()};
  if (scope_ != 0)
    text += '%' + std::to_string(scope_);
  return text;
}

std::optional<endpoint> endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  const auto address = ip_address::parse(host);
  if (!address || address->is_v6() != bracketed)
    return std::nullopt;
  return endpoint{*address, port};
}

std::string endpoint::to_string() const {
  return host_and_port(address_.to_string(), port_);
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  std::string text;
  text.reserve(host.size() + 8);
  if (brackets)
    text += '[';
  text += host;
  if (brackets)
    text += ']';
  text += ':';
  return text += std::to_string(port);
}

} // namespace actors::net
