#include "counted.hpp"
#include "errors.hpp"
#include "every_options.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "recording_log.hpp"

#include <actors/core/as_completed.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

task<std::string> greeting() {
  co_await actors::yield();
  co_return "a text that is too long for the small string optimisation";
}

task<int> fails(std::string text) {
  co_await actors::yield();
  throw std::runtime_error(text);
}

task<int> value_after(gate& door, int value) {
  co_await door;
  co_return value;
}

} // namespace

TEST(task_handle, is_copied_and_all_copies_stand_for_the_same_task) {
  on_every_runtime([]() -> task<> {
    const auto first = spawn(greeting());
    const auto second = first; // NOLINT(performance-unnecessary-copy-initialization): the copy is the subject
    EXPECT_EQ(first, second);
    const auto a = co_await first;
    const auto b = co_await second;
    EXPECT_EQ(a, b);
    EXPECT_TRUE(second.done());
  });
}

TEST(task_handle, awaited_as_an_lvalue_copies_the_result_out) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(greeting());
    const auto first = co_await handle;
    const auto again = co_await handle;
    EXPECT_EQ(first, again);
    EXPECT_EQ(first.substr(0, 6), "a text");
  });
}

TEST(task_handle, awaited_as_an_rvalue_moves_the_result_out) {
  on_every_runtime([]() -> task<> {
    auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
    const auto handle = spawn(make());
    auto copy = handle;
    const auto value = co_await std::move(copy);
    EXPECT_EQ(*value, 3);
    EXPECT_EQ(handle.result().value(), nullptr);
  });
}

TEST(task_handle, dropping_it_changes_nothing) {
  on_every_runtime([]() -> task<> {
    gate done;
    auto child = [](gate& end) -> task<> {
      co_await actors::yield();
      end.open();
    };
    static_cast<void>(spawn(child(done)));
    co_await done;
  });
}

TEST(task_handle, many_tasks_may_wait_for_one) {
  on_every_runtime([]() -> task<> {
    gate door;
    const auto source = spawn(value_after(door, 5));
    auto reader = [](task_handle<int> handle) -> task<int> {
      const int value = co_await handle;
      co_return value;
    };
    std::vector<task_handle<int>> readers;
    for (int i = 0; i < 100; ++i)
      readers.push_back(spawn(reader(source)));
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    door.open();
    int sum = 0;
    for (const auto& each : readers)
      sum += co_await each;
    EXPECT_EQ(sum, 500);
  });
}

TEST(task_handle, gives_an_error_to_everybody_who_asks) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(fails("broken"));
    const auto first = co_await error_of(handle);
    const auto second = co_await error_of(handle);
    EXPECT_EQ(actors::describe(first), "broken");
    EXPECT_EQ(first, second);
  });
}

TEST(task_handle, cancel_says_whether_the_task_was_still_pending) {
  on_every_runtime([]() -> task<> {
    gate door;
    const auto handle = spawn(value_after(door, 5));
    EXPECT_TRUE(handle.cancel("once"));
    EXPECT_TRUE(handle.cancel("twice") || handle.done());
    static_cast<void>(co_await error_of(handle));
    EXPECT_FALSE(handle.cancel("late"));
    EXPECT_TRUE(handle.result().was_cancelled());
  });
}

TEST(task_handle, cancelling_a_task_that_has_returned_leaves_its_result_alone) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(greeting());
    static_cast<void>(co_await handle);
    EXPECT_FALSE(handle.cancel("too late"));
    EXPECT_TRUE(handle.result().has_value());
  });
}

TEST(task_handle, the_result_of_a_task_that_is_not_done_is_an_error) {
  on_every_runtime([]() -> task<> {
    gate door;
    const auto handle = spawn(value_after(door, 5));
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(handle.result()); })));
    door.open();
    static_cast<void>(co_await handle);
    EXPECT_EQ(handle.result().value(), 5);
  });
}

TEST(task_handle, that_stands_for_no_task_is_an_error_to_use) {
  const task_handle<int> empty;
  EXPECT_FALSE(empty);
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(empty.done()); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(empty.cancel()); })));
  on_every_runtime([]() -> task<> {
    const auto error = co_await error_of(task_handle<int>{});
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
  });
}

TEST(task_handle, of_the_waiting_task_itself_is_an_error_and_not_a_hang) {
  on_every_runtime([]() -> task<> {
    gate ready;
    task_handle<int> self;
    auto narcissus = [](gate& until, task_handle<int>& me) -> task<int> {
      co_await until;
      const int value = co_await me;
      co_return value;
    };
    self = spawn(narcissus(ready, self));
    ready.open();
    const auto error = co_await error_of(self);
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_NE(actors::describe(error).find("awaits itself"), std::string::npos);
  });
}

TEST(task_handle, of_another_runtime_is_an_error_that_says_so) {
  actors::runtime other{actors::runtime_options{}.workers(1)};
  const auto foreign = other.spawn(greeting());
  on_every_runtime([&]() -> task<> {
    const auto error = co_await error_of(foreign);
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_NE(actors::describe(error).find("another runtime"), std::string::npos);
  });
  const auto text = other.block_on([&]() -> task<std::string> { co_return co_await foreign; });
  EXPECT_EQ(text.substr(0, 6), "a text");
}

TEST(task_handle, tells_name_and_id_of_its_actor) {
  on_every_runtime([]() -> task<> {
    auto own_id = []() -> task<std::uint64_t> {
      const auto self = co_await actors::this_task();
      co_return self.id();
    };
    const auto handle = spawn(own_id(), actors::spawn_options{}.name("number seven"));
    EXPECT_EQ(handle.name(), "number seven");
    EXPECT_EQ(handle.address().id(), handle.id());
    const auto id = co_await handle;
    EXPECT_EQ(id, handle.id());
  });
}

TEST(task_handle, may_be_polled_and_cancelled_by_other_threads) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  gate door;
  const auto handle = home.spawn(value_after(door, 5));
  std::thread poller{[&] {
    while (!handle.done())
      std::this_thread::yield();
  }};
  std::thread canceller{[&] { handle.cancel("from a plain thread"); }};
  canceller.join();
  poller.join();
  EXPECT_TRUE(handle.result().was_cancelled());
}

// -- errors that nobody asks for ---------------------------------------------------------------------------------------------------

namespace {

/// Waits until a task has ended, without looking at how.
task<> ended(task_handle<int> handle) {
  while (!handle.done())
    co_await actors::yield();
}

/// What a program logs, in every kind of runtime and under every schedule: `check(lines)` is called for each.
template <class F, class Check>
void logs(F program, Check check) {
  with_every_options([&](const actors::runtime_options& options) {
    const auto log = std::make_shared<recording_log>();
    actors::run(program(), actors::runtime_options{options}.log_to(log));
    check(log->lines());
  });
}

template <class F>
void logs_nothing(F program) {
  logs(program, [](const std::vector<std::string>& lines) { EXPECT_THAT(lines, testing::IsEmpty()); });
}

/// Once, and with this in it.
template <class F>
void logs_once(F program, std::string_view text) {
  logs(program, [text](const std::vector<std::string>& lines) {
    EXPECT_THAT(lines, testing::ElementsAre(testing::HasSubstr(std::string{text})));
  });
}

} // namespace

TEST(task_handle, an_error_that_nobody_asked_for_is_logged_with_the_tasks_name_and_place) {
  logs(
      []() -> task<> {
        const auto handle = spawn(fails("nobody listens"), actors::spawn_options{}.name("lonely"));
        co_await ended(handle);
      },
      [](const std::vector<std::string>& lines) {
        ASSERT_THAT(lines, testing::SizeIs(1));
        EXPECT_THAT(lines[0], testing::StartsWith("error task: task lonely (spawned at "));
        EXPECT_THAT(lines[0], testing::HasSubstr("task_handle_test.cpp:"));
        EXPECT_THAT(lines[0], testing::HasSubstr("nobody listens"));
      });
}

TEST(task_handle, an_error_is_logged_even_if_the_handle_outlives_the_runtime) {
  with_every_options([](const actors::runtime_options& options) {
    const auto log = std::make_shared<recording_log>();
    task_handle<int> handle;
    {
      actors::runtime home{actors::runtime_options{options}.log_to(log)};
      handle = home.spawn(fails("nobody listens"));
      while (!handle.done())
        std::this_thread::yield();
    }
    EXPECT_TRUE(handle.done());
    EXPECT_THAT(log->lines(), testing::IsEmpty());
    handle = {};
    EXPECT_THAT(log->lines(), testing::SizeIs(1));
  });
}

TEST(task_handle, an_error_is_logged_when_the_last_of_several_handles_goes) {
  with_every_options([](const actors::runtime_options& options) {
    const auto log = std::make_shared<recording_log>();
    {
      actors::runtime home{actors::runtime_options{options}.log_to(log)};
      auto first = home.spawn(fails("nobody listens"));
      auto second = first;
      home.block_on([&]() -> task<> { co_await ended(first); });
      EXPECT_THAT(home.stop(10s), testing::IsEmpty());
      first = {};
      EXPECT_THAT(log->lines(), testing::IsEmpty());
      second = {};
      EXPECT_THAT(log->lines(), testing::SizeIs(1));
    }
    EXPECT_THAT(log->lines(), testing::SizeIs(1)) << "once";
  });
}

TEST(task_handle, an_error_is_logged_though_its_handle_was_dropped_before) {
  logs_once(
      []() -> task<> {
        gate door;
        gate passed;
        auto child = [](gate& until, gate& mark) -> task<> {
          co_await until;
          mark.open();
          throw std::runtime_error("nobody held it");
        };
        static_cast<void>(spawn(child(door, passed)));
        door.open();
        co_await passed;
      },
      "nobody held it");
}

TEST(task_handle, an_error_of_a_detached_task_is_logged_while_the_program_goes_on) {
  with_every_options([](const actors::runtime_options& options) {
    const auto log = std::make_shared<recording_log>();
    actors::run(
        [](const recording_log& lines) -> task<> {
          static_cast<void>(actors::spawn_detached(fails("far away"), actors::spawn_options{}.name("detached")));
          while (lines.lines().empty())
            co_await actors::yield();
        }(*log),
        actors::runtime_options{options}.log_to(log));
    EXPECT_THAT(log->lines(), testing::ElementsAre(testing::AllOf(testing::HasSubstr("task detached (spawned at "),
                                                                  testing::HasSubstr("far away"))));
  });
}

TEST(task_handle, an_error_that_somebody_looked_at_is_not_logged) {
  logs_nothing([]() -> task<> {
    const auto awaited = spawn(fails("awaited"));
    static_cast<void>(co_await error_of(awaited));
    const auto inspected = spawn(fails("inspected"));
    co_await ended(inspected);
    EXPECT_TRUE(inspected.result().has_error());
  });
}

TEST(task_handle, an_error_that_is_looked_at_late_and_through_a_copy_is_not_logged) {
  with_every_options([](const actors::runtime_options& options) {
    const auto log = std::make_shared<recording_log>();
    task_handle<int> kept;
    {
      actors::runtime home{actors::runtime_options{options}.log_to(log)};
      const auto handle = home.spawn(fails("late"));
      kept = handle;
      home.block_on([&]() -> task<> { co_await ended(handle); });
      EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    }
    EXPECT_EQ(actors::describe(kept.result().error()), "late");
    kept = {};
    EXPECT_THAT(log->lines(), testing::IsEmpty());
  });
}

TEST(task_handle, an_error_that_comes_out_of_a_verb_is_not_logged_again) {
  logs_nothing([]() -> task<> {
    auto gathered = []() -> task<> { co_await actors::gather(spawn(fails("gathered"))); };
    EXPECT_EQ(actors::describe(co_await error_of(gathered())), "gathered");
    const auto outcomes = co_await actors::gather_outcomes(spawn(fails("in a slot")));
    EXPECT_TRUE(std::get<0>(outcomes).has_error());
    const auto limited = co_await error_of(actors::with_timeout(1h, spawn(fails("in time"))));
    EXPECT_EQ(actors::describe(limited), "in time");
    auto shielded = []() -> task<> { co_await actors::shield(fails("shielded")); };
    EXPECT_EQ(actors::describe(co_await error_of(shielded())), "shielded");
  });
}

TEST(task_handle, waiting_for_the_end_is_not_looking_at_the_error) {
  logs_once(
      []() -> task<> {
        std::vector<task_handle<int>> all{spawn(fails("only waited for"))};
        const auto result = co_await actors::wait(all);
        EXPECT_EQ(result.done.size(), 1U);
      },
      "only waited for");
  logs_once(
      []() -> task<> {
        std::vector<task_handle<int>> all{spawn(fails("only handed out"))};
        auto completed = actors::as_completed(std::move(all));
        EXPECT_TRUE((co_await completed.next())->done());
      },
      "only handed out");
}

TEST(task_handle, an_error_whose_only_waiter_was_cancelled_is_logged) {
  logs_once(
      []() -> task<> {
        gate door;
        gate waiting;
        auto child = [](gate& until) -> task<int> {
          co_await until;
          throw std::runtime_error("the waiter has left");
        };
        const auto inner = spawn(child(door));
        auto wait = [](task_handle<int> target, gate& begun) -> task<> {
          begun.open();
          static_cast<void>(co_await actors::shield(target));
        };
        const auto waiter = spawn(wait(inner, waiting));
        co_await waiting;
        waiter.cancel();
        EXPECT_TRUE(actors::is_cancelled(co_await error_of(waiter)));
        door.open();
        co_await ended(inner);
      },
      "the waiter has left");
}

TEST(task_handle, a_cancellation_that_nobody_asked_for_is_not_logged) {
  logs_nothing([]() -> task<> {
    gate never;
    const auto handle = spawn(value_after(never, 1));
    handle.cancel();
    co_await ended(handle);
  });
}

TEST(task_handle, a_failed_child_is_logged_although_its_parent_succeeds) {
  logs_once(
      []() -> task<> {
        auto parent = []() -> task<> {
          gate failed;
          auto child = [](gate& done) -> task<> {
            done.open();
            throw std::runtime_error("dropped by its parent");
            co_return;
          };
          static_cast<void>(spawn(child(failed)));
          co_await failed;
        };
        co_await spawn(parent());
      },
      "dropped by its parent");
}
