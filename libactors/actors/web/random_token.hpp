#pragma once

#include <cstddef>
#include <string>

namespace actors::web {

/// A text that nobody can guess, of `bytes` random bytes from the system in letters, digits, `-` and `_`: for session
/// identifiers, keys of an API, tokens in links. 32 bytes are 43 characters. Threads: any. Throws `std::runtime_error`
/// if the system has no random numbers.
[[nodiscard]] std::string random_token(std::size_t bytes = 32);

} // namespace actors::web
