#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/supervise/child_ref.hpp>
#include <actors/supervise/child_spec.hpp>
#include <actors/supervise/event_stream.hpp>
#include <actors/supervise/supervisor_error.hpp>
#include <actors/supervise/supervisor_spec.hpp>

#include <caf/actor.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Supervisors: they start children in order, start again those that end, give up when that happens too often, and stop
/// them in reverse order. As in Erlang/OTP (its `supervisor` and Design Principles), on tasks.
///
/// `spawn_supervisor(spec)` makes a supervisor with an actor of its own, a child of the running task;
/// `co_await run_supervised(spec)` supervises inside the running task. Trees are made of `supervisor_child`.
///
/// Start: each child has to have started before the next one is. If one fails, those before it are stopped in reverse
/// order and the supervisor fails with `start_error`.
///
/// Restarts: as the strategy and the child's `restart` say. A group restart starts every child of the group again but
/// temporary ones, which it forgets; also those that had ended before. A restart that fails to start counts as another
/// one. When more are due within the period than the intensity allows, all children are stopped and the supervisor
/// fails with `restart_limit_error`; its own supervisor then decides.
///
/// Stop: each child is asked, and killed when its time is up; then the one before it. A child that has not ended 10 s
/// after that (it sits in a call that blocks) is named in the log, and the others are stopped without it; the
/// supervisor itself then ends after it, unless it is a plain CAF actor, since nobody may outlive what it stands on. A
/// restart and `terminate_child` wait for such a child, because there must not be two of it. Cancelling the
/// supervisor's task, or the task around `run_supervised`, is an orderly stop that ends with `cancelled`;
/// `supervisor_ref::stop` is one that returns. Killing it kills all children, without order.
///
/// Cost: memory for the children that it has; nothing for temporary ones that have ended. A restart is a few
/// microseconds (`benchmarks/supervise/storm.cpp`).
///
/// @snippet examples/supervision.cpp supervisor
namespace actors::supervise {

enum class child_state : std::uint8_t {
  down,     ///< does not run, and waits for nothing
  starting, ///< its actor runs, and has not said that it has started
  running,
  waiting,  ///< will be started again
  stopping, ///< was asked to stop, or killed
};

[[nodiscard]] std::string_view to_string(child_state state) noexcept;

/// A child at one moment.
struct child_info {
  std::string name;
  child_state state = child_state::down;
  supervise::restart restart = supervise::restart::permanent;
  std::uint64_t restarts = 0;
  caf::actor actor; ///< empty unless it is starting, running or stopping
  std::exception_ptr last_error;
};

/// The hold on a supervisor. Copies stand for the same one; dropping them changes nothing.
///
/// Threads: from anywhere; what returns a task, inside of tasks. Cancelling a task that waits for an answer does not
/// take the request back.
///
/// Errors: `child_error` as each function says; `stopping_error` once the supervisor stops or has ended.
class supervisor_ref {
public:
  /// Stands for no supervisor.
  supervisor_ref() noexcept = default;

  explicit supervisor_ref(std::shared_ptr<detail::supervisor_core> core, task_handle<void> handle = {}) noexcept
      : core_(std::move(core)), handle_(std::move(handle)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return core_ != nullptr; }

  [[nodiscard]] const std::string& name() const;

  /// The supervisor's actor, for CAF code: monitor it, link to it, send it an exit. Empty before its first step and
  /// after its end.
  [[nodiscard]] caf::actor address() const;

  /// Waits until all children have started. Throws `start_error` if one has failed.
  [[nodiscard]] task<void> started() const;

  /// Waits for the end of the supervisor, and throws what it failed with. Does not cancel it when cancelled itself.
  [[nodiscard]] task<void> ended() const;

  /// Asks it to stop all children in order and return, and waits for that. Throws what it failed with meanwhile.
  [[nodiscard]] task<void> stop(std::string reason = {}) const;

  /// Adds a child and starts it. Throws what the start failed with; the child is not kept then. `already_started`,
  /// `already_present` for a name that is there; `terminated` if somebody terminates it meanwhile;
  /// `std::invalid_argument` for a specification that does not fit the supervisor.
  [[nodiscard]] task<child_ref> start_child(child_spec spec) const;

  /// Stops a child, or its restart, and waits for its end. A temporary one is forgotten, others may be started again by
  /// `restart_child` or with their group. `not_found`.
  [[nodiscard]] task<void> terminate_child(std::string name) const;

  /// Starts a child that does not run. Throws what the start failed with. `not_found`, `running`, `restarting`.
  [[nodiscard]] task<child_ref> restart_child(std::string name) const;

  /// Forgets a child that does not run. `not_found`, `running`, `restarting`.
  [[nodiscard]] task<void> delete_child(std::string name) const;

  /// All children in the order of their start.
  [[nodiscard]] task<std::vector<child_info>> children() const;

  /// The child of this name. `not_found`.
  [[nodiscard]] child_ref child(std::string_view name) const;

  /// Subscribes to the events from now on. Throws `std::invalid_argument` for no room.
  [[nodiscard]] event_stream events(std::size_t capacity = 1024) const;

private:
  [[nodiscard]] detail::supervisor_core& core() const;

  std::shared_ptr<detail::supervisor_core> core_;
  task_handle<void> handle_;
};

namespace detail {

/// What a supervisor runs in: whatever destroys the coroutine that holds it, ends the supervisor for its holders.
class supervisor_life {
public:
  explicit supervisor_life(std::shared_ptr<supervisor_core> core) noexcept : core_(std::move(core)) {}

  supervisor_life(supervisor_life&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}

  supervisor_life& operator=(supervisor_life&&) = delete;
  ~supervisor_life();

  [[nodiscard]] supervisor_core& core() const noexcept { return *core_; }

private:
  std::shared_ptr<supervisor_core> core_;
};

[[nodiscard]] std::shared_ptr<supervisor_core> make_supervisor_core(supervisor_spec spec);
[[nodiscard]] task<void> run_supervisor(supervisor_life life);

} // namespace detail

/// Starts a supervisor as a child of the running task or service. Throws `std::invalid_argument` for a specification
/// that contradicts itself. Its failure is logged if nobody asks for it.
[[nodiscard]] supervisor_ref spawn_supervisor(supervisor_spec spec,
                                              std::source_location where = std::source_location::current());

/// Starts a supervisor that belongs to the runtime.
[[nodiscard]] supervisor_ref spawn_supervisor(runtime& owner, supervisor_spec spec,
                                              std::source_location where = std::source_location::current());

/// Supervises inside the running task, until it is cancelled, gives up, or a significant child ends it.
[[nodiscard]] task<void> run_supervised(supervisor_spec spec);

} // namespace actors::supervise
