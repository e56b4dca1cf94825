#include <actors/web/jwt_key.hpp>

#include <actors/core/error.hpp>
#include <actors/web/constant_time.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>
#include <actors/web/internal/public_key.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <utility>

namespace actors::web {

namespace {

constexpr std::array<std::string_view, 6> names{"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"};

bool is_symmetric(jwt_algorithm value) {
  return value <= jwt_algorithm::hs512;
}

internal::hash hash_of(jwt_algorithm value) {
  return value == jwt_algorithm::hs256   ? internal::hash::sha256
         : value == jwt_algorithm::hs384 ? internal::hash::sha384
                                         : internal::hash::sha512;
}

std::string text_member(const nlohmann::json& jwk, const char* name) {
  const auto found = jwk.find(name);
  if (found == jwk.end())
    return {};
  if (!found->is_string())
    throw misuse_error(std::string{"a JWK whose "} + name + " is no text");
  return found->get<std::string>();
}

} // namespace

std::string_view to_string(jwt_algorithm value) noexcept {
  return names[static_cast<std::size_t>(value)];
}

struct jwt_key::state {
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string secret;
  internal::key_ptr key;
  bool is_private = false;
};

jwt_key jwt_key::secret(jwt_algorithm algorithm, std::string value) {
  if (!is_symmetric(algorithm))
    throw misuse_error(std::string{to_string(algorithm)} + " needs a pair of keys and no secret");
  const auto least = internal::size_of(hash_of(algorithm));
  if (value.size() < least)
    throw misuse_error("a secret of " + std::to_string(value.size()) + " bytes; " + std::string{to_string(algorithm)} +
                       " needs " + std::to_string(least));
  if (value.find("-----BEGIN ") != std::string::npos)
    throw misuse_error("a PEM is no secret");
  auto result = std::make_shared<state>();
  result->algorithm = algorithm;
  result->secret = std::move(value);
  result->is_private = true;
  return jwt_key{std::move(result)};
}

jwt_key jwt_key::public_pem(jwt_algorithm algorithm, std::string_view pem) {
  auto result = std::make_shared<state>();
  result->algorithm = algorithm;
  result->key = internal::read_public_pem(pem);
  internal::check_key(*result->key, algorithm);
  return jwt_key{std::move(result)};
}

jwt_key jwt_key::private_pem(jwt_algorithm algorithm, std::string_view pem, std::string password) {
  auto result = std::make_shared<state>();
  result->algorithm = algorithm;
  result->key = internal::read_private_pem(pem, password);
  result->is_private = true;
  internal::check_key(*result->key, algorithm);
  return jwt_key{std::move(result)};
}

jwt_key jwt_key::from_jwk(const nlohmann::json& jwk) {
  if (!jwk.is_object())
    throw misuse_error("a JWK that is no object");
  const auto kind = text_member(jwk, "kty");
  const auto name = text_member(jwk, "alg");
  const auto use = text_member(jwk, "use");
  static_cast<void>(text_member(jwk, "crv"));
  if (!use.empty() && use != "sig")
    throw misuse_error("a JWK that is not for signatures");
  const std::string_view wanted = !name.empty()   ? std::string_view{name}
                                  : kind == "RSA" ? "RS256"
                                  : kind == "EC"  ? "ES256"
                                  : kind == "OKP" ? "EdDSA"
                                                  : "";
  std::optional<jwt_algorithm> algorithm;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted)
      algorithm = static_cast<jwt_algorithm>(i);
  if (!algorithm)
    throw misuse_error("a JWK without an algorithm that is known");
  const auto id = text_member(jwk, "kid");
  if (kind == "oct") {
    auto value = internal::base64url_decode(text_member(jwk, "k"));
    if (!value)
      throw misuse_error("a JWK whose k is not Base64 for URLs");
    return secret(*algorithm, std::move(*value)).id(id);
  }
  auto result = std::make_shared<state>();
  result->algorithm = *algorithm;
  result->key = internal::read_public_jwk(jwk);
  internal::check_key(*result->key, *algorithm);
  return jwt_key{std::move(result)}.id(id);
}

jwt_algorithm jwt_key::algorithm() const noexcept {
  return state_->algorithm;
}

bool jwt_key::can_sign() const noexcept {
  return state_->is_private;
}

std::string jwt_key::sign(std::string_view text) const {
  if (!can_sign())
    throw misuse_error("a public key cannot sign");
  if (is_symmetric(state_->algorithm))
    return internal::hmac(hash_of(state_->algorithm), state_->secret, text);
  return internal::sign_with(*state_->key, state_->algorithm, text);
}

bool jwt_key::verify(std::string_view text, std::string_view signature) const {
  if (is_symmetric(state_->algorithm))
    return equal_in_constant_time(internal::hmac(hash_of(state_->algorithm), state_->secret, text), signature);
  return internal::verify_with(*state_->key, state_->algorithm, text, signature);
}

} // namespace actors::web
