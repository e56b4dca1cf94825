#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

/// Cleanup that awaits. C++ allows `co_await` neither in a destructor nor in a `catch` block; `with_cleanup(operation,
/// cleanup)` is the `try … finally` of Python in their place.
///
/// The operation runs inside the calling task, and when it has returned, failed or been cancelled, `cleanup()`, a
/// callable that returns `task<>`, is run and waited for. Then the operation's value is returned or its error thrown.
///
/// Errors: an error of the cleanup takes the place of the operation's. Cancellation: one that has ended the operation
/// does not disturb the cleanup, another one interrupts it; `shield` what must not be interrupted, and give it a time
/// limit. `kill` runs no cleanup, only destructors. Cost: a frame.
///
/// Where destructors do, use them: they also run when a task is killed.
///
/// @snippet examples/tasks.cpp cleanup
namespace actors {

template <class T, detail::task_function F>
task<T> with_cleanup(task<T> operation, F cleanup) {
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    try {
      co_await std::move(operation);
    } catch (...) {
      error = std::current_exception();
    }
    co_await std::invoke(cleanup);
    if (error)
      std::rethrow_exception(error);
  } else {
    outcome<T> result;
    try {
      T value = co_await std::move(operation);
      result.set_value(std::move(value));
    } catch (...) {
      error = std::current_exception();
    }
    co_await std::invoke(cleanup);
    if (error)
      std::rethrow_exception(error);
    co_return std::move(result).value();
  }
}

/// As above, for an operation that is not a task.
template <detail::operation A, detail::task_function F>
task<detail::operation_result_t<A>> with_cleanup(A operation, F cleanup) {
  return with_cleanup(detail::as_task(std::move(operation)), std::move(cleanup));
}

/// As above, for a callable that returns the operation; both are kept until the end.
template <detail::task_function Operation, detail::task_function F>
std::invoke_result_t<Operation&> with_cleanup(Operation operation, F cleanup) {
  return with_cleanup(detail::hold(std::move(operation)), std::move(cleanup));
}

} // namespace actors
