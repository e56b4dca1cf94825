#pragma once

#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>

#include <utility>

namespace actors {

namespace detail {

/// Throws `misuse_error` in a task: `function` would block its worker.
void require_outside_of_tasks(const char* function);

} // namespace detail

/// Runs a task to its end in a runtime of its own: what `main` of a small program needs (asyncio's `asyncio.run`).
///
/// Returns the task's result or throws its error. Tasks that it has left behind with `spawn_detached` are cancelled and
/// waited for, within the deadline of the options, and their errors are logged. No signal handlers are installed.
///
/// Throws `misuse_error` inside a task of any runtime, because it would block the worker: `co_await` the task instead.
///
/// @snippet examples/fetch_concurrently.cpp main
template <class T>
T run(task<T> main, runtime_options options = {}) {
  detail::require_outside_of_tasks("run");
  runtime home{std::move(options)};
  return home.block_on(std::move(main));
}

} // namespace actors
