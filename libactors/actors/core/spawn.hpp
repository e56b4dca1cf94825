#pragma once

#include <actors/core/detail/make_task.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

/// Starting tasks from inside tasks and service handlers.
///
/// `spawn` makes a child: when its parent ends, in whatever way, a child that still runs is cancelled and joined first,
/// so it may refer to what the parent's caller holds. `spawn_detached` gives the task to the runtime instead, which
/// cancels and joins it when it stops. Both return at once; the task runs when a worker is free. From plain threads use
/// `runtime::spawn`.
///
/// A callable that returns a task is kept alive until the task has ended, captures and all: `spawn([n]() -> task<> { …
/// })` is safe.
///
/// Errors: `misuse_error` outside of a task, `stopping_error` once the runtime is stopping (the coroutine is destroyed
/// unrun). Cost: two allocations, well under a microsecond (`benchmarks/core/spawn_bench.cpp`).
///
/// @snippet examples/tasks.cpp spawn
namespace actors {

namespace detail {

template <class F>
concept task_function = std::is_invocable_v<F&> && is_task<std::invoke_result_t<F&>>::value;

// GCC 12 complains that the frame of an instantiation holds a type that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// Keeps a callable alive as long as its task: it is a parameter of this coroutine, so it lives in its frame.
template <class F>
std::invoke_result_t<F&> hold(F function) {
  co_return co_await function();
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

} // namespace detail

/// Starts `child` as a child of the running task.
template <class T>
task_handle<T> spawn(task<T> child, const spawn_options& options = {},
                     std::source_location where = std::source_location::current()) {
  auto& parent = detail::require_running_context();
  const auto origin = detail::child_origin(parent, options, where);
  return task_handle<T>{detail::launch_task(parent.host().core(), origin, std::move(child))};
}

/// Starts the task that `function` returns as a child of the running task, and keeps the function.
template <detail::task_function F>
auto spawn(F function, const spawn_options& options = {},
           std::source_location where = std::source_location::current()) {
  return spawn(detail::hold(std::move(function)), options, where);
}

/// Starts `root` as a task of the runtime: it does not end with the task that starts it.
template <class T>
task_handle<T> spawn_detached(task<T> root, const spawn_options& options = {},
                              std::source_location where = std::source_location::current());

/// As above, for a callable that is kept.
template <detail::task_function F>
auto spawn_detached(F function, const spawn_options& options = {},
                    std::source_location where = std::source_location::current()) {
  return spawn_detached(detail::hold(std::move(function)), options, where);
}

/// Starts an operation that is not a task (`ask`, `sleep`, `gather`, …) as a child of the running task.
template <detail::operation A>
auto spawn(A pending, const spawn_options& options = {}, std::source_location where = std::source_location::current()) {
  return spawn(detail::as_task(std::move(pending)), options, where);
}

template <detail::operation A>
auto spawn_detached(A pending, const spawn_options& options = {},
                    std::source_location where = std::source_location::current()) {
  return spawn_detached(detail::as_task(std::move(pending)), options, where);
}

namespace detail {

/// The list of the tasks that belong to the runtime itself.
[[nodiscard]] family& root_family(runtime_core& core) noexcept;

/// Keeps a runtime from ending while a thread that is none of its own starts something in it. Throws `stopping_error`
/// once the runtime is stopping.
class launch_permit {
public:
  explicit launch_permit(runtime_core& core);
  launch_permit(const launch_permit&) = delete;
  launch_permit& operator=(const launch_permit&) = delete;
  ~launch_permit();

private:
  runtime_core* core_;
};

/// Starts a task of the runtime; from `parent` it has no more than its place to run, and what it carries.
template <class T>
task_ref<T> launch_root(runtime_core& core, const task_context* parent, task<T>&& root, const spawn_options& options,
                        std::source_location where) {
  const launch_permit permit{core};
  task_origin origin;
  origin.parent = &root_family(core);
  origin.name = &options.name();
  origin.where = where;
  origin.home = choose_home(core, parent != nullptr ? &parent->host() : nullptr, options.run_on());
  if (parent != nullptr)
    origin.values = parent->values();
  return launch_task(core, origin, std::move(root));
}

} // namespace detail

template <class T>
task_handle<T> spawn_detached(task<T> root, const spawn_options& options, std::source_location where) {
  const auto& parent = detail::require_running_context();
  return task_handle<T>{detail::launch_root(parent.host().core(), &parent, std::move(root), options, where)};
}

} // namespace actors
