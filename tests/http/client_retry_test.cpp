#include "client_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/supervise/retry.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

using server = scripted_server;

TEST(client_with_retries, repeats_what_may_be_repeated_as_the_server_wishes) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{recorder(seen, {answer("503 Busy", "Retry-After: 7\r\n", "later"), answer("429 Too Many"), ok})}};
    const auto policy =
        supervise::retry_policy{}.backoff(supervise::backoff_policy{1s, 30s, 2, supervise::jitter::none});
    const auto web = peer.make_client(client_options{}.retry(policy));
    const auto begun = co_await now();
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_GE(co_await now() - begun, 7s);
    EXPECT_LE(co_await now() - begun, 15s);
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client_with_retries, takes_a_wish_for_a_very_long_wait_for_a_no) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{recorder(seen, {answer("503 Busy", "Retry-After: 3601\r\n", "later"), ok})}};
    const auto web = peer.make_client(client_options{}.retry(supervise::retry_policy{}).total_timeout(forever));
    EXPECT_EQ((co_await web.get("http://x/")).body(), "later");
    EXPECT_EQ(seen.size(), 1U);
  });
}

TEST(client_with_retries, gives_the_last_answer_or_error_when_it_gives_up) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{recorder(seen, std::vector<std::string>(10, answer("503 Busy", "", "later")))}};
    const auto web = peer.make_client(client_options{}.retry(supervise::retry_policy{}.attempts(3)));
    const auto last = co_await web.get("http://x/");
    EXPECT_EQ(last.status(), status::service_unavailable);
    EXPECT_EQ(last.body(), "later");
    EXPECT_EQ(seen.size(), 3U);
    int attempts = 0;
    const client nowhere{
        client_options{}
            .retry(supervise::retry_policy{}.attempts(3))
            .connect_with([&attempts](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
              ++attempts;
              co_await sleep(1h);
              co_return nullptr;
            })};
    EXPECT_EQ(co_await kind_of(nowhere.get("http://x/")), "timeout");
    EXPECT_EQ(attempts, 3);
  });
}

TEST(client_with_retries, does_not_repeat_a_post_or_what_it_cannot_have_again) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{recorder(seen, {answer("503 Busy"), answer("404 Not Found"), answer("503 Busy")})}};
    const auto web = peer.make_client(client_options{}.retry(supervise::retry_policy{}));
    EXPECT_EQ((co_await web.send("http://x/", request{method::post, "/"})).status(), status::service_unavailable);
    EXPECT_EQ((co_await web.get("http://x/")).status(), status::not_found);
    EXPECT_EQ(seen.size(), 2U);
    server other{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "0\r\n\r\n"));
      co_await s.write_all(answer("503 Busy"));
    }}};
    const auto once = other.make_client(client_options{}.retry(supervise::retry_policy{}));
    auto body = pulled_body([]() -> task<std::string> { co_return std::string{}; });
    EXPECT_EQ((co_await once.send("http://x/", request{method::put, "/"}, std::move(body))).status(),
              status::service_unavailable);
    EXPECT_EQ(other.connections(), 1U);
  });
}

TEST(client_with_retries, can_be_cancelled_while_it_waits) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({answer("503 Busy", "Retry-After: 60\r\n")})}};
    const auto web = peer.make_client(client_options{}.retry(supervise::retry_policy{}));
    const auto handle = spawn(web.get("http://x/"));
    co_await sleep(1s);
    handle.cancel();
    bool was_cancelled = false;
    try {
      static_cast<void>(co_await handle);
    } catch (const cancelled&) {
      was_cancelled = true;
    }
    EXPECT_TRUE(was_cancelled);
  });
}

TEST(client_with_retries, limits_each_attempt_up_to_the_head) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream&) -> task<void> { co_await sleep(1h); },
                 [](net::stream& s) -> task<void> {
                   static_cast<void>(co_await read_until(s, "\r\n\r\n"));
                   co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
                   co_await sleep(20s);
                   co_await s.write_all("hello");
                 },
                 [](net::stream&) -> task<void> { co_await sleep(1h); }}};
    const auto policy = supervise::retry_policy{}.attempts(2).attempt_within(10s);
    const auto web = peer.make_client(client_options{}.retry(policy).keep_alive_timeout(duration::zero()));
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 2U);
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "timeout");
    EXPECT_THAT(what, HasSubstr("no response after 10000 ms"));
    EXPECT_EQ(peer.connections(), 4U);
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(client_with_retries, sends_a_body_again_that_can_begin_again) {
  run_virtually([]() -> task<> {
    int bodies = 0;
    server peer{{[&bodies](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "the body"));
      ++bodies;
      const std::string said = bodies == 1 ? answer("503 Busy") : std::string{ok};
      co_await s.write_all(said);
    }}};
    const auto web = peer.make_client(client_options{}.retry(supervise::retry_policy{}));
    EXPECT_EQ((co_await web.send("http://x/", request{method::put, "/"}, text_body("the body"))).body(), "hello");
    EXPECT_EQ(bodies, 2);
  });
}

} // namespace
} // namespace actors::http::test
