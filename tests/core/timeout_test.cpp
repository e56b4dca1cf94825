#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::with_timeout;
using namespace core_test;

task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

// Sleeps until it is cancelled, then cleans up for a second.
task<int> slow_to_leave(bool& cleaned) {
  std::exception_ptr left_with;
  try {
    co_await actors::sleep(actors::forever);
  } catch (...) {
    left_with = std::current_exception();
  }
  co_await actors::sleep(1s);
  cleaned = true;
  std::rethrow_exception(left_with);
}

} // namespace

TEST(with_timeout, gives_the_value_of_an_operation_that_is_in_time) {
  on_every_runtime([]() -> task<> {
    const int value = co_await with_timeout(1h, value_after(1ms, 5));
    EXPECT_EQ(value, 5);
    auto nothing = []() -> task<> { co_return; };
    co_await with_timeout(1h, nothing());
  });
}

TEST(with_timeout, ends_an_operation_that_takes_too_long) {
  on_every_runtime([]() -> task<> {
    const auto error = co_await error_of(with_timeout(2ms, value_after(actors::forever, 5)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(actors::describe(error), "timed out after 2 ms");
  });
}

TEST(with_timeout, throws_exactly_when_time_is_up) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    static_cast<void>(co_await error_of(with_timeout(2500ms, value_after(5s, 5))));
    EXPECT_EQ(self.now() - start, 2500ms);
  });
}

TEST(with_timeout, waits_for_the_cleanup_and_nests_the_cancellation_in_its_error) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    bool cleaned = false;
    const auto error = co_await error_of(with_timeout(1s, slow_to_leave(cleaned)));
    EXPECT_TRUE(cleaned);
    EXPECT_EQ(self.now() - start, 2s);
    std::exception_ptr cause;
    try {
      std::rethrow_exception(error);
    } catch (const std::nested_exception& e) {
      cause = e.nested_ptr();
    } catch (...) {
      ADD_FAILURE() << "nothing is nested in the error";
    }
    EXPECT_EQ(actors::describe(cause), "cancelled: timed out");
  });
}

TEST(with_timeout, of_no_time_or_less_never_starts_a_task) {
  on_every_runtime([]() -> task<> {
    bool ran = false;
    std::atomic<int> live{0};
    auto operation = [](bool& mark, counted) -> task<> {
      mark = true;
      co_return;
    };
    for (const auto limit : {actors::duration{0}, actors::duration{-1s}}) {
      const auto error = co_await error_of(with_timeout(limit, operation(ran, counted{live})));
      EXPECT_TRUE(is_a<actors::timeout_error>(error));
    }
    EXPECT_FALSE(ran);
    EXPECT_EQ(live, 0);
  });
}

TEST(with_timeout, of_no_time_still_gives_the_value_of_a_task_that_is_done) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(value_after(0ms, 3));
    static_cast<void>(co_await handle);
    const int value = co_await with_timeout(0s, handle);
    EXPECT_EQ(value, 3);
    const auto pending = spawn(value_after(actors::forever, 3));
    const auto error = co_await error_of(with_timeout(0s, pending));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(pending.done());
  });
}

TEST(with_timeout, an_error_thrown_during_the_cleanup_wins) {
  on_every_runtime([]() -> task<> {
    auto clumsy = []() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        throw std::runtime_error("could not clean up");
      }
    };
    const auto error = co_await error_of(with_timeout(1ms, clumsy()));
    EXPECT_EQ(actors::describe(error), "could not clean up");
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
  });
}

TEST(with_timeout, an_operation_that_swallows_the_cancellation_gives_its_value) {
  on_every_runtime([]() -> task<> {
    auto stubborn = []() -> task<int> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_return 7;
    };
    const int value = co_await with_timeout(1ms, stubborn());
    EXPECT_EQ(value, 7);
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::sleep(1ms);
  });
}

TEST(with_timeout, an_error_of_the_operation_comes_through) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> task<> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    };
    const auto error = co_await error_of(with_timeout(1h, broken()));
    EXPECT_EQ(actors::describe(error), "broken");
  });
}

TEST(with_timeout, cancelling_it_cancels_the_operation) {
  on_every_runtime([]() -> task<> {
    gate begun;
    std::string reason;
    auto operation = [](gate& ready, std::string& out) -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled& e) {
        out = e.reason();
        throw;
      }
    };
    auto limited = [&]() -> task<> { co_await with_timeout(1h, operation(begun, reason)); };
    const auto handle = spawn(limited());
    co_await begun;
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
    EXPECT_EQ(reason, "from outside");
  });
}

TEST(with_timeout, of_a_handle_cancels_the_task_behind_it) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(value_after(actors::forever, 1));
    const auto error = co_await error_of(with_timeout(1ms, handle));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(handle.done());
    EXPECT_TRUE(handle.result().was_cancelled());
  });
}

TEST(with_timeout, after_one_that_was_handled_the_task_is_as_good_as_new) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    for (int i = 0; i < 20; ++i) {
      const auto error = co_await error_of(with_timeout(100us, value_after(actors::forever, 1)));
      EXPECT_TRUE(is_a<actors::timeout_error>(error));
      EXPECT_EQ(self.cancel_requests(), 0U);
    }
    const int value = co_await with_timeout(1h, value_after(0ms, 4));
    EXPECT_EQ(value, 4);
  });
}

TEST(with_timeout, the_tighter_of_two_nested_ones_strikes) {
  in_every_order([]() -> task<> {
    auto inner = [](actors::duration limit) -> task<std::string> {
      const auto error = co_await error_of(with_timeout(limit, value_after(actors::forever, 1)));
      co_return actors::describe(error);
    };
    const auto tight_inside = co_await with_timeout(2s, inner(1s));
    EXPECT_EQ(tight_inside, "timed out after 1000 ms");
    auto nested = []() -> task<int> { return with_timeout(9s, value_after(actors::forever, 1)); };
    const auto error = co_await error_of(with_timeout(2s, nested()));
    EXPECT_EQ(actors::describe(error), "timed out after 2000 ms");
  });
}

TEST(with_timeout, an_outside_cancellation_while_the_timeout_cleans_up_is_not_swallowed) {
  in_every_order([]() -> task<> {
    bool cleaned = false;
    auto limited = [&]() -> task<> { static_cast<void>(co_await with_timeout(1s, slow_to_leave(cleaned))); };
    const auto handle = spawn(limited());
    co_await actors::sleep(1500ms);
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(with_timeout, of_no_time_cancels_a_task_behind_a_handle_and_waits_for_its_cleanup) {
  in_every_order([]() -> task<> {
    bool cleaned = false;
    const auto handle = spawn(slow_to_leave(cleaned));
    co_await actors::sleep(1ms);
    const auto error = co_await error_of(with_timeout(0s, handle));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(cleaned);
    EXPECT_TRUE(handle.done());
  });
}

TEST(with_timeout, of_no_time_runs_a_callable_up_to_its_first_suspension) {
  on_every_runtime([]() -> task<> {
    auto quick = [](actors::cancel_scope& scope) -> task<int> {
      EXPECT_TRUE(scope.expired());
      co_return 1;
    };
    const int value = co_await with_timeout(0s, quick);
    EXPECT_EQ(value, 1);
    bool passed = false;
    auto slow = [&passed](actors::cancel_scope&) -> task<> {
      co_await actors::yield();
      passed = true;
    };
    const auto error = co_await error_of(with_timeout(-5s, slow));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_FALSE(passed);
    co_await actors::yield();
  });
}

TEST(with_timeout, of_the_longest_time_there_is_means_never) {
  in_every_order([]() -> task<> {
    const int value = co_await with_timeout(actors::duration::max(), value_after(24h * 365, 3));
    EXPECT_EQ(value, 3);
    const auto error = co_await error_of(with_timeout(actors::duration::min(), value_after(0s, 3)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
  });
}

TEST(with_timeout_at, ends_an_operation_at_a_moment_of_the_clock) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto deadline = self.now() + 3s;
    const int first = co_await actors::with_timeout_at(deadline, value_after(2s, 1));
    EXPECT_EQ(first, 1);
    const auto error = co_await error_of(actors::with_timeout_at(deadline, value_after(2s, 2)));
    EXPECT_EQ(actors::describe(error), "timed out");
    EXPECT_EQ(self.now(), deadline);
    const auto late = co_await error_of(actors::with_timeout_at(deadline, value_after(0s, 3)));
    EXPECT_TRUE(is_a<actors::timeout_error>(late));
  });
}

TEST(move_on_after, gives_the_value_of_what_is_in_time_and_nothing_of_what_is_late) {
  on_every_runtime([]() -> task<> {
    const std::optional<int> in_time = co_await actors::move_on_after(1h, value_after(0s, 4));
    EXPECT_EQ(in_time, 4);
    const std::optional<int> late = co_await actors::move_on_after(1ms, value_after(actors::forever, 4));
    EXPECT_FALSE(late.has_value());
    const std::optional<int> never_ran = co_await actors::move_on_after(0s, value_after(0s, 4));
    EXPECT_FALSE(never_ran.has_value());
    auto nothing = []() -> task<> { co_return; };
    const bool completed = co_await actors::move_on_after(1h, nothing());
    EXPECT_TRUE(completed);
    const bool too_late = co_await actors::move_on_at(actors::time_point::min(), nothing());
    EXPECT_FALSE(too_late);
  });
}

TEST(move_on_after, cancels_the_task_behind_a_handle) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(value_after(actors::forever, 4));
    const std::optional<int> late = co_await actors::move_on_after(1ms, handle);
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(handle.result().was_cancelled());
  });
}

TEST(move_on_after, throws_the_errors_of_the_operation_and_outside_cancellations) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> task<> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    };
    const auto error = co_await error_of(actors::move_on_after(1h, broken()));
    EXPECT_EQ(actors::describe(error), "broken");
    gate begun;
    auto outer = [&begun]() -> task<> {
      auto body = [&begun](actors::cancel_scope&) -> task<> {
        begun.open();
        co_await actors::sleep(actors::forever);
      };
      co_await actors::move_on_after(1h, body);
    };
    const auto handle = spawn(outer());
    co_await begun;
    handle.cancel("from outside");
    const auto cancelled = co_await error_of(handle);
    EXPECT_EQ(actors::describe(cancelled), "cancelled: from outside");
  });
}
