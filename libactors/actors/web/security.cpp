#include <actors/web/security.hpp>

#include <actors/http/credentials.hpp>
#include <actors/web/jwt.hpp>

#include <algorithm>

namespace actors::web::detail {

using nlohmann::json;

namespace {

/// The scopes that a token has: one text with spaces between them (RFC 8693 §4.2), or a list.
std::vector<std::string> scopes_of(const json& claims) {
  std::vector<std::string> result;
  if (const auto text = claims.find("scope"); text != claims.end() && text->is_string()) {
    std::string_view rest = text->get_ref<const std::string&>();
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      result.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (const auto list = claims.find("scopes"); list != claims.end() && list->is_array())
    for (const auto& item : *list)
      if (item.is_string())
        result.push_back(item.get<std::string>());
  return result;
}

bool is_same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

} // namespace

std::optional<basic_credentials> basic_of(const http::request& r) {
  if (r.fields().count("Authorization") != 1)
    return std::nullopt;
  const auto said = http::credentials_of(r);
  if (!said || said->what() != http::credentials::kind::basic)
    return std::nullopt;
  return basic_credentials{said->user(), said->secret()};
}

std::optional<std::string> bearer_of(const http::request& r) {
  const auto text = r.get("Authorization");
  if (!text || r.fields().count("Authorization") != 1)
    return std::nullopt;
  const auto space = text->find(' ');
  if (space == std::string_view::npos || !is_same_word(text->substr(0, space), "bearer"))
    return std::nullopt;
  const auto begin = text->find_first_not_of(' ', space);
  if (begin == std::string_view::npos)
    return std::nullopt;
  return std::string{text->substr(begin)};
}

std::optional<std::string> key_of(request_reader& from, parameter_place in, std::string_view name) {
  std::optional<std::string_view> found;
  if (in == parameter_place::query)
    found = from.query(name);
  else if (in == parameter_place::cookie)
    found = from.cookie(name);
  else
    found = from.of().request().get(name);
  if (!found || found->empty())
    return std::nullopt;
  return std::string{*found};
}

json claims_of(context& c, std::string_view token, const std::vector<std::string>& scopes) {
  json claims;
  try {
    claims = c.state<jwt_verifier>().verify(token);
  } catch (const jwt_error& problem) {
    auto challenge = "Bearer error=\"invalid_token\", error_description=\"" + std::string{to_string(problem.kind())};
    throw http_error{http::status::unauthorized, "Could not validate credentials"}.with("WWW-Authenticate",
                                                                                        challenge + "\"");
  }
  const auto given = scopes_of(claims);
  std::string needed;
  bool has_all = true;
  for (const auto& scope : scopes) {
    needed.append(needed.empty() ? "" : " ").append(scope);
    has_all = has_all && std::find(given.begin(), given.end(), scope) != given.end();
  }
  if (!has_all)
    throw http_error{http::status::forbidden, "Not enough permissions"}.with(
        "WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"" + needed + "\"");
  return claims;
}

http_error not_authenticated(std::string_view challenge) {
  return http_error{http::status::unauthorized, "Not authenticated"}.with("WWW-Authenticate", challenge);
}

std::string basic_challenge(std::string_view realm) {
  if (realm.empty())
    return "Basic";
  std::string result = "Basic realm=\"";
  for (const char c : realm) {
    if (c == '"' || c == '\\')
      result.push_back('\\');
    result.push_back(c);
  }
  return result.append("\"");
}

void require_security(operation& to, security_requirement what) {
  for (auto& each : to.security) {
    if (each.name == what.name && each.scheme == what.scheme) {
      each.optional = each.optional && what.optional;
      for (auto& scope : what.scopes)
        if (std::find(each.scopes.begin(), each.scopes.end(), scope) == each.scopes.end())
          each.scopes.push_back(std::move(scope));
      return;
    }
  }
  to.security.push_back(std::move(what));
}

} // namespace actors::web::detail
