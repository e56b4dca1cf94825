#pragma once

#include <actors/web/operation.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Security schemes as the documentation has them (OpenAPI 3.1, Security Scheme Object). The parameters of security.hpp
/// say them by themselves; a scheme of one's own says one of these in `describe`.
///
/// `name` is the one under which the scheme stands in the document; schemes of one name must be equal.
namespace actors::web {

/// An Authorization field of this scheme: `basic`, `bearer`. `format` is a hint for people, such as `JWT`.
[[nodiscard]] security_requirement http_security(std::string name, std::string_view scheme,
                                                 std::string_view format = {});

/// A key in a query, header field or cookie called `key`.
[[nodiscard]] security_requirement key_security(std::string name, parameter_place in, std::string_view key);

/// OAuth2 with user and password: where tokens are given, and the scopes that there are with what they mean.
[[nodiscard]] security_requirement oauth2_security(std::string name, std::string_view token_url,
                                                   const std::map<std::string, std::string>& scopes = {},
                                                   std::vector<std::string> needed = {});

} // namespace actors::web
