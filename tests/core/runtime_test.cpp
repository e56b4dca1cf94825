#include "baton.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "patience.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/internal/usable_cpus.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/settings.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// The bridge between plain threads and tasks.
namespace {

using actors::outcome;
using actors::runtime;
using actors::runtime_options;
using actors::spawn_options;
using actors::task;
using namespace core_test;

task<int> give(int value) {
  co_await actors::yield();
  co_return value;
}

task<std::unique_ptr<int>> give_pointer(int value) {
  co_await actors::yield();
  co_return std::make_unique<int>(value);
}

task<> set(std::atomic<int>& target, int value) {
  co_await actors::yield();
  target = value;
}

task<int> fail(std::string text) {
  co_await actors::yield();
  throw std::runtime_error(text);
}

task<int> wait_for(gate& door) {
  co_await door;
  co_return 1;
}

/// Runs `body(runtime)` with every kind of runtime.
template <class F>
void with_every_runtime(F body) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    const auto log = std::make_shared<recording_log>();
    runtime home{runtime_options{kind.options}.log_to(log).stall_threshold(1h)};
    body(home);
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    EXPECT_THAT(log->lines(), testing::IsEmpty());
  }
}

} // namespace

// -- block_on ------------------------------------------------------------------------------------------------------------------------

TEST(runtime, block_on_gives_the_result_of_the_task) {
  with_every_runtime([](runtime& home) {
    EXPECT_EQ(home.block_on(give(3)), 3);
    EXPECT_EQ(*home.block_on(give_pointer(4)), 4);
    std::atomic<int> value{0};
    home.block_on(set(value, 5));
    EXPECT_EQ(value, 5);
  });
}

TEST(runtime, block_on_throws_what_the_task_throws) {
  with_every_runtime([](runtime& home) {
    const auto error = thrown_by([&] { static_cast<void>(home.block_on(fail("no luck"))); });
    EXPECT_TRUE(is_a<std::runtime_error>(error));
    EXPECT_EQ(actors::describe(error), "no luck");
  });
}

TEST(runtime, block_on_keeps_a_callable_and_its_captures_until_the_task_has_ended) {
  with_every_runtime([](runtime& home) {
    const auto text = home.block_on([word = std::string(100, 'x')]() -> task<std::string> {
      co_await actors::sleep(1ms);
      co_return word;
    });
    EXPECT_EQ(text, std::string(100, 'x'));
  });
}

TEST(runtime, block_on_may_be_called_by_many_threads_at_once) {
  with_every_runtime([](runtime& home) {
    std::atomic<int> sum{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n)
          sum += home.block_on(give(n));
      });
    for (auto& thread : threads)
      thread.join();
    EXPECT_EQ(sum, 6 * 49 * 50 / 2);
  });
}

TEST(runtime, block_on_inside_a_task_is_an_error) {
  with_every_runtime([](runtime& home) {
    const auto error = home.block_on([&home]() -> task<std::exception_ptr> {
      co_return thrown_by([&home] { static_cast<void>(home.block_on(give(1))); });
    });
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_NE(actors::describe(error).find("co_await instead"), std::string::npos) << actors::describe(error);
  });
}

TEST(runtime, block_on_inside_a_blocking_call_of_a_task_works) {
  with_every_runtime([](runtime& home) {
    const int value = home.block_on(
        [&home]() -> task<int> { co_return co_await actors::to_thread([&home] { return home.block_on(give(8)); }); });
    EXPECT_EQ(value, 8);
  });
}

TEST(runtime, block_on_ends_with_the_runtime) {
  runtime home{runtime_options{}.workers(1)};
  gate never;
  baton begun;
  std::promise<std::exception_ptr> ended;
  std::thread waiting{[&] {
    ended.set_value(thrown_by([&] {
      home.block_on([&]() -> task<> {
        begun.pass();
        co_await never;
      });
    }));
  }};
  home.block_on([&]() -> task<> { co_await begun; });
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  waiting.join();
  EXPECT_EQ(actors::describe(ended.get_future().get()), "cancelled: the runtime is stopping");
}

// -- spawn ---------------------------------------------------------------------------------------------------------------------------

TEST(runtime, spawn_works_from_any_thread) {
  with_every_runtime([](runtime& home) {
    std::atomic<int> sum{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        std::vector<actors::task_handle<int>> handles;
        for (int n = 0; n < 250; ++n)
          handles.push_back(home.spawn(give(n)));
        sum += home.block_on([&handles]() -> task<int> {
          int result = 0;
          for (const auto& handle : handles)
            result += co_await handle;
          co_return result;
        });
      });
    for (auto& thread : threads)
      thread.join();
    EXPECT_EQ(sum, 4 * 249 * 250 / 2);
  });
}

TEST(runtime, spawn_of_an_empty_task_is_an_error) {
  runtime home{runtime_options{}.workers(1)};
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(home.spawn(task<int>{})); })));
}

TEST(runtime, spawn_names_the_task_as_it_is_told) {
  runtime home{runtime_options{}.workers(1)};
  EXPECT_EQ(home.spawn(give(1), spawn_options{}.name("postman")).name(), "postman");
}

TEST(runtime, handles_outlive_the_runtime) {
  gate never;
  actors::task_handle<int> ended;
  actors::task_handle<int> cancelled;
  actors::task_handle<int> failed;
  {
    runtime home{runtime_options{}.workers(2).log_to(actors::make_null_log_sink())};
    ended = home.spawn(give(6));
    failed = home.spawn(fail("gone wrong"));
    cancelled = home.spawn(wait_for(never));
    home.block_on([&]() -> task<> {
      static_cast<void>(co_await ended);
      static_cast<void>(co_await error_of(failed));
    });
  }
  EXPECT_EQ(ended.result().value(), 6);
  EXPECT_EQ(actors::describe(failed.result().error()), "gone wrong");
  EXPECT_TRUE(cancelled.result().was_cancelled());
  EXPECT_FALSE(cancelled.cancel());
}

// -- futures and callbacks -----------------------------------------------------------------------------------------------------------

TEST(runtime, spawn_future_gives_the_result_as_a_future) {
  with_every_runtime([](runtime& home) {
    auto number = home.spawn_future(give(2));
    auto pointer = home.spawn_future(give_pointer(3));
    std::atomic<int> value{0};
    auto nothing = home.spawn_future(set(value, 4));
    auto error = home.spawn_future(fail("in the future"));
    EXPECT_EQ(number.get(), 2);
    EXPECT_EQ(*pointer.get(), 3);
    nothing.get();
    EXPECT_EQ(value, 4);
    EXPECT_TRUE(comes(error));
    // The worker lets go of the error before it is looked at: ThreadSanitizer does not see how its owners count
    // themselves.
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    EXPECT_EQ(actors::describe(thrown_by([&] { static_cast<void>(error.get()); })), "in the future");
  });
}

TEST(runtime, spawn_future_of_a_task_that_is_cancelled_throws_the_cancellation) {
  // Cancelled at any point, before its first step too.
  for (int round = 0; round < 20; ++round) {
    runtime home{runtime_options{}.workers(1)};
    gate never;
    auto future = home.spawn_future(wait_for(never));
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    EXPECT_TRUE(is_a<actors::cancelled>(thrown_by([&] { static_cast<void>(future.get()); })));
  }
}

TEST(runtime, spawn_future_goes_on_when_the_future_is_dropped) {
  with_every_runtime([](runtime& home) {
    std::atomic<int> value{0};
    static_cast<void>(home.spawn_future(set(value, 1)));
    EXPECT_TRUE(becomes_true([&] { return value == 1; }));
  });
}

TEST(runtime, spawn_then_calls_with_the_outcome) {
  with_every_runtime([](runtime& home) {
    std::promise<outcome<int>> value;
    std::promise<outcome<int>> error;
    std::promise<outcome<std::unique_ptr<int>>> pointer;
    std::promise<outcome<void>> nothing;
    std::atomic<int> target{0};
    static_cast<void>(home.spawn_then(give(1), [&](outcome<int> x) { value.set_value(std::move(x)); }));
    static_cast<void>(home.spawn_then(fail("told"), [&](outcome<int> x) { error.set_value(std::move(x)); }));
    static_cast<void>(
        home.spawn_then(give_pointer(2), [&](outcome<std::unique_ptr<int>> x) { pointer.set_value(std::move(x)); }));
    static_cast<void>(home.spawn_then(set(target, 3), [&](outcome<void> x) { nothing.set_value(std::move(x)); }));
    EXPECT_EQ(value.get_future().get().value(), 1);
    EXPECT_EQ(*pointer.get_future().get().value(), 2);
    EXPECT_TRUE(nothing.get_future().get().has_value());
    EXPECT_EQ(target, 3);
    auto failure = error.get_future();
    EXPECT_TRUE(comes(failure));
    // As above.
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    EXPECT_EQ(actors::describe(failure.get().error()), "told");
  });
}

TEST(runtime, spawn_then_tells_of_a_cancellation_too) {
  std::atomic<int> calls{0};
  std::atomic<bool> cancelled{false};
  {
    runtime home{runtime_options{}.workers(2)};
    gate never;
    baton begun;
    const auto handle = home.spawn_then(
        [](gate& door, baton& mark) -> task<int> {
          mark.pass();
          co_await door;
          co_return 1;
        }(never, begun),
        [&](const outcome<int>& x) {
          ++calls;
          cancelled = x.was_cancelled();
        });
    home.block_on([&]() -> task<> { co_await begun; });
    EXPECT_TRUE(handle.cancel("enough"));
    home.block_on([&]() -> task<> { static_cast<void>(co_await error_of(handle)); });
  }
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(cancelled);
}

TEST(runtime, spawn_then_tells_of_a_task_that_never_began) {
  std::vector<std::string> told;
  // Virtual time has one worker, and that is kept busy meanwhile.
  runtime home{virtual_time().stall_threshold(1h)};
  std::promise<void> go_on;
  auto busy = home.spawn([&]() -> task<> {
    go_on.get_future().wait();
    co_return;
  });
  const auto tell = [&](const outcome<int>& x) { told.push_back(actors::describe(x.error())); };
  EXPECT_TRUE(home.spawn_then(give(1), tell).cancel("changed my mind"));
  caf::anon_send_exit(home.spawn_then(give(1), tell).address(), caf::exit_reason::kill);
  EXPECT_TRUE(told.empty());
  go_on.set_value();
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  const std::string never_ran = "cancelled: the task did not run to its end";
  EXPECT_THAT(told, testing::ElementsAre(never_ran, never_ran));
}

TEST(runtime, spawn_then_with_a_runtime_that_has_stopped_throws_and_calls_nobody) {
  runtime home{runtime_options{}.workers(1)};
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  bool called = false;
  const auto error =
      thrown_by([&] { static_cast<void>(home.spawn_then(give(1), [&](const outcome<int>&) { called = true; })); });
  EXPECT_TRUE(is_a<actors::stopping_error>(error));
  EXPECT_FALSE(called);
}

// -- options -------------------------------------------------------------------------------------------------------------------------

TEST(runtime, options_that_contradict_each_other_are_an_error_that_says_why) {
  const auto stock = thrown_by([] { const runtime home{virtual_time().scheduler(actors::scheduler_kind::stock)}; });
  EXPECT_TRUE(is_a<actors::misuse_error>(stock));
  EXPECT_NE(actors::describe(stock).find("needs the reactor scheduler"), std::string::npos);
  const auto many = thrown_by([] { const runtime home{virtual_time().workers(3)}; });
  EXPECT_TRUE(is_a<actors::misuse_error>(many));
  EXPECT_NE(actors::describe(many).find("3 were asked for"), std::string::npos);
}

TEST(runtime, has_as_many_workers_as_it_is_told_or_as_there_are_cpus) {
  EXPECT_EQ(runtime{runtime_options{}.workers(3)}.worker_count(), 3U);
  EXPECT_EQ(runtime{}.worker_count(), std::min<std::size_t>(64, actors::internal::usable_cpus()));
  EXPECT_EQ(runtime{virtual_time()}.worker_count(), 1U);
  EXPECT_EQ(runtime{runtime_options{}.workers(1'000)}.worker_count(), 64U);
}

TEST(runtime, lets_the_program_configure_caf_before_it_starts) {
  std::int64_t seen = 0;
  const runtime home{
      runtime_options{}
          .workers(1)
          .configure_caf([](caf::actor_system_config& config) { config.set("caf.scheduler.max-throughput", 17); })
          .configure_caf([&](caf::actor_system_config& config) {
            seen = caf::get_or(config, "caf.scheduler.max-throughput", std::int64_t{0});
          })};
  EXPECT_EQ(seen, 17);
}

TEST(runtime, a_schedule_seed_is_refused_where_it_could_not_be_kept) {
  const auto error = thrown_by([] { const runtime home{runtime_options{}.schedule_seed(1)}; });
  EXPECT_TRUE(is_a<actors::misuse_error>(error));
  EXPECT_NE(actors::describe(error).find("needs virtual time"), std::string::npos);
}

namespace {

/// In which order tasks that are all ready get their turns.
std::vector<int> order_of_turns(runtime_options options) {
  std::vector<int> turns;
  runtime home{std::move(options)};
  home.block_on([&turns]() -> task<> {
    const auto three_turns = [](std::vector<int>& log, int name) -> task<> {
      for (int i = 0; i < 3; ++i) {
        log.push_back(name);
        co_await actors::yield();
      }
    };
    std::vector<task<>> tasks;
    for (int name = 0; name < 100; ++name)
      tasks.push_back(three_turns(turns, name));
    co_await actors::gather(std::move(tasks));
  });
  return turns;
}

} // namespace

TEST(runtime, a_schedule_seed_draws_the_order_of_turns_and_replays_it) {
  const auto first = order_of_turns(virtual_time().schedule_seed(1));
  EXPECT_EQ(first.size(), 300U);
  EXPECT_EQ(order_of_turns(virtual_time().schedule_seed(1)), first);
  EXPECT_NE(order_of_turns(virtual_time().schedule_seed(2)), first);
  EXPECT_FALSE(std::is_sorted(first.begin(), first.begin() + 100));
}

TEST(runtime, virtual_time_starts_at_zero_and_passes_without_waiting) {
  runtime home{virtual_time()};
  EXPECT_EQ(home.now().time_since_epoch(), 0s);
  home.block_on([]() -> task<> { co_await actors::sleep(1'000h); });
  EXPECT_EQ(home.now().time_since_epoch(), 1'000h);
}
