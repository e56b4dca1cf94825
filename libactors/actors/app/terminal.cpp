#include <actors/app/terminal.hpp>

#include <actors/app/internal/quantity.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace actors::app {

namespace {

constexpr std::size_t usual_width = 80;
constexpr std::size_t least_width = 20;
constexpr std::size_t most_width = 1000;

std::size_t find_width(int descriptor, bool is_terminal, const environment& variables) {
  winsize window{};
  std::size_t columns = 0;
  if (is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &window) == 0)
    columns = window.ws_col;
  if (columns == 0) {
    const std::string_view text = variable(variables, "COLUMNS");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc() || end != text.data() + text.size())
      columns = 0;
  }
  if (columns == 0)
    return usual_width;
  return std::clamp(columns, least_width, most_width);
}

bool allow_colour(bool is_terminal, const environment& variables) {
  if (!variable(variables, "NO_COLOR").empty())
    return false;
  const std::string_view force = variable(variables, "CLICOLOR_FORCE");
  if (!force.empty() && force != "0")
    return true;
  const std::string_view kind = variable(variables, "TERM");
  return is_terminal && !kind.empty() && kind != "dumb";
}

bool speaks_utf8(const environment& variables) {
  for (const std::string_view name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = variable(variables, name);
    if (locale.empty())
      continue;
    // language_COUNTRY.codeset@modifier
    const std::size_t dot = locale.find('.');
    if (dot == std::string_view::npos)
      return false;
    const std::string_view rest = locale.substr(dot + 1);
    const std::string codeset = internal::lower_case(rest.substr(0, rest.find('@')));
    return codeset == "utf-8" || codeset == "utf8";
  }
  return false;
}

} // namespace

terminal::terminal(int descriptor, const environment& variables)
    : is_terminal_(::isatty(descriptor) == 1), width_(find_width(descriptor, is_terminal_, variables)),
      colour_(allow_colour(is_terminal_, variables)), utf8_(speaks_utf8(variables)) {}

} // namespace actors::app
