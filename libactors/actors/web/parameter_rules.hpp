#pragma once

#include <actors/web/literal.hpp>
#include <actors/web/request_reader.hpp>

#include <cstddef>
#include <string>
#include <type_traits>

/// What is said of a parameter beside its name and type: `query<"limit", int, default_to<10>, at_least<1>,
/// at_most<100>>`.
///
/// Rules are those of value_rules.hpp. One of a type that it does not fit is a `misuse_error` when the application is
/// made.
namespace actors::web {

namespace detail {

/// A number, a truth value or a text as a template argument.
template <class T>
struct constant {
  constexpr constant(T of) noexcept : value(of) {} // NOLINT(google-explicit-constructor): a constant is one

  T value;
};

template <std::size_t N>
struct constant<char[N]> {
  constexpr constant(const char (&text)[N]) noexcept : value(text) {} // NOLINT(google-explicit-constructor)

  literal<N> value;
};

template <class T>
constant(T) -> constant<T>;

template <std::size_t N>
constant(const char (&)[N]) -> constant<char[N]>;

} // namespace detail

/// The value of a parameter that is not there.
template <detail::constant Value>
struct default_to {
  template <class T>
  [[nodiscard]] static T make() {
    if constexpr (requires { Value.value.view(); })
      return T{std::string{Value.value.view()}};
    else
      return static_cast<T>(Value.value);
  }
};

template <auto Bound>
struct at_least {
  static void apply(detail::parameter_spec& to) { to.rules.at_least(static_cast<double>(Bound)); }
};

template <auto Bound>
struct greater_than {
  static void apply(detail::parameter_spec& to) { to.rules.greater_than(static_cast<double>(Bound)); }
};

template <auto Bound>
struct at_most {
  static void apply(detail::parameter_spec& to) { to.rules.at_most(static_cast<double>(Bound)); }
};

template <auto Bound>
struct less_than {
  static void apply(detail::parameter_spec& to) { to.rules.less_than(static_cast<double>(Bound)); }
};

template <auto Unit>
struct multiple_of {
  static void apply(detail::parameter_spec& to) { to.rules.multiple_of(static_cast<double>(Unit)); }
};

/// Of text in characters, of a list in items.
template <std::size_t Length>
struct min_length {
  static void apply(detail::parameter_spec& to) { to.rules.min_length(Length); }
};

template <std::size_t Length>
struct max_length {
  static void apply(detail::parameter_spec& to) { to.rules.max_length(Length); }
};

/// A regular expression (RE2) that is found in the text.
template <literal Expression>
struct pattern {
  static void apply(detail::parameter_spec& to) { to.rules.pattern(std::string{Expression.view()}); }
};

// -- for people who read the documentation --

template <literal Text>
struct titled {
  static void apply(detail::parameter_spec& to) { to.title = Text.view(); }
};

template <literal Text>
struct described {
  static void apply(detail::parameter_spec& to) { to.description = Text.view(); }
};

/// Still there, but not to be used any more.
struct deprecated {
  static void apply(detail::parameter_spec& to) { to.deprecated = true; }
};

} // namespace actors::web
