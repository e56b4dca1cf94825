#include <services/scraper/internal/json_list.hpp>

#include <nlohmann/json.hpp>

namespace services::scraper::internal {

namespace {

/// URLs in canonical form need no escapes, so nearly all strings are copied as they are.
bool is_plain(std::string_view text) noexcept {
  for (const auto c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E || c == '"' || c == '\\')
      return false;
  return true;
}

} // namespace

std::string json_list(std::span<const std::string> strings) {
  std::size_t size = 2;
  for (const auto& x : strings)
    size += x.size() + 3;
  std::string result;
  result.reserve(size);
  result += '[';
  for (const auto& x : strings) {
    if (result.size() > 1)
      result += ',';
    if (is_plain(x)) {
      result += '"';
      result += x;
      result += '"';
    } else {
      result += nlohmann::json(x).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
  }
  result += ']';
  return result;
}

std::vector<std::string> parse_json_list(std::string_view json) {
  std::vector<std::string> result;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array())
    return result;
  result.reserve(parsed.size());
  for (const auto& x : parsed)
    if (const auto* text = x.get_ptr<const std::string*>())
      result.push_back(*text);
  return result;
}

} // namespace services::scraper::internal
