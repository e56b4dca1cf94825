#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace actors::app::internal {

/// Counted from 1, columns in characters; 0 means unknown.
struct text_position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct toml_value;
struct toml_member;
using toml_array = std::vector<toml_value>;
using toml_table = std::vector<toml_member>;

/// A kind of value that no key has, such as a date.
struct toml_other {
  std::string kind;
};

struct toml_value {
  std::variant<bool, std::int64_t, double, std::string, toml_array, toml_table, toml_other> content;
  text_position at;
};

struct toml_member {
  std::string key;
  text_position at;
  toml_value value;
};

/// The document cannot be read. `what()` has no place in it.
class toml_error : public std::runtime_error {
public:
  toml_error(const std::string& text, text_position at) : std::runtime_error(text), at_(at) {}

  [[nodiscard]] text_position at() const noexcept { return at_; }

private:
  text_position at_;
};

/// No such file; all other failures to read are `toml_error`.
class file_missing : public toml_error {
public:
  using toml_error::toml_error;
};

/// Reads a file of at most 1 MiB. A pipe or device will do; a directory will not. Throws `toml_error`.
[[nodiscard]] std::string read_config_file(const std::filesystem::path& file);

/// Parses a document, in the order of its text as far as tables go. Throws `toml_error`.
[[nodiscard]] toml_table parse_toml(std::string_view text);

/// Parses what stands at the right of `key =`. Throws `toml_error`.
[[nodiscard]] toml_value parse_toml_value(std::string_view text);

} // namespace actors::app::internal
