#include <actors/web/path_pattern.hpp>

#include <actors/core/error.hpp>
#include <actors/http/query.hpp>

#include <algorithm>
#include <utility>

namespace actors::web {

namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_uuid(std::string_view value) noexcept {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return value.size() == form.size() && std::equal(value.begin(), value.end(), form.begin(),
                                                   [](char c, char f) { return f == 'x' ? is_hex(c) : c == f; });
}

bool is_decimal(std::string_view value) noexcept {
  const auto point = value.find('.');
  const auto whole = value.substr(0, point);
  const bool has_fraction = point != std::string_view::npos;
  const auto fraction = has_fraction ? value.substr(point + 1) : std::string_view{"0"};
  return !whole.empty() && !fraction.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
         std::all_of(fraction.begin(), fraction.end(), is_digit);
}

} // namespace

bool takes(parameter_kind kind, std::string_view value) noexcept {
  switch (kind) {
  case parameter_kind::text:
    return !value.empty();
  case parameter_kind::integer:
    return !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
  case parameter_kind::number:
    return is_decimal(value);
  case parameter_kind::uuid:
    return is_uuid(value);
  case parameter_kind::rest:
    return true;
  }
  return false;
}

path_pattern path_pattern::parse(std::string text) {
  path_pattern result;
  result.text_ = std::make_unique<const std::string>(std::move(text));
  detail::path_scanner scanner{*result.text_};
  while (const auto segment = scanner.next()) {
    result.segments_.push_back(*segment);
    if (segment->name.empty())
      continue;
    if (std::find(result.names_.begin(), result.names_.end(), segment->name) != result.names_.end())
      throw misuse_error("the path '" + *result.text_ + "' has two parameters '" + std::string{segment->name} + "'");
    result.names_.push_back(segment->name);
  }
  if (!scanner.ok())
    throw misuse_error("'" + *result.text_ + "' is no path of a route: " + std::string{scanner.problem().what} +
                       " (at byte " + std::to_string(scanner.problem().at) + ")");
  return result;
}

std::string path_pattern::for_documentation() const {
  std::string result;
  for (const auto& segment : segments_) {
    result.append("/").append(segment.before);
    if (!segment.name.empty())
      result.append("{").append(segment.name).append("}").append(segment.behind);
  }
  return result;
}

std::string path_pattern::fill(std::span<const std::pair<std::string_view, std::string>> values) const {
  const auto refuse = [this](std::string_view name, std::string_view why) {
    throw misuse_error("the parameter '" + std::string{name} + "' of the path '" + *text_ + "' " + std::string{why});
  };
  for (const auto& [name, value] : values)
    if (std::find(names_.begin(), names_.end(), name) == names_.end())
      refuse(name, "does not exist");
  std::string result;
  for (const auto& segment : segments_) {
    result.append("/").append(segment.before);
    if (segment.name.empty())
      continue;
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == segment.name; });
    if (found == values.end())
      refuse(segment.name, "is missing");
    else if (!takes(segment.kind, found->second))
      refuse(segment.name, "cannot be '" + found->second + "'");
    else
      result.append(http::percent_encode(found->second, segment.kind == parameter_kind::rest ? "/" : ""));
    result.append(segment.behind);
  }
  return result;
}

} // namespace actors::web
