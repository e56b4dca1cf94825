#pragma once

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/to_thread.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <semaphore>
#include <utility>

namespace core_test {

/// Runs `body()` while the only thread of the blocking pool is busy: what calls the pool meanwhile waits. For runtimes
/// with `blocking_threads(1)`.
template <class F>
actors::task<> while_the_pool_is_held(F body) {
  struct holder {
    std::shared_ptr<std::binary_semaphore> end;

    explicit holder(std::shared_ptr<std::binary_semaphore> released) : end(std::move(released)) {}

    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;

    ~holder() { end->release(); }
  };

  const auto end = std::make_shared<std::binary_semaphore>(0);
  auto busy = spawn(actors::to_thread([end] { end->acquire(); }), actors::spawn_options{}.eager());
  {
    const holder held{end};
    co_await body();
  }
  co_await busy;
}

/// Cancels an operation that waits; true if that ended the wait, with its reason.
template <class T>
actors::task<bool> is_cancelled_where_it_waits(actors::task<T> operation) {
  const auto handle = actors::spawn(std::move(operation), actors::spawn_options{}.eager());
  EXPECT_FALSE(handle.done());
  EXPECT_TRUE(handle.cancel("never mind"));
  bool result = false;
  try {
    static_cast<void>(co_await handle);
  } catch (const actors::cancelled& e) {
    result = e.reason() == "never mind";
  }
  co_return result;
}

} // namespace core_test
