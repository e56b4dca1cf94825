#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/backoff.hpp>
#include <actors/supervise/detail/child_factory.hpp>

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

/// What a supervisor knows of a child: how to start it, when to start it again, how to stop it.
///
/// A child is a task (`task_child`), a service (`service_child`), a plain CAF actor (`actor_child`) or another
/// supervisor (`supervisor_child` in `<actors/supervise/supervisor_spec.hpp>`). Every start works on a fresh copy of
/// the callable, so that a restarted child begins with the state that the specification has.
///
/// When is a child started? A task at once, or once it has called its `started_signal`; a service when its `on_start`
/// has returned; a supervisor when all its children have started; a CAF actor when the factory has returned. The
/// callable of a service or CAF actor runs on the supervisor: it should be quick.
///
/// How did a child end? Normally, if it returned; orderly, if it was cancelled or asked to stop, by whomever
/// (`cancelled`, `exit_reason::user_shutdown`); else with an error, being killed among them. A transient child is
/// started again after an error only.
///
/// Errors: `std::invalid_argument` for an empty name and for times that are not above zero. Defaults: permanent; 90 s
/// to start; 5 s to stop, for supervisors as long as it takes; restarts without delay.
///
/// @snippet examples/supervision.cpp children
namespace actors::supervise {

/// When a child that has ended is started again.
enum class restart : std::uint8_t {
  permanent, ///< always
  transient, ///< after an error
  temporary, ///< never: it is forgotten when it ends
};

class child_spec {
public:
  using duration = actors::duration;

  /// For the functions below.
  child_spec(std::string name, std::shared_ptr<const detail::child_factory> factory);

  child_spec& restart(supervise::restart value) noexcept {
    restart_ = value;
    return *this;
  }

  /// How long the child may take from the request to stop to its end; then it is killed. `forever` never kills.
  child_spec& stop_within(duration value);

  /// Stopping means killing: the child is not asked, and its cleanup does not run.
  child_spec& kill_at_once() noexcept {
    stop_within_ = duration::zero();
    return *this;
  }

  /// How long the child may take to start; then it is stopped and its start has failed. `forever` for no limit.
  child_spec& start_within(duration value);

  /// The delay before a restart, in place of the supervisor's. A child that was up for `stable_after` (by default the
  /// longest delay of the policy) begins again with the shortest.
  child_spec& backoff(backoff_policy policy, std::optional<duration> stable_after = std::nullopt);

  /// The child's actor is in the registry of the actor system under this name while it lives. The start fails if the
  /// name is taken.
  child_spec& register_as(std::string name);

  /// The supervisor ends when this child has, see `supervisor_spec::auto_shutdown`.
  child_spec& significant() noexcept {
    significant_ = true;
    return *this;
  }

  /// The supervisor adds a number of its own to the name, as in `session#12`: for many children of one kind.
  child_spec& numbered() noexcept {
    numbered_ = true;
    return *this;
  }

  /// On which workers a task or service runs.
  child_spec& run_on(affinity value) noexcept {
    affinity_ = value;
    return *this;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] supervise::restart restart() const noexcept { return restart_; }

  /// Zero: kill at once.
  [[nodiscard]] duration stop_within() const noexcept { return stop_within_; }

  [[nodiscard]] duration start_within() const noexcept { return start_within_; }

  [[nodiscard]] const std::optional<backoff_policy>& backoff() const noexcept { return backoff_; }

  [[nodiscard]] duration stable_after() const noexcept { return stable_after_; }

  [[nodiscard]] const std::string& registered_name() const noexcept { return registered_name_; }

  [[nodiscard]] bool is_significant() const noexcept { return significant_; }

  [[nodiscard]] bool is_numbered() const noexcept { return numbered_; }

  [[nodiscard]] affinity run_on() const noexcept { return affinity_; }

  /// For the supervisor.
  [[nodiscard]] const detail::child_factory& factory() const noexcept { return *factory_; }

  void rename(std::string name) { name_ = std::move(name); }

private:
  std::string name_;
  std::shared_ptr<const detail::child_factory> factory_;
  duration stop_within_ = std::chrono::seconds{5};
  duration start_within_ = std::chrono::seconds{90};
  std::optional<backoff_policy> backoff_;
  duration stable_after_ = duration::zero();
  std::string registered_name_;
  supervise::restart restart_ = supervise::restart::permanent;
  affinity affinity_ = affinity::inherit;
  bool significant_ = false;
  bool numbered_ = false;
};

/// A child that is a task: `function()` or `function(started)`, where `started` is a `started_signal`. Its result is
/// dropped.
template <class F>
  requires detail::child_function<F> && std::copy_constructible<F>
[[nodiscard]] child_spec task_child(std::string name, F function) {
  return {std::move(name), std::make_shared<detail::task_factory<F>>(std::move(function))};
}

/// A child that is a service: `make()` returns a `std::unique_ptr` to it.
template <class F>
  requires std::derived_from<typename std::invoke_result_t<F&>::element_type, service> && std::copy_constructible<F>
[[nodiscard]] child_spec service_child(std::string name, F make) {
  const auto convert = [make = std::move(make)]() mutable -> std::unique_ptr<service> { return make(); };
  return {std::move(name), detail::make_service_factory(convert)};
}

/// A child that is a plain CAF actor: `make(system)` spawns it. It is asked to stop by an exit message with
/// `exit_reason::user_shutdown`.
template <class F>
  requires std::is_invocable_r_v<caf::actor, F&, caf::actor_system&> && std::copy_constructible<F>
[[nodiscard]] child_spec actor_child(std::string name, F make) {
  return {std::move(name), detail::make_actor_factory(std::move(make))};
}

} // namespace actors::supervise
