#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace actors::http {

/// Why a request of the client failed.
enum class client_errc : std::uint8_t {
  resolve = 1,   ///< the host's name has no address
  connect,       ///< no connection to the host
  timeout,       ///< one of the client's limits on time; the text says which
  disconnected,  ///< the connection ended before any byte of the response
  truncated,     ///< the connection ended inside the response; `missing` says how many bytes are known not to have come
  protocol,      ///< what came is not an HTTP response
  too_large,     ///< the head or the body is over its limit, as transferred or decoded
  redirect_loop, ///< more redirects than allowed
  decode,        ///< the compressed body does not decode
  tls,           ///< no TLS with the server: its certificate, for one; the text says what is wrong
  unsupported,   ///< a URL, scheme or coding that the client does not speak
  proxy,         ///< the proxy does not open a tunnel
};

/// A short name such as `redirect_loop`, stable for logs and metrics.
[[nodiscard]] std::string_view to_string(client_errc kind) noexcept;

/// The exception of the client. `what()` names the method, the URL (without user and password) and what went wrong, in
/// printable text.
class client_error : public std::runtime_error {
public:
  client_error(client_errc kind, std::string_view method, std::string url, std::string_view problem,
               std::optional<std::uint64_t> missing = std::nullopt);

  [[nodiscard]] client_errc kind() const noexcept { return kind_; }

  /// The URL that failed; after redirects not the one that was asked for.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  /// How many bytes of the body did not come, where the peer had announced a size.
  [[nodiscard]] std::optional<std::uint64_t> missing() const noexcept { return missing_; }

private:
  client_errc kind_;
  std::string url_;
  std::optional<std::uint64_t> missing_;
};

} // namespace actors::http
