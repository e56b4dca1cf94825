#pragma once

#include <actors/net/tls_settings.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <system_error>
#include <vector>

/// OpenSSL's objects with owners, and its errors as ours.
namespace actors::net::internal {

template <auto Free>
struct free_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using ssl_context_ptr = std::unique_ptr<SSL_CTX, free_by<&SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, free_by<&SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, free_by<&SSL_SESSION_free>>;
using bio_ptr = std::unique_ptr<BIO, free_by<&BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, free_by<&X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, free_by<&EVP_PKEY_free>>;

/// Why an operation of TLS has failed.
struct tls_failure {
  tls_failure() = default;

  tls_failure(std::error_code code_arg, std::string detail_arg) : code(code_arg), detail(std::move(detail_arg)) {}

  std::error_code code;
  std::string detail;
};

/// The reason of OpenSSL's oldest error of this thread, in words; forgets all of them.
[[nodiscard]] std::string take_openssl_reason();

/// Makes of the errors of this thread, and of what the verification of the peer has found, the failure of an operation
/// on `ssl`.
[[nodiscard]] tls_failure take_failure(const SSL* ssl);

/// The bytes of a source. Throws `net_error` "`operation` /path: …" if its file cannot be read.
[[nodiscard]] std::string read_pem(const pem_source& source, std::string_view operation);

/// The name of a source in errors.
[[nodiscard]] std::string name_of(const pem_source& source);

/// All certificates of a source, at least one. Throws `net_error`.
[[nodiscard]] std::vector<x509_ptr> load_certificates(const pem_source& source, std::string_view operation);

/// The key of an identity. Throws `net_error`.
[[nodiscard]] key_ptr load_key(const tls_identity& identity);

/// The host names that a certificate is for, in lower case, with `*.` for wildcards.
[[nodiscard]] std::vector<std::string> dns_names_of(const X509& certificate);

} // namespace actors::net::internal
