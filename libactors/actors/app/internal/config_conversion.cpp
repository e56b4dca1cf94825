#include <actors/app/internal/config_conversion.hpp>

#include <actors/app/duration_text.hpp>
#include <actors/app/internal/quantity.hpp>
#include <actors/core/printable_text.hpp>

#include <charconv>
#include <cmath>
#include <system_error>

namespace actors::app::internal {

namespace {

using detail::config_kind;
using detail::config_scalar;
using detail::config_value;

std::string_view kind_name(config_kind kind) {
  switch (kind) {
  case config_kind::boolean:
    return "true or false";
  case config_kind::integer:
    return "a whole number";
  case config_kind::number:
    return "a number";
  case config_kind::text:
    return "a text in quotes";
  case config_kind::path:
    return "a path in quotes";
  case config_kind::duration:
    return R"(a duration in quotes, such as "30s")";
  case config_kind::size:
    return R"(a size in quotes, such as "64 KiB")";
  }
  return "another value";
}

struct describer {
  std::string operator()(bool value) const { return value ? "true" : "false"; }

  std::string operator()(std::int64_t value) const { return std::to_string(value); }

  std::string operator()(double value) const { return detail::show(config_scalar(value)); }

  std::string operator()(const std::string& value) const { return "the text " + quoted_text(value); }

  std::string operator()(const toml_array&) const { return "a list"; }

  std::string operator()(const toml_table&) const { return "a section"; }

  std::string operator()(const toml_other& value) const { return value.kind; }
};

std::string describe(const toml_value& value, bool secret) {
  const bool shows_content =
      !std::holds_alternative<toml_array>(value.content) && !std::holds_alternative<toml_table>(value.content);
  return secret && shows_content ? std::string("the value") : std::visit(describer(), value.content);
}

/// A secret's text is left out of what the parsers say.
template <class Parse>
auto parse_unless_secret(std::string_view text, bool secret, config_kind kind, Parse parse) {
  try {
    return parse(text);
  } catch (const value_error&) {
    if (secret)
      throw value_error("the value is not " + std::string(kind_name(kind)));
    throw;
  }
}

void check_text(std::string_view text, const detail::config_key_base& key) {
  if (text.find('\0') != std::string_view::npos)
    throw value_error("the text has a NUL character in it");
  if (find_invalid_utf8(text) && key.shape().kind == config_kind::text)
    throw value_error("the text is not UTF-8");
}

double finite(double value) {
  if (!std::isfinite(value))
    throw value_error(detail::show(config_scalar(value)) + " is not a finite number");
  return value;
}

config_scalar scalar_from_toml(const toml_value& value, const detail::config_key_base& key) {
  const config_kind kind = key.shape().kind;
  const auto* text = std::get_if<std::string>(&value.content);
  switch (kind) {
  case config_kind::boolean:
    if (const auto* boolean = std::get_if<bool>(&value.content))
      return *boolean;
    break;
  case config_kind::integer:
    if (const auto* integer = std::get_if<std::int64_t>(&value.content))
      return *integer;
    break;
  case config_kind::number:
    if (const auto* number = std::get_if<double>(&value.content))
      return finite(*number);
    if (const auto* integer = std::get_if<std::int64_t>(&value.content))
      return static_cast<double>(*integer);
    break;
  case config_kind::text:
  case config_kind::path:
    if (text == nullptr)
      break;
    check_text(*text, key);
    return *text;
  case config_kind::duration:
    if (text != nullptr)
      return parse_unless_secret(*text, key.is_secret(), kind, parse_duration);
    if (const auto* integer = std::get_if<std::int64_t>(&value.content)) {
      if (*integer == 0)
        return std::chrono::nanoseconds(0);
      const std::string number = key.is_secret() ? std::string("the value") : std::to_string(*integer);
      throw value_error(number + R"( has no unit of time; write for example "30s", "1.5 min" or "250ms")");
    }
    break;
  case config_kind::size:
    if (text != nullptr)
      return parse_unless_secret(*text, key.is_secret(), kind, parse_byte_size);
    if (const auto* integer = std::get_if<std::int64_t>(&value.content)) {
      if (*integer >= 0)
        return byte_size(static_cast<std::uint64_t>(*integer));
      throw value_error("a size cannot be negative");
    }
    break;
  }
  throw value_error(describe(value, key.is_secret()) + " is not " + std::string(kind_name(kind)));
}

bool boolean_from_text(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1")
    return true;
  if (word == "false" || word == "no" || word == "off" || word == "0")
    return false;
  throw value_error(quoted_text(text) + " is not true or false");
}

std::int64_t integer_from_text(std::string_view text) {
  std::int64_t result = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, result);
  if (error == std::errc::result_out_of_range && stop == end)
    throw value_error(quoted_text(text) + " is too large a number");
  if (error != std::errc() || stop != end)
    throw value_error(quoted_text(text) + " is not a whole number");
  return result;
}

double number_from_text(std::string_view text) {
  double result = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, result);
  if (error == std::errc::result_out_of_range && stop == end) {
    throw value_error(quoted_text(text) + " is out of the range of numbers");
  }
  if (error != std::errc() || stop != end)
    throw value_error(quoted_text(text) + " is not a number");
  return finite(result);
}

config_scalar scalar_from_text(std::string_view text, const detail::config_key_base& key) {
  const config_kind kind = key.shape().kind;
  const auto parse = [&](auto parser) -> config_scalar {
    return parse_unless_secret(trimmed(text), key.is_secret(), kind, parser);
  };
  switch (kind) {
  case config_kind::boolean:
    return parse(boolean_from_text);
  case config_kind::integer:
    return parse(integer_from_text);
  case config_kind::number:
    return parse(number_from_text);
  case config_kind::duration:
    return parse(parse_duration);
  case config_kind::size:
    return parse(parse_byte_size);
  case config_kind::text:
  case config_kind::path:
    break;
  }
  check_text(text, key);
  return std::string(text);
}

config_value list_from_toml(const toml_array& items, const detail::config_key_base& key) {
  config_value result;
  for (const toml_value& item : items) {
    try {
      result.push_back(scalar_from_toml(item, key));
    } catch (const value_error& error) {
      throw conversion_error("item " + std::to_string(result.size() + 1) + ": " + error.what(), item.at);
    }
  }
  return result;
}

config_value list_from_text(std::string_view text, const detail::config_key_base& key) {
  const std::string_view content = trimmed(text);
  if (content.starts_with('[')) {
    try {
      const toml_value parsed = parse_toml_value(content);
      return list_from_toml(std::get<toml_array>(parsed.content), key);
    } catch (const toml_error&) {
      const std::string shown = key.is_secret() ? std::string("the value") : quoted_text(text);
      throw value_error(shown + R"( is not a list; write a, b, c or ["a", "b", "c"])");
    }
  }
  config_value result;
  if (content.empty())
    return result;
  for (std::string_view rest = content;;) {
    const std::size_t comma = rest.find(',');
    try {
      result.push_back(scalar_from_text(trimmed(rest.substr(0, comma)), key));
    } catch (const value_error& error) {
      throw value_error("item " + std::to_string(result.size() + 1) + ": " + error.what());
    }
    if (comma == std::string_view::npos)
      return result;
    rest.remove_prefix(comma + 1);
  }
}

} // namespace

detail::config_value from_toml(const toml_value& value, const detail::config_key_base& key) {
  try {
    if (key.shape().list) {
      if (const auto* items = std::get_if<toml_array>(&value.content))
        return list_from_toml(*items, key);
      throw value_error(describe(value, key.is_secret()) + " is not a list");
    }
    const auto* text = std::get_if<std::string>(&value.content);
    if (key.shape().optional && text != nullptr && text->empty())
      return {};
    return {scalar_from_toml(value, key)};
  } catch (const conversion_error&) {
    throw;
  } catch (const value_error& error) {
    throw conversion_error(error.what(), value.at);
  }
}

detail::config_value from_text(std::string_view text, const detail::config_key_base& key) {
  if (key.shape().list)
    return list_from_text(text, key);
  if (key.shape().optional && text.empty())
    return {};
  return {scalar_from_text(text, key)};
}

} // namespace actors::app::internal
