#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/cleanup.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace {

using actors::spawn;
using actors::task;
using actors::with_cleanup;
using namespace core_test;

} // namespace

TEST(with_cleanup, runs_the_cleanup_after_the_operation_and_gives_its_value) {
  on_every_runtime([]() -> task<> {
    std::string log;
    auto operation = [&log]() -> task<int> {
      co_await actors::yield();
      log += "operation, ";
      co_return 7;
    };
    auto cleanup = [&log]() -> task<> {
      co_await actors::sleep(1ms);
      log += "cleanup";
    };
    const int value = co_await with_cleanup(operation, cleanup);
    EXPECT_EQ(value, 7);
    EXPECT_EQ(log, "operation, cleanup");
  });
}

TEST(with_cleanup, runs_the_cleanup_after_an_error_and_throws_that) {
  on_every_runtime([]() -> task<> {
    bool cleaned = false;
    auto operation = []() -> task<> {
      throw std::runtime_error("broken");
      co_return;
    };
    auto cleanup = [&cleaned]() -> task<> {
      co_await actors::sleep(1ms);
      cleaned = true;
    };
    const auto error = co_await error_of(with_cleanup(operation(), cleanup));
    EXPECT_EQ(actors::describe(error), "broken");
    EXPECT_TRUE(cleaned);
  });
}

TEST(with_cleanup, an_error_of_the_cleanup_takes_the_place_of_the_operations) {
  on_every_runtime([]() -> task<> {
    auto operation = []() -> task<> {
      throw std::runtime_error("operation");
      co_return;
    };
    auto cleanup = []() -> task<> {
      co_await actors::yield();
      throw std::runtime_error("cleanup");
    };
    const auto error = co_await error_of(with_cleanup(operation(), cleanup));
    EXPECT_EQ(actors::describe(error), "cleanup");
  });
}

TEST(with_cleanup, the_cleanup_of_a_cancelled_operation_is_not_disturbed_by_that_cancellation) {
  on_every_runtime([]() -> task<> {
    gate begun;
    bool cleaned = false;
    auto operation = [&begun]() -> task<> {
      begun.open();
      co_await actors::sleep(actors::forever);
    };
    auto cleanup = [&cleaned]() -> task<> {
      co_await actors::sleep(1ms);
      cleaned = true;
    };
    const auto handle = spawn(with_cleanup(operation(), cleanup));
    co_await begun;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_TRUE(cleaned);
  });
}

TEST(with_cleanup, a_second_cancellation_interrupts_the_cleanup) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    auto operation = [&begun]() -> task<> {
      begun.open();
      co_await actors::sleep(actors::forever);
    };
    auto cleanup = [&cleaning]() -> task<> {
      cleaning.open();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(with_cleanup(operation(), cleanup));
    co_await begun;
    handle.cancel("first");
    co_await cleaning;
    handle.cancel("second");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: second");
  });
}

TEST(with_cleanup, inside_a_timeout_is_waited_for) {
  in_every_order([]() -> task<> {
    bool cleaned = false;
    auto operation = []() -> task<> { co_await actors::sleep(actors::forever); };
    auto cleanup = [&cleaned]() -> task<> {
      co_await actors::sleep(5s);
      cleaned = true;
    };
    const auto error = co_await error_of(actors::with_timeout(1s, with_cleanup(operation(), cleanup)));
    EXPECT_TRUE(is_a<actors::timeout_error>(error));
    EXPECT_TRUE(cleaned);
  });
}
