#pragma once

#include <actors/app/config_section.hpp>

#include <deque>
#include <functional>
#include <string>

namespace actors::app::internal {

/// The values in effect, as TOML with comments. `source` says where a key's value is from.
[[nodiscard]] std::string list_effective(const std::deque<config_section>& sections,
                                         const std::function<std::string(const detail::config_key_base&)>& source);

/// All keys with their help and defaults, as TOML in which every key is a comment.
[[nodiscard]] std::string list_reference(const std::deque<config_section>& sections, const std::string& prefix);

} // namespace actors::app::internal
