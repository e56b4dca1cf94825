#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::group_error;
using actors::spawn;
using actors::task;
using actors::task_group;
using actors::task_handle;
using actors::with_task_group;
using namespace core_test;

task<int> value_after(actors::duration delay, int value) {
  co_await actors::sleep(delay);
  co_return value;
}

task<> fail_after(actors::duration delay, std::string text) {
  co_await actors::sleep(delay);
  throw std::runtime_error(text);
}

// Sleeps until it is cancelled; counts that it was.
task<> wait_to_be_cancelled(std::atomic<int>& cancelled) {
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
    ++cancelled;
    throw;
  }
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

} // namespace

TEST(task_group, gives_what_its_body_returns_when_all_children_have_ended) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> sum{0};
    auto body = [&](task_group& group) -> task<int> {
      auto add = [](std::atomic<int>& total, int n) -> task<> {
        co_await actors::yield();
        total += n;
      };
      for (int i = 1; i <= 100; ++i)
        group.spawn(add(sum, i));
      co_return 3;
    };
    const int value = co_await with_task_group(body);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(sum, 5050);
  });
}

TEST(task_group, passes_arguments_to_its_body) {
  on_every_runtime([]() -> task<> {
    struct bodies {
      static task<std::string> join(task_group&, std::string a, int b) { co_return a + std::to_string(b); }
    };

    const auto text = co_await with_task_group(&bodies::join, std::string{"n"}, 7);
    EXPECT_EQ(text, "n7");
  });
}

TEST(task_group, without_children_is_just_its_body) {
  on_every_runtime([]() -> task<> {
    auto body = [](task_group&) -> task<> { co_return; };
    co_await with_task_group(body);
    auto broken = [](task_group&) -> task<> {
      throw std::runtime_error("body");
      co_return;
    };
    const auto error = co_await error_of(with_task_group(broken));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"body"});
  });
}

TEST(task_group, the_body_may_await_its_children) {
  on_every_runtime([]() -> task<> {
    auto body = [](task_group& group) -> task<int> {
      const auto a = group.spawn(value_after(1ms, 1));
      const auto b = group.spawn(value_after(0ms, 2));
      const int first = co_await a;
      const int second = co_await b;
      co_return first + second;
    };
    const int sum = co_await with_task_group(body);
    EXPECT_EQ(sum, 3);
  });
}

TEST(task_group, a_childs_error_cancels_siblings_and_body_and_is_thrown_when_all_have_ended) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> cancelled{0};
    auto body = [&](task_group& group) -> task<> {
      group.spawn(wait_to_be_cancelled(cancelled));
      group.spawn(wait_to_be_cancelled(cancelled));
      group.spawn(fail_after(2ms, "one of three"));
      co_await wait_to_be_cancelled(cancelled);
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"one of three"});
    // The body has run; whether a sibling had begun when it was cancelled is a matter of scheduling.
    EXPECT_GE(cancelled, 1);
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::yield();
  });
}

TEST(task_group, collects_every_error_in_the_order_in_which_they_happened) {
  in_every_order([]() -> task<> {
    auto fails_in_cleanup = [](actors::duration delay, std::string text) -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await fail_after(delay, text);
    };
    auto body = [&](task_group& group) -> task<> {
      group.spawn(fails_in_cleanup(3s, "third"));
      group.spawn(fails_in_cleanup(2s, "second"));
      group.spawn(fail_after(1s, "first"));
      co_await fails_in_cleanup(4s, "the body");
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_EQ(texts_of(error), (std::vector<std::string>{"first", "second", "third", "the body"}));
    EXPECT_EQ(actors::describe(error), "4 errors in a task group: first; second; third; the body");
  });
}

TEST(task_group, the_bodys_error_cancels_the_children) {
  in_every_order([]() -> task<> {
    std::atomic<int> cancelled{0};
    auto body = [&](task_group& group) -> task<> {
      group.spawn(wait_to_be_cancelled(cancelled));
      group.spawn(wait_to_be_cancelled(cancelled));
      co_await fail_after(1s, "the body failed");
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"the body failed"});
    EXPECT_EQ(cancelled, 2);
  });
}

TEST(task_group, a_child_that_is_cancelled_on_its_own_is_no_error) {
  on_every_runtime([]() -> task<> {
    auto body = [](task_group& group) -> task<int> {
      const auto gone = group.spawn(value_after(actors::forever, 1));
      const auto stays = group.spawn(value_after(1ms, 2));
      gone.cancel("only this one");
      co_return co_await stays;
    };
    const int value = co_await with_task_group(body);
    EXPECT_EQ(value, 2);
  });
}

TEST(task_group, an_outside_cancellation_ends_the_children_and_comes_out_bare) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    auto waiting = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 5; ++i)
        group.spawn(waiting(counted{live}));
      begun.open();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(with_task_group(body));
    co_await begun;
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
    EXPECT_EQ(live, 0);
  });
}

TEST(task_group, an_outside_cancellation_while_it_waits_for_its_children_reaches_them) {
  in_every_order([]() -> task<> {
    std::atomic<int> cancelled{0};
    auto body = [&](task_group& group) -> task<> {
      group.spawn(wait_to_be_cancelled(cancelled));
      co_return;
    };
    const auto handle = spawn(with_task_group(body));
    co_await actors::sleep(1s);
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
    EXPECT_EQ(cancelled, 1);
  });
}

TEST(task_group, errors_in_the_cleanup_replace_an_outside_cancellation) {
  in_every_order([]() -> task<> {
    auto clumsy = []() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      throw std::runtime_error("could not clean up");
    };
    auto body = [&](task_group& group) -> task<> {
      group.spawn(clumsy());
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(with_task_group(body));
    co_await actors::sleep(1s);
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"could not clean up"});
  });
}

TEST(task_group, nested_groups_nest_their_errors) {
  on_every_runtime([]() -> task<> {
    auto inner = [](task_group& group) -> task<> {
      group.spawn(fail_after(1ms, "deep inside"));
      co_return;
    };
    auto outer = [&](task_group& group) -> task<> {
      group.spawn(with_task_group(inner));
      co_await actors::sleep(actors::forever);
    };
    const auto error = co_await error_of(with_task_group(outer));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"1 error in a task group: deep inside"});
    std::vector<std::string> inner_texts;
    try {
      std::rethrow_exception(error);
    } catch (const group_error& e) {
      inner_texts = texts_of(e.errors().at(0));
    }
    EXPECT_EQ(inner_texts, std::vector<std::string>{"deep inside"});
  });
}

TEST(task_group, children_may_spawn_into_the_open_group) {
  on_every_runtime([]() -> task<> {
    struct family {
      static task<> grow(task_group& group, int levels, std::atomic<int>& count) {
        ++count;
        if (levels > 0) {
          group.spawn(grow(group, levels - 1, count));
          group.spawn(grow(group, levels - 1, count));
        }
        co_return;
      }
    };

    std::atomic<int> count{0};
    auto body = [&](task_group& group) -> task<> {
      group.spawn(family::grow(group, 8, count));
      co_return;
    };
    co_await with_task_group(body);
    EXPECT_EQ(count, 511);
  });
}

TEST(task_group, spawning_while_it_cancels_its_children_is_an_error_and_the_coroutine_is_destroyed_unrun) {
  on_every_runtime([]() -> task<> {
    std::exception_ptr refused;
    std::atomic<int> live{0};
    bool ran = false;
    auto late = [](counted, bool& mark) -> task<> {
      mark = true;
      co_return;
    };
    auto body = [&](task_group& group) -> task<> {
      group.spawn(fail_after(1ms, "the cause"));
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        refused = thrown_by([&] { group.spawn(late(counted{live}, ran)); });
        throw;
      }
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"the cause"});
    EXPECT_TRUE(is_a<actors::misuse_error>(refused));
    EXPECT_FALSE(ran);
    EXPECT_EQ(live, 0);
  });
}

TEST(task_group, cancel_leaves_silently_and_may_be_repeated) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto waiting = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
    auto body = [&](task_group& group) -> task<> {
      for (int i = 0; i < 5; ++i)
        group.spawn(waiting(counted{live}));
      group.cancel();
      group.cancel();
      co_await actors::sleep(actors::forever);
    };
    co_await with_task_group(body);
    EXPECT_EQ(live, 0);
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::yield();
  });
}

TEST(task_group, a_child_may_cancel_the_group) {
  on_every_runtime([]() -> task<> {
    auto quits = [](task_group& group) -> task<> {
      co_await actors::yield();
      group.cancel();
    };
    auto body = [&](task_group& group) -> task<> {
      group.spawn(quits(group));
      co_await actors::sleep(actors::forever);
    };
    co_await with_task_group(body);
  });
}

TEST(task_group, an_outside_cancellation_after_its_own_is_not_swallowed) {
  in_every_order([]() -> task<> {
    auto slow = []() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await actors::sleep(10s);
    };
    auto body = [&](task_group& group) -> task<> {
      group.spawn(slow());
      co_await actors::sleep(1s);
      group.cancel();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(with_task_group(body));
    co_await actors::sleep(5s);
    handle.cancel("from outside");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}

TEST(task_group, an_error_of_a_child_is_not_logged_as_unretrieved) {
  // run_in checks that nothing was logged.
  on_every_runtime([]() -> task<> {
    auto body = [](task_group& group) -> task<> {
      group.spawn(fail_after(0ms, "known to the group"));
      co_return;
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_EQ(texts_of(error), std::vector<std::string>{"known to the group"});
  });
}

TEST(task_group, children_that_spawn_while_others_fail_never_outlive_the_group) {
  // A child that enters the group in the moment in which the group cancels its children must not be forgotten: it would
  // sleep forever, and the group with it.
  actors::run(
      []() -> task<> {
        for (int round = 0; round < 200; ++round) {
          std::atomic<int> live{0};
          auto sleeper = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
          auto spawner = [&](task_group& group) -> task<> {
            try {
              for (int i = 0; i < 100; ++i) {
                group.spawn(sleeper(counted{live}));
                co_await actors::yield();
              }
            } catch (const actors::misuse_error&) {
            }
          };
          auto body = [&](task_group& group) -> task<> {
            group.spawn(spawner(group));
            group.spawn(spawner(group));
            group.spawn(fail_after(std::chrono::microseconds(round % 50), "end"));
            co_return;
          };
          const auto error = co_await error_of(with_task_group(body));
          EXPECT_EQ(texts_of(error), std::vector<std::string>{"end"});
          EXPECT_EQ(live, 0);
        }
      }(),
      actors::runtime_options{}.workers(3));
}

TEST(task_group, an_outside_cancellation_that_errors_have_replaced_is_thrown_by_the_next_await) {
  on_every_runtime([]() -> task<> {
    gate begun;
    std::exception_ptr first;
    std::exception_ptr second;
    auto grouped = [&]() -> task<> {
      auto fails_in_cleanup = [](gate& ready) -> task<> {
        ready.open();
        try {
          co_await actors::sleep(actors::forever);
        } catch (const actors::cancelled&) {
        }
        throw std::runtime_error("cleanup");
      };
      auto body = [&](actors::task_group& group) -> task<> {
        static_cast<void>(group.spawn(fails_in_cleanup(begun)));
        co_await actors::sleep(actors::forever);
      };
      first = co_await error_of(with_task_group(body));
      auto next = []() -> task<> { co_await actors::yield(); };
      second = co_await error_of(next());
    };
    const auto handle = spawn(grouped());
    co_await begun;
    handle.cancel("from outside");
    co_await handle;
    EXPECT_TRUE(is_a<actors::group_error>(first));
    EXPECT_EQ(actors::describe(second), "cancelled: from outside");
  });
}

TEST(task_group, an_outside_cancellation_after_its_own_comes_out_with_the_outside_reason) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    gate may_end;
    auto child = [&]() -> task<> {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      cleaning.open();
      co_await may_end;
    };
    auto grouped = [&]() -> task<> {
      auto body = [&](actors::task_group& group) -> task<> {
        static_cast<void>(group.spawn(child()));
        co_await begun;
        group.cancel();
        co_await actors::sleep(actors::forever);
      };
      co_await with_task_group(body);
      // On several workers all may be over before this task hears of its cancellation: then the next await throws it.
      co_await actors::yield();
      ADD_FAILURE() << "swallowed";
    };
    const auto handle = spawn(grouped());
    co_await cleaning;
    handle.cancel("from outside");
    may_end.open();
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error)) << actors::describe(error);
    EXPECT_EQ(actors::describe(error), "cancelled: from outside");
  });
}
