#pragma once

#include <actors/http/status.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/web/context.hpp>
#include <actors/web/reply.hpp>

#include <string>
#include <string_view>

/// What several middlewares ask of a request.
namespace actors::web::internal {

/// The client's address without its port. Behind proxies what the Forwarded field says, which the server has written
/// (http::server_options::trust_proxies); the connection's own where there is none.
[[nodiscard]] std::string client_address(context& c, bool is_behind_proxies);

/// Whether the client has used https.
[[nodiscard]] bool came_by_https(context& c, bool is_behind_proxies);

/// The host and port that the client has asked for, as it wrote them; empty if it did not.
[[nodiscard]] std::string requested_host(context& c, bool is_behind_proxies);

/// `example.com:8000` taken apart, the name in lower case, an IPv6 address in its brackets. Empty if it is none.
struct host_and_port {
  std::string host;
  std::string_view port;
};

[[nodiscard]] host_and_port parse_host(std::string_view text);

/// The target as it stands behind scheme and host; begins with a slash.
[[nodiscard]] std::string path_and_query(const context& c);

/// The /64 of an IPv6 address.
[[nodiscard]] std::string network_of(const net::ip_address& address);

/// Whether the request wants to leave HTTP for WebSocket.
[[nodiscard]] bool wants_websocket(const context& c) noexcept;

/// GET, HEAD, OPTIONS and TRACE (RFC 9110 §9.2.1).
[[nodiscard]] bool is_safe(http::method method) noexcept;

/// `{"detail": "…"}`
[[nodiscard]] http::response refusal(http::status code, std::string_view detail);

} // namespace actors::web::internal
