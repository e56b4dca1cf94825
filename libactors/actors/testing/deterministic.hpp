#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Deterministic runs: an unchanged program on one thread, in virtual time, under a schedule that is drawn from a seed.
///
/// `run_deterministic(seed, body)` runs the task that `body()` returns in a runtime of its own. Sleeping costs nothing,
/// and what is ready at the same time runs in an order that the seed decides: the same seed gives the same order.
/// `under_every_seed(count, body)` does so for many seeds, says which one has failed, and with the environment variable
/// `ACTORS_TEST_SEED=n` runs that one alone. For GoogleTest there is `CO_TEST` in <actors/testing/co_test.hpp>.
///
/// What a run checks by itself: that the program ends (a task that waits for what never comes is reported after a time
/// of real seconds, instead of hanging), that its runtime stops in order, and that nothing was logged as a warning or
/// worse, which is where an error ends that nobody asked for.
///
/// Ownership: the body is kept until its task has ended. Threads: call from a plain thread; the body runs on another
/// one. I/O of the system does not belong into such a run, because its time is not virtual: use in-memory streams.
///
/// Errors: what the body throws, unchanged; `run_failure` for what is checked; `misuse_error` for an `ACTORS_TEST_SEED`
/// that is no number. Cost of a run: starting and stopping a runtime, a fraction of a millisecond.
///
/// @snippet examples/testing.cpp seeds
namespace actors::testing {

/// A deterministic run did not go as every run has to: see the text, which names the seed.
class run_failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How deterministic runs are made. The defaults suit tests.
class deterministic_options {
public:
  using predicate = std::function<bool()>;
  using reporter = std::function<void(std::string_view)>;

  deterministic_options() = default;

  /// Settings of the runtime, such as a log sink that gets all records, or CAF's modules. Clock, seed and workers are
  /// replaced.
  deterministic_options& runtime(runtime_options value) {
    runtime_ = std::move(value);
    return *this;
  }

  /// The worst that may be logged without failing the run; `info` by default, `critical` for anything.
  deterministic_options& tolerate_log(log_level worst) noexcept {
    tolerated_ = worst;
    return *this;
  }

  /// Real time after which a run that has not ended is given up; a minute by default.
  deterministic_options& patience(std::chrono::nanoseconds value) noexcept {
    patience_ = value;
    return *this;
  }

  /// For `under_every_seed`: asked after each run; true if it failed in a way that it does not throw, such as by a
  /// failed expectation of a test framework.
  deterministic_options& failed_when(predicate value) {
    failed_ = std::move(value);
    return *this;
  }

  /// For `under_every_seed`: who is told the seed that failed; standard error by default.
  deterministic_options& report_to(reporter value) {
    reporter_ = std::move(value);
    return *this;
  }

  [[nodiscard]] const runtime_options& runtime() const noexcept { return runtime_; }

  [[nodiscard]] log_level tolerated_log() const noexcept { return tolerated_; }

  [[nodiscard]] std::chrono::nanoseconds patience() const noexcept { return patience_; }

  [[nodiscard]] const predicate& failed_when() const noexcept { return failed_; }

  [[nodiscard]] const reporter& report_to() const noexcept { return reporter_; }

private:
  runtime_options runtime_;
  log_level tolerated_ = log_level::info;
  std::chrono::nanoseconds patience_ = std::chrono::minutes(1);
  predicate failed_;
  reporter reporter_;
};

/// The seeds 1 to `count`, or only the one that `ACTORS_TEST_SEED` names.
[[nodiscard]] std::vector<std::uint64_t> test_seeds(std::size_t count);

/// How many seeds a test runs under if it does not say: 100 (10 in builds with AddressSanitizer or ThreadSanitizer,
/// where each step takes ten times as long), or what the environment variable `ACTORS_TEST_SEEDS` says.
[[nodiscard]] std::size_t default_seed_count();

namespace detail {

class recording_sink;

/// One run: the runtime and what is checked about it.
class deterministic_run {
public:
  deterministic_run(std::uint64_t seed, const deterministic_options& options);
  ~deterministic_run();
  deterministic_run(const deterministic_run&) = delete;
  deterministic_run& operator=(const deterministic_run&) = delete;

  [[nodiscard]] actors::runtime& home() noexcept { return *home_; }

  template <class T>
  void wait_for(const std::future<T>& future) {
    if (future.wait_for(patience_) != std::future_status::ready)
      give_up();
  }

  /// Stops the runtime. Throws `run_failure` for what is wrong.
  void finish();

private:
  [[noreturn]] void give_up();

  std::uint64_t seed_;
  log_level tolerated_;
  std::chrono::nanoseconds patience_;
  std::shared_ptr<recording_sink> log_;
  std::unique_ptr<actors::runtime> home_;
};

/// Tells the seed of a run that failed, with its error if it has thrown one.
void report_failed_seed(std::uint64_t seed, const std::exception_ptr& error, const deterministic_options& options);

} // namespace detail

/// Runs the task that `body()` returns under one schedule; its result.
template <actors::detail::task_function F>
typename std::invoke_result_t<F&>::value_type run_deterministic(std::uint64_t seed, F body,
                                                                const deterministic_options& options = {}) {
  using result = typename std::invoke_result_t<F&>::value_type;
  detail::deterministic_run run{seed, options};
  auto future = run.home().spawn_future(actors::detail::hold(std::move(body)));
  run.wait_for(future);
  if constexpr (std::is_void_v<result>) {
    future.get();
    run.finish();
  } else {
    result value = future.get();
    run.finish();
    return value;
  }
}

/// Runs a copy of `body` under the seeds 1 to `count`, or the one of `ACTORS_TEST_SEED`, up to the first that fails.
/// That seed is reported, and what the run threw is thrown.
template <actors::detail::task_function F>
void under_every_seed(std::size_t count, const F& body, const deterministic_options& options = {}) {
  for (const auto seed : test_seeds(count)) {
    try {
      run_deterministic(seed, F{body}, options);
    } catch (...) {
      detail::report_failed_seed(seed, std::current_exception(), options);
      throw;
    }
    if (options.failed_when() && options.failed_when()()) {
      detail::report_failed_seed(seed, nullptr, options);
      return;
    }
  }
}

} // namespace actors::testing
