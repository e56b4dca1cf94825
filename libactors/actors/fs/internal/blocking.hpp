#pragma once

#include <actors/core/task.hpp>
#include <actors/core/to_thread.hpp>

#include <type_traits>
#include <utility>

namespace actors::fs::internal {

/// Runs a function on the blocking pool, as a task.
template <class F>
task<std::invoke_result_t<F&>> blocking(F function) {
  auto call = to_thread(std::move(function));
  co_return co_await call;
}

} // namespace actors::fs::internal
