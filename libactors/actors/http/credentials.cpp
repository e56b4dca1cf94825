#include <actors/http/credentials.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/base64.hpp>

#include <algorithm>
#include <utility>

namespace actors::http {

namespace {

void check(std::string_view text, std::string_view what) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw error{errc::invalid_value, "the " + std::string{what} + " holds a control character"};
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
bool is_token68(std::string_view text) {
  while (text.ends_with('='))
    text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return internal::is(internal::unreserved_char, c) || c == '+' || c == '/';
  });
}

} // namespace

credentials::credentials(kind what, std::string user, std::string secret)
    : kind_(what), user_(std::move(user)), secret_(std::move(secret)) {}

credentials credentials::basic(std::string user, std::string password) {
  check(user, "user");
  check(password, "password");
  if (user.find(':') != std::string::npos)
    throw error{errc::invalid_value, "the user holds a colon, which basic authentication cannot tell"};
  return {kind::basic, std::move(user), std::move(password)};
}

credentials credentials::bearer(std::string token) {
  if (!is_token68(token))
    throw error{errc::invalid_value, "the bearer token is empty or holds a character that is not allowed in one"};
  return {kind::bearer, {}, std::move(token)};
}

credentials credentials::digest(std::string user, std::string password) {
  check(user, "user");
  check(password, "password");
  return {kind::digest, std::move(user), std::move(password)};
}

std::string credentials::field_value() const {
  switch (kind_) {
  case kind::basic:
    return "Basic " + internal::base64_encode(user_ + ":" + secret_);
  case kind::bearer:
    return "Bearer " + secret_;
  case kind::digest:
    break;
  }
  return {};
}

request& set_credentials(request& message, const credentials& who) {
  if (who.what() == credentials::kind::digest)
    throw error{errc::invalid_value, "digest credentials need a server's challenge; give them to the client"};
  return message.set("Authorization", who.field_value());
}

std::optional<credentials> credentials_of(const request& message) {
  if (message.fields().count("Authorization") != 1)
    return std::nullopt;
  const auto value = *message.get("Authorization");
  const auto space = value.find(' ');
  if (space == std::string_view::npos)
    return std::nullopt;
  const auto scheme = value.substr(0, space);
  const auto rest = internal::trim(value.substr(space));
  try {
    if (internal::iequals(scheme, "bearer"))
      return credentials::bearer(std::string{rest});
    if (!internal::iequals(scheme, "basic"))
      return std::nullopt;
    const auto text = internal::base64_decode(rest);
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon == std::string::npos)
      return std::nullopt;
    return credentials::basic(text->substr(0, colon), text->substr(colon + 1));
  } catch (const error&) {
    return std::nullopt;
  }
}

} // namespace actors::http
