#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace {

using actors::task;
using actors::this_task;
using namespace core_test;

} // namespace

TEST(this_task, is_the_same_through_inline_calls) {
  on_every_runtime([]() -> task<> {
    const auto self = co_await this_task();
    auto inner = []() -> task<std::uint64_t> {
      const auto me = co_await this_task();
      co_return me.id();
    };
    const auto inline_id = co_await inner();
    EXPECT_EQ(inline_id, self.id());
    const auto spawned_id = co_await actors::spawn(inner());
    EXPECT_NE(spawned_id, self.id());
  });
}

TEST(this_task, tells_the_tightest_time_limit_around_it) {
  in_virtual_time([]() -> task<> {
    auto deadline = []() -> task<actors::time_point> {
      const auto self = co_await this_task();
      co_return self.deadline();
    };
    auto nested = [&]() -> task<actors::time_point> { co_return co_await actors::with_timeout(20s, deadline()); };
    const auto self = co_await this_task();
    EXPECT_EQ(self.deadline(), actors::time_point::max());
    const auto outer = co_await actors::with_timeout(5s, nested());
    EXPECT_EQ(outer - self.now(), 5s);
    const auto inner = co_await actors::with_timeout(60s, nested());
    EXPECT_EQ(inner - self.now(), 20s);
    EXPECT_EQ(self.deadline(), actors::time_point::max());
  });
}

TEST(this_task, a_spawned_child_inherits_the_time_limit_of_its_parent) {
  in_virtual_time([]() -> task<> {
    auto deadline = []() -> task<actors::time_point> {
      const auto self = co_await this_task();
      co_return self.deadline();
    };
    auto parent = [&]() -> task<actors::time_point> { co_return co_await actors::spawn(deadline()); };
    const auto self = co_await this_task();
    const auto inherited = co_await actors::with_timeout(5s, parent());
    EXPECT_EQ(inherited - self.now(), 5s);
  });
}

TEST(this_task, counts_the_requests_to_cancel_until_they_are_taken_back) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate caught;
    gate second_sent;
    auto stubborn = [](gate& start, gate& first, gate& second) -> task<int> {
      const auto self = co_await this_task();
      EXPECT_EQ(self.cancel_requests(), 0U);
      start.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        EXPECT_EQ(self.cancel_requests(), 1U);
      }
      first.open();
      try {
        co_await second;
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        EXPECT_EQ(self.cancel_requests(), 2U);
      }
      EXPECT_EQ(self.uncancel(), 1U);
      EXPECT_EQ(self.uncancel(), 0U);
      EXPECT_EQ(self.uncancel(), 0U);
      co_return 5;
    };
    const auto handle = actors::spawn(stubborn(begun, caught, second_sent));
    co_await begun;
    handle.cancel("first");
    co_await caught;
    handle.cancel("second");
    second_sent.open();
    const int value = co_await handle;
    EXPECT_EQ(value, 5);
  });
}
