#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/cancel_scope.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/generator.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::for_each;
using actors::generator;
using actors::generator_closed;
using actors::spawn;
using actors::task;
using namespace core_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

generator<int> numbers(int count) {
  for (int i = 1; i <= count; ++i) {
    co_await actors::yield();
    co_yield i;
  }
}

task<std::vector<int>> all_of(generator<int> source) {
  std::vector<int> result;
  while (const auto value = co_await source.next())
    result.push_back(*value);
  co_return result;
}

// Counts live frames, and says in `log` how it was left.
generator<int> endless(std::atomic<int>& live, std::string& log) {
  const counted mark{live};
  bool closed = false;
  try {
    for (int i = 0;; ++i)
      co_yield i;
  } catch (const generator_closed&) {
    closed = true;
  }
  if (closed) {
    log += "cleanup began, ";
    co_await actors::sleep(10ms);
    log += "cleanup ended";
  }
}

} // namespace

TEST(generator, gives_its_values_in_order_and_then_nothing) {
  on_every_runtime([]() -> task<> {
    auto source = numbers(3);
    std::vector<int> seen;
    while (const auto value = co_await source.next())
      seen.push_back(*value);
    EXPECT_THAT(seen, ElementsAre(1, 2, 3));
    const auto after = co_await source.next();
    EXPECT_FALSE(after.has_value());
  });
}

TEST(generator, runs_only_while_it_is_asked) {
  on_every_runtime([]() -> task<> {
    int steps = 0;
    auto counting = [&steps]() -> generator<int> {
      for (;;)
        co_yield ++steps;
    };
    auto source = counting();
    EXPECT_EQ(steps, 0);
    static_cast<void>(co_await source.next());
    co_await actors::yield();
    EXPECT_EQ(steps, 1);
  });
}

TEST(generator, gives_values_that_can_only_be_moved) {
  on_every_runtime([]() -> task<> {
    auto boxes = []() -> generator<std::unique_ptr<int>> {
      co_yield std::make_unique<int>(4);
      auto kept = std::make_unique<int>(5);
      co_yield std::move(kept);
    };
    auto source = boxes();
    const auto first = co_await source.next();
    EXPECT_EQ(**first, 4);
    const auto second = co_await source.next();
    EXPECT_EQ(**second, 5);
  });
}

TEST(generator, an_error_comes_out_once_and_then_it_is_over) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> generator<int> {
      co_yield 1;
      throw std::runtime_error("broken");
    };
    auto source = broken();
    static_cast<void>(co_await source.next());
    auto ask = [](generator<int>& from) -> task<bool> {
      const auto value = co_await from.next();
      co_return value.has_value();
    };
    const auto error = co_await error_of(ask(source));
    EXPECT_EQ(actors::describe(error), "broken");
    const bool more = co_await ask(source);
    EXPECT_FALSE(more);
  });
}

TEST(generator, a_cancellation_reaches_what_it_awaits_and_comes_out_of_next) {
  on_every_runtime([]() -> task<> {
    gate begun;
    bool cleaned = false;
    auto stuck = [&]() -> generator<int> {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        cleaned = true;
        throw;
      }
      co_yield 1;
    };
    auto consumer = [&]() -> task<> { static_cast<void>(co_await all_of(stuck())); };
    const auto handle = spawn(consumer());
    co_await begun;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_TRUE(cleaned);
  });
}

TEST(generator, that_is_closed_runs_its_cleanup_and_waits_for_it) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::string log;
    auto source = endless(live, log);
    static_cast<void>(co_await source.next());
    static_cast<void>(co_await source.next());
    co_await source.close();
    EXPECT_EQ(log, "cleanup began, cleanup ended");
    EXPECT_EQ(live, 0);
    const auto after = co_await source.next();
    EXPECT_FALSE(after.has_value());
    co_await source.close();
    EXPECT_EQ(log, "cleanup began, cleanup ended");
  });
}

TEST(generator, that_is_closed_before_it_has_begun_never_runs) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::string log;
    auto source = endless(live, log);
    co_await source.close();
    EXPECT_EQ(log, "");
    EXPECT_FALSE(source);
  });
}

TEST(generator, that_ignores_its_closing_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto stubborn = []() -> generator<int> {
      try {
        co_yield 1;
      } catch (const generator_closed&) {
      }
      co_yield 2;
    };
    auto source = stubborn();
    static_cast<void>(co_await source.next());
    const auto error = co_await error_of(source.close());
    EXPECT_THAT(actors::describe(error), HasSubstr("yielded another value"));
  });
}

TEST(generator, an_error_of_its_cleanup_comes_out_of_close) {
  on_every_runtime([]() -> task<> {
    auto broken = []() -> generator<int> {
      try {
        co_yield 1;
      } catch (const generator_closed&) {
      }
      throw std::runtime_error("cleanup failed");
    };
    auto source = broken();
    static_cast<void>(co_await source.next());
    const auto error = co_await error_of(source.close());
    EXPECT_EQ(actors::describe(error), "cleanup failed");
  });
}

TEST(generator, a_close_that_waits_for_the_cleanup_can_be_cancelled_and_the_generator_has_ended) {
  on_every_runtime([]() -> task<> {
    gate cleaning;
    std::atomic<int> live{0};
    auto slow_to_close = [&]() -> generator<int> {
      const counted mark{live};
      bool closing = false;
      try {
        co_yield 1;
      } catch (const generator_closed&) {
        closing = true;
      }
      if (closing) {
        cleaning.open();
        co_await actors::sleep(actors::forever);
      }
    };
    auto source = slow_to_close();
    static_cast<void>(co_await source.next());
    const auto closing = spawn(source.close());
    co_await cleaning;
    closing.cancel("enough");
    const auto error = co_await error_of(closing);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_EQ(live, 0);
    const auto after = co_await source.next();
    EXPECT_FALSE(after.has_value());
  });
}

TEST(generator, that_is_dropped_destroys_its_frame_at_once) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::string log;
    {
      auto source = endless(live, log);
      static_cast<void>(co_await source.next());
      EXPECT_EQ(live, 1);
    }
    EXPECT_EQ(live, 0);
    EXPECT_EQ(log, "");
  });
}

TEST(generator, of_a_killed_task_goes_with_it) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    auto stuck = [&]() -> generator<int> {
      const counted mark{live};
      begun.open();
      co_await actors::sleep(actors::forever);
      co_yield 1;
    };
    auto consumer = [&]() -> task<> { static_cast<void>(co_await all_of(stuck())); };
    const auto handle = spawn(consumer());
    co_await begun;
    handle.ref()->send_kill();
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(generator, may_be_asked_by_one_task_after_another) {
  on_every_runtime([]() -> task<> {
    auto source = numbers(100);
    int sum = 0;
    auto ask = [&]() -> task<> {
      const auto value = co_await source.next();
      sum += value.value_or(0);
    };
    for (int i = 0; i < 100; ++i)
      co_await spawn(ask());
    EXPECT_EQ(sum, 5050);
  });
}

TEST(generator, used_while_it_runs_or_empty_is_an_error) {
  in_every_order([]() -> task<> {
    gate may_end;
    auto slow = [&]() -> generator<int> {
      co_await may_end;
      co_yield 1;
    };
    auto source = slow();
    auto ask = [&source]() -> task<> { static_cast<void>(co_await source.next()); };
    const auto first = spawn(ask());
    co_await actors::sleep(1ms);
    const auto second = co_await error_of(ask());
    EXPECT_THAT(actors::describe(second), HasSubstr("while it was running"));
    const auto closing = co_await error_of(source.close());
    EXPECT_TRUE(is_a<actors::misuse_error>(closing));
    may_end.open();
    co_await first;
    generator<int> empty;
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(empty.next()); })));
  });
}

TEST(generator, asked_by_an_awaitable_from_before_while_it_runs_is_an_error) {
  in_every_order([]() -> task<> {
    gate may_end;
    auto slow = [&]() -> generator<int> {
      co_await may_end;
      co_yield 1;
    };
    auto source = slow();
    auto early = source.next();
    auto ask = [](auto& next) -> task<std::optional<int>> { co_return co_await next; };
    const auto first = spawn(source.next());
    co_await actors::sleep(1ms);
    const auto error = co_await error_of(ask(early));
    EXPECT_THAT(actors::describe(error), HasSubstr("while it was running"));
    may_end.open();
    const auto value = co_await first;
    EXPECT_EQ(value, 1);
  });
}

TEST(generator, of_a_parent_outlives_a_child_that_was_killed_while_it_waited_for_a_value) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    auto slow = [&]() -> generator<int> {
      const counted mark{live};
      auto waiting = [&](actors::cancel_scope&) -> task<> {
        begun.open();
        co_await actors::sleep(1h);
      };
      co_await actors::with_timeout(2h, waiting);
      co_yield 1;
    };
    {
      auto source = slow();
      {
        auto ask = [&source]() -> task<> { static_cast<void>(co_await source.next()); };
        const auto handle = spawn(ask());
        co_await begun;
        handle.ref()->send_kill();
        static_cast<void>(co_await error_of(handle));
      }
      for (int i = 0; i < 5; ++i)
        co_await actors::yield();
      EXPECT_EQ(live, 1);
      const auto error = co_await error_of(source.close());
      EXPECT_TRUE(is_a<actors::misuse_error>(error));
    }
    EXPECT_EQ(live, 0);
  });
}

TEST(generator, of_a_parent_goes_with_a_family_that_is_killed_while_a_child_waits_for_a_value) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    auto slow = [&]() -> generator<int> {
      const counted mark{live};
      begun.open();
      co_await actors::sleep(1h);
      co_yield 1;
    };
    auto parent = [&]() -> task<> {
      auto source = slow();
      auto ask = [&source]() -> task<> { static_cast<void>(co_await source.next()); };
      static_cast<void>(spawn(ask()));
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(parent());
    co_await begun;
    handle.ref()->send_kill();
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(generator, may_be_made_of_generators) {
  on_every_runtime([]() -> task<> {
    auto squares = [](generator<int> source) -> generator<int> {
      while (const auto value = co_await source.next())
        co_yield *value** value;
    };
    const auto values = co_await all_of(squares(numbers(4)));
    EXPECT_THAT(values, ElementsAre(1, 4, 9, 16));
  });
}

TEST(generator, a_million_values_that_are_ready_at_once_need_no_stack) {
  in_virtual_time([]() -> task<> {
    auto counting = []() -> generator<int> {
      for (int i = 0; i < 1'000'000; ++i)
        co_yield 1;
    };
    long sum = 0;
    auto source = counting();
    while (const auto value = co_await source.next())
      sum += *value;
    EXPECT_EQ(sum, 1'000'000);
  });
}

TEST(generator, inside_a_timeout_is_cancelled_when_time_is_up) {
  in_every_order([]() -> task<> {
    auto slow = []() -> generator<int> {
      for (int i = 0;; ++i) {
        co_await actors::sleep(1s);
        co_yield i;
      }
    };
    const auto error = co_await error_of(actors::with_timeout(2500ms, all_of(slow())));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
  });
}

TEST(for_each, runs_its_body_for_every_value) {
  on_every_runtime([]() -> task<> {
    std::vector<int> seen;
    auto note = [&seen](int value) { seen.push_back(value); };
    co_await for_each(numbers(3), note);
    auto note_slowly = [&seen](int value) -> task<> {
      co_await actors::yield();
      seen.push_back(value * 10);
    };
    co_await for_each(numbers(2), note_slowly);
    EXPECT_THAT(seen, ElementsAre(1, 2, 3, 10, 20));
  });
}

TEST(for_each, closes_the_generator_when_the_body_ends_the_loop_fails_or_is_cancelled) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::string log;
    auto until_two = [](int value) { return value < 2; };
    co_await for_each(endless(live, log), until_two);
    EXPECT_EQ(std::exchange(log, ""), "cleanup began, cleanup ended");
    auto until_two_slowly = [](int value) -> task<bool> { co_return value < 2; };
    co_await for_each(endless(live, log), until_two_slowly);
    EXPECT_EQ(std::exchange(log, ""), "cleanup began, cleanup ended");
    auto fail = [](int) { throw std::runtime_error("broken"); };
    const auto error = co_await error_of(for_each(endless(live, log), fail));
    EXPECT_EQ(actors::describe(error), "broken");
    EXPECT_EQ(std::exchange(log, ""), "cleanup began, cleanup ended");
    gate begun;
    auto wait = [&begun](int) -> task<> {
      begun.open();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(for_each(endless(live, log), wait));
    co_await begun;
    handle.cancel("enough");
    const auto cancelled = co_await error_of(handle);
    EXPECT_EQ(actors::describe(cancelled), "cancelled: enough");
    EXPECT_EQ(log, "cleanup began, cleanup ended");
    EXPECT_EQ(live, 0);
  });
}
