#include <actors/core/trace_context.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <vector>

namespace actors {

namespace {

constexpr std::size_t most_entries = 32;
constexpr std::size_t longest_key = 256;
constexpr std::size_t longest_value = 256;
constexpr std::size_t longest_tenant = 241;
constexpr std::size_t longest_system = 14;
constexpr std::size_t long_entry = 128;
constexpr std::size_t traceparent_size = 55;

void append_hex(std::string& out, std::uint64_t value, unsigned digits) {
  static constexpr char alphabet[] = "0123456789abcdef";
  for (unsigned i = digits; i-- > 0;)
    out += alphabet[(value >> (4 * i)) & 0xfU];
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t result = 0;
  for (const char c : text) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    else
      return std::nullopt;
    result = result << 4U | digit;
  }
  return result;
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_key_character(char c) {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
}

bool is_name(std::string_view text, std::size_t most, bool may_begin_with_digit) {
  return !text.empty() && text.size() <= most &&
         (is_lower(text.front()) || (may_begin_with_digit && is_digit(text.front()))) &&
         std::ranges::all_of(text, is_key_character);
}

bool is_key(std::string_view key) {
  const auto at = key.find('@');
  if (at == std::string_view::npos)
    return is_name(key, longest_key, true);
  return is_name(key.substr(0, at), longest_tenant, true) && is_name(key.substr(at + 1), longest_system, false);
}

bool is_value(std::string_view value) {
  const auto allowed = [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; };
  return !value.empty() && value.size() <= longest_value && value.back() != ' ' && std::ranges::all_of(value, allowed);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The entries in their order, nothing if one is malformed.
std::optional<std::vector<std::string_view>> split_state(std::string_view text) {
  std::vector<std::string_view> entries;
  std::vector<std::string_view> keys;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto entry = trim(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (entry.empty()) // allowed, for the sake of senders that build lists carelessly
      continue;
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !is_key(entry.substr(0, equals)) || !is_value(entry.substr(equals + 1)))
      return std::nullopt;
    const auto key = entry.substr(0, equals);
    if (entries.size() == most_entries || std::ranges::find(keys, key) != keys.end())
      return std::nullopt;
    keys.push_back(key);
    entries.push_back(entry);
  }
  return entries;
}

std::string normal_state(std::string_view text) {
  if (text.empty())
    return {};
  auto entries = split_state(text);
  if (!entries || entries->empty())
    return {};
  const auto length = [&] {
    std::size_t sum = entries->size() - 1;
    for (const auto entry : *entries)
      sum += entry.size();
    return sum;
  };
  while (!entries->empty() && length() > trace_context::longest_state) {
    const auto big = std::ranges::find_if(*entries, [](std::string_view entry) { return entry.size() > long_entry; });
    entries->erase(big != entries->end() ? big : entries->end() - 1);
  }
  std::string result;
  for (const auto entry : *entries) {
    if (!result.empty())
      result += ',';
    result += entry;
  }
  return result;
}

} // namespace

std::string to_string(trace_id id) {
  std::string result;
  append_hex(result, id.high(), 16);
  append_hex(result, id.low(), 16);
  return result;
}

std::string to_string(span_id id) {
  std::string result;
  append_hex(result, id.value(), 16);
  return result;
}

bool is_valid_tracestate(std::string_view text) {
  return split_state(text).has_value();
}

trace_context::trace_context(trace_id trace, span_id span, std::uint8_t flags, std::string_view state)
    : trace_(trace), span_(span), flags_(flags), state_(normal_state(state)) {
  if (!trace)
    throw misuse_error("a trace context needs a trace id that is not all zeros");
  if (!span)
    throw misuse_error("a trace context needs a span id that is not all zeros");
}

std::optional<trace_context> trace_context::parse(std::string_view traceparent, std::string_view tracestate) {
  if (traceparent.size() < traceparent_size)
    return std::nullopt;
  const auto version = parse_hex(traceparent.substr(0, 2));
  if (!version || *version == 0xff)
    return std::nullopt;
  if (traceparent.size() > traceparent_size && (*version == 0 || traceparent[traceparent_size] != '-'))
    return std::nullopt;
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-')
    return std::nullopt;
  const auto high = parse_hex(traceparent.substr(3, 16));
  const auto low = parse_hex(traceparent.substr(19, 16));
  const auto span = parse_hex(traceparent.substr(36, 16));
  const auto flags = parse_hex(traceparent.substr(53, 2));
  if (!high || !low || !span || !flags || (*high | *low) == 0 || *span == 0)
    return std::nullopt;
  // Flags that nobody has defined yet must not be passed on; of a version to come only the first is sure to mean the
  // same.
  const auto known = *version == 0 ? unsigned{sampled_flag} | unsigned{random_flag} : unsigned{sampled_flag};
  return trace_context{trace_id{*high, *low}, span_id{*span}, static_cast<std::uint8_t>(*flags & known), tracestate};
}

std::string trace_context::traceparent() const {
  std::string result;
  result.reserve(traceparent_size);
  result += "00-";
  append_hex(result, trace_.high(), 16);
  append_hex(result, trace_.low(), 16);
  result += '-';
  append_hex(result, span_.value(), 16);
  result += '-';
  append_hex(result, flags_, 2);
  return result;
}

trace_context trace_context::with_span(span_id span) const {
  if (!span)
    throw misuse_error("a trace context needs a span id that is not all zeros");
  auto result = *this;
  result.span_ = span;
  return result;
}

} // namespace actors
