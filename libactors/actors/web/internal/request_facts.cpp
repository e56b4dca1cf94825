#include <actors/web/internal/request_facts.hpp>

#include <actors/http/forwarded.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace actors::web::internal {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// What names, IPv4 addresses and, in brackets, IPv6 addresses are made of; nothing that ends a URL's host.
constexpr bool is_host_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

std::optional<http::request_origin> told_origin(const context& c, bool is_behind_proxies) {
  return is_behind_proxies ? http::origin_of(c.request()) : std::nullopt;
}

} // namespace

std::string client_address(context& c, bool is_behind_proxies) {
  if (auto origin = told_origin(c, is_behind_proxies))
    return std::move(origin->client);
  auto peer = c.exchange().peer();
  if (peer.starts_with('['))
    return peer.substr(1, peer.find(']') - 1);
  if (!peer.starts_with("unix:"))
    peer.resize(std::min(peer.rfind(':'), peer.size()));
  return peer;
}

bool came_by_https(context& c, bool is_behind_proxies) {
  if (const auto origin = told_origin(c, is_behind_proxies))
    return origin->scheme == "https";
  return c.exchange().tls() != nullptr;
}

std::string requested_host(context& c, bool is_behind_proxies) {
  if (auto origin = told_origin(c, is_behind_proxies))
    return std::move(origin->host);
  return std::string{c.request().get("Host").value_or("")};
}

host_and_port parse_host(std::string_view text) {
  auto end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos)
      return {};
    ++end;
  }
  const auto rest = end < text.size() ? text.substr(end) : std::string_view{};
  const auto port = rest.empty() ? rest : rest.substr(1);
  if (!rest.empty() && (rest.front() != ':' || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)))
    return {};
  host_and_port result{std::string{text.substr(0, end)}, port};
  for (auto& c : result.host)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  const auto is_fine = [&] {
    if (!result.host.starts_with('['))
      return std::all_of(result.host.begin(), result.host.end(), is_host_character);
    return result.host.size() > 3 && result.host.find_first_not_of("0123456789abcdef:.", 1) == result.host.size() - 1;
  }();
  return is_fine ? result : host_and_port{};
}

std::string path_and_query(const context& c) {
  const auto& r = c.request();
  std::string result{r.path()};
  if (!result.starts_with('/'))
    result.insert(0, "/");
  if (!r.query().empty())
    result.append("?").append(r.query());
  return result;
}

std::string network_of(const net::ip_address& address) {
  if (!address.is_v6())
    return address.to_string();
  auto bytes = address.bytes();
  const bool is_mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; }) &&
                         bytes[10] == 255 && bytes[11] == 255;
  if (is_mapped)
    return net::ip_address{net::ip_address::v4_bytes{bytes[12], bytes[13], bytes[14], bytes[15]}}.to_string();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return net::ip_address{bytes}.to_string() + "/64";
}

bool wants_websocket(const context& c) noexcept {
  return c.request().fields().has_token("Upgrade", "websocket");
}

bool is_safe(http::method method) noexcept {
  return method == http::method::get || method == http::method::head || method == http::method::options ||
         method == http::method::trace;
}

http::response refusal(http::status code, std::string_view detail) {
  return http::response{code, nlohmann::json{{"detail", detail}}.dump(), "application/json"};
}

} // namespace actors::web::internal
