#include <actors/observe/internal/json_text.hpp>

#include <actors/core/printable_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace actors::observe::internal {

namespace {

/// One replacement for each byte that is not UTF-8, so that a text shows how much of it was no text.
std::string repaired(std::string_view text, std::size_t limit) {
  std::string result;
  result.reserve(std::min(text.size(), limit));
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = text.substr(i);
    const auto valid = utf8_sequence_length(rest);
    const auto length = valid == 0 ? std::size_t{1} : valid;
    if (length > limit || i > limit - length) {
      result += "… (" + std::to_string(rest.size()) + (rest.size() == 1 ? " more byte)" : " more bytes)");
      break;
    }
    result += valid == 0 ? std::string_view{"\xEF\xBF\xBD"} : rest.substr(0, valid);
    i += length;
  }
  return result;
}

} // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t limit) {
  out += nlohmann::json(repaired(text, limit)).dump();
}

} // namespace actors::observe::internal
