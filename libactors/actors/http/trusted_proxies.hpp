#pragma once

#include <actors/http/forwarded.hpp>
#include <actors/http/message.hpp>
#include <actors/net/ip_network.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

/// Which proxies a server believes, and so who its clients are.
///
///     server_options{}.trust_proxies(trusted_proxies{}.add("10.0.0.0/8").reads(forwarding::forwarded))
///
/// Anybody can send `X-Forwarded-For: 127.0.0.1`. So the fields are read from their end, which the nearest proxy has
/// written: as long as the one that we look at is to be trusted, the element that it has written tells the one before.
/// The first that is not to be trusted is the client; what it has sent itself is not looked at. Scheme and host are
/// those that the outermost trusted proxy has told.
///
/// Only one of the two kinds of fields is read: a proxy that writes one lets the other pass as the client has sent it.
/// An element that is malformed makes the client `unknown`.
///
/// What a proxy does not write itself is what the client has written: one that is trusted must set or remove all fields
/// of the kind that is read, X-Forwarded-Proto and X-Forwarded-Host too.
///
/// Threads: a plain value. Errors: `error` with `invalid_value` for a text that is no network.
///
/// @snippet examples/http.cpp server
namespace actors::http {

/// What the proxies write.
enum class forwarding : std::uint8_t {
  x_forwarded, ///< X-Forwarded-For, -Proto and -Host: what nearly all of them do
  forwarded,   ///< Forwarded, RFC 7239
};

class trusted_proxies {
public:
  /// Trusts nobody: the client is whoever has the connection.
  trusted_proxies() = default;

  /// Trusts an address or block of addresses: `10.0.0.0/8`, `::1`.
  trusted_proxies& add(std::string_view network);

  trusted_proxies& add(const net::ip_network& network);

  /// Trusts the addresses that are not routed on the Internet: loopback, RFC 1918 and RFC 4193.
  trusted_proxies& add_private();

  /// Trusts who connects to a Unix socket that the server listens on.
  trusted_proxies& add_unix_sockets() noexcept;

  trusted_proxies& reads(forwarding value) noexcept;

  /// Whether this peer of a connection, such as `10.0.0.1:40123` or `unix:/run/app.sock`, is believed.
  [[nodiscard]] bool trusts(std::string_view peer) const;

  [[nodiscard]] bool trusts(const net::ip_address& address) const noexcept;

  /// Where a request came from that has arrived over a connection of this peer and scheme.
  [[nodiscard]] request_origin origin_of(const request& what, std::string_view peer, std::string_view scheme) const;

private:
  std::vector<net::ip_network> networks_;
  forwarding reads_ = forwarding::x_forwarded;
  bool trusts_unix_ = false;
};

/// Writes an origin into a request, as its one Forwarded field in place of all fields of both kinds.
void set_origin(request& what, const request_origin& origin);

} // namespace actors::http
