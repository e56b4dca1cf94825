#include "support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/http/client.hpp>
#include <actors/http/placement.hpp>
#include <actors/http/server.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

response echo(const request& what) {
  return response{status::ok, what.target() + " " + what.body(), "text/plain"};
}

//! [placement]
handler make_handler() {
  return on_any_worker([](request what) -> task<response> {
    co_await sleep(1s); // or computes
    co_return echo(what);
  });
}

//! [placement]

task<std::string> talk(server& site, std::string text) {
  auto ends = actors::testing::make_memory_streams();
  const auto serving = spawn(site.serve(std::move(ends.second)));
  co_await ends.first->write_all(text);
  auto answer = co_await read_until(*ends.first, "\r\n\r\n");
  if (const auto at = answer.find("Content-Length: "); at != std::string::npos) {
    std::string body(std::stoul(answer.substr(at + 16)), '\0');
    std::size_t got = 0;
    while (got < body.size()) {
      const auto size = co_await ends.first->read_some(std::span{body}.subspan(got));
      if (size == 0)
        break;
      got += size;
    }
    answer += body;
  }
  ends.first->close();
  co_await serving;
  co_return answer;
}

constexpr auto post = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";

TEST(placement, a_handler_answers_wherever_it_runs) {
  run_virtually([]() -> task<> {
    server anywhere{on_any_worker(echo)};
    EXPECT_THAT(co_await talk(anywhere, post), HasSubstr("\r\n\r\n/a hi"));
    server waiting{make_handler()};
    EXPECT_THAT(co_await talk(waiting, post), HasSubstr("\r\n\r\n/a hi"));
    server blocking{in_blocking_pool(echo)};
    EXPECT_THAT(co_await talk(blocking, post), HasSubstr("\r\n\r\n/a hi"));
  });
}

TEST(placement, an_error_is_a_500_wherever_it_is_thrown) {
  const auto log = std::make_shared<recording_log>();
  const auto fail = [](const request&) -> response { throw std::runtime_error("the secret"); };
  run_virtually([&]() -> task<> {
    server anywhere{on_any_worker(fail), server_options{}.log_to(log)};
    EXPECT_THAT(co_await talk(anywhere, post), StartsWith("HTTP/1.1 500 "));
    server blocking{in_blocking_pool(fail), server_options{}.log_to(log)};
    EXPECT_THAT(co_await talk(blocking, post), StartsWith("HTTP/1.1 500 "));
  });
  EXPECT_THAT(log->text(), HasSubstr("the secret"));
}

/// With a single worker: a handler in the blocking pool waits for a request that the same worker answers.
TEST(placement, a_blocked_handler_does_not_hold_up_its_neighbours) {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_open = false;
  runtime home{runtime_options{}.workers(1)};
  home.block_on([&]() -> task<> {
    const auto wait = [&](const request&) {
      std::unique_lock guard{mutex};
      changed.wait(guard, [&] { return is_open; });
      return response{status::ok, "waited", "text/plain"};
    };
    server slow{in_blocking_pool(wait)};
    server quick{echo};
    co_await slow.start();
    co_await quick.start();
    const client web;
    auto first = spawn([](client c, std::string where) -> task<std::string> {
      co_return (co_await c.get(where)).body();
    }(web, slow.url()));
    EXPECT_EQ((co_await web.get(quick.url() + "/b")).body(), "/b ");
    {
      const std::scoped_lock guard{mutex};
      is_open = true;
    }
    changed.notify_all();
    EXPECT_EQ(co_await first, "waited");
  });
}

TEST(placement, ending_the_connection_cancels_the_handler_where_it_runs) {
  run_virtually([]() -> task<> {
    bool was_cancelled = false;
    server site{on_any_worker([&was_cancelled](request) -> task<response> {
      try {
        co_await sleep(1h);
      } catch (const cancelled&) {
        was_cancelled = true;
        throw;
      }
      co_return response{};
    })};
    auto ends = actors::testing::make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await sleep(1s);
    serving.cancel();
    EXPECT_EQ(co_await read_to_end(*ends.first), "");
    EXPECT_TRUE(was_cancelled);
  });
}

} // namespace
} // namespace actors::http::test
