#include <actors/net/tls_error.hpp>

#include <string>

namespace actors::net {

namespace {

class tls_category_type final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "actors.tls"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<tls_errc>(value)) {
    case tls_errc::certificate_expired:
      return "certificate has expired";
    case tls_errc::certificate_not_yet_valid:
      return "certificate is not yet valid";
    case tls_errc::unknown_ca:
      return "certificate is not issued by a trusted authority";
    case tls_errc::self_signed:
      return "certificate is self-signed";
    case tls_errc::wrong_host:
      return "certificate is for another host";
    case tls_errc::wrong_purpose:
      return "certificate must not be used for this";
    case tls_errc::bad_certificate:
      return "bad certificate";
    case tls_errc::certificate_required:
      return "a client certificate is required";
    case tls_errc::protocol_version:
      return "no version of TLS in common";
    case tls_errc::no_shared_cipher:
      return "no cipher in common";
    case tls_errc::no_shared_protocol:
      return "no application protocol in common";
    case tls_errc::peer_alert:
      return "the peer has refused";
    case tls_errc::not_tls:
      return "the peer does not speak TLS";
    case tls_errc::protocol_error:
      return "TLS protocol error";
    case tls_errc::truncated:
      return "the connection has ended without the end mark of TLS";
    case tls_errc::unusable_certificate:
      return "not a usable certificate in PEM form";
    case tls_errc::unusable_key:
      return "not a usable private key in PEM form";
    case tls_errc::key_mismatch:
      return "the private key is not the one of the certificate";
    case tls_errc::unusable_settings:
      return "unusable settings";
    }
    return "unknown error " + std::to_string(value);
  }
};

} // namespace

const std::error_category& tls_category() noexcept {
  static const tls_category_type category;
  return category;
}

std::error_code make_error_code(tls_errc value) noexcept {
  return {static_cast<int>(value), tls_category()};
}

} // namespace actors::net
