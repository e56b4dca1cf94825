#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/detail/task_context.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Groups that end for several reasons at once, and groups in groups.

namespace {

using actors::group_error;
using actors::spawn;
using actors::task;
using actors::task_group;
using actors::with_task_group;
using namespace core_test;
using ::testing::ElementsAre;

task<> fail_at(gate& when, std::string text) {
  co_await when;
  throw std::runtime_error(text);
}

// Sleeps until it is cancelled, and then cleans up for as long as `until` is closed.
task<std::string> clean_up_until(gate& begun, gate& cleaning, gate& until) {
  begun.open();
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
  }
  cleaning.open();
  co_await until;
  co_return "cleaned up";
}

// Sleeps until it is cancelled, and fails to clean up.
task<> fail_when_cancelled(gate& begun, std::string text) {
  begun.open();
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
  }
  co_await actors::yield();
  throw std::runtime_error(text);
}

std::vector<std::string> texts_of(const std::exception_ptr& error) {
  std::vector<std::string> result;
  try {
    std::rethrow_exception(error);
  } catch (const group_error& e) {
    for (const auto& each : e.errors())
      result.push_back(actors::describe(each));
  } catch (...) {
    result.push_back("not a group_error: " + actors::describe(error));
  }
  return result;
}

task<std::uint32_t> requests() {
  const auto self = co_await actors::this_task();
  co_return self.cancel_requests();
}

} // namespace

TEST(task_group_overlap, of_nested_groups_that_both_fail_the_outer_error_holds_the_inner_one) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate now;
    auto inner = [&](task_group& group) -> task<> {
      group.spawn(fail_when_cancelled(begun, "deep inside"));
      co_await actors::sleep(actors::forever);
    };
    auto outer = [&](task_group& group) -> task<> {
      group.spawn(fail_at(now, "outside"));
      const auto opened = group.spawn(with_task_group(inner));
      co_await begun;
      now.open();
      co_await opened;
    };
    const auto error = co_await error_of(with_task_group(outer));
    // The body has waited for the child that failed, so its error is there twice.
    EXPECT_THAT(texts_of(error),
                ElementsAre("outside", "1 error in a task group: deep inside", "1 error in a task group: deep inside"));
    const auto left = co_await requests();
    EXPECT_EQ(left, 0U);
    co_await actors::yield();
  });
}

TEST(task_group_overlap, a_child_that_the_body_waits_for_is_cancelled_once) {
  on_every_runtime([]() -> task<> {
    for (const bool gathered : {false, true}) {
      gate begun;
      gate cleaning;
      gate may_end;
      gate now;
      actors::task_handle<std::string> child;
      auto body = [&](task_group& group) -> task<> {
        child = group.spawn(clean_up_until(begun, cleaning, may_end));
        group.spawn(fail_at(now, "the cause"));
        co_await begun;
        now.open();
        if (gathered)
          co_await actors::gather(child, child);
        else
          co_await child;
      };
      const auto grouped = spawn(with_task_group(body));
      co_await cleaning;
      for (int i = 0; i < 5; ++i)
        co_await actors::yield();
      may_end.open();
      const auto error = co_await error_of(grouped);
      EXPECT_THAT(texts_of(error), ElementsAre("the cause"));
      const auto text = co_await child;
      EXPECT_EQ(text, "cleaned up");
    }
  });
}

TEST(task_group_overlap, an_outside_cancellation_does_not_interrupt_the_cleanup_of_children_that_were_told_already) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    gate may_end;
    actors::task_handle<std::string> child;
    auto body = [&](task_group& group) -> task<> {
      child = group.spawn(clean_up_until(begun, cleaning, may_end));
      co_await begun;
      group.cancel();
      co_await actors::sleep(actors::forever);
    };
    const auto grouped = spawn(with_task_group(body));
    co_await cleaning;
    grouped.cancel("from outside");
    // The request is on its way to another worker, which may be busy elsewhere.
    co_await actors::sleep(std::chrono::milliseconds(100));
    may_end.open();
    const auto error = co_await error_of(grouped);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
    const auto text = co_await child;
    EXPECT_EQ(text, "cleaned up");
  });
}

TEST(task_group_overlap, of_groups_in_one_task_that_both_fail_the_outer_error_holds_the_inner_one) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate now;
    auto inner = [&](task_group& group) -> task<> {
      group.spawn(fail_when_cancelled(begun, "deep inside"));
      co_await begun;
      now.open();
    };
    auto outer = [&](task_group& group) -> task<> {
      group.spawn(fail_at(now, "outside"));
      co_await with_task_group(inner);
    };
    const auto error = co_await error_of(with_task_group(outer));
    EXPECT_THAT(texts_of(error), ElementsAre("outside", "1 error in a task group: deep inside"));
    const auto left = co_await requests();
    EXPECT_EQ(left, 0U);
    co_await actors::yield();
  });
}

TEST(task_group_overlap, an_inner_group_that_ends_quietly_leaves_the_outer_one_its_error) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate now;
    bool went_on = false;
    auto patient = [](gate& ready) -> task<> {
      ready.open();
      co_await actors::sleep(actors::forever);
    };
    auto inner = [&](task_group& group) -> task<> {
      group.spawn(patient(begun));
      co_await begun;
      now.open();
    };
    auto outer = [&](task_group& group) -> task<> {
      group.spawn(fail_at(now, "outside"));
      co_await with_task_group(inner);
      went_on = true;
    };
    const auto error = co_await error_of(with_task_group(outer));
    EXPECT_THAT(texts_of(error), ElementsAre("outside"));
    EXPECT_FALSE(went_on);
    co_await actors::yield();
  });
}

TEST(task_group_overlap, a_child_that_fails_as_the_group_is_cancelled_from_outside_is_not_lost_and_neither_is_that) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate now;
    std::exception_ptr first;
    std::exception_ptr second;
    auto grouped = [&]() -> task<> {
      auto body = [&](task_group& group) -> task<> {
        group.spawn(fail_at(now, "a child"));
        group.spawn(fail_when_cancelled(begun, "another child"));
        co_await actors::sleep(actors::forever);
      };
      first = co_await error_of(with_task_group(body));
      auto next = []() -> task<> { co_await actors::sleep(1ms); };
      second = co_await error_of(next());
    };
    const auto handle = spawn(grouped());
    co_await begun;
    now.open();
    handle.cancel("from outside");
    static_cast<void>(co_await error_of(handle));
    if (!first)
      co_return; // cancelled before its group had begun
    // Which of the two came first is a matter of scheduling; the first child may have been cancelled instead.
    EXPECT_THAT(texts_of(first), testing::Contains("another child"));
    EXPECT_EQ(actors::describe(second), "cancelled: from outside");
  });
}

TEST(task_group_overlap, a_timeout_around_it_ends_the_children_and_is_a_timeout) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto waiting = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
    for (const bool in_body : {false, true}) {
      auto body = [&](task_group& group) -> task<> {
        for (int i = 0; i < 3; ++i)
          group.spawn(waiting(counted{live}));
        if (in_body)
          co_await actors::sleep(actors::forever);
      };
      const auto error = co_await error_of(actors::with_timeout(1ms, with_task_group(body)));
      EXPECT_TRUE(is_a<actors::timeout_error>(error)) << actors::describe(error);
      EXPECT_EQ(live, 0);
      const auto left = co_await requests();
      EXPECT_EQ(left, 0U);
      co_await actors::yield();
    }
  });
}

TEST(task_group_overlap, errors_in_the_cleanup_win_over_the_timeout_around_it_and_leave_nothing_pending) {
  on_every_runtime([]() -> task<> {
    gate begun;
    auto body = [&](task_group& group) -> task<> {
      group.spawn(fail_when_cancelled(begun, "cleanup"), actors::spawn_options{}.eager());
      co_return;
    };
    const auto error = co_await error_of(actors::with_timeout(1ms, with_task_group(body)));
    EXPECT_THAT(texts_of(error), ElementsAre("cleanup"));
    const auto left = co_await requests();
    EXPECT_EQ(left, 0U);
    co_await actors::sleep(1ms);
  });
}

TEST(task_group_overlap, cancelling_it_while_it_waits_for_its_children_ends_them_and_keeps_the_value) {
  on_every_runtime([]() -> task<> {
    auto quits = [](task_group& group) -> task<> {
      co_await actors::sleep(1ms);
      group.cancel();
      co_await actors::sleep(actors::forever);
    };
    auto body = [&](task_group& group) -> task<int> {
      group.spawn(quits(group));
      co_return 7;
    };
    const int value = co_await with_task_group(body);
    EXPECT_EQ(value, 7);
    co_await actors::yield();
  });
}

TEST(task_group_overlap, an_eager_child_that_fails_at_once_ends_the_group) {
  on_every_runtime([]() -> task<> {
    bool went_on = false;
    auto fail_now = []() -> task<> {
      throw std::runtime_error("at once");
      co_return;
    };
    auto body = [&](task_group& group) -> task<> {
      const auto child = group.spawn(fail_now(), actors::spawn_options{}.eager());
      EXPECT_TRUE(child.done());
      co_await actors::sleep(actors::forever);
      went_on = true;
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_THAT(texts_of(error), ElementsAre("at once"));
    EXPECT_FALSE(went_on);
  });
}

TEST(task_group_overlap, an_eager_child_of_a_group_that_is_cancelled_never_runs) {
  on_every_runtime([]() -> task<> {
    std::exception_ptr refused;
    bool ran = false;
    auto child = [](bool& mark) -> task<> {
      mark = true;
      co_return;
    };
    auto body = [&](task_group& group) -> task<> {
      group.cancel();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        refused = thrown_by([&] { group.spawn(child(ran), actors::spawn_options{}.eager()); });
        throw;
      }
    };
    co_await with_task_group(body);
    EXPECT_TRUE(is_a<actors::misuse_error>(refused));
    EXPECT_FALSE(ran);
  });
}

TEST(task_group_overlap, spawning_after_its_end_is_an_error_and_the_coroutine_is_destroyed_unrun) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    bool ran = false;
    auto child = [](counted, bool& mark) -> task<> {
      mark = true;
      co_return;
    };
    auto& context = co_await actors::detail::current_context{};
    task_group group{context};
    group.body_ended(nullptr);
    group.finish();
    const auto refused = thrown_by([&] { group.spawn(child(counted{live}, ran)); });
    EXPECT_TRUE(is_a<actors::misuse_error>(refused));
    EXPECT_THAT(actors::describe(refused), testing::HasSubstr("has ended"));
    EXPECT_EQ(live, 0);
    group.cancel();
    co_await actors::yield();
    EXPECT_FALSE(ran);
  });
}

TEST(task_group_overlap, children_that_all_fail_at_once_are_all_in_the_error) {
  on_every_runtime([]() -> task<> {
    auto fail_now = [](int n) -> task<> {
      throw std::runtime_error(std::to_string(n));
      co_return;
    };
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 3; ++i)
        group.spawn(fail_now(i), actors::spawn_options{}.eager());
      throw std::runtime_error("body");
      co_return;
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_THAT(texts_of(error), ElementsAre("0", "1", "2", "body"));
  });
}

TEST(task_group_overlap, a_gather_of_groups_that_fail_ends_with_the_first_error_after_all_cleanup) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto waiting = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
    auto quiet = [&](task_group& group) -> task<> {
      group.spawn(waiting(counted{live}));
      co_return;
    };
    auto broken = [](task_group& group) -> task<> {
      auto fail = []() -> task<> {
        co_await actors::yield();
        throw std::runtime_error("broken");
      };
      group.spawn(fail());
      co_return;
    };
    auto all = [&]() -> task<> { co_await actors::gather(with_task_group(quiet), with_task_group(broken)); };
    const auto error = co_await error_of(all());
    EXPECT_THAT(texts_of(error), ElementsAre("broken"));
    EXPECT_EQ(live, 0);
  });
}
