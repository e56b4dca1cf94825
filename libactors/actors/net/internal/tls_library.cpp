#include <actors/net/internal/tls_library.hpp>

#include <actors/net/error.hpp>
#include <actors/net/tls_error.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

namespace actors::net::internal {

namespace {

/// Nobody needs a PEM file of this size.
constexpr std::size_t max_pem = std::size_t{16} << 20;

tls_errc errc_of_verification(long result) noexcept {
  switch (result) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return tls_errc::certificate_expired;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return tls_errc::certificate_not_yet_valid;
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return tls_errc::self_signed;
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_UNTRUSTED:
    return tls_errc::unknown_ca;
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return tls_errc::wrong_host;
  case X509_V_ERR_INVALID_CA:
  case X509_V_ERR_INVALID_PURPOSE:
  case X509_V_ERR_CERT_REJECTED:
  case X509_V_ERR_PATH_LENGTH_EXCEEDED:
  case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
  case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
    return tls_errc::wrong_purpose;
  default:
    return tls_errc::bad_certificate;
  }
}

tls_errc errc_of_alert(int alert) noexcept {
  switch (alert) {
  case SSL_AD_PROTOCOL_VERSION:
    return tls_errc::protocol_version;
  case TLS13_AD_CERTIFICATE_REQUIRED:
    return tls_errc::certificate_required;
  case SSL_AD_NO_APPLICATION_PROTOCOL:
    return tls_errc::no_shared_protocol;
  default:
    return tls_errc::peer_alert;
  }
}

tls_errc errc_of_reason(int reason) noexcept {
  switch (reason) {
  case SSL_R_UNSUPPORTED_PROTOCOL:
  case SSL_R_UNKNOWN_PROTOCOL:
  case SSL_R_WRONG_SSL_VERSION:
  case SSL_R_VERSION_TOO_LOW:
  case SSL_R_VERSION_TOO_HIGH:
  case SSL_R_NO_PROTOCOLS_AVAILABLE:
    return tls_errc::protocol_version;
  case SSL_R_NO_SHARED_CIPHER:
  case SSL_R_NO_CIPHERS_AVAILABLE:
  case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
  case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
  case SSL_R_NO_SUITABLE_KEY_SHARE:
    return tls_errc::no_shared_cipher;
  case SSL_R_NO_APPLICATION_PROTOCOL:
    return tls_errc::no_shared_protocol;
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return tls_errc::certificate_required;
  case SSL_R_HTTP_REQUEST:
  case SSL_R_HTTPS_PROXY_REQUEST:
    return tls_errc::not_tls;
  case SSL_R_EE_KEY_TOO_SMALL:
  case SSL_R_CA_KEY_TOO_SMALL:
  case SSL_R_CA_MD_TOO_WEAK:
    return tls_errc::bad_certificate;
  default:
    return tls_errc::protocol_error;
  }
}

bio_ptr memory_bio(const std::string& text) {
  bio_ptr result{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!result)
    throw std::bad_alloc();
  return result;
}

/// Gives the passphrase; also says that there is none, so that OpenSSL does not ask at the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* data) {
  const auto& passphrase = *static_cast<const std::string*>(data);
  if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size))
    return -1;
  std::ranges::copy(passphrase, buffer);
  return static_cast<int>(passphrase.size());
}

} // namespace

std::string take_openssl_reason() {
  const auto error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0)
    return {};
  if (const auto* reason = ERR_reason_error_string(error))
    return reason;
  return "error " + std::to_string(error);
}

tls_failure take_failure(const SSL* ssl) {
  const auto error = ERR_peek_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  if (const auto verified = SSL_get_verify_result(ssl);
      verified != X509_V_OK && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    ERR_clear_error();
    const auto code = make_error_code(errc_of_verification(verified));
    const std::string reason = X509_verify_cert_error_string(verified);
    return {code, reason == code.message() ? std::string{} : reason};
  }
  if (reason > SSL_AD_REASON_OFFSET) {
    ERR_clear_error();
    const int alert = reason - SSL_AD_REASON_OFFSET;
    return {errc_of_alert(alert), std::string{"alert: "} + SSL_alert_desc_string_long(alert)};
  }
  return {errc_of_reason(reason), take_openssl_reason()};
}

std::string name_of(const pem_source& source) {
  return source.is_file() ? source.value() : std::string{"from a text"};
}

std::string read_pem(const pem_source& source, std::string_view operation) {
  if (!source.is_file())
    return source.value();
  errno = 0;
  std::ifstream file{source.value(), std::ios::binary};
  std::string result;
  if (file) {
    char block[4096];
    while (file.read(block, sizeof block) || file.gcount() > 0) {
      result.append(block, static_cast<std::size_t>(file.gcount()));
      if (result.size() > max_pem)
        throw net_error(operation, source.value(), std::make_error_code(std::errc::file_too_large));
    }
  }
  if (!file.eof() || file.bad())
    throw net_error(operation, source.value(),
                    errno != 0 ? last_system_error() : std::make_error_code(std::errc::io_error));
  return result;
}

std::vector<x509_ptr> load_certificates(const pem_source& source, std::string_view operation) {
  const auto text = read_pem(source, operation);
  const auto input = memory_bio(text);
  ERR_clear_error();
  std::vector<x509_ptr> result;
  std::string none;
  for (;;) {
    x509_ptr next{PEM_read_bio_X509_AUX(input.get(), nullptr, &give_passphrase, &none)};
    if (!next)
      break;
    result.push_back(std::move(next));
  }
  // The end of the text is reported as an error too.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const auto reason = take_openssl_reason();
  if (result.empty() || !at_end)
    throw net_error(operation, name_of(source), tls_errc::unusable_certificate, reason);
  return result;
}

key_ptr load_key(const tls_identity& identity) {
  constexpr std::string_view operation = "load the key";
  const auto text = read_pem(identity.key(), operation);
  const auto input = memory_bio(text);
  auto passphrase = identity.passphrase();
  ERR_clear_error();
  key_ptr result{PEM_read_bio_PrivateKey(input.get(), nullptr, &give_passphrase, &passphrase)};
  if (!result)
    throw net_error(operation, name_of(identity.key()), tls_errc::unusable_key, take_openssl_reason());
  return result;
}

std::vector<std::string> dns_names_of(const X509& certificate) {
  std::vector<std::string> result;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS)
      continue;
    const auto* text = name->d.dNSName;
    std::string lower(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<std::size_t>(ASN1_STRING_length(text)));
    for (auto& c : lower)
      if (c >= 'A' && c <= 'Z')
        c = static_cast<char>(c - 'A' + 'a');
    result.push_back(std::move(lower));
  }
  GENERAL_NAMES_free(names);
  return result;
}

} // namespace actors::net::internal
