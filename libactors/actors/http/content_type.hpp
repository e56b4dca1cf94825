#pragma once

#include <string_view>

namespace actors::http {

/// The media type that files of this name usually have, by their extension in any case: `page.html` is `text/html`.
/// Without parameters; empty if it is not known. The table holds what browsers and tools ask servers for, as registered
/// by IANA.
[[nodiscard]] std::string_view content_type_of(std::string_view file_name) noexcept;

} // namespace actors::http
