#pragma once

#include <actors/web/validation.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// What a value must be beside being of its type: bounds, lengths, a pattern. They are told by the model of a struct
/// (`field_of`) or in a handler's parameter (`query<"limit", int, ge<1>, le<100>>`); this is what both come down to.
///
/// Lengths of text are counted in characters (code points), those of lists in items. A pattern is a regular expression
/// of RE2, searched for anywhere in the text unless it is anchored; it takes time linear in the text, whatever the
/// text. Bounds are compared exactly, an integer with a bound that is no integer too.
///
/// Ownership: values; a pattern is compiled once and shared by copies. Threads: a value as any other. Errors: a pattern
/// that is none is a `misuse_error`, as soon as it is set. Source: pydantic 2 and JSON Schema 2020-12 §6.
namespace actors::web {

class value_rules {
public:
  value_rules& greater_than(double bound) noexcept;
  value_rules& at_least(double bound) noexcept;
  value_rules& less_than(double bound) noexcept;
  value_rules& at_most(double bound) noexcept;
  value_rules& multiple_of(double unit);

  /// Of text in characters, of a list or a map in items.
  value_rules& min_length(std::size_t value) noexcept;
  value_rules& max_length(std::size_t value) noexcept;

  value_rules& pattern(std::string expression);

  [[nodiscard]] bool empty() const noexcept { return !has_any_; }

  // -- for readers: false, and reported, if the value breaks a rule --

  [[nodiscard]] bool check(std::int64_t value, const input& what, validator& to) const {
    return !has_any_ || check_number(value, what, to);
  }

  [[nodiscard]] bool check(std::uint64_t value, const input& what, validator& to) const {
    return !has_any_ || check_number(value, what, to);
  }

  [[nodiscard]] bool check(double value, const input& what, validator& to) const {
    return !has_any_ || check_number(value, what, to);
  }

  [[nodiscard]] bool check(std::string_view value, const input& what, validator& to) const {
    return !has_any_ || check_text(value, what, to);
  }

  /// `kind` begins the message: `List`, `Dictionary`.
  [[nodiscard]] bool check_items(std::size_t count, std::string_view kind, const input& what, validator& to) const {
    return !has_any_ || check_count(count, kind, what, to);
  }

  /// Adds what JSON Schema calls them. `kind` is `string`, `array` or `object`.
  void describe(nlohmann::json& schema, std::string_view kind) const;

private:
  struct expression;

  template <class T>
  [[nodiscard]] bool check_number(T value, const input& what, validator& to) const;
  [[nodiscard]] bool check_text(std::string_view value, const input& what, validator& to) const;
  [[nodiscard]] bool check_count(std::size_t count, std::string_view kind, const input& what, validator& to) const;

  std::optional<double> greater_than_;
  std::optional<double> at_least_;
  std::optional<double> less_than_;
  std::optional<double> at_most_;
  std::optional<double> multiple_of_;
  std::optional<std::size_t> min_length_;
  std::optional<std::size_t> max_length_;
  std::shared_ptr<const expression> pattern_;
  bool has_any_ = false;
};

} // namespace actors::web
