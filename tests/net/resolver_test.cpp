#include <actors/net/resolver.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

TEST(resolve, a_numeric_address_needs_no_thread) {
  run_in_runtime(
      []() -> task<void> {
        const auto v4 = co_await resolve("192.0.2.1", 80);
        EXPECT_EQ(v4, std::vector<endpoint>(1, endpoint(*ip_address::parse("192.0.2.1"), 80)));
        const auto v6 = co_await resolve("2001:db8::1", 443);
        EXPECT_EQ(v6, std::vector<endpoint>(1, endpoint(*ip_address::parse("2001:db8::1"), 443)));
      },
      // Virtual time cannot go on while a thread is waited for; no clock is needed to see that none is.
      runtime_options{}.clock(clock_kind::virtual_time));
}

TEST(resolve, localhost_is_a_loopback_address) {
  run_in_runtime([]() -> task<void> {
    const auto found = co_await resolve("localhost", 8080);
    EXPECT_FALSE(found.empty());
    for (const auto& each : found) {
      EXPECT_TRUE(each.address().is_loopback()) << each.to_string();
      EXPECT_EQ(each.port(), 8080);
    }
  });
}

TEST(resolve, nonsense_is_refused_before_the_system_sees_it) {
  run_in_runtime([]() -> task<void> {
    for (const std::string& host : {std::string{}, std::string{"localhost\0.example.org", 22}}) {
      bool failed = false;
      try {
        static_cast<void>(co_await resolve(host, 1));
      } catch (const net_error& e) {
        failed = e.code().category() == resolver_category();
      }
      EXPECT_TRUE(failed);
    }
  });
}

TEST(resolve, is_cancelled_at_once_and_the_next_one_is_answered) {
  run_in_runtime(
      []() -> task<void> {
        using core_test::is_cancelled_where_it_waits;
        auto cancel = []() -> task<void> {
          EXPECT_TRUE(co_await is_cancelled_where_it_waits(resolve("localhost", 1)));
          // Those who ask for names.
          EXPECT_TRUE(co_await is_cancelled_where_it_waits(connect_tcp("localhost", 1)));
          EXPECT_TRUE(co_await is_cancelled_where_it_waits(listen_tcp("localhost", 0)));
        };
        co_await core_test::while_the_pool_is_held(cancel);
        EXPECT_FALSE((co_await resolve("localhost", 1)).empty());
      },
      runtime_options{}.workers(1).blocking_threads(1));
}

} // namespace
