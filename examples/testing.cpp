// Tests of asynchronous code, without waiting and without luck: virtual time, seeded schedules, faults, probes.

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/testing/co_test.hpp>
#include <actors/testing/deterministic.hpp>
#include <actors/testing/fault_points.hpp>
#include <actors/testing/probe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;
namespace at = actors::testing;

namespace {

// -- the code under test -------------------------------------------------------------------------------------------------

/// Asks a price server again after a pause that doubles, at most three times.
task<std::int32_t> price_of(service_ref server, std::string item) {
  auto pause = 1s;
  for (int attempt = 1;; ++attempt) {
    try {
      co_return co_await ask<std::int32_t>(server, item).within(10s);
    } catch (const timeout_error&) {
      if (attempt == 3)
        throw;
    }
    co_await sleep(pause);
    pause *= 2;
  }
}

/// Writes records to a journal; `before` is called before each operation of the disk.
class journal {
public:
  explicit journal(std::function<void(std::string_view)> before) : before_(std::move(before)) {}

  task<> append(std::string record) {
    before_("journal.write");
    written_.push_back(std::move(record));
    try {
      co_await yield();
      before_("journal.sync");
    } catch (...) {
      written_.pop_back();
      throw;
    }
    ++synced_;
  }

  [[nodiscard]] bool consistent() const { return written_.size() == synced_; }

private:
  std::function<void(std::string_view)> before_;
  std::vector<std::string> written_;
  std::size_t synced_ = 0;
};

// -- the tests -----------------------------------------------------------------------------------------------------------

//! [probe]
CO_TEST(price_of, asks_again_when_the_server_is_silent) {
  at::probe server;
  const auto price = spawn(price_of(server.service(), "tea"));
  // The first request is left without an answer; ten virtual seconds cost nothing.
  static_cast<void>(co_await server.expect<std::string>());
  auto second = co_await server.expect_eventually<std::string>(12s);
  EXPECT_EQ(second.value(), "tea");
  second.reply(std::int32_t{3});
  EXPECT_EQ(co_await price, 3);
}

//! [probe]

//! [co test]
CO_TEST(timeouts, are_exact_in_virtual_time) {
  const auto nap = []() -> task<> { co_await sleep(9999ms); };
  const auto in_time = co_await move_on_after(10s, nap());
  CO_ASSERT_TRUE(in_time) << "ends the test, where ASSERT_TRUE does not compile";
}

//! [co test]

//! [faults]
TEST(journal, is_consistent_whichever_operation_fails) {
  const auto program = [](at::fault_points points) -> task<> {
    journal book{points.hook()};
    try {
      co_await book.append("first");
      co_await book.append("second");
    } catch (const at::injected_fault&) {
      // The caller of a real journal would report this.
    }
    EXPECT_TRUE(book.consistent());
  };
  EXPECT_EQ(at::under_every_fault(program), 4U);
}

//! [faults]

//! [seeds]
TEST(two_writers, never_lose_an_update) {
  at::under_every_seed(
      100,
      []() -> task<> {
        const auto total = std::make_shared<int>(0);
        const auto add_two = [](std::shared_ptr<int> sum) -> task<> {
          for (int i = 0; i < 2; ++i) {
            co_await yield();
            ++*sum; // one step: no other task runs between reading and writing
          }
        };
        const auto first = spawn(add_two(total));
        const auto second = spawn(add_two(total));
        co_await first;
        co_await second;
        EXPECT_EQ(*total, 4);
      },
      at::deterministic_options{}.failed_when([] { return ::testing::Test::HasFailure(); }));
}

//! [seeds]

} // namespace
