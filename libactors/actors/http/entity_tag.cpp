#include <actors/http/entity_tag.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>

namespace actors::http {

namespace {

/// etagc of RFC 9110 §8.8.3: visible, no quote, or a byte above 127.
bool is_opaque(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != '"' && byte != 0x7f;
  });
}

} // namespace

entity_tag::entity_tag(std::string opaque) : opaque_(std::move(opaque)) {
  if (!is_opaque(opaque_))
    throw error{errc::invalid_value,
                "entity tag " + internal::quoted(opaque_) + " holds a quote, a space or a control character"};
}

std::optional<entity_tag> entity_tag::parse(std::string_view text) {
  const bool is_weak = text.starts_with("W/"); // case matters, RFC 9110 §8.8.3
  if (is_weak)
    text.remove_prefix(2);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"')
    return std::nullopt;
  text = text.substr(1, text.size() - 2);
  if (!is_opaque(text))
    return std::nullopt;
  return entity_tag{std::string{text}, is_weak};
}

entity_tag entity_tag::weakened() const {
  return {opaque_, true};
}

std::string entity_tag::to_string() const {
  std::string result = is_weak_ ? "W/\"" : "\"";
  result.append(opaque_).push_back('"');
  return result;
}

} // namespace actors::http
