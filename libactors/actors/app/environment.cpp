#include <actors/app/environment.hpp>

#include <unistd.h>

namespace actors::app {

environment process_environment() {
  environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view assignment(*entry);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0)
      continue;
    result.emplace(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  return result;
}

std::string_view variable(const environment& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

} // namespace actors::app
