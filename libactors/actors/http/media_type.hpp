#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::http {

/// A media type with its parameters, as in Content-Type: `text/html; charset="utf-8"` (RFC 9110 §8.3).
///
/// Type, subtype and parameter names are lower-cased. Parsing is lenient where browsers are: malformed parameters are
/// skipped, the first of several with one name counts, those after the sixteenth are skipped; but without
/// `type/subtype` there is no media type.
///
///     auto m = media_type::parse("Text/HTML; Charset=ISO-8859-1");
///     m->essence();  // "text/html"
///     m->charset();  // "iso-8859-1"
class media_type {
public:
  using parameter_list = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] static std::optional<media_type> parse(std::string_view text);

  [[nodiscard]] std::string_view type() const noexcept { return std::string_view{essence_}.substr(0, slash_); }

  [[nodiscard]] std::string_view subtype() const noexcept { return std::string_view{essence_}.substr(slash_ + 1); }

  /// `type/subtype`
  [[nodiscard]] const std::string& essence() const noexcept { return essence_; }

  [[nodiscard]] bool is(std::string_view essence) const noexcept { return essence_ == essence; }

  /// The unquoted value; the name is compared without regard to case.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const noexcept;

  /// The parameter `charset` in lower case.
  [[nodiscard]] std::optional<std::string> charset() const;

  [[nodiscard]] const parameter_list& parameters() const noexcept { return parameters_; }

  /// With values quoted where they must be.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] friend bool operator==(const media_type&, const media_type&) = default;

private:
  media_type() = default;

  std::string essence_;
  std::size_t slash_ = 0;
  parameter_list parameters_;
};

} // namespace actors::http
