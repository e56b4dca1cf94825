#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace services::scraper::internal {

/// A JSON array of strings, which must be UTF-8.
[[nodiscard]] std::string json_list(std::span<const std::string> strings);

/// The strings of what `json_list` wrote; nothing if it is not such an array.
[[nodiscard]] std::vector<std::string> parse_json_list(std::string_view json);

} // namespace services::scraper::internal
