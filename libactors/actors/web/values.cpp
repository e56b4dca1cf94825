#include <actors/web/values.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace actors::web::detail {

namespace {

constexpr std::string_view not_an_integer = "Input should be a valid integer";
constexpr std::string_view no_integer_text = "Input should be a valid integer, unable to parse string as an integer";
constexpr std::string_view not_a_number = "Input should be a valid number";
constexpr std::string_view no_number_text = "Input should be a valid number, unable to parse string as a number";
constexpr std::string_view no_boolean_text = "Input should be a valid boolean, unable to interpret input";

constexpr bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Single underscores between digits are let pass, as in Python; the result has none. Nothing if there are others.
std::optional<std::string_view> without_underscores(std::string_view digits, std::string& room) {
  if (digits.find('_') == std::string_view::npos)
    return digits;
  room.clear();
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') {
      room.push_back(digits[i]);
      continue;
    }
    const bool is_between = i > 0 && i + 1 < digits.size() && is_digit(digits[i - 1]) && is_digit(digits[i + 1]);
    if (!is_between)
      return std::nullopt;
  }
  return room;
}

/// An integer as text: digits, and whether it is negative.
struct integer_text {
  std::string_view digits;
  bool is_negative = false;
};

std::optional<integer_text> split_integer(std::string_view text, std::string& room) {
  text = trim(text);
  integer_text result;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    result.is_negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (const auto point = text.find('.'); point != std::string_view::npos) {
    if (text.find_first_not_of('0', point + 1) != std::string_view::npos)
      return std::nullopt;
    text = text.substr(0, point);
  }
  const auto digits = without_underscores(text, room);
  if (!digits || digits->empty() || !std::all_of(digits->begin(), digits->end(), is_digit))
    return std::nullopt;
  result.digits = *digits;
  return result;
}

enum class fit : std::uint8_t { yes, too_low, too_high };

/// The magnitude, as far as it fits.
fit magnitude(std::string_view digits, std::uint64_t& into) noexcept {
  const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), into).ec;
  return error == std::errc{} ? fit::yes : fit::too_high;
}

fit to_signed(const integer_text& text, std::int64_t& into) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t value = 0;
  const auto size = magnitude(text.digits, value);
  if (text.is_negative) {
    if (size != fit::yes || value > most + 1)
      return fit::too_low;
    into = static_cast<std::int64_t>(~value + 1);
    return fit::yes;
  }
  if (size != fit::yes || value > most)
    return fit::too_high;
  into = static_cast<std::int64_t>(value);
  return fit::yes;
}

fit to_unsigned(const integer_text& text, std::uint64_t& into) noexcept {
  const auto size = magnitude(text.digits, into);
  if (text.is_negative && (size != fit::yes || into != 0))
    return fit::too_low;
  return size;
}

/// From a number of JSON that has no fraction.
template <class T>
fit from_double(double value, T& into) noexcept {
  constexpr double above = std::is_signed_v<T> ? 9'223'372'036'854'775'808.0 : 18'446'744'073'709'551'616.0;
  constexpr double lowest = std::is_signed_v<T> ? -above : 0.0;
  if (value >= above)
    return fit::too_high;
  if (value < lowest)
    return fit::too_low;
  into = static_cast<T>(value);
  return fit::yes;
}

template <class T>
bool report_range(fit how, T least, T most, const input& what, validator& to) {
  if (how == fit::too_low)
    to.report("greater_than_equal", "Input should be greater than or equal to " + std::to_string(least), what,
              {{"ge", least}});
  else
    to.report("less_than_equal", "Input should be less than or equal to " + std::to_string(most), what, {{"le", most}});
  return false;
}

bool refuse(std::string_view type, std::string_view message, const input& what, validator& to) {
  to.report(type, std::string{message}, what);
  return false;
}

template <class T, class FromText, class FromNode>
bool read_whole(const input& what, T& into, T least, T most, const value_rules& rules, validator& to,
                FromText from_text, FromNode from_node) {
  auto how = fit::yes;
  if (what.is_text()) {
    std::string room;
    const auto parts = split_integer(what.text(), room);
    if (!parts)
      return refuse("int_parsing", no_integer_text, what, to);
    how = from_text(*parts, into);
  } else {
    const auto& node = *what.node();
    if (node.is_boolean()) {
      into = node.get<bool>() ? 1 : 0;
    } else if (node.is_number_integer()) {
      how = from_node(node, into);
    } else if (node.is_number_float()) {
      const auto number = node.get<double>();
      if (std::trunc(number) != number)
        return refuse("int_from_float", "Input should be a valid integer, got a number with a fractional part", what,
                      to);
      how = from_double(number, into);
    } else {
      return refuse("int_type", not_an_integer, what, to);
    }
  }
  if (how == fit::yes && into < least)
    how = fit::too_low;
  if (how == fit::yes && into > most)
    how = fit::too_high;
  if (how != fit::yes)
    return report_range(how, least, most, what, to);
  return rules.check(into, what, to);
}

} // namespace

bool read_integer(const input& what, std::int64_t& into, std::int64_t least, std::int64_t most,
                  const value_rules& rules, validator& to) {
  return read_whole(what, into, least, most, rules, to, to_signed, [](const nlohmann::json& node, std::int64_t& value) {
    constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (node.is_number_unsigned() && node.get<std::uint64_t>() > limit)
      return fit::too_high;
    value = node.get<std::int64_t>();
    return fit::yes;
  });
}

bool read_integer(const input& what, std::uint64_t& into, std::uint64_t most, const value_rules& rules, validator& to) {
  return read_whole(what, into, std::uint64_t{0}, most, rules, to, to_unsigned,
                    [](const nlohmann::json& node, std::uint64_t& value) {
                      if (!node.is_number_unsigned() && node.get<std::int64_t>() < 0)
                        return fit::too_low;
                      value = node.get<std::uint64_t>();
                      return fit::yes;
                    });
}

bool read_number(const input& what, double& into, const value_rules& rules, validator& to) {
  if (what.is_text()) {
    std::string room;
    const auto text = without_underscores(trim(what.text()), room);
    if (!text || text->empty())
      return refuse("float_parsing", no_number_text, what, to);
    auto digits = *text;
    if (digits.front() == '+' && digits.size() > 1 && digits[1] != '-')
      digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    if (end != digits.data() + digits.size() || error == std::errc::invalid_argument)
      return refuse("float_parsing", no_number_text, what, to);
    if (error != std::errc{} || !std::isfinite(into))
      return refuse("finite_number", "Input should be a finite number", what, to);
  } else {
    const auto& node = *what.node();
    if (node.is_boolean())
      into = node.get<bool>() ? 1 : 0;
    else if (node.is_number())
      into = node.get<double>();
    else
      return refuse("float_type", not_a_number, what, to);
  }
  return rules.check(into, what, to);
}

bool read_boolean(const input& what, bool& into, validator& to) {
  if (what.is_text()) {
    constexpr std::size_t longest = 5;
    const auto text = what.text();
    std::string low;
    if (text.size() <= longest)
      std::transform(text.begin(), text.end(), std::back_inserter(low),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (const std::string_view yes : {"1", "true", "t", "yes", "y", "on"})
      if (low == yes) {
        into = true;
        return true;
      }
    for (const std::string_view no : {"0", "false", "f", "no", "n", "off"})
      if (low == no) {
        into = false;
        return true;
      }
    return refuse("bool_parsing", no_boolean_text, what, to);
  }
  const auto& node = *what.node();
  if (node.is_boolean()) {
    into = node.get<bool>();
    return true;
  }
  if (!node.is_number())
    return refuse("bool_type", "Input should be a valid boolean", what, to);
  const auto number = node.get<double>();
  if (std::trunc(number) != number)
    return refuse("bool_type", "Input should be a valid boolean", what, to);
  if (number != 0.0 && number != 1.0)
    return refuse("bool_parsing", no_boolean_text, what, to);
  into = number == 1.0;
  return true;
}

bool read_text(const input& what, std::string& into, const value_rules& rules, validator& to) {
  if (!what.is_text())
    return refuse("string_type", "Input should be a valid string", what, to);
  into = what.text();
  return rules.check(std::string_view{into}, what, to);
}

std::optional<std::size_t> read_choice(const input& what, std::span<const std::string_view> names, validator& to) {
  if (what.is_text()) {
    const auto found = std::find(names.begin(), names.end(), what.text());
    if (found != names.end())
      return static_cast<std::size_t>(found - names.begin());
  }
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0)
      all.append(i + 1 == names.size() ? " or " : ", ");
    all.append("'").append(names[i]).append("'");
  }
  to.report("enum", "Input should be " + all, what, {{"expected", all}});
  return std::nullopt;
}

const nlohmann::json* list_of(const input& what, const value_rules& rules, validator& to) {
  const auto* node = what.node();
  if (node == nullptr || !node->is_array()) {
    to.report("list_type", "Input should be a valid list", what);
    return nullptr;
  }
  return rules.check_items(node->size(), "List", what, to) ? node : nullptr;
}

const nlohmann::json* map_of(const input& what, const value_rules& rules, validator& to) {
  const auto* node = what.node();
  if (node == nullptr || !node->is_object()) {
    to.report("dict_type", "Input should be a valid dictionary", what);
    return nullptr;
  }
  return rules.check_items(node->size(), "Dictionary", what, to) ? node : nullptr;
}

// -- writing -----------------------------------------------------------------------------------------------------------

namespace {

template <class T>
void append_number(T from, std::string& to) {
  std::array<char, 32> room{};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), from).ptr;
  to.append(room.data(), end);
}

template <class T>
void append_float(T from, std::string& to) {
  if (!std::isfinite(from))
    throw misuse_error("JSON has no number for NaN and infinity");
  const auto begin = to.size();
  append_number(from, to);
  // What is no integer in C++ is none in JSON.
  if (to.find_first_of(".e", begin) == std::string::npos)
    to.append(".0");
}

} // namespace

void write_integer(std::int64_t from, std::string& to) {
  append_number(from, to);
}

void write_integer(std::uint64_t from, std::string& to) {
  append_number(from, to);
}

void write_number(double from, std::string& to) {
  append_float(from, to);
}

void write_number(float from, std::string& to) {
  append_float(from, to);
}

void write_text(std::string_view from, std::string& to) {
  const bool is_plain = std::all_of(from.begin(), from.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  });
  if (is_plain)
    to.append("\"").append(from).append("\"");
  else
    write_json(nlohmann::json(from), to);
}

void write_json(const nlohmann::json& from, std::string& to) {
  try {
    to.append(from.dump());
  } catch (const nlohmann::json::exception&) {
    throw misuse_error("text that is no UTF-8 cannot be written as JSON");
  }
}

// -- JSON Schema -------------------------------------------------------------------------------------------------------

nlohmann::json simple_schema(std::string_view type, const value_rules& rules) {
  nlohmann::json result{{"type", type}};
  rules.describe(result, type);
  return result;
}

nlohmann::json list_schema(nlohmann::json items, const value_rules& rules) {
  nlohmann::json result{{"type", "array"}, {"items", std::move(items)}};
  rules.describe(result, "array");
  return result;
}

nlohmann::json map_schema(nlohmann::json values, const value_rules& rules) {
  nlohmann::json result{{"type", "object"}, {"additionalProperties", std::move(values)}};
  rules.describe(result, "object");
  return result;
}

nlohmann::json optional_schema(nlohmann::json inner) {
  return {{"anyOf", nlohmann::json::array({std::move(inner), {{"type", "null"}}})}};
}

nlohmann::json choice_schema(schema_builder& to, std::string_view name, std::span<const std::string_view> names) {
  return to.reference(names.data(), name, [&] {
    auto all = nlohmann::json::array();
    for (const auto each : names)
      all.push_back(each);
    return nlohmann::json{{"type", "string"}, {"title", name}, {"enum", std::move(all)}};
  });
}

std::string_view short_name(std::string_view pretty_function) noexcept {
  // "... [T = a::b::c]" of clang, "... [with T = a::b::c; ...]" of GCC
  const auto equals = pretty_function.find("T = ");
  auto name = pretty_function.substr(equals == std::string_view::npos ? 0 : equals + 4);
  name = name.substr(0, name.find_first_of(";]"));
  if (const auto arguments = name.find('<'); arguments != std::string_view::npos)
    name = name.substr(0, arguments);
  if (const auto colons = name.rfind("::"); colons != std::string_view::npos)
    name.remove_prefix(colons + 2);
  return name;
}

} // namespace actors::web::detail
