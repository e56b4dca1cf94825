#include <actors/process/command.hpp>

#include <actors/process/error.hpp>

#include <unistd.h>

#include <iterator>
#include <string_view>

namespace actors::process {

command& command::arguments(std::vector<std::string> more) {
  arguments_.insert(arguments_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return *this;
}

std::vector<std::string> command::full_environment() const {
  std::vector<std::string> result;
  const auto changed = [this](std::string_view name) { return changes_.contains(std::string{name}); };
  const auto add = [&](std::string_view name, std::string_view value) {
    if (name.empty() || name.find('=') != std::string_view::npos)
      throw process_error("cannot run", program_, errc::invalid_variable, name);
    result.push_back(std::string{name}.append("=").append(value));
  };
  if (environment_) {
    for (const auto& [name, value] : *environment_)
      if (!changed(name))
        add(name, value);
  } else {
    // What this process was given is passed on as it is, whatever it looks like.
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text{*entry};
      if (!changed(text.substr(0, text.find('='))))
        result.emplace_back(text);
    }
  }
  for (const auto& [name, value] : changes_)
    if (value)
      add(name, *value);
  return result;
}

} // namespace actors::process
