#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/cancel_scope.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

// Several requests to cancel that meet in one task: of scopes, timeouts, groups and from outside.

namespace {

using actors::cancel_scope;
using actors::spawn;
using actors::task;
using actors::task_group;
using actors::task_handle;
using actors::with_cancel_scope;
using actors::with_task_group;
using actors::with_timeout;
using namespace core_test;

// Waits until it is cancelled, and then for `until`: a cleanup that can be interrupted.
task<> clean_up_until(gate& cleaning, gate& until) {
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
  }
  cleaning.open();
  co_await until;
}

} // namespace

TEST(cancel_overlap, a_timeout_that_strikes_in_the_cleanup_of_an_outside_cancellation_leaves_it_its_reason) {
  in_every_order([]() -> task<> {
    gate cleaning;
    gate never;
    auto limited = [&]() -> task<> { co_await with_timeout(2s, clean_up_until(cleaning, never)); };
    const auto handle = spawn(limited());
    co_await actors::sleep(1s);
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(cancel_overlap, a_scope_that_is_cancelled_in_the_cleanup_of_an_outside_cancellation_leaves_it_its_reason) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto scoped = [&]() -> task<> {
      auto body = [&](cancel_scope& scope) -> task<> {
        begun.open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
          scope.cancel("the scope's");
        }
        co_await actors::sleep(actors::forever);
      };
      static_cast<void>(co_await with_cancel_scope(body));
      ADD_FAILURE() << "swallowed";
    };
    const auto handle = spawn(scoped());
    co_await begun;
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(cancel_overlap, an_outside_cancellation_in_the_cleanup_of_a_scope_comes_out_with_its_own_reason) {
  on_every_runtime([]() -> task<> {
    gate cleaning;
    auto scoped = [&]() -> task<> {
      auto body = [&](cancel_scope& scope) -> task<> {
        scope.cancel("the scope's");
        std::exception_ptr left_with;
        try {
          co_await actors::yield();
        } catch (...) {
          left_with = std::current_exception();
        }
        cleaning.open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
        }
        // Says goodbye with the first of the two.
        std::rethrow_exception(left_with);
      };
      static_cast<void>(co_await with_cancel_scope(body));
      ADD_FAILURE() << "swallowed";
    };
    const auto handle = spawn(scoped());
    co_await cleaning;
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(cancel_overlap, a_cancellation_that_is_pending_when_a_scope_is_entered_is_not_swallowed_by_it) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await actors::this_task();
    for (const bool by_deadline : {false, true}) {
      bool went_on = false;
      auto inner = [](cancel_scope& scope) -> task<> {
        scope.cancel("the inner one's");
        co_await actors::yield();
      };
      auto outer = [&](cancel_scope& scope) -> task<> {
        scope.cancel("the outer one's");
        if (by_deadline)
          co_await actors::move_on_after(0s, inner);
        else
          co_await with_cancel_scope(inner);
        went_on = true;
      };
      const bool completed = co_await with_cancel_scope(outer);
      EXPECT_FALSE(completed);
      EXPECT_FALSE(went_on);
      EXPECT_EQ(self.cancel_requests(), 0U);
      co_await actors::yield();
    }
  });
}

TEST(cancel_overlap, a_cancellation_that_is_pending_when_a_group_is_entered_is_not_lost_behind_its_errors) {
  on_every_runtime([]() -> task<> {
    std::exception_ptr from_group;
    bool went_on = false;
    auto clumsy = []() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      throw std::runtime_error("could not clean up");
    };
    auto outer = [&](cancel_scope& scope) -> task<> {
      auto body = [&](task_group& group) -> task<> {
        group.spawn(clumsy(), actors::spawn_options{}.eager(true));
        co_await actors::sleep(actors::forever);
      };
      scope.cancel();
      from_group = co_await error_of(with_task_group(body));
      co_await actors::yield();
      went_on = true;
    };
    const bool completed = co_await with_cancel_scope(outer);
    EXPECT_TRUE(is_a<actors::group_error>(from_group)) << actors::describe(from_group);
    EXPECT_FALSE(completed);
    EXPECT_FALSE(went_on);
  });
}

TEST(cancel_overlap, a_cancellation_that_is_pending_reaches_the_tasks_behind_gathered_handles) {
  on_every_runtime([]() -> task<> {
    auto forever = []() -> task<> { co_await actors::sleep(actors::forever); };
    const auto first = spawn(forever());
    const auto second = spawn(forever());
    auto body = [&](cancel_scope& scope) -> task<> {
      scope.cancel("enough");
      co_await actors::gather(first, second);
    };
    const bool completed = co_await with_cancel_scope(body);
    EXPECT_FALSE(completed);
    for (const auto& each : {std::cref(first), std::cref(second)}) {
      const auto error = co_await error_of(each.get());
      EXPECT_EQ(actors::describe(error), "cancelled: enough");
    }
  });
}

TEST(cancel_overlap, a_timeout_of_no_time_gives_the_error_or_cancellation_of_a_task_that_is_done) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> task<int> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    };
    auto patient = []() -> task<int> {
      co_await actors::sleep(actors::forever);
      co_return 1;
    };
    const auto failed = spawn(broken());
    static_cast<void>(co_await error_of(failed));
    const auto gone = spawn(patient());
    gone.cancel("on its own");
    static_cast<void>(co_await error_of(gone));
    for (const auto limit : {actors::duration{0}, actors::duration{-1s}, actors::duration::min(), actors::forever}) {
      const auto error = co_await error_of(with_timeout(limit, failed));
      EXPECT_EQ(actors::describe(error), "broken");
      const auto cancellation = co_await error_of(with_timeout(limit, gone));
      EXPECT_EQ(actors::describe(cancellation), "cancelled: on its own");
      auto move_on = [&]() -> task<> { static_cast<void>(co_await actors::move_on_after(limit, gone)); };
      const auto other = co_await error_of(move_on());
      EXPECT_EQ(actors::describe(other), "cancelled: on its own");
    }
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::yield();
  });
}

TEST(cancel_overlap, gathering_the_same_handle_twice_cancels_its_task_once) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    gate may_end;
    gate waiting;
    auto careful = [&]() -> task<std::string> {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      cleaning.open();
      co_await may_end;
      co_return "cleaned up";
    };
    const auto handle = spawn(careful());
    auto both = [&]() -> task<> {
      waiting.open();
      static_cast<void>(co_await actors::gather_outcomes(handle, handle));
    };
    const auto outer = spawn(both());
    co_await begun;
    co_await waiting;
    outer.cancel("enough");
    co_await cleaning;
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    may_end.open();
    static_cast<void>(co_await error_of(outer));
    const auto text = co_await handle;
    EXPECT_EQ(text, "cleaned up");
  });
}
