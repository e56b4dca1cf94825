#pragma once

#include "counted.hpp"

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/task.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// Random programs of tasks whose results follow from the rules alone, however the steps interleave: to run the same
/// program on every kind of runtime and compare.
///
/// Where rules leave something open a program is built such that it does not matter. Of tasks that are gathered at most
/// one fails; what races with a timeout either never ends or is long done before it.
namespace core_test {

enum class verb : std::uint8_t {
  // Leaves.
  value,
  fail,
  in_thread,
  fail_in_thread,
  asked,
  refused,
  asked_too_late,
  too_late,
  too_late_but_stubborn,
  cancelled_child,
  killed_child,
  shielded,
  group_that_cancels,
  cancelled_scope,
  equal_deadlines,
  get_in_time_or_later,
  cancelled_getter,
  put_and_cancel,
  shut_queue,
  last_leaf = shut_queue,
  // With one child.
  after_sleep,
  after_yield,
  called,
  spawned,
  detached,
  bound,
  in_time,
  caught,
  first_of_several,
  eager,
  moved_on,
  generated,
  cleaned_up,
  started,
  handed_over,
  last_single = handed_over,
  // With several.
  gather,
  gather_handles,
  gather_outcomes,
  wait_for_all,
  as_completed,
  group,
  one_producer,
  many_producers,
  last = many_producers,
};

struct node {
  verb what = verb::value;
  std::uint64_t number = 0;
  std::vector<node> children;
};

/// What a program comes to: a number or the text of an error.
struct result {
  std::uint64_t value = 0;
  std::string error;

  bool operator==(const result&) const = default;
};

[[nodiscard]] std::string to_string(const result& x);

/// The whole program, for the report of a failure.
[[nodiscard]] std::string to_string(const node& n);

/// The program of a seed. Without threads, all that happens in it happens in virtual time.
[[nodiscard]] node make_program(std::uint64_t seed, bool with_threads);

/// What the rules say that it comes to.
[[nodiscard]] result expected(const node& program);

/// What programs use while they run.
struct surroundings {
  actors::service_ref service;
  std::atomic<int> live{0};

  std::mutex trace_mutex;
  std::vector<std::string> trace;
};

/// The service that programs ask; a child of the running task.
[[nodiscard]] actors::service_ref spawn_oracle();

/// Runs the program. Each node that ends is noted in the trace with the time.
[[nodiscard]] actors::task<result> run_program(const node& program, surroundings& around);

} // namespace core_test
