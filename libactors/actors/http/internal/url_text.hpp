#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The text transformations of RFC 3986 that need no parsed URL.
namespace actors::http::internal {

/// RFC 3986 §5.2.4, in one pass.
[[nodiscard]] std::string remove_dot_segments(std::string_view path);

/// Escapes of unreserved characters decoded, the others in upper case (RFC 3986 §6.2.2.1 and §6.2.2.2).
[[nodiscard]] std::string normalize_escapes(std::string_view text);

/// How long the scheme at the front is, without its colon; 0 if there is none.
[[nodiscard]] std::size_t scheme_size(std::string_view text) noexcept;

/// What a reader would want to know about text that is no URL: which character or escape is wrong, and where; empty if
/// the characters are all right.
[[nodiscard]] std::string character_problem(std::string_view text);

/// See `url::escape_link`.
[[nodiscard]] std::string escape_link(std::string_view link);

} // namespace actors::http::internal
