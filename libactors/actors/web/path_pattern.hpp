#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The paths of routes: `/users/{user_id}/files/{path:path}`.
///
/// A segment is text, or a parameter in braces, which may have text before and behind it: `/{name}.json`. A parameter
/// takes anything but nothing and a slash, unless its kind says otherwise: `int` digits, `float` digits with a point,
/// `uuid` 8-4-4-4-12 hexadecimal digits, and `path`, as the last one, all that is left, slashes and nothing included.
/// These are Starlette's; what a parameter is as a value is for the handler to say.
///
/// A pattern that is none does not compile where it is a literal (`path_text`), and is a `misuse_error` with the place
/// where it is not. Matching is on the segments before their percent-encoding is undone, so an encoded slash is part of
/// a value and never separates.
namespace actors::web {

enum class parameter_kind : std::uint8_t { text, integer, number, uuid, rest };

/// A segment of a pattern; without a name only text.
struct path_segment {
  std::string_view before; ///< the text, if there is no parameter
  std::string_view name;
  std::string_view behind;
  parameter_kind kind = parameter_kind::text;

  friend bool operator==(const path_segment&, const path_segment&) = default;
};

namespace detail {

/// Why a pattern is none.
struct path_problem {
  std::string_view what;
  std::size_t at = 0;
};

/// Takes a pattern apart, at compile time or not.
class path_scanner {
public:
  constexpr explicit path_scanner(std::string_view pattern) noexcept : pattern_(pattern) {
    if (pattern.empty() || pattern.front() != '/')
      fail("it does not begin with a slash", 0);
  }

  /// The next segment; nothing at the end, and where something is wrong.
  constexpr std::optional<path_segment> next() noexcept {
    if (problem_.what.data() != nullptr || at_ >= pattern_.size())
      return std::nullopt;
    const auto begin = at_ + 1; // behind the slash
    auto end = begin;
    bool in_braces = false;
    for (; end < pattern_.size() && (in_braces || pattern_[end] != '/'); ++end)
      in_braces = pattern_[end] == '{' || (in_braces && pattern_[end] != '}');
    at_ = end;
    const auto result = segment(begin, end);
    if (problem_.what.data() != nullptr)
      return std::nullopt;
    if (result.kind == parameter_kind::rest && (end < pattern_.size() || !result.behind.empty()))
      return fail("something follows the rest of the path", end);
    return result;
  }

  [[nodiscard]] constexpr const path_problem& problem() const noexcept { return problem_; }

  [[nodiscard]] constexpr bool ok() const noexcept { return problem_.what.data() == nullptr; }

private:
  constexpr std::nullopt_t fail(std::string_view what, std::size_t at) noexcept {
    if (ok()) // the first one counts
      problem_ = {what, at};
    return std::nullopt;
  }

  constexpr path_segment segment(std::size_t begin, std::size_t end) noexcept {
    const auto text = pattern_.substr(begin, end - begin);
    const auto open = text.find('{');
    path_segment result;
    if (open == std::string_view::npos) {
      result.before = text;
      check_text(text, begin);
      if (text.empty() && end < pattern_.size())
        fail("a segment is empty", begin);
      return result;
    }
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) {
      fail("a brace is not closed", begin + open);
      return result;
    }
    result.before = text.substr(0, open);
    result.behind = text.substr(close + 1);
    check_text(result.before, begin);
    if (result.behind.find('{') != std::string_view::npos)
      fail("a segment has two parameters", begin + close + 1);
    check_text(result.behind, begin + close + 1);
    auto inside = text.substr(open + 1, close - open - 1);
    if (const auto colon = inside.find(':'); colon != std::string_view::npos) {
      result.kind = kind_of(inside.substr(colon + 1), begin + open + colon + 2);
      inside = inside.substr(0, colon);
    }
    result.name = inside;
    check_name(inside, begin + open + 1);
    return result;
  }

  constexpr parameter_kind kind_of(std::string_view text, std::size_t at) noexcept {
    constexpr std::array<std::pair<std::string_view, parameter_kind>, 5> all{{{"str", parameter_kind::text},
                                                                              {"int", parameter_kind::integer},
                                                                              {"float", parameter_kind::number},
                                                                              {"uuid", parameter_kind::uuid},
                                                                              {"path", parameter_kind::rest}}};
    for (const auto& [name, kind] : all)
      if (name == text)
        return kind;
    fail("the kind of a parameter is none of str, int, float, uuid and path", at);
    return parameter_kind::text;
  }

  constexpr void check_name(std::string_view name, std::size_t at) noexcept {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    if (name.empty() || !is_letter(name.front()))
      fail("a parameter's name does not begin with a letter", at);
    for (std::size_t i = 0; i < name.size(); ++i)
      if (!is_letter(name[i]) && (name[i] < '0' || name[i] > '9'))
        fail("a parameter's name holds something else than letters, digits and underscores", at + i);
  }

  constexpr void check_text(std::string_view text, std::size_t at) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = text[i];
      if (c <= ' ' || c == '\x7f' || c == '?' || c == '#' || c == '%' || c == '}')
        fail("a character stands for itself in no path", at + i);
    }
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  path_problem problem_;
};

/// A pattern that is none ends in here, at compile time.
inline void this_is_no_path_pattern() {}

} // namespace detail

/// The text of a pattern, which was looked at when it was compiled. Names what is wrong by a call that is no constant.
class path_text {
public:
  template <class Text>
    requires std::is_convertible_v<const Text&, std::string_view>
  consteval path_text(const Text& pattern) : text_(pattern) { // NOLINT(google-explicit-constructor): a literal is one
    detail::path_scanner scanner{text_};
    while (const auto segment = scanner.next())
      if (!segment->name.empty() && count(segment->name) != 1)
        detail::this_is_no_path_pattern();
    if (!scanner.ok())
      detail::this_is_no_path_pattern();
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }

  /// Whether it has a parameter of this name.
  [[nodiscard]] constexpr bool has(std::string_view name) const noexcept { return count(name) > 0; }

private:
  [[nodiscard]] constexpr std::size_t count(std::string_view name) const noexcept {
    std::size_t result = 0;
    detail::path_scanner scanner{text_};
    while (const auto segment = scanner.next())
      result += segment->name == name ? 1 : 0;
    return result;
  }

  std::string_view text_;
};

/// A pattern with its segments.
class path_pattern {
public:
  /// @throws misuse_error naming what is wrong and where
  [[nodiscard]] static path_pattern parse(std::string text);

  path_pattern(path_pattern&&) noexcept = default;
  path_pattern& operator=(path_pattern&&) noexcept = default;

  [[nodiscard]] std::string_view text() const noexcept { return *text_; }

  [[nodiscard]] std::span<const path_segment> segments() const noexcept { return segments_; }

  /// Of its parameters, in their order.
  [[nodiscard]] const std::vector<std::string_view>& names() const noexcept { return names_; }

  /// As OpenAPI writes it: without the kinds.
  [[nodiscard]] std::string for_documentation() const;

  /// With these in place of its parameters, percent-encoded. @throws misuse_error if one is missing or too much, or is
  /// nothing that the pattern would take
  [[nodiscard]] std::string fill(std::span<const std::pair<std::string_view, std::string>> values) const;

private:
  path_pattern() = default;

  std::unique_ptr<const std::string> text_; // its segments look at it, and it may be moved
  std::vector<path_segment> segments_;
  std::vector<std::string_view> names_;
};

/// Whether a parameter of this kind takes the text, whose percent-encoding is undone.
[[nodiscard]] bool takes(parameter_kind kind, std::string_view value) noexcept;

} // namespace actors::web
