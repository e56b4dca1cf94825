#pragma once

#include <actors/core/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// How TLS is spoken, as values. A `tls_client_context` or `tls_server_context` (tls_context.hpp) is made of them.
///
/// The defaults are safe: TLS 1.2 and 1.3 only, ciphers with forward secrecy and authenticated encryption only, no
/// compression, no renegotiation; a client verifies the server's certificate and name against the system's trust store.
///
/// Certificates and keys are PEM, from a file or a text. A file is read when the context is made, and again on its
/// `reload()`.
///
/// Cipher lists are in the notation of OpenSSL ("ECDHE-RSA-AES128-GCM-SHA256:…"); those of TLS 1.2 and 1.3 are apart.
namespace actors::net {

enum class tls_version : std::uint8_t { v1_2, v1_3 };

/// `TLSv1.2` or `TLSv1.3`.
[[nodiscard]] std::string_view to_string(tls_version value) noexcept;

/// PEM from a file, or the text itself.
class pem_source {
public:
  [[nodiscard]] static pem_source file(std::string path) { return pem_source{true, std::move(path)}; }

  [[nodiscard]] static pem_source text(std::string pem) { return pem_source{false, std::move(pem)}; }

  [[nodiscard]] bool is_file() const noexcept { return is_file_; }

  /// The path, or the text.
  [[nodiscard]] const std::string& value() const noexcept { return value_; }

private:
  pem_source(bool is_file, std::string value) : is_file_(is_file), value_(std::move(value)) {}

  bool is_file_;
  std::string value_;
};

/// Who one is: a certificate, followed by those between it and the root, and its private key.
class tls_identity {
public:
  tls_identity(pem_source chain, pem_source key) : chain_(std::move(chain)), key_(std::move(key)) {}

  [[nodiscard]] static tls_identity files(std::string chain_path, std::string key_path) {
    return tls_identity{pem_source::file(std::move(chain_path)), pem_source::file(std::move(key_path))};
  }

  [[nodiscard]] static tls_identity text(std::string chain_pem, std::string key_pem) {
    return tls_identity{pem_source::text(std::move(chain_pem)), pem_source::text(std::move(key_pem))};
  }

  /// What the key is encrypted with. Nobody is ever asked for it at a terminal.
  tls_identity& passphrase(std::string value) {
    passphrase_ = std::move(value);
    return *this;
  }

  [[nodiscard]] const pem_source& chain() const noexcept { return chain_; }

  [[nodiscard]] const pem_source& key() const noexcept { return key_; }

  [[nodiscard]] const std::string& passphrase() const noexcept { return passphrase_; }

private:
  pem_source chain_;
  pem_source key_;
  std::string passphrase_;
};

/// What clients and servers have in common. `Derived` is one of the two below.
template <class Derived>
class tls_common_settings {
public:
  /// The oldest and newest version to speak; TLS 1.2 and 1.3.
  Derived& versions(tls_version oldest, tls_version newest) noexcept {
    oldest_ = oldest;
    newest_ = newest;
    return self();
  }

  /// Application protocols (ALPN) such as `http/1.1`, the preferred one first; none by default.
  Derived& alpn(std::vector<std::string> value) {
    alpn_ = std::move(value);
    return self();
  }

  /// The ciphers of TLS 1.2; empty for the default.
  Derived& ciphers(std::string value) {
    ciphers_ = std::move(value);
    return self();
  }

  /// The ciphers of TLS 1.3; empty for OpenSSL's default.
  Derived& ciphersuites(std::string value) {
    ciphersuites_ = std::move(value);
    return self();
  }

  /// Whether a later connection with the same peer may take up the keys of an earlier one, which saves most of the
  /// handshake; yes.
  Derived& resumption(bool value) noexcept {
    resumption_ = value;
    return self();
  }

  /// Longest time for a handshake; 10 s.
  Derived& handshake_timeout(duration value) noexcept {
    handshake_timeout_ = value;
    return self();
  }

  [[nodiscard]] tls_version oldest_version() const noexcept { return oldest_; }

  [[nodiscard]] tls_version newest_version() const noexcept { return newest_; }

  [[nodiscard]] const std::vector<std::string>& alpn() const noexcept { return alpn_; }

  [[nodiscard]] const std::string& ciphers() const noexcept { return ciphers_; }

  [[nodiscard]] const std::string& ciphersuites() const noexcept { return ciphersuites_; }

  [[nodiscard]] bool resumption() const noexcept { return resumption_; }

  [[nodiscard]] duration handshake_timeout() const noexcept { return handshake_timeout_; }

private:
  friend Derived;

  tls_common_settings() = default;

  [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }

  std::vector<std::string> alpn_;
  std::string ciphers_;
  std::string ciphersuites_;
  duration handshake_timeout_ = std::chrono::seconds(10);
  tls_version oldest_ = tls_version::v1_2;
  tls_version newest_ = tls_version::v1_3;
  bool resumption_ = true;
};

class tls_client_settings : public tls_common_settings<tls_client_settings> {
public:
  tls_client_settings() = default;

  /// Trusts these authorities (one or more certificates) instead of the system's. May be called several times.
  tls_client_settings& trust(pem_source authorities) {
    trusted_.push_back(std::move(authorities));
    return *this;
  }

  tls_client_settings& ca_file(std::string path) { return trust(pem_source::file(std::move(path))); }

  tls_client_settings& ca_pem(std::string text) { return trust(pem_source::text(std::move(text))); }

  /// Whether the system's authorities are trusted beside those of `trust`. By default only if there are none of those.
  tls_client_settings& trust_system(bool value) noexcept {
    system_ = value ? choice::yes : choice::no;
    return *this;
  }

  /// What the client shows to a server that asks for a certificate.
  tls_client_settings& identity(tls_identity value) {
    identities_.clear();
    identities_.push_back(std::move(value));
    return *this;
  }

  /// The name that the server is asked for (SNI) and that its certificate must be for; by default the host that was
  /// connected to.
  tls_client_settings& server_name(std::string value) {
    server_name_ = std::move(value);
    return *this;
  }

  /// Whether the certificate must be for the host (RFC 6125: its subjectAltName, wildcards for one whole label; IP
  /// addresses too); yes.
  tls_client_settings& verify_host(bool value) noexcept {
    verify_host_ = value;
    return *this;
  }

  /// Takes any certificate from anybody. Whoever is in between can read and change everything: for tests only.
  tls_client_settings& insecure() noexcept {
    verify_ = false;
    return *this;
  }

  [[nodiscard]] const std::vector<pem_source>& trusted() const noexcept { return trusted_; }

  [[nodiscard]] bool trusts_system() const noexcept {
    return system_ == choice::by_default ? trusted_.empty() : system_ == choice::yes;
  }

  /// None or one.
  [[nodiscard]] const std::vector<tls_identity>& identities() const noexcept { return identities_; }

  [[nodiscard]] const std::string& server_name() const noexcept { return server_name_; }

  [[nodiscard]] bool verify_host() const noexcept { return verify_host_; }

  [[nodiscard]] bool verify() const noexcept { return verify_; }

private:
  enum class choice : std::uint8_t { by_default, yes, no };

  std::vector<pem_source> trusted_;
  std::vector<tls_identity> identities_;
  std::string server_name_;
  choice system_ = choice::by_default;
  bool verify_host_ = true;
  bool verify_ = true;
};

/// What a server wants of its clients.
enum class client_certificates : std::uint8_t {
  /// Does not ask.
  none,
  /// Asks; a client may have none, but one that it shows must be good.
  optional,
  /// Refuses clients without one.
  required,
};

class tls_server_settings : public tls_common_settings<tls_server_settings> {
public:
  tls_server_settings() = default;

  explicit tls_server_settings(tls_identity value) { identity(std::move(value)); }

  /// Adds a certificate. Clients that ask for a host by name (SNI) get the first one that is for that name, all others
  /// the first of all.
  tls_server_settings& identity(tls_identity value) {
    identities_.push_back(std::move(value));
    return *this;
  }

  /// Whether clients have to show a certificate, and who must have issued it.
  tls_server_settings& client_certificates(net::client_certificates wanted, pem_source authorities) {
    client_certificates_ = wanted;
    client_authorities_.push_back(std::move(authorities));
    return *this;
  }

  [[nodiscard]] const std::vector<tls_identity>& identities() const noexcept { return identities_; }

  [[nodiscard]] net::client_certificates client_certificates() const noexcept { return client_certificates_; }

  [[nodiscard]] const std::vector<pem_source>& client_authorities() const noexcept { return client_authorities_; }

private:
  std::vector<tls_identity> identities_;
  std::vector<pem_source> client_authorities_;
  net::client_certificates client_certificates_ = net::client_certificates::none;
};

} // namespace actors::net
