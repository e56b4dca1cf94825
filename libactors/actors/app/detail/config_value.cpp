#include <actors/app/detail/config_value.hpp>

#include <actors/app/detail/config_key_base.hpp>
#include <actors/app/duration_text.hpp>
#include <actors/app/internal/quantity.hpp>
#include <actors/app/internal/suggestion.hpp>
#include <actors/core/printable_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace actors::app::detail {

namespace {

void append_control(std::string& out, unsigned char byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (byte == '\n') {
    out += "\\n";
  } else if (byte == '\t') {
    out += "\\t";
  } else if (byte == '\r') {
    out += "\\r";
  } else {
    out += "\\u00";
    out += hex[byte >> 4U];
    out += hex[byte & 0xfU];
  }
}

/// A TOML basic string that is also safe to print. TOML can hold no byte that is not UTF-8 (a path may): such a byte is
/// shown as the replacement character.
std::string toml_string(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      result += "\\uFFFD";
    } else if (byte == '"' || byte == '\\') {
      result += '\\';
      result += text.front();
    } else if (length == 1 && (byte < 0x20 || byte == 0x7f)) {
      append_control(result, byte);
    } else if (byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) { // C1 controls
      append_control(result, static_cast<unsigned char>(text[1]));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return result + '"';
}

std::string number_text(double value) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  // TOML tells a float from an integer by its point or exponent.
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

struct shower {
  std::string operator()(bool value) const { return value ? "true" : "false"; }

  std::string operator()(std::int64_t value) const { return std::to_string(value); }

  std::string operator()(double value) const { return number_text(value); }

  std::string operator()(const std::string& value) const { return toml_string(value); }

  std::string operator()(std::chrono::nanoseconds value) const { return toml_string(format_duration(value)); }

  std::string operator()(byte_size value) const { return toml_string(format_byte_size(value)); }
};

/// Within a sentence quantities need no quotes, and texts are cut and made safe to print.
struct sentence_shower {
  std::string operator()(const std::string& value) const { return internal::quoted_text(value); }

  std::string operator()(std::chrono::nanoseconds value) const { return format_duration(value); }

  std::string operator()(byte_size value) const { return format_byte_size(value); }

  template <class T>
  std::string operator()(const T& value) const {
    return shower()(value);
  }
};

} // namespace

std::string in_sentence(const config_scalar& value) {
  return std::visit(sentence_shower(), value);
}

std::string show(const config_scalar& value) {
  return std::visit(shower(), value);
}

std::string show(const config_value& value, const config_shape& shape) {
  if (!shape.list)
    return value.empty() ? std::string("\"\"") : show(value.front());
  std::string text = "[";
  for (const config_scalar& item : value)
    text += (text.size() > 1 ? ", " : "") + show(item);
  return text + "]";
}

std::string subject(const config_scalar& value, bool secret) {
  return secret ? "the value" : in_sentence(value);
}

void fail_range(const config_scalar& value, bool secret, const std::optional<config_scalar>& low,
                const std::optional<config_scalar>& high) {
  const std::string range = range_text(low, high);
  throw value_error(subject(value, secret) + " is out of range" + (range.empty() ? "" : " (" + range + ")"));
}

void fail_choice(const config_scalar& value, bool secret, const std::vector<std::string>& allowed) {
  const std::vector<std::string_view> candidates(allowed.begin(), allowed.end());
  const auto* text = std::get_if<std::string>(&value);
  const auto near = text != nullptr && !secret ? internal::nearest(*text, candidates) : std::nullopt;
  throw value_error(subject(value, secret) + " is not " + choice_text(allowed) +
                    (near ? "; did you mean \"" + std::string(*near) + "\"?" : ""));
}

void fail_requirement(const std::string& requirement) {
  throw value_error(requirement);
}

std::string range_text(const std::optional<config_scalar>& low, const std::optional<config_scalar>& high) {
  if (low && high)
    return in_sentence(*low) + " to " + in_sentence(*high);
  if (low)
    return "at least " + in_sentence(*low);
  if (high)
    return "at most " + in_sentence(*high);
  return {};
}

std::string choice_text(const std::vector<std::string>& allowed) {
  std::string text = allowed.size() > 1 ? "one of " : "";
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    if (i > 0)
      text += ", ";
    text += "\"" + allowed[i] + "\"";
  }
  return text;
}

} // namespace actors::app::detail
