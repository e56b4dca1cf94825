#pragma once

#include <actors/http/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Who a client says it is, in the Authorization field of a request.
///
///     auto answer = co_await web.send("http://localhost/", set_credentials(what, credentials::bearer(token)));
///
/// The field belongs to one origin (scheme, host and port): a redirect to another one removes it.
///
/// Errors: `error` with `invalid_value` for a user with a colon (RFC 7617 §2), control characters, or a token that is
/// none (RFC 6750 §2.1). Source: RFC 7617, RFC 6750.
namespace actors::http {

class credentials {
public:
  enum class kind : std::uint8_t { basic, bearer };

  /// User and password as they are, in UTF-8. Only for `https`, or where nobody listens: Base64 hides nothing.
  [[nodiscard]] static credentials basic(std::string user, std::string password);

  /// A token, such as one from OAuth 2.
  [[nodiscard]] static credentials bearer(std::string token);

  [[nodiscard]] kind what() const noexcept { return kind_; }

  [[nodiscard]] const std::string& user() const noexcept { return user_; }

  /// The password, or the token.
  [[nodiscard]] const std::string& secret() const noexcept { return secret_; }

  /// The value of an Authorization field.
  [[nodiscard]] std::string field_value() const;

private:
  credentials(kind what, std::string user, std::string secret);

  kind kind_;
  std::string user_;
  std::string secret_;
};

/// Writes the Authorization field.
request& set_credentials(request& message, const credentials& who);

/// What a request's Authorization field says, for servers: `basic` or `bearer`; nothing without the field, for other
/// schemes and for malformed ones.
[[nodiscard]] std::optional<credentials> credentials_of(const request& message);

} // namespace actors::http
