#pragma once

#include "recording_log.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/testing/deterministic.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace core_test {

using namespace std::chrono_literals;

/// One way to run a program.
struct runtime_kind {
  const char* name;
  actors::runtime_options options;
};

inline actors::runtime_options virtual_time() {
  return actors::runtime_options{}.clock(actors::clock_kind::virtual_time);
}

/// All of them: what a task does must not depend on where it runs.
inline std::vector<runtime_kind> every_kind() {
  using actors::runtime_options;
  return {{"one worker", runtime_options{}.workers(1)},
          {"three workers", runtime_options{}.workers(3)},
          {"CAF's stock scheduler", runtime_options{}.workers(2).scheduler(actors::scheduler_kind::stock)},
          {"virtual time", virtual_time()}};
}

/// Runs `body()` to its end in a runtime, which must then stop in good order and have logged nothing.
template <class F>
void run_in(actors::runtime_options options, F body) {
  const auto log = std::make_shared<recording_log>();
  // Some tests compute for longer than a program should between two awaits.
  actors::runtime home{options.log_to(log).stall_threshold(1h)};
  home.block_on(body);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  EXPECT_THAT(log->lines(), testing::IsEmpty());
}

/// The schedules that a test runs under; ACTORS_TEST_SEED=n picks one of them.
inline std::vector<std::uint64_t> schedule_seeds() {
  return actors::testing::test_seeds(actors::testing::default_seed_count());
}

/// The same in virtual time under many schedules, up to the first that fails.
template <class F>
void under_every_seed(F body) {
  // Not even what is worth knowing is logged.
  const auto options = actors::testing::deterministic_options{}
                           .tolerate_log(actors::log_level::trace)
                           .failed_when([] { return testing::Test::HasFailure(); })
                           .report_to([](std::string_view text) { ADD_FAILURE() << text; });
  actors::testing::under_every_seed(actors::testing::default_seed_count(), body, options);
}

/// The same in every kind of runtime, and under every schedule of the deterministic one.
template <class F>
void on_every_runtime(F body) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_in(kind.options, body);
  }
  under_every_seed(body);
}

/// The same under virtual time, for what is about durations.
template <class F>
void in_virtual_time(F body) {
  run_in(virtual_time(), body);
}

/// The same under virtual time in the usual order of turns and under every schedule: for what is about durations and
/// must not depend on who runs first.
template <class F>
void in_every_order(F body) {
  in_virtual_time(body);
  under_every_seed(body);
}

} // namespace core_test
