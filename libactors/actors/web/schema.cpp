#include <actors/web/schema.hpp>

#include <utility>

namespace actors::web {

std::string schema_builder::claim(const void* key, std::string_view name) {
  std::string own{name};
  for (int number = 2; schemas_.contains(own); ++number)
    own = std::string{name} + std::to_string(number);
  names_.emplace(key, own);
  schemas_.emplace(own, nullptr);
  return own;
}

nlohmann::json schema_builder::to(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}

std::string title_of(std::string_view name) {
  std::string result;
  bool begins = true;
  for (const char c : name) {
    const bool is_gap = c == '_' || c == '-' || c == ' ';
    const bool is_small = c >= 'a' && c <= 'z';
    if (is_gap)
      result.push_back(' ');
    else
      result.push_back(begins && is_small ? static_cast<char>(c - 'a' + 'A') : c);
    begins = is_gap;
  }
  return result;
}

} // namespace actors::web
