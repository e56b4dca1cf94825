#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "gather_parts.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

using actors::gather;
using actors::gather_outcomes;
using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

} // namespace

// -- tasks -------------------------------------------------------------------------------------------------------------------------

TEST(gather, gives_the_results_in_the_order_of_the_arguments_and_not_of_completion) {
  on_every_runtime([]() -> task<> {
    const auto [a, b, c] = co_await gather(value_after(3ms, 1), value_after(2ms, 2), value_after(0ms, 3));
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 2);
    EXPECT_EQ(c, 3);
  });
}

TEST(gather, of_a_vector_gives_a_vector) {
  on_every_runtime([]() -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 500; ++i)
      tasks.push_back(value_after(std::chrono::microseconds((i * 7) % 500), i));
    const auto values = co_await gather(std::move(tasks));
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(values, expected);
  });
}

TEST(gather, may_mix_types_and_puts_a_placeholder_where_there_is_no_result) {
  on_every_runtime([]() -> task<> {
    auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    const std::tuple<std::string, std::monostate, std::unique_ptr<int>> all =
        co_await gather(text("one"), nothing(), pointer());
    EXPECT_EQ(std::get<0>(all), "one");
    EXPECT_EQ(*std::get<2>(all), 4);
  });
}

TEST(gather, of_nothing_gives_an_empty_result_at_once) {
  on_every_runtime([]() -> task<> {
    const auto tuple = co_await gather();
    EXPECT_EQ(std::tuple_size_v<decltype(tuple)>, 0U);
    std::vector<task<int>> none;
    const auto values = co_await gather(std::move(none));
    EXPECT_TRUE(values.empty());
    std::vector<task_handle<int>> no_handles;
    const auto outcomes = co_await gather_outcomes(std::move(no_handles));
    EXPECT_TRUE(outcomes.empty());
  });
}

TEST(gather, runs_its_tasks_at_the_same_time) {
  in_every_order([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    co_await gather(value_after(2s, 1), value_after(2s, 2), value_after(2s, 3));
    EXPECT_EQ(self.now() - start, 2s);
  });
}

TEST(gather, starts_its_tasks_in_order) {
  in_virtual_time([]() -> task<> {
    std::vector<int> order;
    auto note = [](int n, std::vector<int>& out) -> task<> {
      out.push_back(n);
      co_return;
    };
    for (const int size : {3, 63, 64, 1'000}) {
      order.clear();
      std::vector<task<>> tasks;
      for (int i = 0; i < size; ++i)
        tasks.push_back(note(i, order));
      co_await gather(std::move(tasks));
      EXPECT_EQ(order.size(), static_cast<std::size_t>(size));
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end())) << size;
    }
  });
}

TEST(gather, the_first_error_cancels_the_others_and_is_thrown_when_their_cleanup_has_ended) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> cleaned{0};
    gate first;
    gate second;
    auto all = [&]() -> task<> {
      auto trigger = [](gate& a, gate& b) -> task<int> {
        co_await a;
        co_await b;
        throw std::runtime_error("the first error");
      };
      co_await gather(wait_and_clean_up(first, cleaned), wait_and_clean_up(second, cleaned), trigger(first, second));
    };
    const auto error = co_await error_of(all());
    EXPECT_EQ(actors::describe(error), "the first error");
    EXPECT_EQ(cleaned, 2);
  });
}

TEST(gather, tells_the_cancelled_children_why) {
  in_every_order([]() -> task<> {
    std::string reason;
    auto listener = [](std::string& out) -> task<int> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled& e) {
        out = e.reason();
        throw;
      }
      co_return 0;
    };
    auto all = [&]() -> task<> { co_await gather(listener(reason), fail_after(1s, "disk full")); };
    static_cast<void>(co_await error_of(all()));
    EXPECT_EQ(reason, "a sibling task failed: disk full");
  });
}

TEST(gather, of_many_with_one_error_ends_all_of_them) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto waiting = [](counted) -> task<int> {
      co_await actors::sleep(actors::forever);
      co_return 0;
    };
    auto all = [&]() -> task<> {
      std::vector<task<int>> tasks;
      for (int i = 0; i < 1'000; ++i)
        tasks.push_back(i == 500 ? fail_after(1ms, "number 500") : waiting(counted{live}));
      co_await gather(std::move(tasks));
    };
    const auto error = co_await error_of(all());
    EXPECT_EQ(actors::describe(error), "number 500");
    EXPECT_EQ(live, 0);
  });
}

TEST(gather, children_after_an_error_never_start) {
  in_virtual_time([]() -> task<> {
    int started = 0;
    auto fail_now = []() -> task<int> {
      throw std::runtime_error("at once");
      co_return 0;
    };
    auto count = [](int& n) -> task<int> {
      ++n;
      co_return n;
    };
    auto all = [&]() -> task<> {
      std::vector<task<int>> tasks;
      tasks.push_back(fail_now());
      for (int i = 0; i < 99; ++i)
        tasks.push_back(count(started));
      co_await gather(std::move(tasks));
    };
    const auto error = co_await error_of(all());
    EXPECT_EQ(actors::describe(error), "at once");
    EXPECT_EQ(started, 0);
  });
}

TEST(gather, a_child_may_refer_to_locals_of_the_caller_because_it_is_always_joined) {
  on_every_runtime([]() -> task<> {
    auto user = [](const std::vector<int>& numbers) -> task<int> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await actors::yield();
      co_return static_cast<int>(numbers.size());
    };
    auto all = [&]() -> task<> {
      const std::vector<int> local(1'000, 1);
      co_await gather(user(local), user(local), fail_after(1ms, "leave"));
    };
    const auto error = co_await error_of(all());
    EXPECT_EQ(actors::describe(error), "leave");
  });
}

TEST(gather, cancelling_the_caller_cancels_every_child_and_waits_for_it) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> cleaned{0};
    gate first;
    gate second;
    auto all = [&]() -> task<> {
      co_await gather(wait_and_clean_up(first, cleaned), wait_and_clean_up(second, cleaned));
    };
    const auto handle = spawn(all());
    co_await first;
    co_await second;
    EXPECT_TRUE(handle.cancel("the whole thing"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: the whole thing");
    EXPECT_EQ(cleaned, 2);
    EXPECT_FALSE(handle.cancel());
  });
}

TEST(gather, spawned_as_it_is_broadcasts_a_cancellation_and_then_cannot_be_cancelled_any_more) {
  on_every_runtime([]() -> task<> {
    for (const std::size_t size : {1, 2, 70}) {
      std::vector<gate> begun(size);
      std::atomic<int> cleaned{0};
      std::vector<task<int>> children;
      for (auto& mark : begun)
        children.push_back(wait_and_clean_up(mark, cleaned));
      const auto handle = spawn(gather(std::move(children)));
      for (auto& mark : begun)
        co_await mark;
      EXPECT_TRUE(handle.cancel("all of you"));
      const auto error = co_await error_of(handle);
      EXPECT_EQ(actors::describe(error), "cancelled: all of you");
      EXPECT_EQ(cleaned, static_cast<int>(size));
      EXPECT_FALSE(handle.cancel("again"));
      EXPECT_EQ(actors::describe(handle.result().error()), "cancelled: all of you");
    }
  });
}

TEST(gather, cancelled_before_it_has_begun_runs_no_child) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto child = [](counted) -> task<int> {
      co_await actors::sleep(actors::forever);
      co_return 0;
    };
    const auto handle = spawn(gather(child(counted{live}), child(counted{live})));
    EXPECT_TRUE(handle.cancel("not now"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: not now");
    EXPECT_EQ(live, 0);
    EXPECT_FALSE(handle.cancel());
  });
}

TEST(gather, is_cancelled_also_if_its_children_answer_the_cancellation_with_values_or_errors) {
  // As with asyncio, whose gather is cancelled in any case once it was asked to.
  on_every_runtime([]() -> task<> {
    gate first;
    gate second;
    auto answer = [](gate& begun, bool fail) -> task<int> {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      if (fail)
        throw std::runtime_error("the cleanup failed");
      co_return 1;
    };
    const auto handle = spawn(gather(answer(first, false), answer(second, true)));
    co_await first;
    co_await second;
    EXPECT_TRUE(handle.cancel("enough"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
  });
}

TEST(gather, cancelled_after_its_end_keeps_its_results) {
  on_every_runtime([]() -> task<> {
    const auto handle = spawn(gather(value_after(0ms, 1), value_after(1ms, 2)));
    static_cast<void>(co_await handle);
    EXPECT_FALSE(handle.cancel("too late"));
    co_await actors::yield();
    const auto [a, b] = co_await handle;
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 2);
  });
}

TEST(gather, a_cancelled_child_makes_it_fail_without_counting_as_a_cancellation_of_the_caller) {
  on_every_runtime([]() -> task<> {
    auto gives_up = []() -> task<int> {
      co_await actors::yield();
      throw actors::cancelled{"the child gave up"};
    };
    auto all = [&]() -> task<> { co_await gather(gives_up(), value_after(actors::forever, 1)); };
    const auto error = co_await error_of(all());
    EXPECT_EQ(actors::describe(error), "cancelled: the child gave up");
    const auto self = co_await actors::this_task();
    EXPECT_EQ(self.cancel_requests(), 0U);
    co_await actors::yield();
  });
}

TEST(gather, of_an_empty_task_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto with_hole = []() -> task<> { co_await gather(text("x"), task<int>{}); };
    const auto error = co_await error_of(with_hole());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
  });
}

TEST(gather, nests) {
  on_every_runtime([]() -> task<> {
    struct tree {
      static task<int> leaves(int levels) {
        if (levels == 0)
          co_return 1;
        const auto [left, right] = co_await gather(leaves(levels - 1), leaves(levels - 1));
        co_return left + right;
      }
    };

    const int leaves = co_await tree::leaves(10);
    EXPECT_EQ(leaves, 1'024);
  });
}

TEST(gather, that_is_never_awaited_runs_nothing) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    int started = 0;
    auto child = [](counted, int& n) -> task<> {
      ++n;
      co_return;
    };
    {
      auto unused = gather(child(counted{live}, started));
      EXPECT_EQ(live, 1);
    }
    EXPECT_EQ(live, 0);
    co_await actors::yield();
    EXPECT_EQ(started, 0);
  });
}

TEST(gather, ten_thousand_at_once_many_times) {
  actors::run(
      []() -> task<> {
        for (int round = 0; round < 10; ++round) {
          std::vector<task<int>> tasks;
          for (int i = 0; i < 10'000; ++i)
            tasks.push_back(i % 3 == 0 ? value_after(0ms, i) : value_after(std::chrono::microseconds(i % 50), i));
          const auto values = co_await gather(std::move(tasks));
          long sum = 0;
          for (const int value : values)
            sum += value;
          EXPECT_EQ(sum, 10'000L * 9'999 / 2);
        }
      }(),
      actors::runtime_options{}.workers(3));
}

// -- outcomes ----------------------------------------------------------------------------------------------------------------------

TEST(gather_outcomes, waits_for_all_and_puts_errors_and_cancellations_in_their_slots) {
  on_every_runtime([]() -> task<> {
    auto gives_up = []() -> task<int> {
      co_await actors::yield();
      throw actors::cancelled{"gave up"};
    };
    const auto [good, bad, gone] = co_await gather_outcomes(value_after(2ms, 5), fail_after(0ms, "broken"), gives_up());
    EXPECT_EQ(good.value(), 5);
    EXPECT_EQ(actors::describe(bad.error()), "broken");
    EXPECT_FALSE(bad.was_cancelled());
    EXPECT_TRUE(gone.was_cancelled());
  });
}

TEST(gather_outcomes, of_a_vector) {
  on_every_runtime([]() -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 100; ++i)
      tasks.push_back(i % 2 == 0 ? value_after(0ms, i) : fail_after(0ms, std::to_string(i)));
    const auto outcomes = co_await gather_outcomes(std::move(tasks));
    for (int i = 0; i < 100; ++i) {
      const auto& each = outcomes[static_cast<std::size_t>(i)];
      EXPECT_EQ(each.has_value(), i % 2 == 0);
      EXPECT_EQ(each.has_value() ? std::to_string(each.value()) : actors::describe(each.error()), std::to_string(i));
    }
  });
}

TEST(gather_outcomes, a_cancellation_reaches_through_it_with_its_reason) {
  on_every_runtime([]() -> task<> {
    gate begun;
    std::string reason;
    auto listener = [](gate& ready, std::string& out) -> task<int> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled& e) {
        out = e.reason();
        throw;
      }
      co_return 0;
    };
    auto all = [&]() -> task<> { static_cast<void>(co_await gather_outcomes(listener(begun, reason), text("x"))); };
    const auto handle = spawn(all());
    co_await begun;
    handle.cancel("to the leaves");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: to the leaves");
    EXPECT_EQ(reason, "to the leaves");
  });
}
