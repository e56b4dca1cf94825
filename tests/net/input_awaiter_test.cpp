#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/detail/input_awaiter.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <tuple>

namespace actors::net {
namespace {

using namespace test;

/// As the header shows it.
task<std::string> read_when_there_is_something(stream& source) {
  auto* const input = source.input();
  std::array<char, 64> buffer{};
  for (;;) {
    if (input->is_worth_trying())
      if (const auto size = input->try_read(buffer))
        co_return std::string{buffer.data(), *size};
    co_await detail::input_awaiter{*input};
  }
}

TEST(input_awaiter, waits_until_there_is_something_to_read) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        for (int i = 0; i < 100; ++i) {
          auto reading = spawn(read_when_there_is_something(*s.server));
          co_await settle();
          EXPECT_FALSE(reading.done());
          co_await s.client->write_all("some");
          const auto got = co_await with_timeout(10s, std::move(reading));
          EXPECT_EQ(got, "some");
        }
        s.client->shutdown_write();
        EXPECT_EQ(co_await with_timeout(10s, read_when_there_is_something(*s.server)), "");
      },
      runtime_options{}.workers(1));
}

TEST(input_awaiter, does_not_wait_for_what_has_come_since_the_last_read) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        auto* const input = s.server->input();
        std::array<char, 4> buffer{};
        co_await s.client->write_all("abcdefgh");
        EXPECT_EQ(co_await with_timeout(10s, read_when_there_is_something(*s.server)), "abcdefgh");
        EXPECT_FALSE(input->is_worth_trying());
        EXPECT_EQ(s.client->try_write_some("more!"), 5U);
        co_await with_timeout(10s,
                              [](detail::input& from) -> task<void> { co_await detail::input_awaiter{from}; }(*input));
        EXPECT_TRUE(input->is_worth_trying());
        EXPECT_EQ(input->try_read(buffer), 4U);
        EXPECT_TRUE(input->is_worth_trying()); // as much as there was room for: there may be more
        EXPECT_EQ(input->try_read(buffer), 1U);
      },
      runtime_options{}.workers(1));
}

TEST(input_awaiter, a_cancelled_wait_takes_nothing) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        for (int i = 0; i < 200; ++i) {
          auto reading = spawn(read_when_there_is_something(*s.server));
          co_await settle();
          reading.cancel();
          const auto outcome = co_await gather_outcomes(reading);
          EXPECT_FALSE(std::get<0>(outcome).has_value());
        }
        co_await s.client->write_all("x");
        EXPECT_EQ(co_await with_timeout(10s, read_when_there_is_something(*s.server)), "x");
      },
      runtime_options{}.workers(1));
}

TEST(input_awaiter, the_end_of_the_stream_ends_the_wait_with_an_error) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        auto reading = spawn(read_when_there_is_something(*s.server));
        co_await settle();
        s.server->close();
        EXPECT_THROW(static_cast<void>(co_await with_timeout(10s, std::move(reading))), net_error);
      },
      runtime_options{}.workers(1));
}

} // namespace
} // namespace actors::net
