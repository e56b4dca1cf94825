#pragma once

#include <actors/web/validation.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string_view>

namespace actors::web {

/// Parses JSON as strictly as a stranger's deserves: beside what is no JSON (RFC 8259), names that stand twice in an
/// object are refused, NaN and numbers that no double holds, text that is no UTF-8, and nesting beyond `max_depth`,
/// since whoever walks such a value calls itself as often.
///
/// A refusal is reported as `json_invalid` at the byte where it went wrong. Memory: some ten times the text.
///
/// @returns null and something reported, or the value.
[[nodiscard]] nlohmann::json parse_strict_json(std::string_view text, validator& to, std::size_t max_depth = 64);

} // namespace actors::web
