#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>
#include <actors/net/stream.hpp>

#include <memory>
#include <string>

namespace actors::http::internal {

/// How a request gets to its server: straight, or through a proxy.
class route {
public:
  route(const client_options& options, const url& where);

  /// Null: straight.
  [[nodiscard]] const url* proxy() const noexcept { return proxy_; }

  [[nodiscard]] bool uses_tunnel() const noexcept { return tunnel_; }

  /// Under which name the pool keeps connections that any such request can use.
  [[nodiscard]] std::string key(const url& where) const;

  /// Writes the target, and what the proxy wants to know, into a request to `where`.
  void prepare(const url& where, request& what) const;

  /// Takes back what only the proxy is to see.
  void withdraw(request& what) const;

private:
  const url* proxy_;
  bool tunnel_;
};

/// Asks a proxy for a tunnel to the server of `where`; afterwards the stream leads there.
/// @throws client_error `proxy`, `protocol`, `too_large`, `disconnected`; net_error
[[nodiscard]] task<void> open_tunnel(net::stream& to_proxy, const url& proxy, const url& where, const request& what,
                                     const message_limits& limits);

} // namespace actors::http::internal
