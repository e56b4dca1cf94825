#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actors::observe::internal {

/// Adds a JSON string of any bytes: what is not UTF-8 becomes U+FFFD, one for each byte; control characters are
/// escaped. Text above `limit` bytes is cut, with a mark that says how much is missing.
void append_json_string(std::string& out, std::string_view text, std::size_t limit = std::string_view::npos);

} // namespace actors::observe::internal
