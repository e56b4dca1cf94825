#include <actors/http/internal/forwarded_node.hpp>

#include <actors/http/internal/ascii.hpp>

#include <algorithm>

namespace actors::http::internal {

namespace {

std::optional<net::ip_address> address_in(std::string_view text) {
  if (const auto plain = net::ip_address::parse(text))
    return plain;
  if (const auto with_port = net::endpoint::parse(text))
    return with_port->address();
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return net::ip_address::parse(text.substr(1, text.size() - 2));
  return std::nullopt;
}

/// RFC 7239 §6.3.
bool is_obfuscated(std::string_view text) noexcept {
  const auto is_allowed = [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; };
  return text.size() > 1 && text.front() == '_' && std::ranges::all_of(text, is_allowed);
}

} // namespace

forwarded_node read_node(std::string_view text) {
  text = trim(text);
  if (auto address = address_in(text))
    return {address->to_string(), address};
  if (const auto name = text.substr(0, text.find(':')); is_obfuscated(name))
    return {std::string{name}, std::nullopt};
  return {"unknown", std::nullopt};
}

} // namespace actors::http::internal
