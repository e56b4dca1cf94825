#pragma once

#include <actors/app/byte_size.hpp>
#include <actors/app/value_error.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace actors::app::detail {

/// What a key holds, without the C++ type it is read into.
enum class config_kind : std::uint8_t { boolean, integer, number, text, path, duration, size };

struct config_shape {
  config_kind kind = config_kind::text;
  bool list = false;
  bool optional = false;
};

/// One value in the widest type of its kind; `text` and `path` are strings.
using config_scalar = std::variant<bool, std::int64_t, double, std::string, std::chrono::nanoseconds, byte_size>;

/// A scalar is one item, a list any number of them, an optional that is not set none.
using config_value = std::vector<config_scalar>;

/// As it would be written in a file: `8080`, `"text"`, `"30s"`.
[[nodiscard]] std::string show(const config_scalar& value);
[[nodiscard]] std::string show(const config_value& value, const config_shape& shape);

/// As part of a sentence: texts in quotes, cut and safe to print, quantities without quotes.
[[nodiscard]] std::string in_sentence(const config_scalar& value);

/// Between a C++ type and `config_scalar`. `from` gives nothing for a value outside the type's range.
template <class T>
struct config_scalar_traits;

template <>
struct config_scalar_traits<bool> {
  static constexpr config_kind kind = config_kind::boolean;

  static std::optional<bool> from(const config_scalar& value) { return std::get<bool>(value); }

  static config_scalar to(bool value) { return value; }
};

template <class T>
  requires(std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>)
struct config_scalar_traits<T> {
  static constexpr config_kind kind = config_kind::integer;

  static std::optional<T> from(const config_scalar& value) {
    const auto wide = std::get<std::int64_t>(value);
    if (!std::in_range<T>(wide))
      return std::nullopt;
    return static_cast<T>(wide);
  }

  /// Beyond 63 bits nothing can be written in a file; such a default ("no limit") is shown as the largest that can.
  static config_scalar to(T value) {
    if (!std::in_range<std::int64_t>(value))
      return std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(value);
  }
};

template <std::floating_point T>
struct config_scalar_traits<T> {
  static constexpr config_kind kind = config_kind::number;

  static std::optional<T> from(const config_scalar& value) {
    const double wide = std::get<double>(value);
    if (wide < static_cast<double>(std::numeric_limits<T>::lowest()))
      return std::nullopt;
    if (wide > static_cast<double>(std::numeric_limits<T>::max()))
      return std::nullopt;
    return static_cast<T>(wide);
  }

  static config_scalar to(T value) { return static_cast<double>(value); }
};

template <>
struct config_scalar_traits<std::string> {
  static constexpr config_kind kind = config_kind::text;

  static std::optional<std::string> from(const config_scalar& value) { return std::get<std::string>(value); }

  static config_scalar to(const std::string& value) { return value; }
};

template <>
struct config_scalar_traits<std::filesystem::path> {
  static constexpr config_kind kind = config_kind::path;

  static std::optional<std::filesystem::path> from(const config_scalar& value) {
    return std::filesystem::path(std::get<std::string>(value));
  }

  static config_scalar to(const std::filesystem::path& value) { return value.string(); }
};

template <>
struct config_scalar_traits<byte_size> {
  static constexpr config_kind kind = config_kind::size;

  static std::optional<byte_size> from(const config_scalar& value) { return std::get<byte_size>(value); }

  static config_scalar to(byte_size value) { return value; }
};

template <class Rep, class Period>
struct config_scalar_traits<std::chrono::duration<Rep, Period>> {
  using type = std::chrono::duration<Rep, Period>;
  static constexpr config_kind kind = config_kind::duration;
  static_assert(std::ratio_greater_equal_v<Period, std::nano>, "durations finer than nanoseconds are not read");

  static std::optional<type> from(const config_scalar& value) {
    using std::chrono::nanoseconds;
    const auto exact = std::get<nanoseconds>(value);
    if constexpr (std::floating_point<Rep>) {
      return std::chrono::duration_cast<type>(exact);
    } else {
      const auto wide = std::chrono::duration_cast<std::chrono::duration<std::int64_t, Period>>(exact);
      if (std::chrono::duration_cast<nanoseconds>(wide) != exact) {
        throw value_error(in_sentence(value) + " is not a multiple of " + in_sentence(nanoseconds(type(1))));
      }
      if (!std::in_range<Rep>(wide.count()))
        return std::nullopt;
      return type(static_cast<Rep>(wide.count()));
    }
  }

  /// Beyond 292 years ("for ever") it is shown as 292 years.
  static config_scalar to(type value) {
    using std::chrono::duration;
    using std::chrono::nanoseconds;
    const double count = duration<double, std::nano>(value).count();
    constexpr double limit = 9.2e18;
    if (count >= limit)
      return nanoseconds::max();
    if (count <= -limit)
      return nanoseconds::min();
    return std::chrono::duration_cast<nanoseconds>(value);
  }
};

/// Between a C++ type and `config_value`: a scalar, an optional scalar, or a list of scalars.
template <class T>
struct config_traits {
  using element = T;
  static constexpr config_shape shape{config_scalar_traits<T>::kind, false, false};

  template <class Convert>
  static T make(const config_value& value, Convert convert) {
    return convert(value.at(0));
  }

  template <class Visit>
  static void for_each(const T& value, Visit visit) {
    visit(value);
  }
};

template <class T>
struct config_traits<std::optional<T>> {
  using element = T;
  static constexpr config_shape shape{config_scalar_traits<T>::kind, false, true};

  template <class Convert>
  static std::optional<T> make(const config_value& value, Convert convert) {
    if (value.empty())
      return std::nullopt;
    return convert(value.front());
  }

  template <class Visit>
  static void for_each(const std::optional<T>& value, Visit visit) {
    if (value)
      visit(*value);
  }
};

template <class T>
struct config_traits<std::vector<T>> {
  using element = T;
  static constexpr config_shape shape{config_scalar_traits<T>::kind, true, false};

  template <class Convert>
  static std::vector<T> make(const config_value& value, Convert convert) {
    std::vector<T> result;
    result.reserve(value.size());
    for (const config_scalar& item : value)
      result.push_back(convert(item));
    return result;
  }

  template <class Visit>
  static void for_each(const std::vector<T>& value, Visit visit) {
    for (const T& item : value)
      visit(item);
  }
};

template <class T>
concept config_readable = requires { config_traits<T>::shape; };

} // namespace actors::app::detail
