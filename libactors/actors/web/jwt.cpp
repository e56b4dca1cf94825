#include <actors/web/jwt.hpp>

#include <actors/core/error.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/json_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace actors::web {

using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 10> problem_names{
    "malformed", "wrong_algorithm", "unknown_key",  "unknown_extension", "bad_signature",
    "expired",   "not_yet_valid",   "wrong_issuer", "wrong_audience",    "missing_claim",
};

/// Nesting of what a token holds; claims are flat, mostly.
constexpr std::size_t most_depth = 32;

[[noreturn]] void refuse(jwt_problem kind, const std::string& why) {
  throw jwt_error(kind, "a token " + why);
}

json object_of(std::string_view part, const char* name) {
  const auto text = internal::base64url_decode(part);
  if (!text)
    refuse(jwt_problem::malformed, std::string{"whose "} + name + " is not Base64 for URLs");
  validator to;
  auto result = parse_strict_json(*text, to, most_depth);
  if (!to.ok() || !result.is_object())
    refuse(jwt_problem::malformed, std::string{"whose "} + name + " is no JSON object");
  return result;
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end())
    return {};
  if (!found->is_string())
    refuse(jwt_problem::malformed, std::string{"whose "} + name + " is no text");
  return found->get<std::string>();
}

/// A time in seconds since 1970, maybe with a fraction; far beyond any clock it is still a number.
std::optional<double> time_of(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end())
    return std::nullopt;
  if (!found->is_number() || !std::isfinite(found->get<double>()))
    refuse(jwt_problem::malformed, std::string{"whose "} + name + " is no number");
  return found->get<double>();
}

bool contains(const std::vector<std::string>& all, std::string_view item) {
  return std::find(all.begin(), all.end(), item) != all.end();
}

} // namespace

std::string_view to_string(jwt_problem value) noexcept {
  return problem_names[static_cast<std::size_t>(value)];
}

std::string sign_jwt(const jwt_key& key, const json& claims) {
  if (!claims.is_object())
    throw misuse_error("the claims of a token are an object");
  json head{{"alg", to_string(key.algorithm())}, {"typ", "JWT"}};
  if (!key.id().empty())
    head["kid"] = key.id();
  auto result = internal::base64url_encode(head.dump()) + "." + internal::base64url_encode(claims.dump());
  const auto signature = key.sign(result);
  return result.append(".").append(internal::base64url_encode(signature));
}

struct jwt_verifier::settings {
  std::vector<jwt_key> keys;
  std::vector<std::string> issuers;
  std::vector<std::string> audiences;
  std::vector<std::string> required;
  std::chrono::seconds leeway{0};
  std::optional<std::chrono::seconds> max_age;
  std::size_t max_size = std::size_t{16} * 1024;
  bool allows_unlimited = false;

  void check_signature(const json& head, std::string_view text, std::string_view signature) const;
  void check_times(const json& claims, wall_time now) const;
  void check_names(const json& claims) const;
};

void jwt_verifier::settings::check_signature(const json& head, std::string_view text,
                                             std::string_view signature) const {
  const auto algorithm = text_of(head, "alg");
  const auto id = text_of(head, "kid");
  if (head.contains("crit"))
    refuse(jwt_problem::unknown_extension, "with critical extensions");
  bool has_algorithm = false;
  bool has_key = false;
  for (const auto& key : keys) {
    if (to_string(key.algorithm()) != algorithm)
      continue;
    has_algorithm = true;
    if (!id.empty() && !key.id().empty() && key.id() != id)
      continue;
    has_key = true;
    if (key.verify(text, signature))
      return;
  }
  if (!has_algorithm)
    refuse(jwt_problem::wrong_algorithm, "of an algorithm that is not accepted");
  if (!has_key)
    refuse(jwt_problem::unknown_key, "made with a key that is not known");
  refuse(jwt_problem::bad_signature, "whose signature is wrong");
}

void jwt_verifier::settings::check_times(const json& claims, wall_time now_point) const {
  const auto now = std::chrono::duration<double>(now_point.time_since_epoch()).count();
  const auto slack = static_cast<double>(leeway.count());
  const auto ends = time_of(claims, "exp");
  const auto begins = time_of(claims, "nbf");
  const auto made = time_of(claims, "iat");
  if (!ends && !allows_unlimited)
    refuse(jwt_problem::missing_claim, "without exp");
  if (ends && *ends <= now - slack)
    refuse(jwt_problem::expired, "that has expired");
  if ((begins && *begins > now + slack) || (made && *made > now + slack))
    refuse(jwt_problem::not_yet_valid, "that is not valid yet");
  if (max_age && !made)
    refuse(jwt_problem::missing_claim, "without iat");
  if (max_age && *made + static_cast<double>(max_age->count()) <= now - slack)
    refuse(jwt_problem::expired, "that is too old");
}

void jwt_verifier::settings::check_names(const json& claims) const {
  if (!issuers.empty()) {
    if (!claims.contains("iss"))
      refuse(jwt_problem::missing_claim, "without iss");
    if (!contains(issuers, text_of(claims, "iss")))
      refuse(jwt_problem::wrong_issuer, "of another issuer");
  }
  const auto audience = claims.find("aud");
  if (audience == claims.end()) {
    if (!audiences.empty())
      refuse(jwt_problem::missing_claim, "without aud");
  } else {
    const auto all = audience->is_array() ? *audience : json::array({*audience});
    bool is_ours = false;
    for (const auto& item : all) {
      if (!item.is_string())
        refuse(jwt_problem::malformed, "whose aud is no text");
      is_ours = is_ours || contains(audiences, item.get_ref<const std::string&>());
    }
    if (!is_ours)
      refuse(jwt_problem::wrong_audience, "for somebody else");
  }
  for (const auto& name : required)
    if (!claims.contains(name))
      refuse(jwt_problem::missing_claim, "without " + name);
}

jwt_verifier::jwt_verifier(jwt_key key) : settings_(std::make_shared<const settings>()) {
  also_accept(std::move(key));
}

jwt_verifier::settings& jwt_verifier::change() {
  auto copy = std::make_shared<settings>(*settings_);
  auto& result = *copy;
  settings_ = std::move(copy);
  return result;
}

jwt_verifier& jwt_verifier::also_accept(jwt_key key) {
  change().keys.push_back(std::move(key));
  return *this;
}

jwt_verifier& jwt_verifier::also_accept_set(const json& jwks) {
  const auto keys = jwks.is_object() ? jwks.find("keys") : jwks.end();
  if (!jwks.is_object() || keys == jwks.end() || !keys->is_array())
    throw misuse_error("a JWK set is an object with keys");
  for (const auto& item : *keys) {
    try {
      auto key = jwt_key::from_jwk(item);
      if (!key.can_sign()) // nobody publishes a secret that is one
        also_accept(std::move(key));
    } catch (const misuse_error&) {
      continue; // RFC 7517 §5: what is not understood is left out
    }
  }
  return *this;
}

jwt_verifier& jwt_verifier::issuer(std::string value) {
  change().issuers.push_back(std::move(value));
  return *this;
}

jwt_verifier& jwt_verifier::audience(std::string value) {
  change().audiences.push_back(std::move(value));
  return *this;
}

jwt_verifier& jwt_verifier::leeway(std::chrono::seconds value) {
  change().leeway = value;
  return *this;
}

jwt_verifier& jwt_verifier::require(std::string claim) {
  change().required.push_back(std::move(claim));
  return *this;
}

jwt_verifier& jwt_verifier::allow_unlimited(bool value) {
  change().allows_unlimited = value;
  return *this;
}

jwt_verifier& jwt_verifier::max_age(std::chrono::seconds value) {
  change().max_age = value;
  return *this;
}

jwt_verifier& jwt_verifier::max_size(std::size_t bytes) {
  change().max_size = bytes;
  return *this;
}

json jwt_verifier::verify(std::string_view token, wall_time now) const {
  const auto& by = *settings_;
  if (token.size() > by.max_size)
    refuse(jwt_problem::malformed, "of " + std::to_string(token.size()) + " bytes");
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    refuse(jwt_problem::malformed, "that is not of three parts");
  const auto head = object_of(token.substr(0, first), "head");
  const auto signature = internal::base64url_decode(token.substr(second + 1));
  if (!signature)
    refuse(jwt_problem::malformed, "whose signature is not Base64 for URLs");
  by.check_signature(head, token.substr(0, second), *signature);
  auto claims = object_of(token.substr(first + 1, second - first - 1), "claims");
  by.check_times(claims, now);
  by.check_names(claims);
  return claims;
}

} // namespace actors::web
