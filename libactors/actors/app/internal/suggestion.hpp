#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors::app::internal {

/// The candidate that a person who typed `typed` most likely meant, or nothing if none is near. Near is up to one edit
/// (insert, delete, replace, swap of neighbours) for every three characters; case and `-` against `_` do not count.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view typed,
                                                      std::span<const std::string_view> candidates);

} // namespace actors::app::internal
