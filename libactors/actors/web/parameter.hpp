#pragma once

#include <actors/core/error.hpp>
#include <actors/web/literal.hpp>
#include <actors/web/parameter_rules.hpp>
#include <actors/web/path_pattern.hpp>
#include <actors/web/request_reader.hpp>
#include <actors/web/values.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Parameters of handlers and of dependencies, which say where they come from:
///
///     task<user> get_user(path<"user_id", int> id, query<"verbose", bool, default_to<false>> verbose);
///     order create(body<order> o, header<"x-token", std::string> token, cookie<"sid", std::optional<std::string>>
///     sid);
///
/// Each is used as its value: `*id`, `o->item`, or where a `const int&` is expected. One of a std::optional, or with
/// `default_to`, may be missing; a std::vector takes all of its name. Names in paths are looked for at compile time.
///
/// Also parameters: `const http::request&` (without its body), `context&`, `background_tasks&`, `state<T>`, and
/// `depends<function>` (dependency.hpp). Those of one's own kinds are made by a specialisation of `parameter_traits`.
///
/// Ownership: a value; it is moved into the handler, so that a coroutine has it in its frame. What refers to the
/// request
/// (`context&` and its like) is valid until the reply has been sent. Errors: everything that is wrong with a request is
/// told at once, as 422 (validation.hpp). Cost: no allocation but for the values; a query is taken apart once.
namespace actors::web {

/// How a parameter of type `P` is read. Members:
///
///     static constexpr value_source source;   // when it is read
///     static constexpr body_need needs;
///     struct held;                             // default-constructible: what lives until the handler has returned
///     static bool read(request_reader& from, held& into);        // or task<bool>; false, and reported, if it is wrong
///     static P give(held& from);                                  // what the handler is called with
///     static void describe(operation& to);
///     static constexpr bool fits(const path_text& where);         // may be left out
///     static void path_names(std::vector<std::string_view>& to);  // may be left out
template <class P>
struct parameter_traits;

namespace detail {

/// A parameter's value.
template <class T>
class parameter {
public:
  using value_type = T;

  parameter() = default;

  parameter(T of) : value_(std::move(of)) {} // NOLINT(google-explicit-constructor): it is used as its value

  [[nodiscard]] const T& operator*() const& noexcept { return value_; }

  [[nodiscard]] T& operator*() & noexcept { return value_; }

  [[nodiscard]] T&& operator*() && noexcept { return std::move(value_); }

  [[nodiscard]] const T* operator->() const noexcept { return &value_; }

  [[nodiscard]] T* operator->() noexcept { return &value_; }

  [[nodiscard]] operator const T&() const noexcept { // NOLINT(google-explicit-constructor): see above
    return value_;
  }

private:
  T value_{};
};

template <class Rule>
inline constexpr bool is_default = false;

template <constant Value>
inline constexpr bool is_default<default_to<Value>> = true;

template <class T>
inline constexpr bool is_optional_value = false;

template <class T>
inline constexpr bool is_optional_value<std::optional<T>> = true;

template <class T>
inline constexpr bool is_list_value = false;

template <class T>
inline constexpr bool is_list_value<std::vector<T>> = true;

template <class T>
inline constexpr bool is_list_value<std::optional<std::vector<T>>> = true;

/// What parameters with a name have in common.
template <class P, value_source Source, bool IsForm, literal Name, class T, class... Rules>
struct named_parameter {
  static_assert(value<T>, "a parameter of this type cannot be read, see value_traits");

  static constexpr auto source = Source;
  static constexpr auto needs = Source != value_source::body ? body_need::none
                                : IsForm                     ? body_need::form
                                                             : body_need::json;

  struct held {
    P it{first_value()};
  };

  static bool read(request_reader& from, held& into) { return read_parameter(spec(), from, &*into.it); }

  static P&& give(held& from) noexcept { return std::move(from.it); }

  static void describe(operation& to) { describe_parameter(spec(), to); }

  static constexpr bool fits(const path_text& where) { return Source != value_source::path || where.has(Name.view()); }

  static void path_names(std::vector<std::string_view>& to) {
    if constexpr (Source == value_source::path)
      to.push_back(Name.view());
  }

private:
  static T first_value() {
    if constexpr ((is_default<Rules> || ...))
      return default_of<Rules...>();
    else
      return T{};
  }

  template <class Rule, class... More>
  static T default_of() {
    if constexpr (is_default<Rule>)
      return Rule::template make<T>();
    else
      return default_of<More...>();
  }

  template <class Rule>
  static void apply(parameter_spec& to) {
    if constexpr (!is_default<Rule>)
      Rule::apply(to);
  }

  static const parameter_spec& spec() {
    static const parameter_spec one = make_spec();
    return one;
  }

  static parameter_spec make_spec() {
    constexpr bool has_default = (is_default<Rules> || ...);
    parameter_spec result;
    result.source = Source;
    result.name = Name.view();
    result.is_form = IsForm;
    result.is_list = is_list_value<T> && (Source != value_source::body || IsForm);
    result.required = !has_default && !is_optional_value<T>;
    (apply<Rules>(result), ...);
    if constexpr (has_default)
      value_traits<T>::write(first_value(), result.fallback);
    result.read = [](const input& what, void* into, const value_rules& rules, validator& to) {
      return value_traits<T>::read(what, *static_cast<T*>(into), rules, to);
    };
    result.schema = [](schema_builder& to, const value_rules& rules) { return value_traits<T>::schema(to, rules); };
    return result;
  }
};

/// What is in no part of the request by a name of its own.
struct unnamed_parameter {
  static constexpr auto source = value_source::request;
  static constexpr auto needs = body_need::none;

  static void describe(operation&) {}
};

} // namespace detail

/// A parameter of the path: `/users/{user_id}`.
template <literal Name, class T, class... Rules>
class path : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// Of the query: `?limit=10`.
template <literal Name, class T, class... Rules>
class query : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// A field of the request's head.
template <literal Name, class T, class... Rules>
class header : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

template <literal Name, class T, class... Rules>
class cookie : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// A field of a form, of either kind. One that was left empty is not there.
template <literal Name, class T, class... Rules>
class form : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// One of several members of a body of JSON.
template <literal Name, class T, class... Rules>
class body_field : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// The whole body, as JSON.
template <class T>
class body : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

/// What the application was given by `application::state`.
template <class T>
class state {
public:
  state(T& of) noexcept : of_(&of) {} // NOLINT(google-explicit-constructor): stands for it

  [[nodiscard]] T& operator*() const noexcept { return *of_; }

  [[nodiscard]] T* operator->() const noexcept { return of_; }

  [[nodiscard]] operator T&() const noexcept { return *of_; } // NOLINT(google-explicit-constructor)

private:
  T* of_;
};

template <literal Name, class T, class... Rules>
struct parameter_traits<path<Name, T, Rules...>>
    : detail::named_parameter<path<Name, T, Rules...>, value_source::path, false, Name, T, Rules...> {
  static_assert(!detail::is_optional_value<T> && !(detail::is_default<Rules> || ...),
                "a parameter of the path is always there");
};

template <literal Name, class T, class... Rules>
struct parameter_traits<query<Name, T, Rules...>>
    : detail::named_parameter<query<Name, T, Rules...>, value_source::query, false, Name, T, Rules...> {};

template <literal Name, class T, class... Rules>
struct parameter_traits<header<Name, T, Rules...>>
    : detail::named_parameter<header<Name, T, Rules...>, value_source::header, false, Name, T, Rules...> {};

template <literal Name, class T, class... Rules>
struct parameter_traits<cookie<Name, T, Rules...>>
    : detail::named_parameter<cookie<Name, T, Rules...>, value_source::cookie, false, Name, T, Rules...> {};

template <literal Name, class T, class... Rules>
struct parameter_traits<form<Name, T, Rules...>>
    : detail::named_parameter<form<Name, T, Rules...>, value_source::body, true, Name, T, Rules...> {};

template <literal Name, class T, class... Rules>
struct parameter_traits<body_field<Name, T, Rules...>>
    : detail::named_parameter<body_field<Name, T, Rules...>, value_source::body, false, Name, T, Rules...> {};

template <class T>
struct parameter_traits<body<T>> {
  static_assert(value<T>, "a body of this type cannot be read, see value_traits");

  static constexpr auto source = value_source::body;
  static constexpr auto needs = body_need::json;
  static constexpr bool is_required = !detail::is_optional_value<T>;

  struct held {
    body<T> it;
  };

  static bool read(request_reader& from, held& into) {
    return detail::read_body(from, is_required, &*into.it,
                             [](const input& what, void* to, const value_rules& rules, validator& problems) {
                               return value_traits<T>::read(what, *static_cast<T*>(to), rules, problems);
                             });
  }

  static body<T>&& give(held& from) noexcept { return std::move(from.it); }

  static void describe(operation& to) {
    detail::describe_body(to, is_required,
                          [](schema_builder& builder) { return value_traits<T>::schema(builder, detail::no_rules); });
  }
};

template <class T>
struct parameter_traits<state<T>> : detail::unnamed_parameter {
  struct held {
    T* it = nullptr;
  };

  static bool read(request_reader& from, held& into) {
    into.it = &from.of().template state<T>();
    return true;
  }

  static state<T> give(held& from) noexcept { return *from.it; }
};

template <>
struct parameter_traits<context> : detail::unnamed_parameter {
  struct held {
    context* it = nullptr;
  };

  static bool read(request_reader& from, held& into) {
    into.it = &from.of();
    return true;
  }

  static context& give(held& from) noexcept { return *from.it; }
};

template <>
struct parameter_traits<http::request> : detail::unnamed_parameter {
  struct held {
    const http::request* it = nullptr;
  };

  static bool read(request_reader& from, held& into) {
    into.it = &from.of().request();
    return true;
  }

  static const http::request& give(held& from) noexcept { return *from.it; }
};

template <>
struct parameter_traits<background_tasks> : detail::unnamed_parameter {
  struct held {
    background_tasks* it = nullptr;
  };

  static bool read(request_reader& from, held& into) {
    into.it = &from.of().background();
    return true;
  }

  static background_tasks& give(held& from) noexcept { return *from.it; }
};

} // namespace actors::web
