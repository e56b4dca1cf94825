#pragma once

#include <actors/http/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Who a client says it is.
///
///     client web{client_options{}.authenticate("https://api.example.com", credentials::bearer(token))};
///
/// Given to a client they belong to one origin (scheme, host and port) and are never sent to another one, also not by
/// a redirect. `basic` and `bearer` go with every request to it; `digest` answers the server's challenge, and its
/// password is never sent. `set_credentials` writes the field of a single request instead; a redirect to another origin
/// removes it.
///
/// Errors: `error` with `invalid_value` for a user with a colon (basic; RFC 7617 §2), control characters, or a token
/// that is none (RFC 6750 §2.1). Source: RFC 7617, RFC 6750, RFC 7616.
///
/// @snippet examples/http.cpp client
namespace actors::http {

class credentials {
public:
  enum class kind : std::uint8_t { basic, bearer, digest };

  /// User and password as they are, in UTF-8. Only for `https`, or where nobody listens: Base64 hides nothing.
  [[nodiscard]] static credentials basic(std::string user, std::string password);

  /// A token, such as one from OAuth 2.
  [[nodiscard]] static credentials bearer(std::string token);

  /// User and password for digest authentication with MD5 or SHA-256.
  [[nodiscard]] static credentials digest(std::string user, std::string password);

  [[nodiscard]] kind what() const noexcept { return kind_; }

  [[nodiscard]] const std::string& user() const noexcept { return user_; }

  /// The password, or the token.
  [[nodiscard]] const std::string& secret() const noexcept { return secret_; }

  /// The value of an Authorization field; empty for `digest`, which depends on a challenge.
  [[nodiscard]] std::string field_value() const;

private:
  credentials(kind what, std::string user, std::string secret);

  kind kind_;
  std::string user_;
  std::string secret_;
};

/// Writes the Authorization field. @throws error `invalid_value` for `digest`.
request& set_credentials(request& message, const credentials& who);

/// What a request's Authorization field says, for servers: `basic` or `bearer`; nothing without the field, for other
/// schemes and for malformed ones.
[[nodiscard]] std::optional<credentials> credentials_of(const request& message);

} // namespace actors::http
