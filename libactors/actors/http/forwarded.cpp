#include <actors/http/forwarded.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/forwarded_node.hpp>

#include <utility>

namespace actors::http {

namespace {

using internal::iequals;
using internal::trim;

/// Takes a token or a quoted string off the front.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    std::size_t size = 0;
    while (size < text.size() && internal::is(internal::token_char, text[size]))
      ++size;
    value = text.substr(0, size);
    text.remove_prefix(size);
    return size > 0 ? std::optional{std::move(value)} : std::nullopt;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && ++i == text.size())
      break;
    value.push_back(text[i]);
  }
  return std::nullopt;
}

std::string* member_of(forwarded_element& element, std::string_view name) noexcept {
  if (iequals(name, "for"))
    return &element.client;
  if (iequals(name, "by"))
    return &element.proxy;
  if (iequals(name, "proto"))
    return &element.scheme;
  return iequals(name, "host") ? &element.host : nullptr;
}

} // namespace

std::optional<forwarded_element> parse_forwarded(std::string_view element) {
  forwarded_element result;
  unsigned seen = 0; // a name may come once
  for (auto rest = trim(element); !rest.empty();) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || !internal::consists_of(internal::token_char, rest.substr(0, equals)))
      return std::nullopt;
    auto* const member = member_of(result, rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    auto value = take_value(rest);
    if (!value)
      return std::nullopt;
    if (member != nullptr) {
      const unsigned bit = member == &result.client   ? 1U
                           : member == &result.proxy  ? 2U
                           : member == &result.scheme ? 4U
                                                      : 8U;
      if ((seen & bit) != 0)
        return std::nullopt;
      seen |= bit;
      *member = std::move(*value);
    }
    rest = trim(rest);
    if (rest.empty())
      break;
    if (rest.front() != ';')
      return std::nullopt;
    rest = trim(rest.substr(1));
  }
  return result;
}

std::optional<request_origin> origin_of(const request& what) {
  const auto elements = what.fields().list("Forwarded");
  if (elements.size() != 1)
    return std::nullopt;
  auto read = parse_forwarded(elements.front());
  if (!read)
    return std::nullopt;
  return request_origin{internal::read_node(read->client).name, std::move(read->scheme), std::move(read->host)};
}

} // namespace actors::http
