#include <actors/observe/internal/prometheus_text.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace actors::observe::internal {

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

std::string shown(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> digits{};
  // The shortest text that reads back as the same number, and whole numbers without an exponent.
  constexpr double exact = 9007199254740992.0;
  const bool whole = std::trunc(value) == value && std::abs(value) < exact;
  const auto end = whole ? std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::int64_t>(value))
                         : std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return std::string{digits.data(), end.ptr};
}

} // namespace

void prometheus_text::family(std::string_view name, std::string_view type, std::string_view help) {
  text_ += "# HELP ";
  text_ += name;
  text_ += ' ';
  append_escaped(text_, help, false);
  text_ += "\n# TYPE ";
  text_ += name;
  text_ += ' ';
  text_ += type;
  text_ += '\n';
}

void prometheus_text::labels(std::span<const text_label> all, const std::string* limit) {
  if (all.empty() && limit == nullptr)
    return;
  text_ += '{';
  bool first = true;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!std::exchange(first, false))
      text_ += ',';
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value, true);
    text_ += '"';
  };
  for (const auto& [name, value] : all)
    add(name, value);
  if (limit != nullptr)
    add("le", *limit);
  text_ += '}';
}

void prometheus_text::number(double value) {
  text_ += ' ';
  text_ += shown(value);
  text_ += '\n';
}

void prometheus_text::sample(std::string_view name, std::span<const text_label> all, double value) {
  text_ += name;
  labels(all, nullptr);
  number(value);
}

void prometheus_text::bucket(std::string_view name, std::span<const text_label> all, double limit,
                             std::uint64_t cumulative) {
  const auto end = shown(limit);
  text_ += name;
  text_ += "_bucket";
  labels(all, &end);
  number(static_cast<double>(cumulative));
}

} // namespace actors::observe::internal
