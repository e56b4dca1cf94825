#pragma once

#include <actors/app/detail/config_value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actors::app::detail {

/// A declared key, whatever its type: what `config` needs to read it, set it and show it.
class config_key_base {
public:
  config_key_base(std::string name, std::string help, config_shape shape)
      : name_(std::move(name)), help_(std::move(help)), shape_(shape) {}

  config_key_base(const config_key_base&) = delete;
  config_key_base& operator=(const config_key_base&) = delete;
  virtual ~config_key_base() = default;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] const std::string& help() const noexcept { return help_; }

  [[nodiscard]] const config_shape& shape() const noexcept { return shape_; }

  [[nodiscard]] bool is_secret() const noexcept { return secret_; }

  [[nodiscard]] bool is_required() const noexcept { return required_; }

  /// What values are allowed, as part of a sentence: `1 to 65535`; may be empty.
  [[nodiscard]] virtual std::string constraint() const = 0;
  /// The texts allowed, if they are few and fixed.
  [[nodiscard]] virtual std::vector<std::string> choices() const = 0;

  /// Converts and checks a value and holds it until `commit`. Throws `value_error`.
  virtual void stage(const config_value& value) = 0;
  /// Stages the default. Throws `value_error` if it breaks the key's own constraints.
  virtual void stage_default() = 0;
  /// Moves the staged value to the user's variable.
  virtual void commit() = 0;
  /// What the user's variable holds now, and what it held when the key was declared.
  [[nodiscard]] virtual config_value current() const = 0;
  [[nodiscard]] virtual config_value default_value() const = 0;

protected:
  void set_secret() noexcept { secret_ = true; }

  void set_required() noexcept { required_ = true; }

private:
  std::string name_;
  std::string help_;
  config_shape shape_;
  bool secret_ = false;
  bool required_ = false;
};

/// A value as part of an error, or only "the value" if it is a secret.
[[nodiscard]] std::string subject(const config_scalar& value, bool secret);

[[noreturn]] void fail_range(const config_scalar& value, bool secret, const std::optional<config_scalar>& low,
                             const std::optional<config_scalar>& high);
[[noreturn]] void fail_choice(const config_scalar& value, bool secret, const std::vector<std::string>& allowed);
[[noreturn]] void fail_requirement(const std::string& requirement);

[[nodiscard]] std::string range_text(const std::optional<config_scalar>& low, const std::optional<config_scalar>& high);
[[nodiscard]] std::string choice_text(const std::vector<std::string>& allowed);

} // namespace actors::app::detail
