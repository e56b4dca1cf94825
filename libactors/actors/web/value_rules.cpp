#include <actors/web/value_rules.hpp>

#include <actors/core/error.hpp>

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

namespace actors::web {

namespace {

/// A bound as it was meant: 1 and not 1.0.
nlohmann::json number(double value) {
  constexpr double exact = 9'007'199'254'740'992.0; // 2^53
  if (std::trunc(value) == value && std::abs(value) <= exact)
    return static_cast<std::int64_t>(value);
  return value;
}

std::string text_of(double value) {
  return number(value).dump();
}

/// -1, 0 or 1, exactly. A bound is never NaN.
template <class T>
int compare(T value, double bound) {
  if constexpr (std::is_floating_point_v<T>) {
    return value < bound ? -1 : (value > bound ? 1 : 0);
  } else {
    // The integers at the ends of T's range need not be numbers of double, but these are.
    constexpr double above = std::is_signed_v<T> ? 9'223'372'036'854'775'808.0 : 18'446'744'073'709'551'616.0;
    constexpr double lowest = std::is_signed_v<T> ? -above : 0.0;
    if (bound >= above)
      return -1;
    if (bound < lowest)
      return 1;
    const double floor = std::floor(bound);
    const auto whole = static_cast<T>(floor);
    if (value != whole)
      return value < whole ? -1 : 1;
    return floor < bound ? -1 : 0;
  }
}

template <class T>
bool is_multiple(T value, double unit) {
  if constexpr (!std::is_floating_point_v<T>)
    if (std::trunc(unit) == unit && unit < 9e15)
      return value % static_cast<T>(unit) == 0;
  const auto remainder = std::remainder(static_cast<double>(value), unit);
  // 0.3 is meant to be a multiple of 0.1.
  return std::abs(remainder) <= std::abs(static_cast<double>(value)) * 1e-12;
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view plural(std::size_t count) noexcept {
  return count == 1 ? "" : "s";
}

} // namespace

struct value_rules::expression {
  explicit expression(std::string source) : text(std::move(source)), compiled(text, RE2::Quiet) {
    if (!compiled.ok())
      throw misuse_error("the pattern '" + text + "' is no regular expression: " + compiled.error());
  }

  std::string text;
  RE2 compiled;
};

value_rules& value_rules::greater_than(double bound) noexcept {
  greater_than_ = bound;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::at_least(double bound) noexcept {
  at_least_ = bound;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::less_than(double bound) noexcept {
  less_than_ = bound;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::at_most(double bound) noexcept {
  at_most_ = bound;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::multiple_of(double unit) {
  if (!(unit > 0))
    throw misuse_error("multiples are those of a number above 0");
  multiple_of_ = unit;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::min_length(std::size_t value) noexcept {
  min_length_ = value;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::max_length(std::size_t value) noexcept {
  max_length_ = value;
  has_any_ = true;
  return *this;
}

value_rules& value_rules::pattern(std::string source) {
  pattern_ = std::make_shared<const expression>(std::move(source));
  has_any_ = true;
  return *this;
}

// -- checks ------------------------------------------------------------------------------------------------------------

template <class T>
bool value_rules::check_number(T value, const input& what, validator& to) const {
  const auto refuse = [&](std::string_view type, std::string_view relation, std::string_view name, double bound) {
    to.report(type, "Input should be " + std::string{relation} + " " + text_of(bound), what,
              {{std::string{name}, number(bound)}});
    return false;
  };
  if (multiple_of_ && !is_multiple(value, *multiple_of_))
    return refuse("multiple_of", "a multiple of", "multiple_of", *multiple_of_);
  if (at_most_ && compare(value, *at_most_) > 0)
    return refuse("less_than_equal", "less than or equal to", "le", *at_most_);
  if (less_than_ && compare(value, *less_than_) >= 0)
    return refuse("less_than", "less than", "lt", *less_than_);
  if (at_least_ && compare(value, *at_least_) < 0)
    return refuse("greater_than_equal", "greater than or equal to", "ge", *at_least_);
  if (greater_than_ && compare(value, *greater_than_) <= 0)
    return refuse("greater_than", "greater than", "gt", *greater_than_);
  return true;
}

template bool value_rules::check_number(std::int64_t, const input&, validator&) const;
template bool value_rules::check_number(std::uint64_t, const input&, validator&) const;
template bool value_rules::check_number(double, const input&, validator&) const;

bool value_rules::check_text(std::string_view value, const input& what, validator& to) const {
  const auto refuse = [&](std::string_view type, std::string_view relation, std::string_view name, std::size_t bound) {
    to.report(type,
              "String should have at " + std::string{relation} + " " + std::to_string(bound) + " character" +
                  std::string{plural(bound)},
              what, {{std::string{name}, bound}});
    return false;
  };
  if (min_length_ || max_length_) {
    const auto length = characters(value);
    if (max_length_ && length > *max_length_)
      return refuse("string_too_long", "most", "max_length", *max_length_);
    if (min_length_ && length < *min_length_)
      return refuse("string_too_short", "least", "min_length", *min_length_);
  }
  if (pattern_ && !RE2::PartialMatch(re2::StringPiece{value.data(), value.size()}, pattern_->compiled)) {
    to.report("string_pattern_mismatch", "String should match pattern '" + pattern_->text + "'", what,
              {{"pattern", pattern_->text}});
    return false;
  }
  return true;
}

bool value_rules::check_count(std::size_t count, std::string_view kind, const input& what, validator& to) const {
  const auto refuse = [&](std::string_view type, std::string_view relation, std::string_view name, std::size_t bound) {
    to.report(type,
              std::string{kind} + " should have at " + std::string{relation} + " " + std::to_string(bound) + " item" +
                  std::string{plural(bound)} + " after validation, not " + std::to_string(count),
              what, {{"field_type", kind}, {std::string{name}, bound}, {"actual_length", count}});
    return false;
  };
  if (max_length_ && count > *max_length_)
    return refuse("too_long", "most", "max_length", *max_length_);
  if (min_length_ && count < *min_length_)
    return refuse("too_short", "least", "min_length", *min_length_);
  return true;
}

// -- JSON Schema -------------------------------------------------------------------------------------------------------

void value_rules::describe(nlohmann::json& schema, std::string_view kind) const {
  const auto add = [&](const char* name, const std::optional<double>& bound) {
    if (bound)
      schema[name] = number(*bound);
  };
  add("exclusiveMinimum", greater_than_);
  add("minimum", at_least_);
  add("exclusiveMaximum", less_than_);
  add("maximum", at_most_);
  add("multipleOf", multiple_of_);
  const bool is_list = kind == "array";
  const bool is_map = kind == "object";
  if (min_length_)
    schema[is_list ? "minItems" : (is_map ? "minProperties" : "minLength")] = *min_length_;
  if (max_length_)
    schema[is_list ? "maxItems" : (is_map ? "maxProperties" : "maxLength")] = *max_length_;
  if (pattern_)
    schema["pattern"] = pattern_->text;
}

} // namespace actors::web
