#pragma once

#include <string_view>

namespace actors::web {

/// Whether a secret is what somebody says it is, in a time that tells nothing about where they differ:
///
///     if (!equal_in_constant_time(given_key, the_key)) throw http_error{http::status::unauthorized};
///
/// Use it wherever a stranger's text is compared with a password, key, token or signature: `==` returns at the first
/// byte that differs, and who measures that finds one byte after the other. The time depends on the sizes only, also
/// where they differ. Threads: any.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace actors::web
