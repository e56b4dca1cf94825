#pragma once

#include <actors/app/detail/config_key_base.hpp>
#include <actors/app/internal/toml_document.hpp>

#include <string>
#include <string_view>

namespace actors::app::internal {

/// A value of a file that cannot be what its key holds; `at` is where in the file, which for a list is the item.
class conversion_error : public value_error {
public:
  conversion_error(const std::string& text, text_position at) : value_error(text), at_(at) {}

  [[nodiscard]] text_position at() const noexcept { return at_; }

private:
  text_position at_;
};

/// Converts what stands in a file. Throws `conversion_error`.
[[nodiscard]] detail::config_value from_toml(const toml_value& value, const detail::config_key_base& key);

/// Converts what stands in a variable or after a flag. Throws `value_error`.
[[nodiscard]] detail::config_value from_text(std::string_view text, const detail::config_key_base& key);

} // namespace actors::app::internal
