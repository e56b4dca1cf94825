#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 with the alphabet for URLs and file names, without padding (RFC 4648 §5, RFC 7515 §2).
namespace actors::web::internal {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);

/// Nothing for text that is not exactly what `base64url_encode` gives: one text for each value.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

} // namespace actors::web::internal
