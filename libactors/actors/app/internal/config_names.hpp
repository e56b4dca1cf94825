#pragma once

#include <string>
#include <string_view>

namespace actors::app::internal {

inline constexpr const char* config_name_rule = "a name is lower-case letters, digits and _, starting with a letter";

[[nodiscard]] inline bool is_config_name(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z')
    return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// One or more names with dots between them.
[[nodiscard]] inline bool is_section_name(std::string_view name) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_config_name(name.substr(0, dot)))
      return false;
    if (dot == std::string_view::npos)
      return true;
    name.remove_prefix(dot + 1);
  }
}

/// The variable of a section or key: `server.port` with the prefix `ACTORS` is `ACTORS_SERVER_PORT`.
[[nodiscard]] inline std::string variable_name(std::string_view prefix, std::string_view dotted) {
  std::string result(prefix);
  result += '_';
  for (const char c : dotted)
    result += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return result;
}

} // namespace actors::app::internal
