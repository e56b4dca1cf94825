#pragma once

#include <actors/core/call_context.hpp>
#include <actors/core/detail/service_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/core/task.hpp>

#include <caf/actor_cast.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <utility>
#include <vector>

/// Services: actors with handlers that may be coroutines.
///
/// Derive from `service` and register handlers with `on` in the constructor. The parameters of a handler say which
/// message it handles, and what it returns is the answer: a value, `void`, or a `task<T>` that runs inside the service.
/// All handlers of one service run on one actor, one step at a time, so its members need no locks; between two awaits
/// nothing else of the service runs, but at an await other calls go on.
///
/// A handler that returns a task takes its arguments by value, since they have to live as long as the task.
///
/// Any CAF actor can send these messages, here or on another node; `ask` and `tell` add a `call_context`, whose time
/// limit then holds for the handler, and a caller that gives up cancels it.
///
/// Life: `on_start` runs before the first message is handled, `on_stop` after the last call has ended. A service that
/// is asked to stop (by its parent's end, the runtime, or an exit message) takes no more calls and cancels those that
/// run. It ends with an error if `on_start` throws.
///
/// Errors: an exception out of a handler becomes the answer (`to_caf_error`); the service goes on. One whose state is
/// beyond repair ends itself with `fail`, as a process of Erlang/OTP crashes, and with `failure_policy::crash` every
/// exception out of a handler does that. It then takes no more calls, cancels those that run, waits for their cleanup,
/// runs `on_stop`, and ends with the error: monitors and links get it, a supervisor starts it again. Callers in flight
/// and queued get `crashed_error`.
///
/// @snippet examples/services.cpp service
namespace actors {

/// What an exception out of a handler fails.
enum class failure_policy : std::uint8_t {
  fail_call, ///< the call: the exception is its answer
  crash,     ///< the service. A call that is cancelled, or runs out of its caller's time, is no failure
};

class service {
public:
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  virtual ~service() = default;

protected:
  service() = default;

  /// Registers a handler for messages with the handler's parameter types. The first registered that fits is called.
  template <class F>
  void on(F handler) {
    handlers_.push_back(detail::make_handler(std::move(handler)));
  }

  /// Runs before the first message; messages wait meanwhile.
  virtual task<void> on_start();

  /// Runs after the last call has ended, unless the service is killed.
  virtual task<void> on_stop();

  /// The address of this service. Not before `on_start`.
  [[nodiscard]] service_ref self() const;

  /// Ends this service, as an exit message would.
  void stop();

  /// Says what an exception out of a handler fails; for the constructor or `on_start`. Only the call unless said.
  void on_handler_failure(failure_policy value) noexcept { policy_ = value; }

  /// Ends this service with an error; returns, and the handler that calls it is cancelled at its next await. From the
  /// service's handlers, `on_start`, `on_stop` and tasks. The first error counts, later ones are logged. Throws
  /// `misuse_error` for none, for `cancelled` (that is `stop`), and before it was spawned.
  void fail(const std::exception_ptr& error);

  template <std::derived_from<std::exception> Error>
  void fail(Error error) {
    fail(std::make_exception_ptr(std::move(error)));
  }

  /// What `fail` was first called with, for an `on_stop` that must not trust the state; null if it was not.
  [[nodiscard]] std::exception_ptr failure() const;

private:
  friend class detail::service_actor;

  std::vector<std::unique_ptr<detail::message_handler>> handlers_;
  detail::service_actor* actor_ = nullptr;
  failure_policy policy_ = failure_policy::fail_call;
};

namespace detail {

/// Creates the actor of a service; neither adopted nor launched yet.
[[nodiscard]] caf::strong_actor_ptr make_service(runtime_core& core, const task_origin& origin,
                                                 std::unique_ptr<service> object);
[[nodiscard]] service_ref launch_service(runtime_core& core, const task_origin& origin,
                                         std::unique_ptr<service> object);
[[nodiscard]] service_ref launch_child_service(std::unique_ptr<service> object, const spawn_options& options,
                                               std::source_location where);
[[nodiscard]] service_ref launch_root_service(runtime_core& core, std::unique_ptr<service> object,
                                              const spawn_options& options, std::source_location where);

} // namespace detail

/// Starts a service as a child of the running task or service: it is stopped and joined when that ends.
template <class S>
[[nodiscard]] service_ref spawn_service(std::unique_ptr<S> object, const spawn_options& options = {},
                                        std::source_location where = std::source_location::current()) {
  return detail::launch_child_service(std::move(object), options, where);
}

/// Starts a service that belongs to the runtime.
template <class S>
[[nodiscard]] service_ref spawn_service(const runtime& owner, std::unique_ptr<S> object,
                                        const spawn_options& options = {},
                                        std::source_location where = std::source_location::current()) {
  return detail::launch_root_service(owner.core(), std::move(object), options, where);
}

} // namespace actors
