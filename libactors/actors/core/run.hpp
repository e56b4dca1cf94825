#pragma once

#include <actors/core/runtime.hpp>
#include <actors/core/task.hpp>

#include <utility>

namespace actors {

/// Runs a task to its end in a runtime of its own: what `main` of a small program needs (asyncio's `asyncio.run`).
///
/// Returns the task's result or throws its error. Tasks that it has left behind with `spawn_detached` are cancelled and
/// waited for. No signal handlers are installed.
///
/// @snippet examples/fetch_concurrently.cpp main
template <class T>
T run(task<T> main, runtime_options options = {}) {
  runtime home{std::move(options)};
  return home.block_on(std::move(main));
}

} // namespace actors
