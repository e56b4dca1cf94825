#include <actors/http/internal/served_path.hpp>

#include <actors/http/internal/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace actors::http::internal {

namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0')
      return std::nullopt;
    result.push_back(c);
  }
  return result;
}

bool is_plain(std::string_view name, bool dot_files) {
  return !name.empty() && name != "." && name != ".." && (dot_files || name.front() != '.') &&
         name.find_first_of("/\\") == std::string_view::npos;
}

} // namespace

served_path served_path::parse(std::string_view path, bool dot_files) {
  served_path result;
  if (!path.starts_with('/')) {
    result.problem_ = status::bad_request;
    return result;
  }
  path.remove_prefix(1);
  result.names_folder_ = path.empty() || path.ends_with('/');
  if (path.ends_with('/'))
    path.remove_suffix(1);
  else if (path.empty())
    return result;
  for (bool at_end = false; !at_end;) {
    const auto slash = std::min(path.find('/'), path.size());
    // Before it is decoded, so that an encoded slash is seen for what it is.
    const auto name = decode(path.substr(0, slash));
    at_end = slash == path.size();
    path.remove_prefix(std::min(path.size(), slash + 1));
    if (!name) {
      result.problem_ = status::bad_request; // whatever else is wrong with it
      break;
    }
    if (!is_plain(*name, dot_files))
      result.problem_ = status::not_found;
    if (!result.relative_.empty())
      result.relative_.push_back('/');
    result.relative_.append(*name);
  }
  if (result.problem_ != status::ok)
    result.relative_.clear();
  return result;
}

} // namespace actors::http::internal
