#pragma once

#include <actors/core/error.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <exception>
#include <utility>

namespace core_test {

/// The error that a task ends with, null if it returns. Awaits it inside the calling task.
template <class T>
actors::task<std::exception_ptr> error_of(actors::task<T> inner) {
  try {
    static_cast<void>(co_await std::move(inner));
  } catch (...) {
    co_return std::current_exception();
  }
  co_return nullptr;
}

/// The error that a spawned task ends with, null if it returns.
template <class T>
actors::task<std::exception_ptr> error_of(actors::task_handle<T> inner) {
  try {
    static_cast<void>(co_await inner);
  } catch (...) {
    co_return std::current_exception();
  }
  co_return nullptr;
}

/// True if there is an error and it is an `Error`.
template <class Error>
[[nodiscard]] bool is_a(const std::exception_ptr& error) {
  if (!error)
    return false;
  try {
    std::rethrow_exception(error);
  } catch (const Error&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// What `function()` throws, null if nothing.
template <class F>
[[nodiscard]] std::exception_ptr thrown_by(F function) {
  try {
    function();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

} // namespace core_test
