#pragma once

#include <actors/app/config_key.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::app {

/// A section of the configuration, declared by the component that reads it: keys bound to the members of a plain
/// struct.
///
/// ```cpp
/// struct server_options {
///   std::uint16_t port = 8080;
///   std::chrono::milliseconds timeout{30'000};
///
///   void declare(app::config_section& section) {
///     section.key("port", port, "TCP port to listen on, 0 for any that is free");
///     section.key("timeout", timeout, "longest time a request may take").at_least(1ms);
///   }
/// };
/// ```
///
/// Borrows the variables (see `config_key`). Names of keys are lower-case letters, digits and `_`, starting with a
/// letter; a name that is not, or is declared twice, is a mistake in the program: `std::logic_error`. Threads: one at a
/// time.
class config_section {
public:
  /// Made by `config::section`.
  config_section(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}

  config_section(const config_section&) = delete;
  config_section& operator=(const config_section&) = delete;

  /// Declares a key. `help` is one line without its full stop.
  template <detail::config_readable T>
  config_key<T>& key(std::string name, T& target, std::string help) {
    return add(std::make_unique<config_key<T>>(std::move(name), target, std::move(help)));
  }

  /// Declares a key whose values have names.
  template <class T>
  config_choice<T>& choice(std::string name, T& target, typename config_choice<T>::names values, std::string help) {
    return add(std::make_unique<config_choice<T>>(std::move(name), target, std::move(values), std::move(help)));
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] const std::string& help() const noexcept { return help_; }

  [[nodiscard]] const std::vector<std::unique_ptr<detail::config_key_base>>& keys() const noexcept { return keys_; }

  [[nodiscard]] detail::config_key_base* find(std::string_view key) const noexcept;

private:
  void check_new(const std::string& key) const;

  template <class Key>
  Key& add(std::unique_ptr<Key> key) {
    check_new(key->name());
    Key& result = *key;
    keys_.push_back(std::move(key));
    return result;
  }

  std::string name_;
  std::string help_;
  std::vector<std::unique_ptr<detail::config_key_base>> keys_;
};

} // namespace actors::app
