#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http {

/// The validator of a representation, as in ETag: `"v1"` or, weak, `W/"v1"` (RFC 9110 §8.8.3).
///
/// A strong tag changes with every byte of what is sent; a weak one only when the meaning does. So ranges are joined by
/// strong tags alone, and a cache is refreshed by either: `equals_strongly` and `equals_weakly` (§8.8.3.2). `==` tells
/// whether two tags are the same text.
///
///     auto tag = entity_tag{"v1"};
///     tag.to_string();                                   // "\"v1\""
///     tag.weakened().equals_weakly(tag);                 // true
///     entity_tag::parse("v1");                           // nothing: the quotes are part of it
class entity_tag {
public:
  /// A strong tag with this text between its quotes. @throws error `invalid_value` if it holds a quote, a space or a
  /// control character.
  explicit entity_tag(std::string opaque);

  [[nodiscard]] static std::optional<entity_tag> parse(std::string_view text);

  /// The text between the quotes.
  [[nodiscard]] const std::string& opaque() const noexcept { return opaque_; }

  [[nodiscard]] bool is_weak() const noexcept { return is_weak_; }

  /// The same tag as a weak one.
  [[nodiscard]] entity_tag weakened() const;

  /// Both strong and the same text.
  [[nodiscard]] bool equals_strongly(const entity_tag& other) const noexcept {
    return !is_weak_ && !other.is_weak_ && opaque_ == other.opaque_;
  }

  /// The same text.
  [[nodiscard]] bool equals_weakly(const entity_tag& other) const noexcept { return opaque_ == other.opaque_; }

  /// As it stands in a field.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] friend bool operator==(const entity_tag&, const entity_tag&) = default;

private:
  entity_tag(std::string opaque, bool is_weak) noexcept : opaque_(std::move(opaque)), is_weak_(is_weak) {}

  std::string opaque_;
  bool is_weak_ = false;
};

} // namespace actors::http
