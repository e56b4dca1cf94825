#include <actors/web/security_scheme.hpp>

#include <utility>

namespace actors::web {

using nlohmann::json;

security_requirement http_security(std::string name, std::string_view scheme, std::string_view format) {
  security_requirement result;
  result.name = std::move(name);
  result.scheme = json{{"type", "http"}, {"scheme", scheme}};
  if (!format.empty())
    result.scheme["bearerFormat"] = format;
  return result;
}

security_requirement key_security(std::string name, parameter_place in, std::string_view key) {
  security_requirement result;
  result.name = std::move(name);
  result.scheme = json{{"type", "apiKey"}, {"in", to_string(in)}, {"name", key}};
  return result;
}

security_requirement oauth2_security(std::string name, std::string_view token_url,
                                     const std::map<std::string, std::string>& scopes,
                                     std::vector<std::string> needed) {
  security_requirement result;
  result.name = std::move(name);
  json flow{{"tokenUrl", token_url}, {"scopes", json::object()}};
  for (const auto& [scope, meaning] : scopes)
    flow["scopes"][scope] = meaning;
  result.scheme = json{{"type", "oauth2"}, {"flows", {{"password", std::move(flow)}}}};
  result.scopes = std::move(needed);
  return result;
}

} // namespace actors::web
