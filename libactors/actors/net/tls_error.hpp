#pragma once

#include <system_error>
#include <type_traits>

/// What can go wrong with TLS.
///
/// A handshake that fails throws `net_error` "TLS handshake with example.org:443: certificate has expired", with one of
/// these codes. The text in brackets behind it, if there is one, is OpenSSL's reason or the alert that the peer has
/// sent. Whether a certificate was revoked is not checked.
///
/// Failures of the connection underneath come as what they are (`std::errc::connection_reset` and so on); a peer that
/// hangs up in the middle of the handshake is `errc::end_of_stream`; one that is too slow for the handshake is
/// `std::errc::timed_out`.
namespace actors::net {

enum class tls_errc {
  // The peer's certificate.

  certificate_expired = 1,
  certificate_not_yet_valid,
  /// None of the authorities that are trusted here has issued it, directly or through others that were sent along.
  unknown_ca,
  /// It vouches for itself only, and is not trusted here.
  self_signed,
  /// It is good, but for another host.
  wrong_host,
  /// It, or one of its issuers, must not be used for this: a client's certificate shown by a server, an issuer that is
  /// no certificate authority.
  wrong_purpose,
  /// Anything else that is wrong with it, such as a bad signature or a key that is too weak.
  bad_certificate,
  /// The server demands a certificate and the client has shown none.
  certificate_required,

  // The two sides do not come together.

  protocol_version,
  no_shared_cipher,
  /// None of the application protocols (ALPN) that one side offers is spoken by the other.
  no_shared_protocol,
  /// The peer has given up and says why in an alert, for which there is no code of its own here.
  peer_alert,
  /// What the peer speaks is not TLS.
  not_tls,
  /// The peer breaks the protocol, or somebody has changed bytes on their way.
  protocol_error,
  /// The connection has ended without TLS's own end mark, so what was read may not be all that was sent.
  truncated,

  // Settings.

  unusable_certificate,
  unusable_key,
  /// The private key is not the one of the certificate.
  key_mismatch,
  unusable_settings,
};

[[nodiscard]] const std::error_category& tls_category() noexcept;

[[nodiscard]] std::error_code make_error_code(tls_errc value) noexcept;

} // namespace actors::net

template <>
struct std::is_error_code_enum<actors::net::tls_errc> : std::true_type {};
