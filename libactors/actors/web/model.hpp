#pragma once

#include <actors/web/values.hpp>

#include <boost/describe/members.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Structs as JSON objects, both ways: a struct that is described with Boost.Describe is a model.
///
///     struct order {
///       std::string item;
///       int quantity = 1;
///       std::optional<std::string> note;
///     };
///     BOOST_DESCRIBE_STRUCT(order, (), (item, quantity, note))
///
///     // Found by its argument; what is not said here is as below.
///     inline void describe_model(actors::web::model<order>& m) {
///       m.field(&order::item).min_length(1).max_length(80);
///       m.field(&order::quantity).has_default().at_least(1);
///     }
///
/// A member must be there unless it is a std::optional or `has_default()`: then a missing one keeps what its
/// initialiser says. Members that are unknown are ignored unless `forbid_others()`. Public members count, those of
/// described bases first.
///
/// Ownership: a model is made once, at its first use, and never goes. Threads: then read by all. Errors: reported as
/// those of values, a missing member as `missing`; a description that makes no sense (a member twice under one name) is
/// a `misuse_error` at the first use. Cost: one table a type, made of function pointers, so that neither code nor
/// compile time grows with the places that use it.
namespace actors::web {

template <class T>
class model;

namespace detail {

/// What is known of a member without its type.
struct model_field {
  std::string name;
  std::string title;
  std::string description;
  nlohmann::json example;
  value_rules rules;
  bool is_required = true;
  std::string key; // with quotes and colon, as it is written
  void* (*member)(void* of) = nullptr;
  const void* (*const_member)(const void* of) = nullptr;
  bool (*read)(const input& what, void* into, const value_rules& rules, validator& to) = nullptr;
  void (*write)(const void* from, std::string& to) = nullptr;
  nlohmann::json (*schema)(schema_builder& to, const value_rules& rules) = nullptr;
};

struct model_table {
  std::string name;
  std::string description;
  std::vector<model_field> fields;
  std::vector<std::function<std::optional<std::string>(const void*)>> checks;
  bool forbids_others = false;

  [[nodiscard]] model_field& find(const void* of, const void* member);
  void complete();
};

[[nodiscard]] bool read_model(const model_table& by, const input& what, void* into, validator& to);
void write_model(const model_table& by, const void* from, std::string& to);
[[nodiscard]] nlohmann::json model_schema(const model_table& by, const void* defaults, schema_builder& to);

template <class T>
inline constexpr bool is_optional = false;

template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// What rules are about: of an optional the value in it.
template <class T>
struct ruled {
  using type = T;
};

template <class T>
struct ruled<std::optional<T>> : ruled<T> {};

template <class T>
concept ruled_number = std::is_arithmetic_v<typename ruled<T>::type> && !std::is_same_v<typename ruled<T>::type, bool>;

template <class T>
concept ruled_text = std::is_same_v<typename ruled<T>::type, std::string>;

template <class T>
inline constexpr bool has_items = false;

template <class T>
inline constexpr bool has_items<std::vector<T>> = true;

template <class T, class C>
inline constexpr bool has_items<std::map<std::string, T, C>> = true;

template <class T>
concept ruled_length = ruled_text<T> || has_items<typename ruled<T>::type>;

} // namespace detail

/// What can be said of a member of type `M`. Each returns the same again.
template <class M>
class field_of {
public:
  explicit field_of(detail::model_field& field) noexcept : field_(&field) {}

  // -- rules (value_rules.hpp) --

  field_of& greater_than(double bound)
    requires detail::ruled_number<M>
  {
    field_->rules.greater_than(bound);
    return *this;
  }

  field_of& at_least(double bound)
    requires detail::ruled_number<M>
  {
    field_->rules.at_least(bound);
    return *this;
  }

  field_of& less_than(double bound)
    requires detail::ruled_number<M>
  {
    field_->rules.less_than(bound);
    return *this;
  }

  field_of& at_most(double bound)
    requires detail::ruled_number<M>
  {
    field_->rules.at_most(bound);
    return *this;
  }

  field_of& multiple_of(double unit)
    requires detail::ruled_number<M>
  {
    field_->rules.multiple_of(unit);
    return *this;
  }

  field_of& min_length(std::size_t value)
    requires detail::ruled_length<M>
  {
    field_->rules.min_length(value);
    return *this;
  }

  field_of& max_length(std::size_t value)
    requires detail::ruled_length<M>
  {
    field_->rules.max_length(value);
    return *this;
  }

  field_of& pattern(std::string expression)
    requires detail::ruled_text<M>
  {
    field_->rules.pattern(std::move(expression));
    return *this;
  }

  // -- its place in the object --

  /// It may be missing; then it is what its initialiser says.
  field_of& has_default() noexcept { return required(false); }

  /// Whether it must be there; a std::optional need not by itself.
  field_of& required(bool value = true) noexcept {
    field_->is_required = value;
    return *this;
  }

  /// Its name in JSON, if it is not that of the member.
  field_of& alias(std::string name) {
    field_->name = std::move(name);
    return *this;
  }

  // -- for people who read the documentation --

  field_of& title(std::string text) {
    field_->title = std::move(text);
    return *this;
  }

  field_of& description(std::string text) {
    field_->description = std::move(text);
    return *this;
  }

  field_of& example(nlohmann::json value) {
    field_->example = std::move(value);
    return *this;
  }

private:
  detail::model_field* field_;
};

template <class T>
concept described_struct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

/// A described struct's description; see the head of this file.
template <class T>
class model {
public:
  /// `&order::item`
  template <class M, class C>
    requires std::is_base_of_v<C, T>
  [[nodiscard]] field_of<M> field(M C::* member) {
    return field_of<M>{table_.find(&shape_, &(shape_.*member))};
  }

  /// Refuses objects with members that are none of the struct's.
  model& forbid_others(bool value = true) noexcept {
    table_.forbids_others = value;
    return *this;
  }

  /// Its name in the documentation, if it is not that of the struct.
  model& name(std::string value) {
    table_.name = std::move(value);
    return *this;
  }

  model& description(std::string text) {
    table_.description = std::move(text);
    return *this;
  }

  /// A rule about several members: what is wrong, or nothing. Asked when each of them is right by itself. Reported as
  /// `value_error`.
  template <class F>
    requires std::is_invocable_r_v<std::optional<std::string>, F, const T&>
  model& check(F rule) {
    table_.checks.emplace_back([rule = std::move(rule)](const void* of) { return rule(*static_cast<const T*>(of)); });
    return *this;
  }

  /// The one of all users.
  [[nodiscard]] static const model& get() {
    static const model one;
    return one;
  }

  [[nodiscard]] const detail::model_table& table() const noexcept { return table_; }

  /// With all members as their initialisers say.
  [[nodiscard]] const T& defaults() const noexcept { return shape_; }

private:
  model() {
    table_.name = detail::type_name<T>();
    using members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    add_all(members{});
    if constexpr (requires(model& m) { describe_model(m); })
      describe_model(*this);
    table_.complete();
  }

  template <template <class...> class List, class... Ds>
  void add_all(List<Ds...>) {
    (add<Ds>(), ...);
  }

  template <class D>
  void add() {
    using member = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
    static_assert(value<member>, "a member of this type can be neither read nor written, see value_traits");
    detail::model_field result;
    result.name = D::name;
    result.is_required = !detail::is_optional<member>;
    result.member = [](void* of) -> void* { return &(static_cast<T*>(of)->*D::pointer); };
    result.const_member = [](const void* of) -> const void* { return &(static_cast<const T*>(of)->*D::pointer); };
    result.read = [](const input& what, void* into, const value_rules& rules, validator& to) {
      return value_traits<member>::read(what, *static_cast<member*>(into), rules, to);
    };
    result.write = [](const void* from, std::string& to) {
      value_traits<member>::write(*static_cast<const member*>(from), to);
    };
    result.schema = [](schema_builder& to, const value_rules& rules) {
      return value_traits<member>::schema(to, rules);
    };
    table_.fields.push_back(std::move(result));
  }

  T shape_{};
  detail::model_table table_;
};

template <described_struct T>
struct value_traits<T> {
  static bool read(const input& what, T& into, const value_rules&, validator& to) {
    return detail::read_model(model<T>::get().table(), what, &into, to);
  }

  static void write(const T& from, std::string& to) { detail::write_model(model<T>::get().table(), &from, to); }

  static nlohmann::json schema(schema_builder& to, const value_rules&) {
    const auto& of = model<T>::get();
    return to.reference(&of, of.table().name, [&] { return detail::model_schema(of.table(), &of.defaults(), to); });
  }
};

} // namespace actors::web
