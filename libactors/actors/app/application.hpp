#pragma once

#include <actors/app/component.hpp>
#include <actors/app/config.hpp>
#include <actors/app/dependency_order.hpp>
#include <actors/app/supervision.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/supervisor.hpp>
#include <actors/supervise/supervisor_spec.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

/// Composing services in any program: named components with typed dependencies, started in order and stopped in
/// reverse.
///
/// ```
/// app::application shop;
/// shop.add<database>("db");
/// shop.add<web_server>("web", {app::dependency::of_type<database>()});
/// shop.settings().add_file("shop.toml");
/// shop.settings().apply();
/// co_await shop.start();
/// ...
/// co_await shop.stop(10s);
/// ```
///
/// Supervision: components named by `supervise` are watched, and started again when they fail, together with all that
/// were started after them, in order (`rest_for_one`): so whoever needs a component begins anew with it. When that
/// happens too often (`restart_intensity`), all are stopped, and `ended` throws. Without supervision a component that
/// fails is only seen in `health_report`.
///
/// It installs no signal handlers and reads nothing by itself: a program that wants that says so (`signal_set` of
/// process, `config`).
///
/// Ownership: owns its components; destroy it after `stop`. With supervision its components run as long as the task
/// that has awaited `start`. Threads: `start` and `stop` are awaited by one task at a time; `health_report` may be
/// called by any task of the same runtime.
///
/// Cancellation: cancelling `start` stops what was started and throws `cancelled`. `stop` is best given its time and
/// not cancelled.
///
/// Errors: `dependency_error` from `start` for needs that cannot be met; a component's own error with its name in front
/// (`start_error`). What fails or takes too long in `stop` does not keep the others from stopping: it is in the list
/// that `stop` returns.
namespace actors::app {

/// A component could not start.
class start_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class application {
public:
  /// `environment_prefix` is that of `config`.
  explicit application(std::string environment_prefix = {});
  ~application();

  /// Adds a component. `needs` are started before it. Throws `misuse_error` once started.
  template <class C, class... Args>
  C& add(std::string name, std::vector<dependency> needs = {}, Args&&... args) {
    auto created = std::make_unique<C>(std::forward<Args>(args)...);
    auto& result = *created;
    component_node node{std::move(name)};
    node.provides<C>();
    for (auto& need : needs)
      node.needs(std::move(need));
    add_component(std::move(node), std::move(created));
    return result;
  }

  [[nodiscard]] config& settings() noexcept { return settings_; }

  /// Watches a component that was added, and starts it again when it fails. Throws `misuse_error` for an unknown name
  /// and once started.
  application& supervise(const std::string& component, const supervision& how = {});

  /// How many restarts within `period` are too many; 1 in 5 s unless set. Throws `misuse_error` once started,
  /// `std::invalid_argument` for a period that is not above zero.
  application& restart_intensity(std::size_t restarts, duration period);

  /// Waits for the end of supervision: returns after `stop`, throws `supervise::restart_limit_error` when there were
  /// too many restarts. Throws `misuse_error` if no component is supervised or nothing was started.
  [[nodiscard]] task<void> ended() const;

  /// Starts the components in the order of their needs.
  [[nodiscard]] task<void> start();

  /// Stops what was started, in reverse order, within `patience` for all together; what did not stop well, one line
  /// each.
  [[nodiscard]] task<std::vector<std::string>> stop(duration patience = std::chrono::seconds(10));

  struct component_health {
    std::string name;
    health state;
  };

  /// How each component is that has been started; one that does not answer within a second is bad.
  [[nodiscard]] task<std::vector<component_health>> health_report();

  /// The names of the components in the order of their start.
  [[nodiscard]] std::vector<std::string> started() const;

private:
  friend class component;

  struct entry;

  void add_component(component_node node, std::unique_ptr<component> created);
  [[nodiscard]] task<void> start_supervised();
  [[nodiscard]] task<std::vector<std::string>> stop_supervised(duration patience);
  [[nodiscard]] component& dependency_of(const component& asking, std::type_index type) const;

  config settings_;
  std::vector<component_node> nodes_;
  std::vector<std::unique_ptr<component>> components_;
  std::vector<std::size_t> started_;
  std::unique_ptr<dependency_order> order_;
  std::map<std::size_t, supervision> supervised_; // by the index of the component
  actors::supervise::restart_intensity intensity_;
  std::vector<std::unique_ptr<internal::component_run>> runs_; // in the order of the start
  actors::supervise::supervisor_ref supervisor_;
};

} // namespace actors::app
