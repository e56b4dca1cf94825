#pragma once

#include <actors/web/http_error.hpp>
#include <actors/web/literal.hpp>
#include <actors/web/parameter.hpp>
#include <actors/web/security_scheme.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Who asks: parameters that take a request's credentials, refuse it without them, and stand in the documentation, so
/// that its page has a button for them.
///
///     user current_user(bearer_auth token, state<users> all);                       // Authorization: Bearer …
///     void admin(basic_auth<"admin"> who);                                          // who->user, who->password
///     void push(api_key_header<"X-API-Key"> key);
///     json mine(jwt_auth<> claims) { return claims->at("sub"); }                    // checked
///     json list(optional_auth<bearer_auth> token);                                  // may be missing
///
/// What is taken is what the client says. Whether that is true is for the handler, or a dependency, to find out
/// (compare secrets with `equal_in_constant_time`); only `jwt_auth` checks by itself: with the `jwt_verifier` that is
/// the application's state.
///
/// Errors: 401 `{"detail": "Not authenticated"}` with the WWW-Authenticate of the scheme where the credentials are
/// missing, malformed or of another scheme; 401 `Could not validate credentials` for a token that is not believed, 403
/// `Not enough permissions` for one that lacks a scope (RFC 6750 §3.1). They come before anything is said about other
/// parameters. Statuses and words are FastAPI's of today.
///
/// A scheme of one's own is a struct as those below, used as `auth<scheme>`.
namespace actors::web {

/// What a client says by HTTP Basic.
struct basic_credentials {
  std::string user;
  std::string password;
};

namespace detail {

[[nodiscard]] std::optional<basic_credentials> basic_of(const http::request& r);

/// What stands behind `Bearer`, whatever it is.
[[nodiscard]] std::optional<std::string> bearer_of(const http::request& r);

[[nodiscard]] std::optional<std::string> key_of(request_reader& from, parameter_place in, std::string_view name);

/// The claims of a token that is believed and has the scopes; else an `http_error`.
[[nodiscard]] nlohmann::json claims_of(context& c, std::string_view token, const std::vector<std::string>& scopes);

[[nodiscard]] http_error not_authenticated(std::string_view challenge);
[[nodiscard]] std::string basic_challenge(std::string_view realm);

/// Adds a requirement unless it is there.
void require_security(operation& to, security_requirement what);

template <literal... Texts>
[[nodiscard]] std::vector<std::string> texts() {
  return {std::string{Texts.view()}...};
}

} // namespace detail

// -- schemes: what is found, nothing if it is missing; how it is refused then; what the documentation says --

template <literal Realm>
struct basic_scheme {
  using value_type = basic_credentials;

  static std::optional<value_type> find(request_reader& from) { return detail::basic_of(from.of().request()); }

  static http_error refusal() { return detail::not_authenticated(detail::basic_challenge(Realm.view())); }

  static security_requirement describe() { return http_security("HTTPBasic", "basic"); }
};

struct bearer_scheme {
  using value_type = std::string;

  static std::optional<value_type> find(request_reader& from) { return detail::bearer_of(from.of().request()); }

  static http_error refusal() { return detail::not_authenticated("Bearer"); }

  static security_requirement describe() { return http_security("HTTPBearer", "bearer"); }
};

template <literal TokenUrl, literal... Scopes>
struct oauth2_scheme : bearer_scheme {
  static security_requirement describe() {
    return oauth2_security("OAuth2PasswordBearer", TokenUrl.view(), {{std::string{Scopes.view()}, ""}...},
                           detail::texts<Scopes...>());
  }
};

template <literal... Scopes>
struct jwt_scheme {
  using value_type = nlohmann::json;

  static std::optional<value_type> find(request_reader& from) {
    const auto token = detail::bearer_of(from.of().request());
    if (!token)
      return std::nullopt;
    return detail::claims_of(from.of(), *token, detail::texts<Scopes...>());
  }

  static http_error refusal() { return detail::not_authenticated("Bearer"); }

  static security_requirement describe() { return http_security("JWTBearer", "bearer", "JWT"); }
};

template <literal TokenUrl, literal... Scopes>
struct oauth2_jwt_scheme : jwt_scheme<Scopes...> {
  static security_requirement describe() { return oauth2_scheme<TokenUrl, Scopes...>::describe(); }
};

template <parameter_place In, literal Name>
struct key_scheme {
  using value_type = std::string;

  static std::optional<value_type> find(request_reader& from) { return detail::key_of(from, In, Name.view()); }

  static http_error refusal() { return detail::not_authenticated("APIKey"); }

  static security_requirement describe() {
    constexpr auto name = In == parameter_place::header  ? "APIKeyHeader"
                          : In == parameter_place::query ? "APIKeyQuery"
                                                         : "APIKeyCookie";
    return key_security(name, In, Name.view());
  }
};

/// Another scheme whose credentials may be missing; those that are there are checked as ever.
template <class Scheme>
struct optional_scheme {
  using value_type = std::optional<typename Scheme::value_type>;

  static std::optional<value_type> find(request_reader& from) { return std::optional<value_type>{Scheme::find(from)}; }

  static http_error refusal() { return Scheme::refusal(); }

  static security_requirement describe() {
    auto result = Scheme::describe();
    result.optional = true;
    return result;
  }
};

/// The credentials of a request, used as their value.
template <class Scheme>
class auth : public detail::parameter<typename Scheme::value_type> {
public:
  using scheme = Scheme;
  using detail::parameter<typename Scheme::value_type>::parameter;
};

/// HTTP Basic (RFC 7617): user and password, with every request.
template <literal Realm = "">
using basic_auth = auth<basic_scheme<Realm>>;

/// A token of any kind (RFC 6750).
using bearer_auth = auth<bearer_scheme>;

/// The same, got for user and password at a path of ours, which the documentation's page does by itself.
template <literal TokenUrl, literal... Scopes>
using oauth2_password = auth<oauth2_scheme<TokenUrl, Scopes...>>;

/// The claims of a JSON Web Token, checked, with all these scopes in `scope` (text) or `scopes` (list).
template <literal... Scopes>
using jwt_auth = auth<jwt_scheme<Scopes...>>;

/// The same, with tokens as `oauth2_password` gets them.
template <literal TokenUrl, literal... Scopes>
using oauth2_jwt = auth<oauth2_jwt_scheme<TokenUrl, Scopes...>>;

template <literal Name>
using api_key_header = auth<key_scheme<parameter_place::header, Name>>;

/// In the query, and so in logs and histories: for what is not worth much.
template <literal Name>
using api_key_query = auth<key_scheme<parameter_place::query, Name>>;

template <literal Name>
using api_key_cookie = auth<key_scheme<parameter_place::cookie, Name>>;

/// `optional_auth<bearer_auth>`
template <class Auth>
using optional_auth = auth<optional_scheme<typename Auth::scheme>>;

template <class Scheme>
struct parameter_traits<auth<Scheme>> {
  static constexpr auto source = value_source::dependency; // who may not ask is told nothing else
  static constexpr auto needs = body_need::none;

  struct held {
    auth<Scheme> it;
  };

  static bool read(request_reader& from, held& into) {
    auto found = Scheme::find(from);
    if (!found)
      throw Scheme::refusal();
    *into.it = std::move(*found);
    return true;
  }

  static auth<Scheme>&& give(held& from) noexcept { return std::move(from.it); }

  static void describe(operation& to) { detail::require_security(to, Scheme::describe()); }
};

} // namespace actors::web
