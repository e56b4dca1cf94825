#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/url.hpp>
#include <actors/net/error.hpp>
#include <actors/net/name_cache.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tls_context.hpp>
#include <actors/sync/mutex.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace actors::http::internal {

/// Opens what a client's protocol runs on: TCP, or whatever the connector gives, with TLS over it for `https` and
/// `wss`.
///
/// Ownership: it must outlive its calls. Threads: any. Cancellation: at once. The caller limits the time. Errors: those
/// of `net`.
class transport {
public:
  /// No connector: TCP. No names: the resolver is asked each time. No context, for servers or for proxies: one with the
  /// system's trust store, made when it is first needed.
  transport(client_options::connector connector, std::optional<net::name_cache> names,
            std::optional<net::tls_client_context> tls, std::optional<net::tls_client_context> proxy_tls)
      : connector_(std::move(connector)), names_(std::move(names)), tls_(std::move(tls)),
        proxy_tls_(std::move(proxy_tls)) {}

  /// Where on the way to a connection something has gone wrong.
  enum class phase : std::uint8_t { resolve, connect, tls };

  /// Where an error of `open` or `secure` has come from. What TLS says later, of a certificate of ours that the server
  /// does not like, counts for it too.
  [[nodiscard]] static phase phase_of(const net::net_error& error) noexcept;

  /// A connection to the host and port of a URL.
  [[nodiscard]] task<std::unique_ptr<net::stream>> open(url where);

  /// A connection to a proxy.
  [[nodiscard]] task<std::unique_ptr<net::stream>> open_proxy(url proxy);

  /// TLS over a connection that is there, such as a proxy's tunnel.
  [[nodiscard]] task<std::unique_ptr<net::stream>> secure(std::unique_ptr<net::stream> over, std::string host);

private:
  using optional_context = std::optional<net::tls_client_context>;

  [[nodiscard]] optional_context default_context() const;

  /// The context that is given, else the one by default.
  [[nodiscard]] task<net::tls_client_context> context(optional_context given);

  [[nodiscard]] task<std::unique_ptr<net::stream>> secure_by(optional_context given, std::unique_ptr<net::stream> over,
                                                             std::string host);

  [[nodiscard]] task<std::unique_ptr<net::stream>> connect(std::string host, std::uint16_t port);

  client_options::connector connector_;
  std::optional<net::name_cache> names_;
  const optional_context tls_;
  const optional_context proxy_tls_;
  sync::mutex loading_;
  mutable std::mutex mutex_;
  optional_context default_;
};

} // namespace actors::http::internal
