#pragma once

#include "gate.hpp"

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/task.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

/// What is gathered in the tests of `gather`.
namespace core_test {

inline actors::task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

inline actors::task<int> fail_after(actors::duration delay, std::string text) {
  co_await actors::sleep(delay);
  throw std::runtime_error(text);
}

inline actors::task<std::string> text(std::string value) {
  co_return value;
}

inline actors::task<> nothing() {
  co_return;
}

/// Waits until it is cancelled and says so, after a while.
inline actors::task<int> wait_and_clean_up(gate& begun, std::atomic<int>& cleaned) {
  begun.open();
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
  }
  co_await actors::sleep(std::chrono::milliseconds(1));
  ++cleaned;
  throw actors::cancelled{"cleaned up"};
}

} // namespace core_test
