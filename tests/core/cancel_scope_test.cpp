#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/cancel_scope.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace {

using actors::cancel_scope;
using actors::spawn;
using actors::task;
using actors::with_cancel_scope;
using actors::with_timeout;
using namespace core_test;

task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

} // namespace

TEST(cancel_scope, that_is_not_cancelled_gives_what_its_body_returns) {
  on_every_runtime([]() -> task<> {
    auto seven = [](cancel_scope& scope) -> task<int> {
      EXPECT_FALSE(scope.cancel_requested());
      EXPECT_EQ(scope.deadline(), actors::time_point::max());
      co_return co_await value_after(0ms, 7);
    };
    const std::optional<int> value = co_await with_cancel_scope(seven);
    EXPECT_EQ(value, 7);
    auto nothing = [](cancel_scope&) -> task<> { co_await actors::yield(); };
    const bool completed = co_await with_cancel_scope(nothing);
    EXPECT_TRUE(completed);
  });
}

TEST(cancel_scope, that_is_cancelled_by_its_body_ends_at_the_next_await_and_the_task_goes_on) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    std::string reason;
    auto body = [&](cancel_scope& scope) -> task<int> {
      scope.cancel("enough");
      scope.cancel("only the first call counts");
      EXPECT_TRUE(scope.cancel_requested());
      EXPECT_FALSE(scope.expired());
      EXPECT_EQ(self.cancel_requests(), 1U);
      try {
        co_await actors::yield();
      } catch (const actors::cancelled& e) {
        reason = e.reason();
        throw;
      }
      co_return 7;
    };
    const std::optional<int> value = co_await with_cancel_scope(body);
    EXPECT_FALSE(value.has_value());
    EXPECT_EQ(reason, "enough");
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::sleep(1ms);
  });
}

TEST(cancel_scope, may_be_cancelled_by_another_task_and_by_a_plain_thread) {
  on_every_runtime([]() -> task<> {
    for (const bool from_thread : {false, true}) {
      cancel_scope* open = nullptr;
      gate ready;
      auto body = [&](cancel_scope& scope) -> task<> {
        open = &scope;
        ready.open();
        co_await actors::sleep(actors::forever);
      };
      auto by_task = [&]() -> task<> {
        co_await ready;
        if (!from_thread)
          open->cancel();
        else
          std::thread{[&] { open->cancel(); }}.join();
      };
      const auto other = spawn(by_task());
      const bool completed = co_await with_cancel_scope(body);
      EXPECT_FALSE(completed);
      co_await other;
    }
  });
}

TEST(cancel_scope, runs_the_cleanup_of_its_body_before_the_task_goes_on) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    auto body = [](cancel_scope& scope) -> task<> {
      scope.cancel();
      std::exception_ptr left_with;
      try {
        co_await actors::sleep(actors::forever);
      } catch (...) {
        left_with = std::current_exception();
      }
      co_await actors::sleep(3s);
      std::rethrow_exception(left_with);
    };
    const bool completed = co_await with_cancel_scope(body);
    EXPECT_FALSE(completed);
    EXPECT_EQ(self.now() - start, 3s);
  });
}

TEST(cancel_scope, an_error_or_value_of_a_cancelled_body_wins) {
  on_every_runtime([]() -> task<> {
    auto failing = [](cancel_scope& scope) -> task<> {
      scope.cancel();
      throw std::runtime_error("broken");
      co_return;
    };
    const auto error = co_await error_of(with_cancel_scope(failing));
    EXPECT_EQ(actors::describe(error), "broken");
    auto stubborn = [](cancel_scope& scope) -> task<int> {
      scope.cancel();
      try {
        co_await actors::yield();
      } catch (const actors::cancelled&) {
      }
      co_return 7;
    };
    const std::optional<int> value = co_await with_cancel_scope(stubborn);
    EXPECT_EQ(value, 7);
    co_await actors::yield();
  });
}

TEST(cancel_scope, takes_a_request_back_that_was_never_delivered) {
  on_every_runtime([]() -> task<> {
    auto body = [](cancel_scope& scope) -> task<int> {
      scope.cancel();
      co_return 1;
    };
    const std::optional<int> value = co_await with_cancel_scope(body);
    EXPECT_EQ(value, 1);
    co_await actors::yield();
    // The same in the cleanup of a task that was cancelled itself, whose count does not go back to zero.
    auto cancelled_task = [&body]() -> task<int> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      const std::optional<int> inner = co_await with_cancel_scope(body);
      co_await actors::yield();
      co_return inner.value_or(0);
    };
    const auto handle = spawn(cancelled_task());
    co_await actors::yield();
    handle.cancel();
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(!error || actors::is_cancelled(error)) << actors::describe(error); // the latter if it had not begun
  });
}

TEST(cancel_scope, an_outside_cancellation_at_the_same_time_comes_out_with_its_own_reason) {
  on_every_runtime([]() -> task<> {
    for (const bool scope_first : {false, true}) {
      gate begun;
      auto scoped = [&]() -> task<> {
        auto body = [&](cancel_scope& scope) -> task<> {
          if (scope_first)
            scope.cancel("the scope's");
          begun.open();
          std::exception_ptr left_with;
          try {
            co_await actors::sleep(actors::forever);
          } catch (...) {
            left_with = std::current_exception();
          }
          if (!scope_first)
            scope.cancel("the scope's");
          try {
            co_await actors::sleep(actors::forever);
          } catch (const actors::cancelled&) {
          }
          std::rethrow_exception(left_with);
        };
        static_cast<void>(co_await with_cancel_scope(body));
        ADD_FAILURE() << "swallowed";
      };
      const auto handle = spawn(scoped());
      co_await begun;
      handle.cancel("from outside");
      const auto error = co_await error_of(handle);
      EXPECT_TRUE(actors::is_cancelled(error));
    }
  });
}

TEST(cancel_scope, of_nested_ones_with_equal_deadlines_all_say_expired_and_the_outermost_swallows) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto deadline = self.now() + 20ms;
    cancel_scope* scopes[3] = {};
    int went_on = 0;
    auto innermost = [&](cancel_scope& scope) -> task<> {
      scopes[2] = &scope;
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        for (const auto* each : scopes)
          EXPECT_TRUE(each->expired());
        EXPECT_EQ(self.cancel_requests(), 3U);
        throw;
      }
    };
    auto middle = [&](cancel_scope& scope) -> task<> {
      scopes[1] = &scope;
      co_await actors::move_on_at(deadline, innermost);
      ++went_on;
    };
    auto outermost = [&](cancel_scope& scope) -> task<> {
      scopes[0] = &scope;
      co_await actors::with_timeout_at(deadline, middle);
      ++went_on;
    };
    const auto error = co_await error_of(actors::with_timeout_at(deadline, outermost));
    EXPECT_EQ(actors::describe(error), "timed out");
    EXPECT_EQ(went_on, 0);
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::sleep(1ms);
  });
}

TEST(cancel_scope, the_outer_one_of_two_may_be_cancelled_from_inside_the_inner_one) {
  on_every_runtime([]() -> task<> {
    bool went_on = false;
    auto outer = [&](cancel_scope& outer_scope) -> task<> {
      auto inner = [&](cancel_scope& inner_scope) -> task<> {
        outer_scope.cancel();
        inner_scope.cancel();
        co_await actors::yield();
      };
      co_await with_cancel_scope(inner);
      went_on = true;
    };
    const bool completed = co_await with_cancel_scope(outer);
    EXPECT_FALSE(completed);
    EXPECT_FALSE(went_on);
    co_await actors::yield();
  });
}

TEST(cancel_scope, cancelled_behind_its_end_or_twice_changes_nothing) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    std::optional<cancel_scope> kept;
    {
      auto& context = co_await actors::detail::current_context{};
      kept.emplace(context);
    }
    kept->leave();
    kept->cancel();
    EXPECT_EQ(self.cancel_requests(), 0U);
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { kept->reschedule(self.now()); })));
    co_await actors::yield();
  });
}

TEST(cancel_scope, moved_to_a_deadline_in_the_past_strikes_at_the_next_await) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    co_await actors::sleep(2ms);
    bool passed = false;
    auto body = [&](cancel_scope& scope) -> task<> {
      scope.reschedule(self.now() - 1ms);
      co_await actors::yield();
      passed = true;
    };
    const auto error = co_await error_of(with_timeout(1h, body));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_FALSE(passed);
  });
}

TEST(cancel_scope, may_be_moved_later_and_earlier_and_lifted) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    auto body = [start](cancel_scope& scope) -> task<> {
      EXPECT_EQ(scope.deadline() - start, 1s);
      scope.reschedule(start + 10s);
      co_await actors::sleep(5s);
      EXPECT_FALSE(scope.expired());
      scope.reschedule(actors::time_point::max());
      co_await actors::sleep(100s);
      scope.reschedule(start + 106s);
      co_await actors::sleep(actors::forever);
    };
    const auto error = co_await error_of(with_timeout(1s, body));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_EQ(self.now() - start, 106s);
  });
}

TEST(cancel_scope, that_has_expired_cannot_be_moved) {
  on_every_runtime([]() -> task<> {
    std::exception_ptr refused;
    auto body = [&](cancel_scope& scope) -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        EXPECT_TRUE(scope.expired());
        refused = thrown_by([&] { scope.reschedule(actors::time_point::max()); });
        throw;
      }
    };
    const auto error = co_await error_of(with_timeout(1ms, body));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(is_a<actors::misuse_error>(refused));
  });
}

TEST(cancel_scope, with_a_deadline_in_the_past_strikes_at_the_first_await_that_suspends) {
  on_every_runtime([]() -> task<> {
    bool reached = false;
    bool passed = false;
    auto body = [&](cancel_scope&) -> task<> {
      auto ready = []() -> task<int> { co_return 1; };
      static_cast<void>(co_await ready());
      reached = true;
      co_await actors::sleep(1s);
      passed = true;
    };
    const auto error = co_await error_of(with_timeout(-1s, body));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(reached);
    EXPECT_FALSE(passed);
  });
}

TEST(cancel_scope, an_outside_cancellation_of_one_that_has_not_expired_stays_a_cancellation) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto limited = [&]() -> task<> {
      auto body = [&](cancel_scope&) -> task<> {
        begun.open();
        co_await actors::sleep(actors::forever);
      };
      co_await with_timeout(1h, body);
    };
    const auto handle = spawn(limited());
    co_await begun;
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(cancel_scope, lets_the_limit_of_the_outer_scope_hold_again_when_it_is_left) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    auto outer = [&]() -> task<> {
      const auto limit = self.deadline();
      co_await with_timeout(1s, value_after(0s, 1));
      EXPECT_EQ(self.deadline(), limit);
      static_cast<void>(co_await error_of(with_timeout(1s, value_after(2s, 1))));
      EXPECT_EQ(self.deadline(), limit);
    };
    co_await with_timeout(1h, outer());
    EXPECT_EQ(self.deadline(), actors::time_point::max());
  });
}
