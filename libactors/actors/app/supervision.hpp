#pragma once

#include <actors/app/component.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/backoff.hpp>
#include <actors/supervise/child_spec.hpp>
#include <actors/supervise/started_signal.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

/// Components under a supervisor: started by their `start`, watched by their `check_health`, stopped by their `stop`,
/// and started again when they fail.
///
/// A component fails when its health is bad several times in a row, when a check throws or does not answer, when it
/// says so itself (`component::fail`), and when its `start` throws. It is then stopped in order and started again as
/// the supervisor's strategy and the settings here say. `application::supervise` does this for the components of an
/// application; `component_child` makes a child of any supervisor, with a fresh component for every start.
///
/// Threads: start, checks and stop of one component never run at the same time. What it spawns in `start` belongs to
/// the supervised task: it ends with this incarnation of the component.
///
/// Cancellation: a component that does not stop within its time is cancelled, and killed a second later. Errors:
/// `std::invalid_argument` for times that are not above zero and for no bad check; `component_error` for bad health.
namespace actors::app {

/// What a component ends with whose health is bad.
class component_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class supervision {
public:
  /// When it is started again; a component ends by failing only. Permanent by default.
  supervision& restart(supervise::restart value) noexcept {
    restart_ = value;
    return *this;
  }

  /// How long after its start, and after each answer, its health is asked for; `forever` for never. 5 s by default.
  supervision& check_every(duration value);

  /// How long a check may take; 1 s by default.
  supervision& check_within(duration value);

  /// How many bad checks in a row are a failure; 1 by default.
  supervision& bad_checks(std::size_t value);

  /// 90 s by default.
  supervision& start_within(duration value);

  /// 10 s by default.
  supervision& stop_within(duration value);

  /// The delay before a restart; none by default.
  supervision& backoff(supervise::backoff_policy policy) noexcept {
    backoff_ = policy;
    return *this;
  }

  [[nodiscard]] supervise::restart restart() const noexcept { return restart_; }

  [[nodiscard]] duration check_every() const noexcept { return check_every_; }

  [[nodiscard]] duration check_within() const noexcept { return check_within_; }

  [[nodiscard]] std::size_t bad_checks() const noexcept { return bad_checks_; }

  [[nodiscard]] duration start_within() const noexcept { return start_within_; }

  [[nodiscard]] duration stop_within() const noexcept { return stop_within_; }

  /// The same settings on a child.
  void apply_to(supervise::child_spec& child) const;

private:
  supervise::restart restart_ = supervise::restart::permanent;
  duration check_every_ = std::chrono::seconds{5};
  duration check_within_ = std::chrono::seconds{1};
  std::size_t bad_checks_ = 1;
  duration start_within_ = std::chrono::seconds{90};
  duration stop_within_ = std::chrono::seconds{10};
  std::optional<supervise::backoff_policy> backoff_;
};

namespace detail {

/// Owns the component as long as it runs.
[[nodiscard]] task<void> run_component(std::unique_ptr<component> target, std::string name, supervision how,
                                       supervise::started_signal started);

} // namespace detail

/// A child that is a component: `make()` returns a `std::unique_ptr` to a fresh one. It is in no application: it has no
/// settings and nothing to `get`.
template <class F>
  requires std::derived_from<typename std::invoke_result_t<F&>::element_type, component> && std::copy_constructible<F>
[[nodiscard]] supervise::child_spec component_child(const std::string& name, F make, const supervision& how = {}) {
  const auto run = [name, make = std::move(make), how](supervise::started_signal started) mutable {
    return detail::run_component(make(), name, how, std::move(started));
  };
  auto result = supervise::task_child(name, run);
  how.apply_to(result);
  return result;
}

} // namespace actors::app
