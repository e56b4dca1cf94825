#pragma once

#include <actors/http/fields.hpp>

#include <string>
#include <string_view>

namespace actors::fuzz {

/// Whether the input can be the value of a field. On the wire it might also be several fields.
[[nodiscard]] inline bool is_field_value(std::string_view input) {
  http::fields one;
  return one.assign_wire("X: " + std::string{input} + "\r\n") && input.find_first_of("\r\n") == std::string_view::npos;
}

} // namespace actors::fuzz
