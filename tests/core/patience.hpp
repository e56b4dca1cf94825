#pragma once

#include <chrono>
#include <future>
#include <thread>

namespace core_test {

/// How long a test waits for what must happen, before it says that it did not: far more than it takes on a machine that
/// is busy with other things.
inline constexpr std::chrono::seconds patience{30};

/// True once the future is ready, false if it does not become so.
template <class Future>
[[nodiscard]] bool comes(const Future& future) {
  return future.wait_for(patience) == std::future_status::ready;
}

/// True once `condition()` holds, false if it does not come to that. For plain threads, about what nothing reports.
template <class F>
[[nodiscard]] bool becomes_true(F condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace core_test
