#include <actors/app/config_section.hpp>

#include <actors/app/internal/config_names.hpp>

#include <algorithm>
#include <stdexcept>

namespace actors::app {

detail::config_key_base* config_section::find(std::string_view key) const noexcept {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const auto& known) { return known->name() == key; });
  return found == keys_.end() ? nullptr : found->get();
}

void config_section::check_new(const std::string& key) const {
  if (!internal::is_config_name(key)) {
    throw std::logic_error("configuration key \"" + key + "\" in section [" + name_ +
                           "]: " + internal::config_name_rule);
  }
  if (find(key) != nullptr) {
    throw std::logic_error("configuration key \"" + key + "\" in section [" + name_ + "] is declared twice");
  }
}

} // namespace actors::app
