#pragma once

#include <actors/http/url.hpp>
#include <actors/net/tls_context.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which requests and WebSockets of a client go through a proxy, and through which.
///
///     client web{client_options{}.proxy(proxy_settings::all("http://user:secret@proxy.example.com:3128"))};
///     client as_curl{client_options{}.proxy(proxy_from_environment())};
///
/// Requests to `http` are sent to the proxy as they are, in absolute form; those to `https`, and all WebSockets,
/// through a tunnel (CONNECT), in which the proxy sees nothing but the host. TLS is spoken with a proxy whose URL is of
/// `https`; with the server it is then spoken inside of that. User and password of the proxy's URL go to the proxy
/// only, as basic authentication; a Proxy-Authorization of the request itself only where the proxy is sent the request.
/// The proxy is asked to resolve names, too.
///
/// Exceptions: `no_proxy` takes a list, separated by commas or spaces, of host names, which stand for all below them as
/// well (`example.com`, `.example.com` and `*.example.com` are the same), IP addresses, networks such as `10.0.0.0/8`,
/// and `*` for all. Ports are not looked at.
///
/// Errors: `error` with `invalid_url` for a proxy that is no URL or of another scheme than `http` and `https`; from the
/// client `client_error`, from a WebSocket `websocket_error`, both with `proxy` if the proxy refuses the tunnel.
/// Source: RFC 9110 §9.3.6, RFC 9112 §3.2.2; curl(1).
///
/// @snippet examples/http.cpp client
namespace actors::http {

class proxy_settings {
public:
  /// None.
  proxy_settings() = default;

  /// One for all; a text without a scheme is taken for one of `http`.
  [[nodiscard]] static proxy_settings all(std::string_view where);

  /// For `http` (and `ws`) only, and `https` (and `wss`) only; an empty text for none.
  proxy_settings& http(std::string_view where);
  proxy_settings& https(std::string_view where);

  /// Adds exceptions. @throws error `invalid_value` for a network that is none
  proxy_settings& no_proxy(std::string_view list);

  /// Tunnels requests to `http`, too.
  proxy_settings& tunnel_all(bool value) noexcept;

  /// How TLS is spoken with proxies of `https`: authorities to trust, a client certificate; those for servers do not
  /// hold for them. By default a proxy is verified against the system's trust store. Reads files; throws
  /// `net::net_error` if there is something wrong with them.
  proxy_settings& tls(net::tls_client_settings value);

  /// The same with a context of one's own. Its ALPN must be `http/1.1` or nothing.
  proxy_settings& tls(net::tls_client_context value);

  /// The proxy for a URL; nothing if it is asked for directly.
  [[nodiscard]] const url* for_url(const url& where) const;

  /// Whether requests to this URL would go through a tunnel.
  [[nodiscard]] bool uses_tunnel(const url& where) const noexcept { return tunnel_all_ || where.is_secure(); }

  [[nodiscard]] const std::optional<net::tls_client_context>& tls() const noexcept { return tls_; }

  [[nodiscard]] bool empty() const noexcept { return http_.empty() && https_.empty(); }

private:
  [[nodiscard]] bool is_exception(std::string_view host) const;

  url http_;
  url https_;
  std::vector<std::string> exceptions_; // as given, in lower case and without a dot before it
  std::optional<net::tls_client_context> tls_;
  bool tunnel_all_ = false;
};

/// What the environment says, as curl reads it: `http_proxy`, `https_proxy`, `all_proxy` for what these leave out, and
/// `no_proxy`; in capitals too, except for HTTP_PROXY, which a client of a CGI server can set by a field. Not to be
/// called while another thread changes the environment.
[[nodiscard]] proxy_settings proxy_from_environment();

/// The same, from elsewhere: `look_up` gives the value of a variable, or null.
[[nodiscard]] proxy_settings proxy_from_environment(const std::function<const char*(const char* name)>& look_up);

} // namespace actors::http
