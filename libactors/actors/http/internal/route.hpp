#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/limits.hpp>
#include <actors/http/message.hpp>
#include <actors/http/status.hpp>
#include <actors/http/url.hpp>
#include <actors/net/stream.hpp>

#include <optional>
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

/// Why a proxy has opened no tunnel.
struct tunnel_failure {
  client_errc kind = client_errc::proxy; // or `protocol`, `too_large`, `disconnected`
  std::string problem;                   // names the proxy
  std::optional<status> code;            // of its answer, if it has refused
};

/// Asks a proxy for a tunnel to the server of `where`; without a failure the stream leads there afterwards.
/// @throws net_error
[[nodiscard]] task<std::optional<tunnel_failure>>
open_tunnel(net::stream& to_proxy, url proxy, url where, std::optional<std::string> user_agent, message_limits limits);

} // namespace actors::http::internal
