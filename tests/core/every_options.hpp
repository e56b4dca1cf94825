#pragma once

#include "every_runtime.hpp"

#include <string>

namespace core_test {

/// Calls `body(options)` with the options of every kind of runtime and of every schedule of the deterministic one, up
/// to the first that fails: for what is about runtimes themselves, or about what they log.
template <class F>
void with_every_options(F body) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    body(actors::runtime_options{kind.options}.stall_threshold(1h));
  }
  for (const auto seed : schedule_seeds()) {
    SCOPED_TRACE("ACTORS_TEST_SEED=" + std::to_string(seed));
    body(virtual_time().schedule_seed(seed).stall_threshold(1h));
    if (testing::Test::HasFailure())
      return;
  }
}

} // namespace core_test
