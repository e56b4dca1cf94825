#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

namespace actors::app {

/// In which order components start and stop, given what each needs.
///
/// A component has a name and provides one or more types; it needs others by name, by type, or both. A need by type
/// alone is met by the only component that provides it. Components start after all that they need, otherwise in the
/// order in which they were declared (the order is stable: adding an unrelated component moves nothing else); they stop
/// in exactly the reverse order.
///
/// Pure functions over values: nothing is started here. Threads: any. Errors: `dependency_error`, which lists
/// everything that is wrong, not the first: names used twice, needs that nobody meets or several do, cycles (`a → b →
/// a`: a needs b needs a). Cost: O((components + needs) log components), no recursion.

/// What a component needs. An unnamed type, `void`, stands for any.
struct dependency {
  /// The component of this name, whatever it provides.
  [[nodiscard]] static dependency named(std::string name) { return dependency(std::move(name), typeid(void), false); }

  /// The only component that provides `T`.
  template <class T>
  [[nodiscard]] static dependency of_type() {
    return dependency({}, typeid(T), false);
  }

  /// The component of this name, which must provide `T`.
  template <class T>
  [[nodiscard]] static dependency of_type(std::string name) {
    return dependency(std::move(name), typeid(T), false);
  }

  dependency(std::string name_arg, std::type_index type_arg, bool optional_arg)
      : name(std::move(name_arg)), type(type_arg), optional(optional_arg) {}

  /// The same need, which may go unmet: it orders the two if both are there.
  [[nodiscard]] dependency if_present() const { return dependency(name, type, true); }

  std::string name; ///< empty: found by type
  std::type_index type;
  bool optional;
};

struct component_node {
  explicit component_node(std::string name_arg) : name(std::move(name_arg)) {}

  /// Chained: `component_node("api").provides<http::server>().needs(dependency::of_type<store>())`.
  template <class T>
  component_node& provides() {
    types.emplace_back(typeid(T));
    return *this;
  }

  component_node& needs(dependency what) {
    dependencies.push_back(std::move(what));
    return *this;
  }

  std::string name;
  std::vector<std::type_index> types;
  std::vector<dependency> dependencies;
};

/// The components cannot be ordered.
class dependency_error : public std::runtime_error {
public:
  explicit dependency_error(std::vector<std::string> problems);

  /// One sentence each; `what()` has them one a line.
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
  std::vector<std::string> problems_;
};

class dependency_order {
public:
  /// Throws `dependency_error`.
  explicit dependency_order(std::span<const component_node> components);

  /// Positions in the given components, in the order in which to start them.
  [[nodiscard]] const std::vector<std::size_t>& start() const& noexcept { return start_; }

  [[nodiscard]] std::vector<std::size_t> start() && noexcept { return std::move(start_); }

  /// The reverse of `start()`.
  [[nodiscard]] const std::vector<std::size_t>& stop() const& noexcept { return stop_; }

  [[nodiscard]] std::vector<std::size_t> stop() && noexcept { return std::move(stop_); }

  /// Who meets each need of that component, in the order of its needs; nothing for an optional need that is not met.
  [[nodiscard]] const std::vector<std::optional<std::size_t>>& dependencies_of(std::size_t component) const& {
    return resolved_.at(component);
  }

private:
  std::vector<std::size_t> start_;
  std::vector<std::size_t> stop_;
  std::vector<std::vector<std::optional<std::size_t>>> resolved_;
};

/// A type's name as a person writes it, such as `actors::http::server`.
[[nodiscard]] std::string type_name(std::type_index type);

} // namespace actors::app
