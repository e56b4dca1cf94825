#include <actors/http/media_type.hpp>

#include <actors/http/internal/ascii.hpp>

#include <algorithm>

namespace actors::http {

namespace {

/// More are skipped: a look-up is linear, and a peer could send thousands.
constexpr std::size_t max_parameters = 16;

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), internal::lower);
  return result;
}

/// Reads a parameter value from the front of `rest`, up to the next `;` or the end, and removes it.
std::string take_value(std::string_view& rest) {
  std::string value;
  if (rest.starts_with('"')) {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size())
        ++i;
      value.push_back(rest[i]);
    }
    rest.remove_prefix(std::min(i + 1, rest.size()));
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  } else {
    const auto raw = rest.substr(0, rest.find(';'));
    rest.remove_prefix(raw.size());
    value = internal::trim(raw);
  }
  return value;
}

} // namespace

std::optional<media_type> media_type::parse(std::string_view text) {
  const auto end = std::min(text.find(';'), text.size());
  const auto essence = internal::trim(text.substr(0, end));
  const auto slash = essence.find('/');
  if (slash == std::string_view::npos || !internal::consists_of(internal::token_char, essence.substr(0, slash)) ||
      !internal::consists_of(internal::token_char, essence.substr(slash + 1)))
    return std::nullopt;
  media_type result;
  result.essence_ = lowered(essence);
  result.slash_ = slash;
  auto rest = text.substr(end);
  while (!rest.empty()) {
    rest.remove_prefix(1); // the semicolon
    const auto name_end = std::min(rest.find_first_of("=;"), rest.size());
    const auto name = internal::trim(rest.substr(0, name_end));
    rest.remove_prefix(name_end);
    if (!rest.starts_with('='))
      continue;
    rest.remove_prefix(1);
    while (rest.starts_with(' ') || rest.starts_with('\t'))
      rest.remove_prefix(1);
    const bool is_quoted = rest.starts_with('"');
    auto value = take_value(rest);
    const bool usable =
        internal::consists_of(internal::token_char, name) && (is_quoted || !value.empty()) &&
        std::all_of(value.begin(), value.end(), [](char c) { return internal::is(internal::value_char, c); });
    if (usable && result.parameters_.size() < max_parameters && !result.parameter(name))
      result.parameters_.emplace_back(lowered(name), std::move(value));
  }
  return result;
}

std::optional<std::string_view> media_type::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : parameters_)
    if (internal::iequals(key, name))
      return value;
  return std::nullopt;
}

std::optional<std::string> media_type::charset() const {
  if (const auto value = parameter("charset"))
    return lowered(*value);
  return std::nullopt;
}

std::string media_type::to_string() const {
  std::string result = essence_;
  for (const auto& [name, value] : parameters_) {
    result.append("; ").append(name).append("=");
    if (internal::consists_of(internal::token_char, value)) {
      result.append(value);
      continue;
    }
    result.push_back('"');
    for (const char c : value) {
      if (c == '"' || c == '\\')
        result.push_back('\\');
      result.push_back(c);
    }
    result.push_back('"');
  }
  return result;
}

} // namespace actors::http
