#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Base64 with its standard alphabet and padding (RFC 4648 §4).
namespace actors::http::internal {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

/// Nothing for text that is not exactly what `base64_encode` gives.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

} // namespace actors::http::internal
