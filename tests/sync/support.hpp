#pragma once

#include "../core/errors.hpp"
#include "../core/every_runtime.hpp"
#include "../core/gate.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <exception>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace sync_test {

using namespace core_test;

/// Lets others run until `condition()` holds.
template <class F>
actors::task<> until(F condition) {
  while (!condition())
    co_await actors::yield();
}

/// Waits until a task has ended in any way.
template <class T>
actors::task<> ended(actors::task_handle<T> handle) {
  while (!handle.done())
    co_await actors::yield();
}

template <class T>
void kill(const actors::task_handle<T>& handle) {
  caf::anon_send_exit(handle.address(), caf::exit_reason::kill);
}

/// Waits for the end of a task that is to be cancelled, and says whether it was.
template <class T>
actors::task<bool> is_cancelled(actors::task_handle<T> handle) {
  const auto error = co_await error_of(std::move(handle));
  co_return actors::is_cancelled(error);
}

/// What happened in which order, written by tasks on any worker.
template <class T>
class journal {
public:
  void add(T entry) {
    const std::scoped_lock guard{mutex_};
    entries_.push_back(std::move(entry));
  }

  [[nodiscard]] std::vector<T> entries() const {
    const std::scoped_lock guard{mutex_};
    return entries_;
  }

  [[nodiscard]] std::size_t size() const { return entries().size(); }

private:
  mutable std::mutex mutex_;
  std::vector<T> entries_;
};

} // namespace sync_test
