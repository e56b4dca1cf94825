#pragma once

#include <caf/inspector_access.hpp>
#include <caf/type_id.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// One cell of a table, or one parameter of a statement: null, integer, real, text or blob.
///
/// These are SQLite's five storage classes, and what every SQL database can carry. A `value` is a plain value: it owns
/// its bytes, can be copied between threads and travels in messages (`inspect`).
///
/// `get<T>()` converts with care: integers are range-checked, an integer reads as a floating-point number if that
/// number holds it exactly, a real reads as `float` rounded, `bool` reads an integer as "not zero", `std::optional<T>`
/// reads null as empty. Anything else, and above all null read as a plain type, throws `sql::error` (`type_mismatch`),
/// which tells what was there and what was wanted. Text is not parsed as a number and numbers are not printed: ask the
/// database with `cast(… as …)`.
///
/// Text should be UTF-8. It is passed through unchecked, as SQLite does; embedded NULs are kept.
namespace actors::sql {

class value;

/// Bytes without an encoding.
using blob = std::vector<std::byte>;

/// What a `value` holds. The numbers are part of the message format.
enum class value_kind : std::uint8_t { null = 0, integer = 1, real = 2, text = 3, blob = 4 };

/// `null`, `integer`, `real`, `text` or `blob`.
[[nodiscard]] std::string_view to_string(value_kind kind) noexcept;

namespace detail {

template <class T>
struct is_optional : std::false_type {};

template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

[[noreturn]] void throw_mismatch(const value& x, std::string_view wanted);
[[noreturn]] void throw_unsigned_range(std::uint64_t x);
[[nodiscard]] std::int64_t checked_integer(const value& x, std::int64_t low, std::uint64_t high);
[[nodiscard]] double checked_real(const value& x, int digits);

} // namespace detail

class value {
public:
  /// Null.
  value() noexcept = default;

  value(std::nullptr_t) noexcept {}

  value(std::nullopt_t) noexcept {}

  /// Integers and bools. Unsigned numbers above 2^63-1 do not fit a database and throw `sql::error` (`too_large`).
  template <std::integral T>
  value(T x) : data_(narrow(x)) {}

  template <std::floating_point T>
  value(T x) noexcept : data_(static_cast<double>(x)) {}

  value(std::string x) noexcept : data_(std::move(x)) {}

  value(std::string_view x) : data_(std::string{x}) {}

  value(const char* x) : data_(std::string{x}) {}

  value(blob x) noexcept : data_(std::move(x)) {}

  /// Empty becomes null.
  template <class T>
    requires std::constructible_from<value, T>
  value(std::optional<T> x) {
    if (x)
      *this = value{*std::move(x)};
  }

  [[nodiscard]] value_kind kind() const noexcept { return static_cast<value_kind>(data_.index()); }

  [[nodiscard]] bool is_null() const noexcept { return data_.index() == 0; }

  /// A pointer to what it holds if that is exactly `std::int64_t`, `double`, `std::string` or `blob`, else null: no
  /// copy, no conversion, no exception.
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&data_);
  }

  /// A copy as `T`: an integer type, `bool`, `float`, `double`, `std::string`, `blob`, or `std::optional` of one of
  /// them.
  template <class T>
  [[nodiscard]] T get() const {
    if constexpr (detail::is_optional<T>::value) {
      if (is_null())
        return std::nullopt;
      return get<typename T::value_type>();
    } else if constexpr (std::same_as<T, bool>) {
      return detail::checked_integer(*this, INT64_MIN, UINT64_MAX) != 0;
    } else if constexpr (std::integral<T>) {
      return static_cast<T>(detail::checked_integer(*this, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                                                    static_cast<std::uint64_t>(std::numeric_limits<T>::max())));
    } else if constexpr (std::floating_point<T>) {
      return static_cast<T>(detail::checked_real(*this, std::numeric_limits<T>::digits));
    } else if constexpr (std::same_as<T, std::string>) {
      if (const auto* x = get_if<std::string>())
        return *x;
      detail::throw_mismatch(*this, "text");
    } else {
      static_assert(std::same_as<T, blob>, "a database value is not read as this type");
      if (const auto* x = get_if<blob>())
        return *x;
      detail::throw_mismatch(*this, "a blob");
    }
  }

  /// Same kind and same content; the integer 1 and the real 1.0 differ.
  friend bool operator==(const value&, const value&) = default;

  /// For messages. Loading fails on an unknown kind.
  template <class Inspector>
  friend bool inspect(Inspector& f, value& x) {
    auto kind = static_cast<std::uint8_t>(x.kind());
    if (!f.begin_object(caf::invalid_type_id, caf::string_view{"actors::sql::value", 18}) ||
        !value::field(f, caf::string_view{"kind", 4}, kind))
      return false;
    if constexpr (Inspector::is_loading) {
      if (!x.become(kind)) {
        f.emplace_error(caf::sec::invalid_argument, "not a kind of database value");
        return false;
      }
    }
    if (auto* integer = std::get_if<std::int64_t>(&x.data_)) {
      if (!value::field(f, caf::string_view{"value", 5}, *integer))
        return false;
    } else if (auto* real = std::get_if<double>(&x.data_)) {
      if (!value::field(f, caf::string_view{"value", 5}, *real))
        return false;
    } else if (auto* text = std::get_if<std::string>(&x.data_)) {
      if (!value::field(f, caf::string_view{"value", 5}, *text))
        return false;
    } else if (auto* bytes = std::get_if<blob>(&x.data_)) {
      if (!f.begin_field(caf::string_view{"value", 5}) || !value::inspect_blob(f, *bytes) || !f.end_field())
        return false;
    }
    return f.end_object();
  }

private:
  template <std::integral T>
  static std::int64_t narrow(T x) {
    if constexpr (std::unsigned_integral<T> && sizeof(T) == sizeof(std::int64_t)) {
      if (x > static_cast<std::uint64_t>(INT64_MAX))
        detail::throw_unsigned_range(x);
    }
    return static_cast<std::int64_t>(x);
  }

  template <class Inspector, class T>
  static bool field(Inspector& f, caf::string_view name, T& x) {
    return f.begin_field(name) && f.apply(x) && f.end_field();
  }

  template <class Inspector>
  static bool inspect_blob(Inspector& f, blob& x) {
    auto size = x.size();
    if constexpr (Inspector::is_loading) {
      if (!f.begin_sequence(size))
        return false;
      // Not resized to `size` at once: that number comes from the peer.
      x.clear();
      for (std::size_t i = 0; i < size; ++i) {
        std::uint8_t byte = 0;
        if (!f.value(byte))
          return false;
        x.push_back(static_cast<std::byte>(byte));
      }
    } else {
      if (!f.begin_sequence(size))
        return false;
      for (const auto byte : x)
        if (!f.value(std::to_integer<std::uint8_t>(byte)))
          return false;
    }
    return f.end_sequence();
  }

  /// Changes to an empty value of that kind; false if there is no such kind.
  bool become(std::uint8_t kind);

  std::variant<std::monostate, std::int64_t, double, std::string, blob> data_;
};

/// As in SQL: `null`, `42`, `1.5`, `'it''s'`, `x'00ff'`; long texts and blobs are cut. For messages and logs, not to
/// build statements.
[[nodiscard]] std::string to_string(const value& x);

} // namespace actors::sql
