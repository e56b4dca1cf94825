#pragma once

#include <actors/app/component.hpp>
#include <actors/app/supervision.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/started_signal.hpp>
#include <actors/sync/mutex.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace actors::app::internal {

/// A component as the child of a supervisor, over all its incarnations.
class component_run {
public:
  component_run(component& target, const supervision& how) : target_(&target), how_(how) {}

  component_run(const component_run&) = delete;
  component_run& operator=(const component_run&) = delete;

  /// One incarnation: starts, watches, stops. Ends with what the component has failed with, or `cancelled`.
  [[nodiscard]] task<void> live(supervise::started_signal started);

  /// How it is, as somebody else asks. Bad while it does not run.
  [[nodiscard]] task<health> state(duration patience);

  [[nodiscard]] component& target() const noexcept { return *target_; }

  [[nodiscard]] bool runs() const noexcept { return runs_.load(std::memory_order_acquire); }

  /// What went wrong when it stopped, one line each, since the last call.
  [[nodiscard]] std::vector<std::string> take_problems();

  static void set_name(component& target, std::string name) { target.name_ = std::move(name); }

private:
  [[nodiscard]] task<void> begin();
  [[nodiscard]] task<void> watch();
  [[nodiscard]] task<void> end();
  [[nodiscard]] task<health> check();
  void note(std::string problem);

  component* target_;
  supervision how_;
  sync::mutex turns_; // start, checks and stop
  std::atomic<bool> runs_{false};
  std::mutex mutex_;
  std::vector<std::string> problems_;
};

/// How a component is; one that throws or does not answer in time is bad.
[[nodiscard]] task<health> health_of(component& target, duration patience);

} // namespace actors::app::internal
