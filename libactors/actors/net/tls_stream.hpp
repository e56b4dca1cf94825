#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/net/tls_context.hpp>
#include <actors/net/tls_error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// TLS over any stream, by OpenSSL 3.
///
/// `co_await connect_tls("example.org", 443, context)` connects, shakes hands and verifies; the result is a `stream`
/// like any other. `tls_client_handshake` and `tls_server_handshake` do the same over a stream that is there: a proxy's
/// tunnel, a Unix socket, what a listener has accepted. Run the server's in the task of the connection, so that slow
/// clients do not hold up the accept loop.
///
/// Ownership, threads and cancellation are those of every stream. Reading may have to answer the peer; what the
/// transport does not take at once is then sent in the background, so a reader never waits for a writer.
///
/// End: `shutdown_write` sends TLS's end mark (close_notify) and ends the transport's direction too; reading goes on. A
/// read gives 0 only after the peer's end mark; a connection that just ends throws `tls_errc::truncated`. `close` sends
/// the end mark unless a write was left half-way, and what `try_write_some` has taken still leaves, for 10 s at most.
///
/// Errors: `net_error` with the codes of `tls_errc`. Time: the context's `handshake_timeout`.
///
/// Memory: about 10 KB while idle, most of it OpenSSL's; buffers exist while bytes are under way only. As an actor:
/// give it to `spawn_stream_actor`. Source: RFC 8446, RFC 5246, RFC 6125.
///
/// @snippet tests/net/tls_stream_test.cpp connect
namespace actors::net {

/// What a certificate says.
struct certificate_info {
  certificate_info() = default;

  std::string subject; ///< such as `CN=example.org,O=Example` (RFC 2253)
  std::string issuer;
  std::string serial; ///< in hexadecimal digits
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  std::string fingerprint; ///< SHA-256, 64 lower-case hexadecimal digits
  std::string pem;
};

/// The certificates of a PEM text in their order. Throws `net_error` with `tls_errc::unusable_certificate`.
[[nodiscard]] std::vector<certificate_info> parse_certificates(const std::string& pem);

class tls_stream : public stream {
public:
  /// The peer's certificate, which was verified unless the settings say otherwise; nothing if it has shown none.
  [[nodiscard]] virtual std::optional<certificate_info> peer_certificate() const = 0;

  [[nodiscard]] virtual tls_version version() const = 0;

  /// OpenSSL's name of the cipher, such as `TLS_AES_256_GCM_SHA384`.
  [[nodiscard]] virtual std::string cipher() const = 0;

  /// The application protocol that was agreed on; empty if none.
  [[nodiscard]] virtual std::string alpn() const = 0;

  /// The name that the client has asked for (SNI); empty if none.
  [[nodiscard]] virtual std::string server_name() const = 0;

  /// Whether the keys of an earlier connection were taken up.
  [[nodiscard]] virtual bool resumed() const = 0;
};

/// Connects over TCP and shakes hands.
[[nodiscard]] task<std::unique_ptr<tls_stream>> connect_tls(std::string host, std::uint16_t port,
                                                            tls_client_context context, tcp_options options = {});

/// Shakes hands as the client over a connected stream. `host` is the server's name or numeric address: what the
/// certificate must be for. The stream is closed on failure.
[[nodiscard]] task<std::unique_ptr<tls_stream>> tls_client_handshake(std::unique_ptr<stream> over,
                                                                     tls_client_context context, std::string host);

/// Shakes hands as the server. A client that speaks no TLS but plain text is sent `plain_reply`, as it is, before the
/// stream is closed. One that is refused has 2 s to read why.
[[nodiscard]] task<std::unique_ptr<tls_stream>>
tls_server_handshake(std::unique_ptr<stream> over, tls_server_context context, std::string plain_reply = {});

} // namespace actors::net
