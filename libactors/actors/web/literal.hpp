#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace actors::web {

/// Text as a template argument: `query<"limit", int>`.
template <std::size_t N>
struct literal {
  consteval literal(const char (&text)[N]) { // NOLINT(google-explicit-constructor): a literal is one
    std::copy_n(text, N, characters);
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters, N - 1}; }

  char characters[N]{};
};

} // namespace actors::web
