#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "recording_log.hpp"

#include <actors/core/run.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using actors::shield;
using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

task<int> value_at(gate& until, int value) {
  co_await until;
  co_return value;
}

task<int> await_shielded(task_handle<int> handle, gate& begun) {
  begun.open();
  co_return co_await shield(std::move(handle));
}

} // namespace

TEST(shield, gives_the_result_of_the_shielded_task) {
  on_every_runtime([]() -> task<> {
    gate open;
    open.open();
    const int direct = co_await shield(value_at(open, 3));
    EXPECT_EQ(direct, 3);
    const int by_handle = co_await shield(spawn(value_at(open, 4)));
    EXPECT_EQ(by_handle, 4);
  });
}

TEST(shield, passes_on_the_error_of_the_shielded_task) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> task<int> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    };
    auto waiter = [&]() -> task<> { static_cast<void>(co_await shield(broken())); };
    const auto error = co_await error_of(waiter());
    EXPECT_EQ(actors::describe(error), "broken");
  });
}

TEST(shield, cancelling_the_waiter_ends_the_wait_at_once_and_leaves_the_shielded_task_running) {
  on_every_runtime([]() -> task<> {
    gate door;
    gate begun;
    const auto inner = spawn(value_at(door, 5));
    const auto outer = spawn(await_shielded(inner, begun));
    co_await begun;
    outer.cancel("not that one");
    const auto error = co_await error_of(outer);
    EXPECT_EQ(actors::describe(error), "cancelled: not that one");
    EXPECT_FALSE(inner.done());
    door.open();
    const int value = co_await inner;
    EXPECT_EQ(value, 5);
  });
}

TEST(shield, cancelling_the_shielded_task_itself_cancels_its_waiter) {
  on_every_runtime([]() -> task<> {
    gate never;
    gate begun;
    const auto inner = spawn(value_at(never, 5));
    const auto outer = spawn(await_shielded(inner, begun));
    co_await begun;
    inner.cancel("from inside");
    const auto error = co_await error_of(outer);
    EXPECT_EQ(actors::describe(error), "cancelled: from inside");
  });
}

TEST(shield, an_error_of_the_shielded_task_whose_waiter_has_gone_is_logged) {
  const auto log = std::make_shared<recording_log>();
  actors::run(
      []() -> task<> {
        gate door;
        gate begun;
        auto broken = [](gate& until) -> task<int> {
          co_await until;
          throw std::runtime_error("nobody waits any more");
        };
        const auto inner = spawn(broken(door));
        const auto outer = spawn(await_shielded(inner, begun));
        co_await begun;
        outer.cancel();
        static_cast<void>(co_await error_of(outer));
        door.open();
        while (!inner.done())
          co_await actors::yield();
      }(),
      actors::runtime_options{}.log_to(log));
  ASSERT_THAT(log->lines(), testing::SizeIs(1));
  EXPECT_THAT(log->lines()[0], testing::HasSubstr("nobody waits any more"));
}

TEST(shield, inside_a_timeout_keeps_the_operation_going) {
  in_every_order([]() -> task<> {
    auto slow = []() -> task<int> {
      co_await actors::sleep(10s);
      co_return 6;
    };
    const auto handle = spawn(slow());
    auto shielded = [&]() -> task<int> { co_return co_await shield(handle); };
    const auto error = co_await error_of(actors::with_timeout(1s, shielded()));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_FALSE(handle.done());
    const int value = co_await handle;
    EXPECT_EQ(value, 6);
  });
}

TEST(shield, an_operation_is_a_child_that_is_joined_when_its_parent_ends) {
  in_every_order([]() -> task<> {
    bool finished_cleanup = false;
    gate begun;
    auto operation = [](gate& ready, bool& mark) -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await actors::sleep(1s);
      mark = true;
    };
    auto parent = [&]() -> task<> { co_await shield(operation(begun, finished_cleanup)); };
    const auto handle = spawn(parent());
    co_await begun;
    handle.cancel();
    static_cast<void>(co_await error_of(handle));
    EXPECT_TRUE(finished_cleanup);
  });
}

TEST(shield, of_an_empty_handle_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto waiter = []() -> task<> { static_cast<void>(co_await shield(task_handle<int>{})); };
    const auto error = co_await error_of(waiter());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    co_return;
  });
}
