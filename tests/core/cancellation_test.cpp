#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::cancelled;
using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

// Opens `begun` and then waits until it is cancelled.
task<int> wait_forever(gate& begun) {
  begun.open();
  co_await actors::sleep(actors::forever);
  co_return 0;
}

// Opens `begun` and waits for a task. Whoever goes through the gate finds this task waiting: a step is not interrupted.
task<int> wait_for(task_handle<int> other, gate& begun) {
  begun.open();
  co_return co_await other;
}

} // namespace

TEST(cancellation, comes_out_of_the_pending_await_with_its_reason) {
  on_every_runtime([]() -> task<> {
    gate begun;
    const auto handle = spawn(wait_forever(begun));
    co_await begun;
    EXPECT_TRUE(handle.cancel("the user went home"));
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error));
    EXPECT_EQ(actors::describe(error), "cancelled: the user went home");
  });
}

TEST(cancellation, without_a_reason_has_an_empty_one) {
  on_every_runtime([]() -> task<> {
    gate begun;
    const auto handle = spawn(wait_forever(begun));
    co_await begun;
    handle.cancel();
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled");
  });
}

TEST(cancellation, is_not_seen_by_code_that_catches_standard_exceptions) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto careless = [](gate& ready) -> task<int> {
      try {
        co_return co_await wait_forever(ready);
      } catch (const std::exception&) {
        ADD_FAILURE() << "a cancellation was caught as a std::exception";
      }
      co_return 1;
    };
    const auto handle = spawn(careless(begun));
    co_await begun;
    handle.cancel();
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error));
  });
}

TEST(cancellation, before_the_first_step_means_that_the_body_never_runs) {
  in_every_order([]() -> task<> {
    bool ran = false;
    std::atomic<int> live{0};
    auto body = [](bool& mark, counted) -> task<> {
      mark = true;
      co_return;
    };
    const auto handle = spawn(body(ran, counted{live}));
    EXPECT_TRUE(handle.cancel("changed my mind"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: changed my mind");
    EXPECT_FALSE(ran);
    EXPECT_EQ(live, 0);
  });
}

TEST(cancellation, of_a_running_task_is_delivered_at_its_next_await_that_suspends) {
  in_every_order([]() -> task<> {
    task_handle<int> self;
    gate ready;
    auto busy = [](gate& until, task_handle<int>& me) -> task<int> {
      co_await until;
      me.cancel("by myself");
      // Runs on: a message to oneself is not read before the task is suspended.
      auto immediate = []() -> task<int> { co_return 1; };
      const int value = co_await immediate();
      EXPECT_EQ(value, 1);
      co_await actors::sleep(1s);
      ADD_FAILURE() << "the sleep ended as if nothing had happened";
      co_return value;
    };
    self = spawn(busy(ready, self));
    ready.open();
    const auto error = co_await error_of(self);
    EXPECT_EQ(actors::describe(error), "cancelled: by myself");
  });
}

TEST(cancellation, lets_cleanup_await) {
  on_every_runtime([]() -> task<> {
    gate begun;
    std::string notes;
    auto careful = [](gate& ready, std::string& log) -> task<> {
      std::exception_ptr left_with;
      try {
        co_await wait_forever(ready);
      } catch (...) {
        left_with = std::current_exception();
      }
      log += "closing,";
      co_await actors::sleep(1ms);
      co_await actors::yield();
      log += "closed";
      std::rethrow_exception(left_with);
    };
    const auto handle = spawn(careful(begun, notes));
    co_await begun;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(notes, "closing,closed");
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
  });
}

TEST(cancellation, asked_for_again_interrupts_the_cleanup) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    auto slow = [](gate& ready, gate& in_cleanup) -> task<> {
      try {
        co_await wait_forever(ready);
      } catch (const cancelled&) {
      }
      co_await wait_forever(in_cleanup);
    };
    const auto handle = spawn(slow(begun, cleaning));
    co_await begun;
    handle.cancel("please");
    co_await cleaning;
    handle.cancel("at once");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: at once");
  });
}

TEST(cancellation, that_is_caught_and_answered_with_a_return_leaves_the_task_uncancelled) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto tough = [](gate& ready) -> task<std::string> {
      try {
        co_await wait_forever(ready);
      } catch (const cancelled& e) {
        co_return "survived: " + std::string{e.reason()};
      }
      co_return "never cancelled";
    };
    const auto handle = spawn(tough(begun));
    co_await begun;
    handle.cancel("storm");
    const auto text = co_await handle;
    EXPECT_EQ(text, "survived: storm");
    EXPECT_FALSE(handle.result().was_cancelled());
  });
}

TEST(cancellation, answered_with_another_exception_ends_with_that) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto clumsy = [](gate& ready) -> task<> {
      try {
        co_await wait_forever(ready);
      } catch (const cancelled&) {
        throw std::runtime_error("could not clean up");
      }
    };
    const auto handle = spawn(clumsy(begun));
    co_await begun;
    handle.cancel();
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "could not clean up");
  });
}

TEST(cancellation, taken_back_before_it_was_delivered_never_happens) {
  on_every_runtime([]() -> task<> {
    auto body = []() -> task<int> {
      const auto self = co_await actors::this_task();
      auto& context = co_await actors::detail::current_context{};
      context.request_cancel(cancelled{"a moment of doubt"});
      EXPECT_EQ(self.cancel_requests(), 1U);
      EXPECT_EQ(self.uncancel(), 0U);
      co_await actors::sleep(1ms);
      co_return 3;
    };
    const int value = co_await spawn(body());
    EXPECT_EQ(value, 3);
  });
}

TEST(cancellation, reaches_the_task_that_the_cancelled_one_awaits) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate waiting;
    const auto inner = actors::spawn_detached(wait_forever(begun));
    const auto outer = spawn(wait_for(inner, waiting));
    co_await begun;
    co_await waiting;
    outer.cancel("all the way");
    const auto error = co_await error_of(outer);
    EXPECT_EQ(actors::describe(error), "cancelled: all the way");
    EXPECT_TRUE(inner.done());
    EXPECT_EQ(actors::describe(inner.result().error()), "cancelled: all the way");
  });
}

TEST(cancellation, of_a_waiter_waits_for_the_cleanup_of_the_awaited_task) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate may_end;
    gate in_cleanup;
    auto slow = [](gate& ready, gate& cleaning, gate& until) -> task<int> {
      try {
        co_await wait_forever(ready);
      } catch (const cancelled&) {
      }
      cleaning.open();
      co_await until;
      co_return 8;
    };
    gate waiting;
    const auto inner = spawn(slow(begun, in_cleanup, may_end));
    const auto outer = spawn(wait_for(inner, waiting));
    co_await begun;
    co_await waiting;
    outer.cancel();
    co_await in_cleanup;
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    EXPECT_FALSE(outer.done());
    may_end.open();
    // The awaited task has swallowed the cancellation and given a value, and that is what its waiter gets.
    const int value = co_await outer;
    EXPECT_EQ(value, 8);
  });
}

TEST(cancellation, reaches_through_gather_timeouts_and_inline_calls) {
  on_every_runtime([]() -> task<> {
    gate first;
    gate second;
    std::vector<std::string> reasons(2);
    auto leaf = [](gate& ready, std::string& reason) -> task<> {
      try {
        co_await wait_forever(ready);
      } catch (const cancelled& e) {
        reason = e.reason();
        throw;
      }
    };
    auto limited = [&](gate& ready, std::string& reason) -> task<> {
      co_await actors::with_timeout(actors::forever, leaf(ready, reason));
    };
    auto both = [&]() -> task<> { co_await actors::gather(limited(first, reasons[0]), limited(second, reasons[1])); };
    const auto handle = spawn(both());
    co_await first;
    co_await second;
    handle.cancel("deep down");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: deep down");
    EXPECT_EQ(reasons, (std::vector<std::string>{"deep down", "deep down"}));
  });
}

TEST(cancellation, by_an_exit_message_of_a_plain_actor_works_like_cancel) {
  on_every_runtime([]() -> task<> {
    gate begun;
    const auto handle = spawn(wait_forever(begun));
    co_await begun;
    caf::anon_send_exit(handle.address(), caf::exit_reason::user_shutdown);
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error));
    EXPECT_EQ(actors::describe(error), "cancelled: caf::exit_reason::user_shutdown");
  });
}

TEST(cancellation, an_exit_message_with_the_normal_reason_is_ignored) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto patient = [](gate& until) -> task<int> {
      co_await until;
      co_return 6;
    };
    const auto handle = spawn(patient(door));
    caf::anon_send_exit(handle.address(), caf::exit_reason::normal);
    for (int i = 0; i < 10; ++i)
      co_await actors::yield();
    door.open();
    const int value = co_await handle;
    EXPECT_EQ(value, 6);
  });
}

TEST(cancellation, in_a_race_with_the_end_of_the_task_gives_the_value_or_the_cancellation) {
  on_every_runtime([]() -> task<> {
    int values = 0;
    int cancellations = 0;
    auto short_lived = [](gate& until) -> task<int> {
      co_await until;
      co_await actors::yield();
      co_return 1;
    };
    for (int i = 0; i < 500; ++i) {
      gate door;
      const auto handle = spawn(short_lived(door));
      if (i % 3 == 0)
        co_await actors::yield();
      door.open();
      if (i % 2 == 0)
        co_await actors::yield();
      handle.cancel();
      const auto error = co_await error_of(handle);
      ++(error ? cancellations : values);
      EXPECT_TRUE(!error || actors::is_cancelled(error));
    }
    EXPECT_EQ(values + cancellations, 500);
  });
}

TEST(cancellation, that_is_pending_when_a_task_is_awaited_is_passed_on_to_it) {
  on_every_runtime([]() -> task<> {
    auto outer = []() -> task<> {
      gate begun;
      auto inner = [](gate& ready) -> task<> {
        ready.open();
        co_await actors::sleep(actors::forever);
      };
      const auto awaited = actors::spawn_detached(inner(begun));
      co_await begun;
      auto body = [&awaited](actors::cancel_scope& scope) -> task<> {
        scope.cancel("stop");
        co_await awaited;
      };
      static_cast<void>(co_await actors::with_cancel_scope(body));
      EXPECT_TRUE(awaited.done());
      EXPECT_EQ(actors::describe(awaited.result().error()), "cancelled: stop");
    };
    co_await outer();
  });
}

TEST(cancellation, that_is_pending_does_not_lose_the_result_of_a_task_that_is_done) {
  on_every_runtime([]() -> task<> {
    auto seven = []() -> task<int> { co_return 7; };
    const auto done = spawn(seven());
    static_cast<void>(co_await done);
    int value = 0;
    bool passed = false;
    auto body = [&](actors::cancel_scope& scope) -> task<> {
      scope.cancel();
      value = co_await done;
      co_await actors::yield();
      passed = true;
    };
    static_cast<void>(co_await actors::with_cancel_scope(body));
    EXPECT_EQ(value, 7);
    EXPECT_FALSE(passed);
  });
}
