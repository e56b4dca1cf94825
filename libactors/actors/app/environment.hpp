#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace actors::app {

/// Environment variables as a value, so that what depends on them can be given others (in tests, or by an embedding
/// program that does not want its own environment read).
using environment = std::map<std::string, std::string, std::less<>>;

/// A copy of this process's environment. Not to be called while another thread changes it with `setenv`.
[[nodiscard]] environment process_environment();

/// The variable's value; empty if it is unset. The result lives as long as `variables`.
[[nodiscard]] std::string_view variable(const environment& variables, std::string_view name);

} // namespace actors::app
