#pragma once

#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/started_signal.hpp>

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace actors::supervise::detail {

class supervisor_core;

enum class child_actor : std::uint8_t { task, service, plain };

/// One start of a child, as its factory sees it.
class child_launch {
public:
  child_launch(caf::actor_system& system, actors::detail::runtime_core& core, const actors::detail::task_origin& origin,
               started_signal started) noexcept
      : system_(&system), core_(&core), origin_(&origin), started_(std::move(started)) {}

  child_launch(const child_launch&) = delete;
  child_launch& operator=(const child_launch&) = delete;

  [[nodiscard]] caf::actor_system& system() const noexcept { return *system_; }

  [[nodiscard]] actors::detail::runtime_core& core() const noexcept { return *core_; }

  [[nodiscard]] const actors::detail::task_origin& origin() const noexcept { return *origin_; }

  [[nodiscard]] const started_signal& started() const noexcept { return started_; }

  /// Makes the new actor known before it runs: its name, its family, its end. A plain CAF actor runs already.
  virtual void prepare(const caf::strong_actor_ptr& actor, child_actor kind) = 0;

  /// The child is a supervisor itself.
  virtual void nested(const std::shared_ptr<supervisor_core>& core) = 0;

protected:
  ~child_launch() = default;

private:
  caf::actor_system* system_;
  actors::detail::runtime_core* core_;
  const actors::detail::task_origin* origin_;
  started_signal started_;
};

class child_factory {
public:
  child_factory() = default;
  child_factory(const child_factory&) = delete;
  child_factory& operator=(const child_factory&) = delete;
  virtual ~child_factory() = default;

  /// Starts an actor. True if the child has started with that, false if `started` will be called.
  [[nodiscard]] virtual bool launch(child_launch& start) const = 0;

  /// Whether the children are supervisors.
  [[nodiscard]] virtual bool makes_supervisors() const noexcept { return false; }
};

/// Launches a task that was prepared.
template <class T>
void launch_prepared(child_launch& start, task<T> root) {
  const auto created = actors::detail::make_task(start.core(), start.origin(), std::move(root));
  start.prepare(created.actor(), child_actor::task);
  created->launch();
}

template <class F>
concept plain_child_function = std::is_invocable_v<F&> && actors::detail::is_task<std::invoke_result_t<F&>>::value;

template <class F>
concept signalling_child_function =
    std::is_invocable_v<F&, started_signal> && actors::detail::is_task<std::invoke_result_t<F&, started_signal>>::value;

template <class F>
concept child_function = plain_child_function<F> || signalling_child_function<F>;

// GCC 12 complains that the frame of an instantiation holds a type that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// Keeps the callable as long as the task runs.
template <class F>
task<void> run_child(F function) {
  static_cast<void>(co_await function());
}

template <class F>
task<void> run_child(F function, started_signal started) {
  static_cast<void>(co_await function(std::move(started)));
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

template <class F>
class task_factory final : public child_factory {
public:
  explicit task_factory(F function) : function_(std::move(function)) {}

  [[nodiscard]] bool launch(child_launch& start) const override {
    if constexpr (plain_child_function<F>) {
      launch_prepared(start, run_child<F>(function_));
      return true;
    } else {
      launch_prepared(start, run_child<F>(function_, start.started()));
      return false;
    }
  }

private:
  F function_;
};

[[nodiscard]] std::shared_ptr<const child_factory> make_service_factory(std::function<std::unique_ptr<service>()> make);

[[nodiscard]] std::shared_ptr<const child_factory>
make_actor_factory(std::function<caf::actor(caf::actor_system&)> make);

} // namespace actors::supervise::detail
