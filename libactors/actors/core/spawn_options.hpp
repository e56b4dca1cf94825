#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace actors {

/// Where the steps of a task may run.
enum class affinity : std::uint8_t {
  /// As the parent: the default.
  inherit,
  /// On any worker, each step where there is time for it. Siblings run in parallel.
  any_worker,
  /// Always on the worker that spawned it, and so do its children: between two awaits none of the others that are bound
  /// to that worker in this way runs, which gives shared state the safety that it has on one asyncio loop. One that
  /// computes for long holds the others up.
  same_worker,
  /// With the reactor of the worker that spawned it, and so do its children: a byte that arrives, the task that it
  /// wakes and the answer stay on one processor. When one of them holds its thread for long, the others go on on
  /// another thread, so what they share needs care. This is how connections are served.
  same_reactor,
};

/// What can be said about a new task.
class spawn_options {
public:
  spawn_options() = default;

  /// The task's name in logs and in the tree of tasks; copied.
  spawn_options& name(std::string_view value) {
    name_ = value;
    return *this;
  }

  spawn_options& run_on(affinity value) noexcept {
    affinity_ = value;
    return *this;
  }

  /// Runs the task up to its first suspension inside of `spawn`, on the calling thread; one that never suspends is done
  /// when `spawn` returns, at the price of a call. Off by default. Eager tasks that spawn eager tasks do so some levels
  /// deep; below that the tasks start as others do.
  spawn_options& eager(bool value = true) noexcept {
    eager_ = value;
    return *this;
  }

  [[nodiscard]] bool eager() const noexcept { return eager_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] affinity run_on() const noexcept { return affinity_; }

private:
  std::string name_;
  affinity affinity_ = affinity::inherit;
  bool eager_ = false;
};

} // namespace actors
