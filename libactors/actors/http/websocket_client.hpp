#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/proxy.hpp>
#include <actors/http/url.hpp>
#include <actors/http/websocket.hpp>
#include <actors/net/name_cache.hpp>
#include <actors/net/tls_context.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

/// The client's side of WebSocket: `co_await connect_websocket("wss://example.org/chat")`.
///
/// @snippet examples/ws_client.cpp connect
///
/// Ownership: the caller owns the connection, which lives in the runtime and not in the calling task: it may be handed
/// to another one. For threads, receiving and the end see `websocket`.
///
/// Redirects are not followed: a server that answers with anything but a correct 101 is `refused`, with the status.
///
/// Cancellation: at once; the connection is closed. Time: connecting and the handshake have a limit each.
///
/// Errors: `websocket_error` with `resolve`, `connect`, `tls`, `proxy`, `timeout`, `refused`, `handshake` or
/// `unsupported`; `error` with `invalid_url` for what is no URL.
namespace actors::http {

/// How a client opens a WebSocket.
class websocket_client_options {
public:
  websocket_client_options() = default;

  /// How the connection behaves, and what is offered: sub-protocols, compression.
  websocket_client_options& websocket(websocket_options value) {
    websocket_ = std::move(value);
    return *this;
  }

  /// A further field of the request, such as Authorization, Cookie or Origin. Those of the handshake are not changed by
  /// it.
  websocket_client_options& header(std::string_view name, std::string_view value) {
    headers_.add(name, value);
    return *this;
  }

  /// Longest time to resolve the name and connect, through a proxy too; 10 s.
  websocket_client_options& connect_timeout(duration value) noexcept {
    connect_timeout_ = value;
    return *this;
  }

  /// Longest time for the server to answer the handshake; 10 s.
  websocket_client_options& handshake_timeout(duration value) noexcept {
    handshake_timeout_ = value;
    return *this;
  }

  /// Where the addresses of hosts are kept, or pinned. By default the resolver is asked for each connection.
  websocket_client_options& names(net::name_cache value) {
    names_ = std::move(value);
    return *this;
  }

  /// Proxies, through which all WebSockets are tunnelled; none.
  websocket_client_options& proxy(proxy_settings value) {
    proxy_ = std::move(value);
    return *this;
  }

  /// Another way to open connections: over a Unix socket, in memory; for those to a proxy, too. For `wss` TLS is spoken
  /// over them.
  websocket_client_options& connect_with(client_options::connector value) {
    connector_ = std::move(value);
    return *this;
  }

  /// How TLS is spoken for `wss`: authorities to trust, a client certificate. By default the server is verified against
  /// the system's trust store, which is then read for each connection. Reads files; throws `net::net_error` if there is
  /// something wrong with them.
  websocket_client_options& tls(net::tls_client_settings value) {
    if (value.alpn().empty())
      value.alpn({"http/1.1"});
    return tls(net::tls_client_context{std::move(value)});
  }

  /// The same with a context of one's own, which can be shared and reloaded. Its ALPN must be `http/1.1` or nothing.
  websocket_client_options& tls(net::tls_client_context value) {
    tls_ = std::move(value);
    return *this;
  }

  [[nodiscard]] const websocket_options& websocket() const noexcept { return websocket_; }

  [[nodiscard]] const fields& headers() const noexcept { return headers_; }

  [[nodiscard]] duration connect_timeout() const noexcept { return connect_timeout_; }

  [[nodiscard]] duration handshake_timeout() const noexcept { return handshake_timeout_; }

  [[nodiscard]] const std::optional<net::name_cache>& names() const noexcept { return names_; }

  [[nodiscard]] const proxy_settings& proxy() const noexcept { return proxy_; }

  [[nodiscard]] const client_options::connector& connect_with() const noexcept { return connector_; }

  [[nodiscard]] const std::optional<net::tls_client_context>& tls() const noexcept { return tls_; }

private:
  websocket_options websocket_;
  fields headers_;
  duration connect_timeout_ = std::chrono::seconds(10);
  duration handshake_timeout_ = std::chrono::seconds(10);
  std::optional<net::name_cache> names_;
  proxy_settings proxy_;
  client_options::connector connector_;
  std::optional<net::tls_client_context> tls_;
};

/// Opens a WebSocket.
[[nodiscard]] task<websocket> connect_websocket(std::string_view where, websocket_client_options options = {});
[[nodiscard]] task<websocket> connect_websocket(url where, websocket_client_options options = {});

} // namespace actors::http
