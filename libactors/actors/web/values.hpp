#pragma once

#include <actors/web/schema.hpp>
#include <actors/web/validation.hpp>
#include <actors/web/value_rules.hpp>

#include <boost/describe/enumerators.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// How C++ types are read from requests and written as JSON: `value_traits<T>` for each type that can be.
///
/// Known are bool, integers, floating point, std::string, enumerations and structs described with Boost.Describe
/// (model.hpp), std::optional, std::vector, std::array, std::map with text as keys, and nlohmann::json for anything.
/// A type of one's own gets a specialisation with the same three functions:
///
///     template <>
///     struct actors::web::value_traits<money> {
///       static bool read(const input& what, money& into, const value_rules& rules, validator& to);
///       static void write(const money& from, std::string& to);
///       static nlohmann::json schema(schema_builder& to, const value_rules& rules);
///     };
///
/// Reading is as lax as pydantic 2 is by default, where no meaning is lost: the text `1` and the number 1.0 are
/// integers of 1, `yes` and 1 are true. What would lose something is refused: 1.5 for an integer, a number for a text.
/// NaN and infinity are refused everywhere. An integer beyond its type's range breaks the bound that the range is.
///
/// Cost: reading allocates what the value itself needs. Errors: reported to the validator; reading goes on with the
/// next value, so that all problems are told at once. Writing throws `misuse_error` for NaN, infinity and text that is
/// no UTF-8, which JSON cannot hold.
namespace actors::web {

template <class T>
struct value_traits;

namespace detail {

[[nodiscard]] bool read_integer(const input& what, std::int64_t& into, std::int64_t least, std::int64_t most,
                                const value_rules& rules, validator& to);
[[nodiscard]] bool read_integer(const input& what, std::uint64_t& into, std::uint64_t most, const value_rules& rules,
                                validator& to);
[[nodiscard]] bool read_number(const input& what, double& into, const value_rules& rules, validator& to);
[[nodiscard]] bool read_boolean(const input& what, bool& into, validator& to);
[[nodiscard]] bool read_text(const input& what, std::string& into, const value_rules& rules, validator& to);

void write_integer(std::int64_t from, std::string& to);
void write_integer(std::uint64_t from, std::string& to);
void write_number(double from, std::string& to);
void write_number(float from, std::string& to);
void write_text(std::string_view from, std::string& to);
void write_json(const nlohmann::json& from, std::string& to);

/// The position in `names`; reports and returns nothing if it is none of them.
[[nodiscard]] std::optional<std::size_t> read_choice(const input& what, std::span<const std::string_view> names,
                                                     validator& to);

/// The items of a list; null, and reported, if it is none or has too many or too few.
[[nodiscard]] const nlohmann::json* list_of(const input& what, const value_rules& rules, validator& to);
[[nodiscard]] const nlohmann::json* map_of(const input& what, const value_rules& rules, validator& to);

[[nodiscard]] nlohmann::json simple_schema(std::string_view type, const value_rules& rules);
[[nodiscard]] nlohmann::json list_schema(nlohmann::json items, const value_rules& rules);
[[nodiscard]] nlohmann::json map_schema(nlohmann::json values, const value_rules& rules);
[[nodiscard]] nlohmann::json optional_schema(nlohmann::json inner);
[[nodiscard]] nlohmann::json choice_schema(schema_builder& to, std::string_view name,
                                           std::span<const std::string_view> names);

/// The type's name without its namespaces.
[[nodiscard]] std::string_view short_name(std::string_view pretty_function) noexcept;

template <class T>
[[nodiscard]] std::string_view type_name() noexcept {
  return short_name(__PRETTY_FUNCTION__);
}

inline const value_rules no_rules;

} // namespace detail

template <>
struct value_traits<bool> {
  static bool read(const input& what, bool& into, const value_rules&, validator& to) {
    return detail::read_boolean(what, into, to);
  }

  static void write(bool from, std::string& to) { to.append(from ? "true" : "false"); }

  static nlohmann::json schema(schema_builder&, const value_rules& rules) {
    return detail::simple_schema("boolean", rules);
  }
};

template <std::integral T>
struct value_traits<T> {
  static bool read(const input& what, T& into, const value_rules& rules, validator& to) {
    using limits = std::numeric_limits<T>;
    if constexpr (std::is_signed_v<T>) {
      std::int64_t value = 0;
      if (!detail::read_integer(what, value, limits::min(), limits::max(), rules, to))
        return false;
      into = static_cast<T>(value);
    } else {
      std::uint64_t value = 0;
      if (!detail::read_integer(what, value, limits::max(), rules, to))
        return false;
      into = static_cast<T>(value);
    }
    return true;
  }

  static void write(T from, std::string& to) {
    if constexpr (std::is_signed_v<T>)
      detail::write_integer(static_cast<std::int64_t>(from), to);
    else
      detail::write_integer(static_cast<std::uint64_t>(from), to);
  }

  static nlohmann::json schema(schema_builder&, const value_rules& rules) {
    return detail::simple_schema("integer", rules);
  }
};

template <std::floating_point T>
struct value_traits<T> {
  static bool read(const input& what, T& into, const value_rules& rules, validator& to) {
    double value = 0;
    if (!detail::read_number(what, value, rules, to))
      return false;
    into = static_cast<T>(value);
    return true;
  }

  static void write(T from, std::string& to) {
    if constexpr (std::is_same_v<T, float>)
      detail::write_number(from, to);
    else
      detail::write_number(static_cast<double>(from), to);
  }

  static nlohmann::json schema(schema_builder&, const value_rules& rules) {
    return detail::simple_schema("number", rules);
  }
};

template <>
struct value_traits<std::string> {
  static bool read(const input& what, std::string& into, const value_rules& rules, validator& to) {
    return detail::read_text(what, into, rules, to);
  }

  static void write(const std::string& from, std::string& to) { detail::write_text(from, to); }

  static nlohmann::json schema(schema_builder&, const value_rules& rules) {
    return detail::simple_schema("string", rules);
  }
};

/// Anything; text from outside of JSON is a text.
template <>
struct value_traits<nlohmann::json> {
  static bool read(const input& what, nlohmann::json& into, const value_rules&, validator&) {
    into = what.to_json();
    return true;
  }

  static void write(const nlohmann::json& from, std::string& to) { detail::write_json(from, to); }

  static nlohmann::json schema(schema_builder&, const value_rules&) { return nlohmann::json::object(); }
};

/// By the names of its enumerators.
template <class T>
  requires(std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value)
struct value_traits<T> {
  static bool read(const input& what, T& into, const value_rules&, validator& to) {
    const auto position = detail::read_choice(what, names(), to);
    if (!position)
      return false;
    into = values[*position];
    return true;
  }

  static void write(T from, std::string& to) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] == from)
        return detail::write_text(names()[i], to);
    detail::write_integer(static_cast<std::int64_t>(from), to);
  }

  static nlohmann::json schema(schema_builder& to, const value_rules&) {
    return detail::choice_schema(to, detail::type_name<T>(), names());
  }

private:
  using described = boost::describe::describe_enumerators<T>;

  template <template <class...> class L, class... D>
  static constexpr std::array<T, sizeof...(D)> values_of(L<D...>) {
    return {D::value...};
  }

  template <template <class...> class L, class... D>
  static std::array<std::string_view, sizeof...(D)> names_of(L<D...>) {
    return {D::name...};
  }

  static constexpr auto values = values_of(described{});

  static std::span<const std::string_view> names() {
    static const auto all = names_of(described{});
    return all;
  }
};

/// null, or a value.
template <class T>
struct value_traits<std::optional<T>> {
  static bool read(const input& what, std::optional<T>& into, const value_rules& rules, validator& to) {
    if (what.is_null()) {
      into.reset();
      return true;
    }
    T value{};
    if (!value_traits<T>::read(what, value, rules, to))
      return false;
    into = std::move(value);
    return true;
  }

  static void write(const std::optional<T>& from, std::string& to) {
    if (from)
      value_traits<T>::write(*from, to);
    else
      to.append("null");
  }

  static nlohmann::json schema(schema_builder& to, const value_rules& rules) {
    return detail::optional_schema(value_traits<T>::schema(to, rules));
  }
};

template <class T>
struct value_traits<std::vector<T>> {
  static bool read(const input& what, std::vector<T>& into, const value_rules& rules, validator& to) {
    const auto* items = detail::list_of(what, rules, to);
    if (items == nullptr)
      return false;
    into.clear();
    into.reserve(items->size());
    bool ok = true;
    for (std::size_t i = 0; i < items->size(); ++i) {
      const validator::step at{to, i};
      T value{};
      ok = value_traits<T>::read(input{(*items)[i]}, value, detail::no_rules, to) && ok;
      into.push_back(std::move(value));
    }
    return ok;
  }

  static void write(const std::vector<T>& from, std::string& to) {
    char before = '[';
    for (const auto& item : from) {
      to.push_back(std::exchange(before, ','));
      value_traits<T>::write(item, to);
    }
    to.append(from.empty() ? "[]" : "]");
  }

  static nlohmann::json schema(schema_builder& to, const value_rules& rules) {
    return detail::list_schema(value_traits<T>::schema(to, detail::no_rules), rules);
  }
};

/// Exactly so many.
template <class T, std::size_t N>
struct value_traits<std::array<T, N>> {
  static bool read(const input& what, std::array<T, N>& into, const value_rules&, validator& to) {
    const auto* items = detail::list_of(what, rules(), to);
    if (items == nullptr)
      return false;
    bool ok = true;
    for (std::size_t i = 0; i < N; ++i) {
      const validator::step at{to, i};
      ok = value_traits<T>::read(input{(*items)[i]}, into[i], detail::no_rules, to) && ok;
    }
    return ok;
  }

  static void write(const std::array<T, N>& from, std::string& to) {
    char before = '[';
    for (const auto& item : from) {
      to.push_back(std::exchange(before, ','));
      value_traits<T>::write(item, to);
    }
    to.append(N == 0 ? "[]" : "]");
  }

  static nlohmann::json schema(schema_builder& to, const value_rules&) {
    return detail::list_schema(value_traits<T>::schema(to, detail::no_rules), rules());
  }

private:
  static const value_rules& rules() {
    static const auto all = value_rules{}.min_length(N).max_length(N);
    return all;
  }
};

template <class T, class Compare>
struct value_traits<std::map<std::string, T, Compare>> {
  using map = std::map<std::string, T, Compare>;

  static bool read(const input& what, map& into, const value_rules& rules, validator& to) {
    const auto* items = detail::map_of(what, rules, to);
    if (items == nullptr)
      return false;
    into.clear();
    bool ok = true;
    for (const auto& [key, node] : items->template get_ref<const nlohmann::json::object_t&>()) {
      const validator::step at{to, key};
      ok = value_traits<T>::read(input{node}, into[key], detail::no_rules, to) && ok;
    }
    return ok;
  }

  static void write(const map& from, std::string& to) {
    char before = '{';
    for (const auto& [key, value] : from) {
      to.push_back(std::exchange(before, ','));
      detail::write_text(key, to);
      to.push_back(':');
      value_traits<T>::write(value, to);
    }
    to.append(from.empty() ? "{}" : "}");
  }

  static nlohmann::json schema(schema_builder& to, const value_rules& rules) {
    return detail::map_schema(value_traits<T>::schema(to, detail::no_rules), rules);
  }
};

/// What can be read and written.
template <class T>
concept value = requires(const input& what, T& into, const T& from, const value_rules& rules, validator& to,
                         std::string& text, schema_builder& builder) {
  { value_traits<T>::read(what, into, rules, to) } -> std::same_as<bool>;
  value_traits<T>::write(from, text);
  { value_traits<T>::schema(builder, rules) } -> std::same_as<nlohmann::json>;
};

/// As JSON text.
template <value T>
[[nodiscard]] std::string to_json_text(const T& from) {
  std::string result;
  value_traits<T>::write(from, result);
  return result;
}

/// Throws `validation_error` with everything that is wrong.
template <value T>
[[nodiscard]] T read_json(const nlohmann::json& node) {
  T result{};
  validator to;
  static_cast<void>(value_traits<T>::read(input{node}, result, detail::no_rules, to));
  to.throw_if_wrong();
  return result;
}

} // namespace actors::web
