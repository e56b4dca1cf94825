#include <actors/http/proxy.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/net/endpoint.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace actors::http {

namespace {

url parse_proxy(std::string_view text) {
  if (text.empty())
    return {};
  const bool has_scheme = text.find("://") != std::string_view::npos;
  auto result = url::parse(has_scheme ? std::string{text} : "http://" + std::string{text});
  if (!result.is_http())
    throw error{errc::invalid_url, "proxy " + internal::quoted(result.without_userinfo().to_string()) +
                                       ": the scheme is neither http nor https"};
  return result;
}

std::size_t bits_of(const net::ip_address& address) noexcept {
  return address.is_v6() ? 128 : 32;
}

struct network {
  net::ip_address address;
  std::size_t prefix = 0;
};

std::optional<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = net::ip_address::parse(text.substr(0, slash));
  if (!address)
    return std::nullopt;
  network result{*address, bits_of(*address)};
  if (slash == std::string_view::npos)
    return result;
  const auto digits = text.substr(slash + 1);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), result.prefix);
  if (problem != std::errc{} || end != digits.data() + digits.size() || result.prefix > bits_of(*address))
    return std::nullopt;
  return result;
}

bool contains(const network& range, const net::ip_address& address) noexcept {
  if (range.address.is_v6() != address.is_v6())
    return false;
  for (std::size_t bit = 0; bit < range.prefix; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if (((range.address.bytes().at(bit / 8) ^ address.bytes().at(bit / 8)) & mask) != 0)
      return false;
  }
  return true;
}

} // namespace

proxy_settings proxy_settings::all(std::string_view where) {
  return proxy_settings{}.http(where).https(where);
}

proxy_settings& proxy_settings::http(std::string_view where) {
  http_ = parse_proxy(where);
  return *this;
}

proxy_settings& proxy_settings::https(std::string_view where) {
  https_ = parse_proxy(where);
  return *this;
}

proxy_settings& proxy_settings::tunnel_all(bool value) noexcept {
  tunnel_all_ = value;
  return *this;
}

proxy_settings& proxy_settings::tls(net::tls_client_settings value) {
  if (value.alpn().empty())
    value.alpn({"http/1.1"});
  return tls(net::tls_client_context{std::move(value)});
}

proxy_settings& proxy_settings::tls(net::tls_client_context value) {
  tls_ = std::move(value);
  return *this;
}

proxy_settings& proxy_settings::no_proxy(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", \t"), list.size());
    std::string one{list.substr(0, end)};
    list.remove_prefix(std::min(list.size(), end + 1));
    std::transform(one.begin(), one.end(), one.begin(), internal::lower);
    if (one.starts_with('[') && one.ends_with(']'))
      one = one.substr(1, one.size() - 2);
    one.erase(0, one.starts_with("*.") ? 2 : one.starts_with('.') ? 1 : 0);
    if (one.ends_with('.'))
      one.pop_back();
    if (one.find('/') != std::string::npos && !parse_network(one))
      throw error{errc::invalid_value, "no_proxy: " + internal::quoted(one) + " is no network"};
    if (!one.empty())
      exceptions_.push_back(std::move(one));
  }
  return *this;
}

bool proxy_settings::is_exception(std::string_view host) const {
  if (host.ends_with('.'))
    host.remove_suffix(1);
  const auto address = net::ip_address::parse(host);
  return std::any_of(exceptions_.begin(), exceptions_.end(), [&](const std::string& one) {
    if (one == "*" || one == host)
      return true;
    if (address) {
      const auto range = parse_network(one);
      return range && contains(*range, *address);
    }
    return host.size() > one.size() && host.ends_with(one) && host[host.size() - one.size() - 1] == '.';
  });
}

const url* proxy_settings::for_url(const url& where) const {
  const auto& proxy = where.is_secure() ? https_ : http_;
  return proxy.empty() || is_exception(where.host()) ? nullptr : &proxy;
}

proxy_settings proxy_from_environment(const std::function<const char*(const char* name)>& look_up) {
  const auto value = [&](std::initializer_list<const char*> names) {
    for (const auto* name : names)
      if (const auto* found = look_up(name); found != nullptr && *found != '\0')
        return std::string{found};
    return std::string{};
  };
  const auto rest = value({"all_proxy", "ALL_PROXY"});
  const auto http = value({"http_proxy"});
  const auto https = value({"https_proxy", "HTTPS_PROXY"});
  proxy_settings result;
  result.http(http.empty() ? rest : http).https(https.empty() ? rest : https);
  return result.no_proxy(value({"no_proxy", "NO_PROXY"}));
}

proxy_settings proxy_from_environment() {
  return proxy_from_environment([](const char* name) -> const char* {
    return std::getenv(name); // NOLINT(concurrency-mt-unsafe): said so
  });
}

} // namespace actors::http
