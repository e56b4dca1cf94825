#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace actors::web::internal {

struct json_fault {
  std::size_t position; ///< in characters
  std::string_view what;
};

/// Where text stops to be JSON, as Python's `json` tells it, for those who compare; nothing if that finds no fault, or
/// comes to something that is nested deeper before it does. `text` is UTF-8.
[[nodiscard]] std::optional<json_fault> find_json_fault(std::string_view text, std::size_t max_depth);

} // namespace actors::web::internal
