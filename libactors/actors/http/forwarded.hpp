#pragma once

#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Who sent a request, and to where, when proxies stand in between: the Forwarded field of RFC 7239.
///
///     server_options{}.trust_proxies(trusted_proxies{}.add("10.0.0.0/8"))       // see trusted_proxies.hpp
///
///     response hello(const request& what) {
///       const auto origin = origin_of(what).value();
///       return response{status::ok, "hello " + origin.client + " at " + origin.url_of("/"), "text/plain"};
///     }
///
/// A server that was told which proxies to trust writes one Forwarded field into each request, in place of all that
/// clients and proxies have sent, so every form of handler, also an actor on another node, can believe it. Without that
/// option anybody can have written it.
///
/// Source: RFC 7239 §4 to §6.
namespace actors::http {

/// Where a request came from.
struct request_origin {
  std::string client; ///< `192.0.2.7`, `2001:db8::1`, `_unix` for a Unix socket, else `unknown` or a proxy's `_name`
  std::string scheme; ///< what the client has used: `http` or `https`
  std::string host;   ///< the host and port that it has asked for; empty if it did not say

  /// The whole URL of a path, as the client sees it.
  [[nodiscard]] std::string url_of(std::string_view path) const { return scheme + "://" + host + std::string{path}; }

  friend bool operator==(const request_origin&, const request_origin&) = default;
};

/// One element of a Forwarded field, as written; empty where nothing was said. Names that are not known are left out.
struct forwarded_element {
  std::string client; ///< `for`
  std::string proxy;  ///< `by`
  std::string scheme; ///< `proto`
  std::string host;

  friend bool operator==(const forwarded_element&, const forwarded_element&) = default;
};

/// Reads one element (`fields::list("Forwarded")` gives them, the last proxy's last); nothing if it is malformed.
[[nodiscard]] std::optional<forwarded_element> parse_forwarded(std::string_view element);

/// What the request's only Forwarded element says; nothing if there is none, more than one or a malformed one.
[[nodiscard]] std::optional<request_origin> origin_of(const request& what);

} // namespace actors::http
