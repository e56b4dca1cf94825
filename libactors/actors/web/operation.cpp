#include <actors/web/operation.hpp>

#include <array>
#include <cstddef>

namespace actors::web {

std::string_view to_string(parameter_place place) noexcept {
  constexpr std::array<std::string_view, 4> names{"path", "query", "header", "cookie"};
  return names.at(static_cast<std::size_t>(place));
}

} // namespace actors::web
