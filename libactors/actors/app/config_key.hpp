#pragma once

#include <actors/app/detail/config_key_base.hpp>

#include <algorithm>
#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors::app {

/// A key of a configuration section, bound to a variable; made by `config_section::key`, refined by chained calls.
///
/// Borrows the variable: it lives as long as the `config`. The variable's value at the declaration is the default. It
/// is set by `config::apply` only, and only if the whole configuration is right.
///
/// `T` is `bool`, an integer (up to 63 bits), `float`, `double`, `std::string`, `std::filesystem::path`, a
/// `std::chrono::duration`, `byte_size`, or a `std::optional` or `std::vector` of one of those. Constraints of an
/// optional or a list hold for each element. Defaults are checked too.
template <class T>
class config_key final : public detail::config_key_base {
  using traits = detail::config_traits<T>;

public:
  using element = typename traits::element;

  config_key(std::string name, T& target, std::string help)
      : config_key_base(std::move(name), std::move(help), traits::shape), target_(target), default_(target) {}

  /// Both ends are allowed. Units are the type's.
  config_key& range(element low, element high) {
    low_ = std::move(low);
    high_ = std::move(high);
    return *this;
  }

  config_key& at_least(element low) {
    low_ = std::move(low);
    return *this;
  }

  config_key& at_most(element high) {
    high_ = std::move(high);
    return *this;
  }

  /// Only these texts.
  config_key& one_of(std::vector<std::string> texts)
    requires std::same_as<element, std::string>
  {
    choices_ = std::move(texts);
    return *this;
  }

  /// The text, path or list must not be empty.
  config_key& not_empty()
    requires requires(const T& value) { value.empty(); }
  {
    return check([](const T& value) { return !value.empty(); }, "must not be empty");
  }

  /// Any other condition, with the sentence part that says it: `"must be a power of two"`.
  config_key& check(std::function<bool(const T&)> accepts, std::string requirement) {
    checks_.emplace_back(std::move(accepts), std::move(requirement));
    return *this;
  }

  /// There is no default: some source has to give a value.
  config_key& required() {
    set_required();
    return *this;
  }

  /// Shown as `********` everywhere, errors included.
  config_key& secret() {
    set_secret();
    return *this;
  }

  [[nodiscard]] std::string constraint() const override {
    std::string text =
        choices_.empty() ? detail::range_text(scalar(low_), scalar(high_)) : detail::choice_text(choices_);
    for (const auto& [accepts, requirement] : checks_)
      text += (text.empty() ? "" : ", ") + requirement;
    return text;
  }

  [[nodiscard]] std::vector<std::string> choices() const override { return choices_; }

  void stage(const detail::config_value& value) override {
    staged_.reset();
    T result = traits::make(value, [this](const detail::config_scalar& item) { return convert(item); });
    check_all(result);
    staged_ = std::move(result);
  }

  void stage_default() override {
    staged_.reset();
    check_all(default_);
    staged_ = default_;
  }

  void commit() override {
    if (staged_)
      target_ = std::move(*staged_);
    staged_.reset();
  }

  [[nodiscard]] detail::config_value current() const override { return values_of(target_); }

  [[nodiscard]] detail::config_value default_value() const override { return values_of(default_); }

private:
  using scalar_traits = detail::config_scalar_traits<element>;

  static std::optional<detail::config_scalar> scalar(const std::optional<element>& value) {
    if (!value)
      return std::nullopt;
    return scalar_traits::to(*value);
  }

  static detail::config_value values_of(const T& value) {
    detail::config_value result;
    traits::for_each(value, [&](const element& item) { result.push_back(scalar_traits::to(item)); });
    return result;
  }

  element convert(const detail::config_scalar& item) const {
    std::optional<element> result;
    try {
      result = scalar_traits::from(item);
    } catch (const value_error&) {
      if (is_secret())
        throw value_error("the value is not a whole number of the key's unit");
      throw;
    }
    if (result)
      return *std::move(result);
    // Not representable: named with the key's own bounds where it has them.
    auto low = scalar(low_);
    auto high = scalar(high_);
    if constexpr (std::integral<element>) {
      if (!low)
        low = scalar_traits::to(std::numeric_limits<element>::min());
      if (!high)
        high = scalar_traits::to(std::numeric_limits<element>::max());
    }
    detail::fail_range(item, is_secret(), low, high);
  }

  void check_all(const T& value) const {
    traits::for_each(value, [this](const element& item) {
      const bool too_low = low_ && item < *low_;
      const bool too_high = high_ && *high_ < item;
      if (too_low || too_high)
        detail::fail_range(scalar_traits::to(item), is_secret(), scalar(low_), scalar(high_));
      if constexpr (std::same_as<element, std::string>) {
        const bool allowed = choices_.empty() || std::find(choices_.begin(), choices_.end(), item) != choices_.end();
        if (!allowed)
          detail::fail_choice(item, is_secret(), choices_);
      }
    });
    for (const auto& [accepts, requirement] : checks_) {
      if (!accepts(value))
        detail::fail_requirement(requirement);
    }
  }

  T& target_;
  T default_;
  std::optional<T> staged_;
  std::optional<element> low_;
  std::optional<element> high_;
  std::vector<std::string> choices_;
  std::vector<std::pair<std::function<bool(const T&)>, std::string>> checks_;
};

/// A key that holds one of a few named values, usually an enumeration; made by `config_section::choice`.
template <class T>
class config_choice final : public detail::config_key_base {
public:
  using names = std::vector<std::pair<std::string, T>>;

  config_choice(std::string name, T& target, names values, std::string help)
      : config_key_base(std::move(name), std::move(help), {}), target_(target), default_(target),
        values_(std::move(values)) {}

  [[nodiscard]] std::string constraint() const override { return detail::choice_text(choices()); }

  [[nodiscard]] std::vector<std::string> choices() const override {
    std::vector<std::string> result;
    for (const auto& [text, value] : values_)
      result.push_back(text);
    return result;
  }

  config_choice& required() {
    set_required();
    return *this;
  }

  void stage(const detail::config_value& value) override {
    staged_.reset();
    const auto& wanted = std::get<std::string>(value.at(0));
    for (const auto& [text, meaning] : values_) {
      if (text == wanted)
        staged_ = meaning;
    }
    if (!staged_)
      detail::fail_choice(value.front(), is_secret(), choices());
  }

  void stage_default() override { staged_ = default_; }

  void commit() override {
    if (staged_)
      target_ = std::move(*staged_);
    staged_.reset();
  }

  [[nodiscard]] detail::config_value current() const override { return name_of(target_); }

  [[nodiscard]] detail::config_value default_value() const override { return name_of(default_); }

private:
  [[nodiscard]] detail::config_value name_of(const T& wanted) const {
    for (const auto& [text, value] : values_) {
      if (value == wanted)
        return {text};
    }
    return {std::string("(unnamed)")};
  }

  T& target_;
  T default_;
  std::optional<T> staged_;
  names values_;
};

} // namespace actors::app
