#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Keys that JSON Web Tokens are signed and checked with (jwt.hpp).
///
///     const auto shared = jwt_key::secret(jwt_algorithm::hs256, secret_of_32_bytes_or_more);
///     const auto theirs = jwt_key::public_pem(jwt_algorithm::es256, pem).id("2026-10");
///
/// A key is for one algorithm. So a token can never choose how it is checked: neither `none` nor a public key taken for
/// a secret, the two classic attacks, can be expressed (RFC 8725 §3.1). Keys that are too weak for their algorithm or
/// of another kind are refused: secrets shorter than the hash (RFC 7518 §3.2) or with a PEM in them, RSA below 2048
/// bits, other curves than P-256 for ES256 and Ed25519 for EdDSA.
///
/// Threads: values, copies share the key. Errors: `misuse_error` for a key that is none or does not fit.
namespace actors::web {

enum class jwt_algorithm : std::uint8_t { hs256, hs384, hs512, rs256, es256, eddsa };

/// As in a token's head: `HS256`.
[[nodiscard]] std::string_view to_string(jwt_algorithm value) noexcept;

class jwt_key {
public:
  /// For HS256, HS384 and HS512: who can check tokens can also make them.
  [[nodiscard]] static jwt_key secret(jwt_algorithm algorithm, std::string value);

  /// For checking: `BEGIN PUBLIC KEY`, or a certificate, of which nothing but the key counts.
  [[nodiscard]] static jwt_key public_pem(jwt_algorithm algorithm, std::string_view pem);

  /// For making and checking. `password` is for encrypted keys.
  [[nodiscard]] static jwt_key private_pem(jwt_algorithm algorithm, std::string_view pem, std::string password = {});

  /// A public key, or a shared secret, as JSON (RFC 7517), with its `kid`. The algorithm is its `alg`, or the only one
  /// that its kind has here (RS256, ES256, EdDSA).
  [[nodiscard]] static jwt_key from_jwk(const nlohmann::json& jwk);

  /// A name, by which tokens say with which of several keys they were made (`kid`).
  jwt_key& id(std::string value) {
    id_ = std::move(value);
    return *this;
  }

  [[nodiscard]] const std::string& id() const noexcept { return id_; }

  [[nodiscard]] jwt_algorithm algorithm() const noexcept;

  /// Whether it is a secret or private key.
  [[nodiscard]] bool can_sign() const noexcept;

  /// The signature of a text, as bytes. @throws misuse_error for a public key.
  [[nodiscard]] std::string sign(std::string_view text) const;

  [[nodiscard]] bool verify(std::string_view text, std::string_view signature) const;

private:
  struct state;

  explicit jwt_key(std::shared_ptr<const state> shared) noexcept : state_(std::move(shared)) {}

  std::shared_ptr<const state> state_;
  std::string id_;
};

} // namespace actors::web
