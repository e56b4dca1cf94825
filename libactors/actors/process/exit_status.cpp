#include <actors/process/exit_status.hpp>

#include <string.h> // NOLINT(modernize-deprecated-headers): sigdescr_np is not in <cstring>

namespace actors::process {

std::string to_string(const exit_status& status) {
  if (const auto code = status.code())
    return "exit code " + std::to_string(*code);
  const int number = *status.signal();
  std::string result = "signal " + std::to_string(number);
  if (const char* const name = ::sigdescr_np(number))
    result.append(" (").append(name).append(")");
  return result;
}

} // namespace actors::process
