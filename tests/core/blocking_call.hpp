#pragma once

#include "gate.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/task.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace core_test {

/// A blocking call under the control of a test. Tasks learn that it has begun, and let it go on.
class blocking_call {
public:
  void operator()() {
    begun.open();
    go_on.get_future().wait();
    ended = true;
  }

  void let_go() { go_on.set_value(); }

  gate begun;
  std::promise<void> go_on;
  std::atomic<bool> ended{false};
};

/// A list that several threads write.
class shared_list {
public:
  void add(std::string text) {
    const std::scoped_lock guard{mutex_};
    entries_.push_back(std::move(text));
  }

  [[nodiscard]] std::vector<std::string> take() {
    const std::scoped_lock guard{mutex_};
    return std::exchange(entries_, {});
  }

private:
  std::mutex mutex_;
  std::vector<std::string> entries_;
};

struct library_error : std::runtime_error {
  library_error(const std::string& text, int code_arg) : std::runtime_error(text), code(code_arg) {}

  int code;
};

/// Gives others their turn, often enough for what may happen to happen.
inline actors::task<> look_around() {
  for (int i = 0; i < 20; ++i)
    co_await actors::yield();
}

} // namespace core_test
