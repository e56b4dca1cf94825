#pragma once

#include <actors/web/jwt_key.hpp>
#include <actors/web/protected_value.hpp>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// JSON Web Tokens: claims that somebody has signed (RFC 7519, RFC 7515).
///
///     const auto key = jwt_key::secret(jwt_algorithm::hs256, secret);
///     const auto token = sign_jwt(key, {{"sub", "alice"}, {"exp", seconds_since_1970(now + 30min)}});
///     const jwt_verifier tokens{key};
///     const auto claims = tokens.verify(token);   // or jwt_error
///
/// A token is checked in this order: its size and form, that its algorithm is that of a key that we have, that it has
/// no critical extensions, the signature, and only then what it claims: `exp`, `nbf`, `iat`, `iss`, `aud`, and what
/// else is required. Names that stand twice are refused, as the one who checks and the one who reads could see
/// different ones. Encrypted tokens (JWE) are not read.
///
/// Stricter than other libraries in two points: a token without `exp` is refused unless `allow_unlimited`, and one with
/// an `aud` is refused where no audience is set (RFC 7519 §4.1.3).
///
/// Threads: a verifier is a value that may be used from all. Cost: HS256 some microseconds, the others some tens, RS256
/// signing about a millisecond. Source: RFC 8725 for what to beware of.
namespace actors::web {

enum class jwt_problem : std::uint8_t {
  malformed,         ///< not a token, or too long, or with claims of another type than they should be
  wrong_algorithm,   ///< none of our keys has its algorithm; `none` is always one
  unknown_key,       ///< it names a key that we do not have
  unknown_extension, ///< it says that something must be understood (`crit`)
  bad_signature,
  expired,
  not_yet_valid, ///< `nbf` or `iat` lie in the future
  wrong_issuer,
  wrong_audience,
  missing_claim,
};

[[nodiscard]] std::string_view to_string(jwt_problem value) noexcept;

/// Why a token is not believed.
class jwt_error : public std::runtime_error {
public:
  jwt_error(jwt_problem kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  [[nodiscard]] jwt_problem kind() const noexcept { return kind_; }

private:
  jwt_problem kind_;
};

/// A token of these claims, which must be an object. The head says `alg`, `typ` and, if the key has an id, `kid`.
[[nodiscard]] std::string sign_jwt(const jwt_key& key, const nlohmann::json& claims);

/// How claims tell a time.
[[nodiscard]] constexpr std::int64_t seconds_since_1970(wall_time when) noexcept {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

/// Which tokens are believed.
class jwt_verifier {
public:
  explicit jwt_verifier(jwt_key key);

  /// Another key, for rotation or another issuer of the same tokens. Of a token that names its key, and keys that have
  /// names, only the one of that name counts.
  jwt_verifier& also_accept(jwt_key key);

  /// The public keys of a JWK set, as identity providers publish it; keys for other algorithms are left out.
  jwt_verifier& also_accept_set(const nlohmann::json& jwks);

  /// `iss` must be this one; may be said several times for one of several.
  jwt_verifier& issuer(std::string value);

  /// `aud` must be, or hold, this one; may be said several times for one of several.
  jwt_verifier& audience(std::string value);

  /// How much clocks may differ; none.
  jwt_verifier& leeway(std::chrono::seconds value);

  /// Claims that must be there, beside `exp`.
  jwt_verifier& require(std::string claim);

  /// Accepts tokens that never end.
  jwt_verifier& allow_unlimited(bool value = true);

  /// Refuses tokens that were issued longer ago; they must have `iat` then.
  jwt_verifier& max_age(std::chrono::seconds value);

  /// Longer tokens are refused unread; 16 KiB.
  jwt_verifier& max_size(std::size_t bytes);

  /// The claims. @throws jwt_error
  [[nodiscard]] nlohmann::json verify(std::string_view token, wall_time now = std::chrono::system_clock::now()) const;

private:
  struct settings;

  [[nodiscard]] settings& change();

  std::shared_ptr<const settings> settings_;
};

} // namespace actors::web
