#pragma once

#include <actors/core/printable_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace actors::http::internal {

/// Text from a peer for an error message: in quotes, printable, cut to a reasonable length.
[[nodiscard]] inline std::string quoted(std::string_view text, std::size_t limit = 80) {
  return '"' + printable_text(text, limit) + '"';
}

} // namespace actors::http::internal
