#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

/// Certificates, good and bad, made when a test runs.
namespace test_support {

/// A certificate and its private key, both PEM.
struct certificate {
  std::string pem;
  std::string key;
};

/// What a certificate is to say. By default one for `localhost`, 127.0.0.1 and ::1 that is good for a day.
class certificate_options {
public:
  certificate_options() = default;

  certificate_options& name(std::string value) {
    name_ = std::move(value);
    return *this;
  }

  /// In OpenSSL's notation: `DNS:example.org`, `IP:127.0.0.1`; replaces the default.
  certificate_options& alternative_names(std::vector<std::string> value) {
    alternative_names_ = std::move(value);
    return *this;
  }

  /// From and to, counted from now.
  certificate_options& valid(std::chrono::seconds from, std::chrono::seconds to) {
    from_ = from;
    to_ = to;
    return *this;
  }

  /// An authority, which may issue certificates.
  certificate_options& authority() {
    authority_ = true;
    alternative_names_.clear();
    return *this;
  }

  /// Who signs it; itself otherwise. The text of its name is that of `issuer`'s certificate.
  certificate_options& issued_by(const certificate& issuer) {
    issuer_ = &issuer;
    return *this;
  }

  /// The extension extendedKeyUsage, such as `serverAuth`; none by default.
  certificate_options& usage(std::string value) {
    usage_ = std::move(value);
    return *this;
  }

  /// An RSA key of so many bits instead of one on the curve P-256.
  certificate_options& rsa(unsigned bits) {
    rsa_ = bits;
    return *this;
  }

  [[nodiscard]] certificate make() const;

private:
  std::string name_ = "test";
  std::vector<std::string> alternative_names_{"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
  std::string usage_;
  std::chrono::seconds from_ = std::chrono::hours(-1);
  std::chrono::seconds to_ = std::chrono::hours(24);
  const certificate* issuer_ = nullptr;
  unsigned rsa_ = 0;
  bool authority_ = false;
};

/// An authority, and a server and a client of it, the same for all tests of a program.
struct test_identities {
  certificate authority;
  certificate server;
  certificate client;
};

[[nodiscard]] const test_identities& shared_identities();

/// The key encrypted with a passphrase.
[[nodiscard]] std::string encrypted_key(const std::string& key, const std::string& passphrase);

} // namespace test_support
