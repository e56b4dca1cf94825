#pragma once

#include <actors/http/status.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace actors::http {

/// Why a WebSocket could not be opened, or has ended without a closing handshake.
enum class websocket_errc : std::uint8_t {
  refused = 1,  ///< the server has not switched protocols, or we have refused a client; `status` says with what
  handshake,    ///< what came is not an answer to our opening handshake
  resolve,      ///< the host's name has no address
  connect,      ///< no connection to the host
  tls,          ///< no TLS with the host: its certificate, for one; the text says what is wrong
  proxy,        ///< the proxy does not open a tunnel; `status` says what it has answered, if it has
  timeout,      ///< no answer in time: to the handshake or to a ping
  protocol,     ///< a frame that RFC 6455 forbids (1002)
  invalid_data, ///< text that is not UTF-8, or compressed data that does not decode (1007)
  too_large,    ///< a message over the limit, as transferred or decompressed, or in too many fragments (1009)
  disconnected, ///< the connection ended without a closing handshake (1006)
  slow_reader,  ///< the peer takes less than we have to send
  closed,       ///< something was to be sent after the closing had begun
  unsupported,  ///< a URL that is not of WebSocket
};

/// A short name such as `invalid_data`, stable for logs and metrics.
[[nodiscard]] std::string_view to_string(websocket_errc kind) noexcept;

/// The exception of WebSockets. `what()` names the peer and what went wrong, in printable text.
class websocket_error : public std::runtime_error {
public:
  websocket_error(websocket_errc kind, std::string_view peer, std::string_view problem,
                  std::optional<http::status> status = std::nullopt);

  [[nodiscard]] websocket_errc kind() const noexcept { return kind_; }

  /// Of a handshake, or a tunnel, that was refused.
  [[nodiscard]] std::optional<http::status> status() const noexcept { return status_; }

private:
  websocket_errc kind_;
  std::optional<http::status> status_;
};

} // namespace actors::http
