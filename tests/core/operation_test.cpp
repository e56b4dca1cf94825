#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"

#include <actors/core/as_completed.hpp>
#include <actors/core/ask.hpp>
#include <actors/core/cleanup.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/service.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Every verb takes every operation, task or not.

namespace {

using actors::ask;
using actors::gather;
using actors::sleep;
using actors::spawn;
using actors::task;
using actors::with_timeout;
using namespace core_test;
using ::testing::ElementsAre;
using ::testing::SizeIs;

task<int> value_after(actors::duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

class doubler final : public actors::service {
public:
  doubler() {
    on([](add_one_atom, std::int32_t x) { return x * 2; });
  }
};

} // namespace

TEST(operation, a_sleep_can_be_spawned_gathered_and_limited) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    const auto nap = spawn(sleep(1s));
    co_await nap;
    EXPECT_EQ(self.now() - start, 1s);
    co_await gather(sleep(1s), sleep(2s));
    EXPECT_EQ(self.now() - start, 3s);
    const auto error = co_await error_of(with_timeout(1s, sleep(5s)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    const bool completed = co_await actors::move_on_after(1s, sleep(5s));
    EXPECT_FALSE(completed);
    const bool in_time = co_await actors::move_on_at(self.now() + 2s, sleep(1s));
    EXPECT_TRUE(in_time);
  });
}

TEST(operation, tasks_and_other_operations_can_be_gathered_together) {
  on_every_runtime([]() -> task<> {
    auto on_thread = actors::to_thread([] { return std::string{"thread"}; });
    const auto [number, nothing, text] = co_await gather(value_after(1ms, 4), sleep(1ms), std::move(on_thread));
    EXPECT_EQ(number, 4);
    EXPECT_EQ(text, "thread");
    static_cast<void>(nothing);
    const auto outcomes = co_await actors::gather_outcomes(actors::yield(), value_after(0ms, 5));
    EXPECT_EQ(std::get<1>(outcomes).value(), 5);
  });
}

TEST(operation, requests_can_be_gathered_as_arguments_and_as_a_vector) {
  on_every_runtime([]() -> task<> {
    const auto target = actors::spawn_service(std::make_unique<doubler>());
    const auto [one, two] =
        co_await gather(ask<std::int32_t>(target, add_one_atom_v, 1), ask<std::int32_t>(target, add_one_atom_v, 2));
    EXPECT_EQ(one, 2);
    EXPECT_EQ(two, 4);
    std::vector<actors::ask_awaiter<std::int32_t>> requests;
    for (std::int32_t i = 0; i < 3; ++i)
      requests.push_back(ask<std::int32_t>(target, add_one_atom_v, i));
    const std::vector<std::int32_t> answers = co_await gather(std::move(requests));
    EXPECT_THAT(answers, ElementsAre(0, 2, 4));
    const auto limited = co_await with_timeout(1h, ask<std::int32_t>(target, add_one_atom_v, 8));
    EXPECT_EQ(limited, 16);
  });
}

TEST(operation, cancelling_a_spawned_gather_cancels_every_child_once) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> cancelled{0};
    gate all_begun;
    std::atomic<int> begun{0};
    auto child = [&]() -> task<int> {
      if (++begun == 3)
        all_begun.open();
      try {
        co_await sleep(actors::forever);
      } catch (const actors::cancelled&) {
        ++cancelled;
        throw;
      }
      co_return 1;
    };
    const auto handle = spawn(gather(child(), child(), child()));
    co_await all_begun;
    EXPECT_TRUE(handle.cancel("enough"));
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_EQ(cancelled, 3);
    EXPECT_FALSE(handle.cancel());
    EXPECT_EQ(cancelled, 3);
  });
}

TEST(operation, a_gather_can_be_limited_and_nested_in_another) {
  in_virtual_time([]() -> task<> {
    auto pair = gather(value_after(1s, 1), value_after(5s, 2));
    const auto error = co_await error_of(with_timeout(2s, std::move(pair)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    const auto nested = co_await gather(gather(value_after(1s, 1), value_after(2s, 2)), value_after(1s, 3));
    EXPECT_EQ(std::get<1>(std::get<0>(nested)), 2);
    EXPECT_EQ(std::get<1>(nested), 3);
  });
}

TEST(operation, can_be_shielded_cleaned_up_after_and_spawned_into_a_group) {
  in_virtual_time([]() -> task<> {
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    co_await actors::shield(sleep(1s));
    auto cleanup = []() -> task<> { co_await sleep(1s); };
    co_await actors::with_cleanup(sleep(1s), cleanup);
    auto body = [](actors::task_group& group) -> task<> {
      static_cast<void>(group.spawn(sleep(3s)));
      co_return;
    };
    co_await actors::with_task_group(body);
    EXPECT_EQ(self.now() - start, 6s);
    const auto detached = actors::spawn_detached(sleep(1s));
    co_await detached;
  });
}

TEST(operation, the_next_of_as_completed_and_a_wait_can_be_limited) {
  in_virtual_time([]() -> task<> {
    const std::vector handles{spawn(value_after(10s, 1))};
    auto completed = actors::as_completed(handles);
    const auto late = co_await actors::move_on_after(1s, completed.next());
    EXPECT_FALSE(late.has_value());
    const auto found = co_await actors::move_on_after(1h, actors::wait(handles));
    EXPECT_THAT(found->done, SizeIs(1));
    const auto next = co_await completed.next();
    EXPECT_EQ(next->result().value(), 1);
  });
}

TEST(operation, a_plain_thread_can_wait_for_one) {
  actors::runtime home{virtual_time()};
  home.block_on(sleep(1h));
  EXPECT_EQ(home.now().time_since_epoch(), 1h);
}
