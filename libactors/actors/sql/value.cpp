#include <actors/sql/value.hpp>

#include <actors/sql/error.hpp>

#include <array>
#include <bit>
#include <charconv>

namespace actors::sql {

namespace {

constexpr std::size_t shown_text = 60;

std::string shown_real(double x) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  std::string text{buffer.data(), end};
  // SQL tells reals from integers by the point.
  if (text.find_first_not_of("-0123456789") == std::string::npos)
    text += ".0";
  return text;
}

} // namespace

std::string_view to_string(value_kind kind) noexcept {
  switch (kind) {
  case value_kind::null:
    return "null";
  case value_kind::integer:
    return "integer";
  case value_kind::real:
    return "real";
  case value_kind::text:
    return "text";
  case value_kind::blob:
    return "blob";
  }
  return "unknown";
}

bool value::become(std::uint8_t kind) {
  switch (static_cast<value_kind>(kind)) {
  case value_kind::null:
    data_.emplace<std::monostate>();
    return true;
  case value_kind::integer:
    data_.emplace<std::int64_t>();
    return true;
  case value_kind::real:
    data_.emplace<double>();
    return true;
  case value_kind::text:
    data_.emplace<std::string>();
    return true;
  case value_kind::blob:
    data_.emplace<blob>();
    return true;
  }
  return false;
}

std::string to_string(const value& x) {
  if (const auto* integer = x.get_if<std::int64_t>())
    return std::to_string(*integer);
  if (const auto* real = x.get_if<double>())
    return shown_real(*real);
  if (const auto* text = x.get_if<std::string>()) {
    std::string result{"'"};
    for (const auto c : std::string_view{*text}.substr(0, shown_text)) {
      if (c == '\'')
        result += '\'';
      result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return result + (text->size() > shown_text ? "…'" : "'");
  }
  if (const auto* bytes = x.get_if<blob>()) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result{"x'"};
    for (std::size_t i = 0; i < bytes->size() && i < shown_text / 2; ++i) {
      const auto byte = std::to_integer<unsigned>((*bytes)[i]);
      result += digits[byte >> 4];
      result += digits[byte & 15];
    }
    return result + (bytes->size() > shown_text / 2 ? "…'" : "'");
  }
  return "null";
}

namespace detail {

void throw_mismatch(const value& x, std::string_view wanted) {
  auto message = std::string{"cannot read "};
  if (!x.is_null())
    message += std::string{to_string(x.kind())} + ' ';
  throw error{errc::type_mismatch, {}, message + to_string(x) + " as " + std::string{wanted}};
}

void throw_unsigned_range(std::uint64_t x) {
  throw error{errc::too_large, {}, "the number " + std::to_string(x) + " does not fit a database's 64-bit integer"};
}

std::int64_t checked_integer(const value& x, std::int64_t low, std::uint64_t high) {
  const auto* integer = x.get_if<std::int64_t>();
  if (integer == nullptr)
    throw_mismatch(x, "an integer");
  if (*integer < low || (*integer > 0 && static_cast<std::uint64_t>(*integer) > high))
    throw_mismatch(x, "an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return *integer;
}

double checked_real(const value& x, int digits) {
  if (const auto* real = x.get_if<double>())
    return *real;
  const auto* integer = x.get_if<std::int64_t>();
  if (integer == nullptr)
    throw_mismatch(x, "a number");
  // Exact if the integer has no more significant bits than the type.
  const auto magnitude = *integer < 0 ? 0 - static_cast<std::uint64_t>(*integer) : static_cast<std::uint64_t>(*integer);
  if (magnitude != 0 && static_cast<int>(std::bit_width(magnitude)) - std::countr_zero(magnitude) > digits)
    throw_mismatch(x, "a floating-point number without loss");
  return static_cast<double>(*integer);
}

} // namespace detail

} // namespace actors::sql
