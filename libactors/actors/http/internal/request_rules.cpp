#include <actors/http/internal/request_rules.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/net/endpoint.hpp>

#include <algorithm>
#include <cstddef>

namespace actors::http::internal {

namespace {

bool is_port(std::string_view text) noexcept {
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c))
      return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value > 65'535)
      return false;
  }
  return true; // an empty port is the scheme's (RFC 3986 §3.2.3)
}

/// Without a zone, which means something on one machine only.
bool is_ipv6(std::string_view text) {
  const auto address = net::ip_address::parse(text);
  return address && address->is_v6() && text.find('%') == std::string_view::npos;
}

bool is_name(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
        return false;
    } else if (!is(name_char, c)) {
      return false;
    }
  }
  return !text.empty();
}

/// The parts of an authority; the port without its colon.
struct authority_parts {
  std::string_view host;
  std::string_view port;
};

authority_parts split(std::string_view text) noexcept {
  const auto in_host = text.starts_with('[') ? text.find(']') : 0;
  const auto colon = in_host == std::string_view::npos ? in_host : text.find(':', in_host);
  if (colon == std::string_view::npos)
    return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

rule_breach bad_target(std::string_view target, std::string_view why) {
  return {errc::bad_start_line, "request target " + quoted(target) + std::string{why}};
}

/// Of an absolute target that has a scheme.
std::string_view authority_of(std::string_view target) noexcept {
  const auto rest = target.substr(target.find("://") + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

std::optional<rule_breach> check_absolute(std::string_view target) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos)
    return bad_target(target, " is neither a path nor a URL");
  const auto scheme = target.substr(0, colon);
  if (!iequals(scheme, "http") && !iequals(scheme, "https"))
    return bad_target(target, " has a scheme other than http and https");
  if (!is_authority(authority_of(target)))
    return bad_target(target, " has no valid host");
  return std::nullopt;
}

} // namespace

bool is_authority(std::string_view text) {
  if (!text.starts_with('[')) {
    // Nearly every request comes by here, with a name that has nothing to decode.
    std::size_t size = 0;
    while (size < text.size() && is(name_char, text[size]))
      ++size;
    if (size == text.size() || text[size] == ':')
      return size > 0 && is_port(text.substr(std::min(size + 1, text.size())));
    const auto [host, port] = split(text);
    return is_name(host) && is_port(port);
  }
  const auto end = text.find(']');
  if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1)))
    return false;
  const auto rest = text.substr(end + 1);
  return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

std::optional<rule_breach> check_transfer_coding(std::string_view value) {
  if (iequals(value, "chunked"))
    return std::nullopt;
  std::size_t chunked = 0;
  bool ends_chunked = false;
  bool is_clean = true;
  for (std::size_t begin = 0; begin <= value.size();) {
    const auto end = std::min(value.find(',', begin), value.size());
    const auto coding = trim(value.substr(begin, end - begin));
    ends_chunked = iequals(coding, "chunked");
    chunked += ends_chunked ? 1 : 0;
    is_clean = is_clean && consists_of(token_char, coding);
    begin = end + 1;
  }
  const bool is_alone = value.find(',') == std::string_view::npos;
  if (is_clean && (is_alone || (ends_chunked && chunked == 1)))
    return rule_breach{errc::unsupported_transfer_coding,
                       "transfer coding " + quoted(value) + "; only chunked is known"};
  return rule_breach{errc::bad_framing, "transfer coding " + quoted(value) + " does not tell where the body ends"};
}

std::optional<rule_breach> check_target(method what, std::string_view target) {
  if (target.find('#') != std::string_view::npos)
    return bad_target(target, " has a fragment");
  if (what == method::connect) {
    if (!is_authority(target) || split(target).port.empty())
      return bad_target(target, " of CONNECT is not a host and a port");
    return std::nullopt;
  }
  if (target.starts_with('/'))
    return std::nullopt;
  if (target.starts_with('*')) {
    if (target != "*" || what != method::options)
      return bad_target(target, target == "*" ? " goes with OPTIONS only" : " is neither a path nor a URL");
    return std::nullopt;
  }
  return check_absolute(target);
}

std::optional<std::string_view> host_of_target(method what, std::string_view target) noexcept {
  if (what == method::connect || target.starts_with('/') || target.starts_with('*'))
    return std::nullopt;
  return authority_of(target);
}

bool may_be_trailer(std::string_view name) noexcept {
  switch (name.size()) {
  case 2:
    return !iequals(name, "te");
  case 4:
    return !iequals(name, "host");
  case 7:
    return !iequals(name, "upgrade");
  case 10:
    return !iequals(name, "connection");
  case 13:
    return !iequals(name, "authorization");
  case 14:
    return !iequals(name, "content-length");
  case 16:
    return !iequals(name, "proxy-connection");
  case 17:
    return !iequals(name, "transfer-encoding");
  default:
    return true;
  }
}

} // namespace actors::http::internal
