#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <caf/fwd.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// A runtime: the actor system, its workers with their reactors and timers, and the bridge for plain threads.
///
/// Nothing is global: a process may hold several runtimes, start and stop them in any order and any number of times,
/// and a runtime installs no signal handlers. Message types are the exception, they are registered once per process
/// before the first runtime
/// (`register_message_types`).
///
/// Ownership: the runtime owns the tasks that were spawned into it from outside and all `spawn_detached` ones. Handles
/// may outlive it; they then stand for tasks that are done.
///
/// Threads: all members may be called from any thread that is not a worker of this runtime; `block_on` inside a task
/// throws `misuse_error`, because it would block the worker that has to run the task.
///
/// End: `stop` takes no new tasks, cancels the roots with a reason, waits for them and their children until the
/// deadline, kills what is left, waits for blocking calls, and ends the actor system. What does not stop in time is
/// named, and the system is then left running on purpose, because something still uses it. The destructor calls `stop`
/// with the deadline of the options.
///
/// @snippet examples/embedding.cpp embed
namespace actors {

class runtime {
public:
  /// Starts workers. Throws `misuse_error` for options that contradict each other.
  runtime();
  explicit runtime(runtime_options options);
  ~runtime();

  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Runs a task from a plain thread and waits for it: returns its result or throws its error.
  template <class T>
  T block_on(task<T> root, std::source_location where = std::source_location::current());

  /// As above, for a callable that returns a task; it is kept until the task has ended.
  template <detail::task_function F>
  auto block_on(F function, std::source_location where = std::source_location::current()) {
    return block_on(detail::hold(std::move(function)), where);
  }

  template <detail::operation A>
  auto block_on(A pending, std::source_location where = std::source_location::current()) {
    return block_on(detail::as_task(std::move(pending)), where);
  }

  /// Starts a task of the runtime. Throws `stopping_error` once `stop` was called.
  template <class T>
  task_handle<T> spawn(task<T> root, const spawn_options& options = {},
                       std::source_location where = std::source_location::current()) {
    return task_handle<T>{detail::launch_root(core(), nullptr, std::move(root), options, where)};
  }

  template <detail::task_function F>
  auto spawn(F function, const spawn_options& options = {},
             std::source_location where = std::source_location::current()) {
    return spawn(detail::hold(std::move(function)), options, where);
  }

  /// Starts a task and gives its result as a future, for code that waits the standard way.
  template <class T>
  std::future<T> spawn_future(task<T> root, const spawn_options& options = {},
                              std::source_location where = std::source_location::current());

  /// Starts a task and calls `done(outcome<T>)` on a worker when it has ended in any way. The callback must not throw
  /// or block.
  template <class T, class F>
  task_handle<void> spawn_then(task<T> root, F done, const spawn_options& options = {},
                               std::source_location where = std::source_location::current());

  /// Ends everything in order, see above; the names of what did not stop in time, none if all went well. Later calls do
  /// nothing.
  std::vector<std::string> stop(duration deadline);
  std::vector<std::string> stop();

  /// The CAF actor system, for plain CAF actors. Valid until `stop`.
  [[nodiscard]] caf::actor_system& system();

  /// The clock of the runtime.
  [[nodiscard]] time_point now() const noexcept;

  [[nodiscard]] std::size_t worker_count() const noexcept;

  /// Where the runtime logs.
  [[nodiscard]] const std::shared_ptr<log_sink>& log() const noexcept;

  /// For the other layers of the library.
  [[nodiscard]] detail::runtime_core& core() const;

private:
  std::unique_ptr<detail::runtime_core> core_;
};

namespace detail {

/// Lets a plain thread wait for the end of a task.
class thread_waiter final : public completion_watcher {
public:
  thread_waiter() noexcept : completion_watcher(&completed) {}

  /// Blocks until `target` is done. Throws `misuse_error` on a worker of the task's own runtime.
  void wait_for(task_actor& target);

private:
  static caf::strong_actor_ptr completed(completion_watcher& watcher, task_actor& ended, std::uint64_t& id) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

/// A callback that is owed one call. A task that is cancelled before its first step, or killed, runs no code that could
/// make it; then the destruction of its frame does.
template <class T, class F>
class owed_call {
public:
  explicit owed_call(F function) : function_(std::move(function)) {}

  owed_call(owed_call&& other) noexcept
      : function_(std::move(other.function_)), owed_(std::exchange(other.owed_, false)) {}

  owed_call& operator=(owed_call&&) = delete;

  ~owed_call() {
    if (!owed_)
      return;
    outcome<T> result;
    result.set_error(std::make_exception_ptr(cancelled{"the task did not run to its end"}));
    (*this)(std::move(result));
  }

  void operator()(outcome<T> result) {
    owed_ = false;
    function_(std::move(result));
  }

private:
  F function_;
  bool owed_ = true;
};

template <class T>
class promise_keeper {
public:
  explicit promise_keeper(std::promise<T> promise) noexcept : promise_(std::move(promise)) {}

  void operator()(outcome<T> result) {
    if (result.has_error())
      promise_.set_exception(result.error());
    else if constexpr (std::is_void_v<T>)
      promise_.set_value();
    else
      promise_.set_value(std::move(result).value());
  }

private:
  std::promise<T> promise_;
};

template <class T, class F>
task<void> call_with_outcome(task<T> root, owed_call<T, F> done) {
  outcome<T> result;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(root);
      result.set_value();
    } else {
      result.set_value(co_await std::move(root));
    }
  } catch (...) {
    result.set_error(std::current_exception());
  }
  done(std::move(result));
}

} // namespace detail

template <class T>
T runtime::block_on(task<T> root, std::source_location where) {
  auto task = detail::launch_root(core(), nullptr, std::move(root), spawn_options{}, where);
  task->mark_retrieved();
  detail::thread_waiter waiter;
  waiter.wait_for(*task);
  if constexpr (std::is_void_v<T>)
    static_cast<void>(task->result().value());
  else
    return std::move(task->result()).value();
}

template <class T>
std::future<T> runtime::spawn_future(task<T> root, const spawn_options& options, std::source_location where) {
  std::promise<T> promise;
  auto future = promise.get_future();
  static_cast<void>(spawn_then(std::move(root), detail::promise_keeper<T>{std::move(promise)}, options, where));
  return future;
}

template <class T, class F>
task_handle<void> runtime::spawn_then(task<T> root, F done, const spawn_options& options, std::source_location where) {
  detail::require_coroutine(static_cast<bool>(root));
  // A runtime that is stopping says so before a call is owed.
  const detail::launch_permit permit{core()};
  return spawn(detail::call_with_outcome(std::move(root), detail::owed_call<T, F>{std::move(done)}), options, where);
}

} // namespace actors
