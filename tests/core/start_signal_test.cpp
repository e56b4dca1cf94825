#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace {

using actors::spawn;
using actors::start_signal;
using actors::task;
using actors::task_group;
using actors::with_task_group;
using namespace core_test;
using ::testing::HasSubstr;

} // namespace

TEST(task_group_start, returns_what_the_child_passes_to_started_and_the_child_goes_on) {
  on_every_runtime([]() -> task<> {
    gate may_end;
    bool ended = false;
    auto server = [&](start_signal<int> ready) -> task<> {
      co_await actors::yield();
      ready.started(8080);
      co_await may_end;
      ended = true;
    };
    auto body = [&](task_group& group) -> task<int> {
      const int port = co_await group.start<int>(server);
      EXPECT_FALSE(ended);
      may_end.open();
      co_return port;
    };
    const int port = co_await with_task_group(body);
    EXPECT_EQ(port, 8080);
    EXPECT_TRUE(ended);
  });
}

TEST(task_group_start, needs_no_value) {
  on_every_runtime([]() -> task<> {
    bool ready = false;
    auto child = [&ready](start_signal<> signal) -> task<> {
      co_await actors::yield();
      ready = true;
      signal.started();
    };
    auto body = [&](task_group& group) -> task<> {
      co_await group.start(child);
      EXPECT_TRUE(ready);
    };
    co_await with_task_group(body);
  });
}

TEST(task_group_start, an_error_before_the_signal_comes_out_of_start_and_does_not_fail_the_group) {
  on_every_runtime([]() -> task<> {
    auto child = [](start_signal<int>) -> task<> {
      co_await actors::yield();
      throw std::runtime_error("no port is free");
    };
    auto body = [&](task_group& group) -> task<> {
      const auto error = co_await error_of(group.start<int>(child));
      EXPECT_EQ(actors::describe(error), "no port is free");
      co_await actors::yield();
    };
    co_await with_task_group(body);
  });
}

TEST(task_group_start, an_error_after_the_signal_fails_the_group) {
  on_every_runtime([]() -> task<> {
    auto child = [](start_signal<> signal) -> task<> {
      signal.started();
      co_await actors::yield();
      throw std::runtime_error("later");
    };
    auto body = [&](task_group& group) -> task<> {
      co_await group.start(child);
      co_await actors::sleep(actors::forever);
    };
    const auto error = co_await error_of(with_task_group(body));
    EXPECT_TRUE(is_a<actors::group_error>(error));
    EXPECT_THAT(actors::describe(error), HasSubstr("later"));
  });
}

TEST(task_group_start, of_a_child_that_ends_without_a_signal_is_an_error) {
  on_every_runtime([]() -> task<> {
    auto child = [](start_signal<int>) -> task<> { co_return; };
    auto body = [&](task_group& group) -> task<> {
      const auto error = co_await error_of(group.start<int>(child));
      EXPECT_TRUE(is_a<actors::misuse_error>(error));
      EXPECT_THAT(actors::describe(error), HasSubstr("without calling started()"));
    };
    co_await with_task_group(body);
  });
}

TEST(task_group_start, a_second_signal_is_an_error_of_the_child) {
  on_every_runtime([]() -> task<> {
    std::exception_ptr second;
    auto child = [&second](start_signal<> signal) -> task<> {
      signal.started();
      second = thrown_by([&] { signal.started(); });
      co_return;
    };
    auto body = [&](task_group& group) -> task<> { co_await group.start(child); };
    co_await with_task_group(body);
    EXPECT_TRUE(is_a<actors::misuse_error>(second));
  });
}

TEST(task_group_start, cancelling_the_one_who_waits_cancels_the_child_and_waits_for_its_cleanup) {
  on_every_runtime([]() -> task<> {
    gate begun;
    bool cleaned = false;
    auto child = [&](start_signal<>) -> task<> {
      begun.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        cleaned = true;
        throw;
      }
    };
    auto body = [&](task_group& group) -> task<> {
      const auto started = co_await actors::move_on_after(actors::duration::max(), group.start(child));
      EXPECT_FALSE(started);
    };
    const auto handle = spawn(with_task_group(body));
    co_await begun;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error));
    EXPECT_TRUE(cleaned);
  });
}

TEST(task_group_start, of_a_child_that_takes_too_long_can_be_given_up) {
  in_every_order([]() -> task<> {
    auto child = [](start_signal<>) -> task<> { co_await actors::sleep(actors::forever); };
    auto body = [&](task_group& group) -> task<> {
      const bool started = co_await actors::move_on_after(1s, group.start(child));
      EXPECT_FALSE(started);
      co_await actors::sleep(1s);
    };
    co_await with_task_group(body);
  });
}

TEST(task_group_start, in_a_group_that_is_cancelled_before_the_child_has_run_does_not_hang) {
  on_every_runtime([]() -> task<> {
    bool ran = false;
    auto child = [&ran](start_signal<>) -> task<> {
      ran = true;
      co_await actors::sleep(actors::forever);
    };
    auto body = [&](task_group& group) -> task<> {
      group.cancel();
      co_await group.start(child);
      ADD_FAILURE() << "started";
    };
    co_await with_task_group(body);
  });
}

TEST(task_group_start, of_a_child_that_is_killed_does_not_hang) {
  on_every_runtime([]() -> task<> {
    auto child = [](start_signal<>) -> task<> {
      auto& context = co_await actors::detail::current_context{};
      context.host().send_kill();
      co_await actors::sleep(actors::forever);
    };
    auto body = [&](task_group& group) -> task<> {
      const auto error = co_await error_of(group.start(child));
      EXPECT_TRUE(actors::is_cancelled(error));
    };
    co_await with_task_group(body);
  });
}
