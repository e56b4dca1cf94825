#include "support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

/// A client that leaves while its handler waits.
namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// How a handler's hour of waiting ended.
struct report {
  bool was_called = false;
  bool was_cancelled = false;
  std::string reason;
  duration waited = duration::zero();
};

task<void> wait_an_hour(report& to) {
  const auto begun = co_await now();
  to.was_called = true;
  try {
    co_await sleep(1h);
  } catch (const cancelled& e) {
    to.was_cancelled = true;
    to.reason = e.reason();
  }
  to.waited = co_await now() - begun;
  if (to.was_cancelled)
    throw cancelled{to.reason};
}

handler waiting_coroutine(report& to) {
  return [&to](request) -> task<response> {
    co_await wait_an_hour(to);
    co_return response{status::ok, "late", "text/plain"};
  };
}

handler waiting_exchange(report& to) {
  return [&to](server_exchange& x) -> task<void> {
    co_await wait_an_hour(to);
    co_await x.send(response{status::ok, "late", "text/plain"});
  };
}

std::vector<handler> both(report& to) {
  std::vector<handler> result;
  result.push_back(waiting_coroutine(to));
  result.push_back(waiting_exchange(to));
  return result;
}

TEST(server_disconnect, a_client_that_leaves_cancels_its_handler_within_half_a_second) {
  report seen;
  for (const auto& function : both(seen))
    for (const auto stays : {duration{10ms}, duration{20s}})
      run_virtually([&]() -> task<> {
        seen = {};
        server site{function};
        auto ends = make_memory_streams();
        const auto serving = spawn(site.serve(std::move(ends.second)));
        co_await ends.first->write_all(get);
        co_await sleep(stays);
        ends.first->close();
        co_await serving;
        EXPECT_TRUE(seen.was_cancelled);
        EXPECT_EQ(seen.reason, "the client has gone");
        EXPECT_LE(seen.waited, stays + 500ms);
        EXPECT_EQ(site.connections(), 0U);
      });
}

TEST(server_disconnect, it_is_seen_behind_requests_that_were_sent_ahead) {
  report seen;
  for (const auto& function : both(seen))
    run_virtually([&]() -> task<> {
      seen = {};
      server site{function};
      auto ends = make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      for (int i = 0; i < 5; ++i) {
        co_await ends.first->write_all(get);
        co_await sleep(1s);
      }
      ends.first->close();
      co_await serving;
      EXPECT_TRUE(seen.was_cancelled);
    });
}

TEST(server_disconnect, what_was_sent_ahead_is_answered_in_order) {
  run_virtually([]() -> task<> {
    server site{[](request what) -> task<response> {
      co_await sleep(3s);
      co_return response{status::ok, what.target(), "text/plain"};
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    for (const auto* target : {"/1", "/2", "/3"}) {
      co_await ends.first->write_all("GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\n\r\n");
      co_await sleep(700ms);
    }
    for (const auto* target : {"/1", "/2", "/3"})
      EXPECT_THAT(co_await read_until(*ends.first, "\r\n\r\n" + std::string{target}), StartsWith("HTTP/1.1 200 "));
    ends.first->close();
    co_await serving;
  });
}

/// More than the buffer takes stays with the system, so a client that sends and sends costs nothing.
TEST(server_disconnect, a_client_that_sends_ahead_without_end_is_held_back) {
  run_virtually([]() -> task<> {
    report seen;
    server site{waiting_coroutine(seen)};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    auto& client = *ends.first;
    co_await client.write_all(get);
    std::size_t sent = 0;
    for (int i = 0; i < 1000; ++i) {
      co_await sleep(100ms);
      sent += client.try_write_some(std::string(1000, 'x'));
    }
    EXPECT_LT(sent, 100'000U);
    client.close();
    serving.cancel();
    const std::vector awaited{serving};
    co_await wait(awaited);
  });
}

TEST(server_disconnect, a_client_that_has_only_ended_its_sending_is_answered_where_that_is_wanted) {
  report seen;
  for (const auto& function : both(seen))
    for (const bool is_wanted : {false, true})
      run_virtually([&]() -> task<> {
        seen = {};
        server site{function, server_options{}.answer_half_closed(is_wanted)};
        auto ends = make_memory_streams();
        const auto serving = spawn(site.serve(std::move(ends.second)));
        co_await ends.first->write_all(get);
        ends.first->shutdown_write();
        const auto answer = co_await read_to_end(*ends.first);
        EXPECT_EQ(seen.was_cancelled, !is_wanted);
        if (is_wanted) {
          EXPECT_THAT(answer, HasSubstr("\r\n\r\nlate"));
        } else {
          EXPECT_EQ(answer, "");
        }
        co_await serving;
      });
}

TEST(server_disconnect, a_handler_that_takes_no_notice_ends_in_its_own_time_and_nothing_is_sent) {
  run_virtually([]() -> task<> {
    bool is_done = false;
    server site{[&is_done](request) -> task<response> {
      try {
        co_await sleep(1h);
      } catch (const cancelled&) {
      }
      is_done = true;
      co_return response{status::ok, "late", "text/plain"};
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(get);
    ends.first->shutdown_write();
    EXPECT_EQ(co_await read_to_end(*ends.first), "");
    co_await serving;
    EXPECT_TRUE(is_done);
  });
}

TEST(server_disconnect, a_body_that_the_handler_has_not_read_is_kept_for_it) {
  run_virtually([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      co_await sleep(5s);
      std::string all;
      for (auto piece = co_await x.read_some(); !piece.empty(); piece = co_await x.read_some()) {
        const std::string before{piece};
        co_await sleep(2s);
        EXPECT_EQ(before, piece) << "the piece changed while the handler had it";
        all += piece;
      }
      co_await sleep(5s);
      co_await x.send(response{status::ok, all, "text/plain"});
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    std::string body;
    for (int i = 0; body.size() < 10'000; ++i)
      body += std::to_string(i) + " ";
    body.resize(10'000);
    co_await ends.first->write_all("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
    for (std::size_t at = 0; at < body.size(); at += 500) {
      co_await sleep(300ms);
      co_await ends.first->write_all(std::string_view{body}.substr(at, 500));
    }
    EXPECT_THAT(co_await read_until(*ends.first, body.substr(9'000)), HasSubstr("\r\n\r\n" + body.substr(0, 100)));
    ends.first->close();
    co_await serving;
  });
}

TEST(server_disconnect, a_socket_that_is_closed_or_reset_cancels_the_handler) {
  for (const bool has_unread_answer : {false, true})
    run_really([&]() -> task<> {
      auto ended = std::make_shared<std::atomic<bool>>(false);
      server site{[ended](server_exchange& x) -> task<void> {
        co_await x.start(response{status::ok});
        co_await x.write("first");
        try {
          co_await sleep(1h);
        } catch (const cancelled&) {
          *ended = true;
          throw;
        }
      }};
      co_await site.start();
      {
        const auto client = co_await net::connect_tcp("127.0.0.1", site.port());
        co_await client->write_all(get);
        static_cast<void>(co_await read_until(*client, has_unread_answer ? "HTTP/1.1 " : "first\r\n"));
      }
      while (site.connections() > 0)
        co_await sleep(1ms);
      EXPECT_TRUE(*ended);
    });
}

} // namespace
} // namespace actors::http::test
