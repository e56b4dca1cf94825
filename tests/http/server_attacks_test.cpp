#include "request_attacks.hpp"
#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t result = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++result;
  return result;
}

/// Sends all and reads to the end.
task<std::string> talk(server& site, std::string text, memory_stream_options options) {
  auto ends = make_memory_streams(options);
  auto& client = *ends.first;
  const auto serving = spawn(site.serve(std::move(ends.second)));
  const auto reading = spawn(read_to_end(client));
  try {
    co_await client.write_all(text);
    client.shutdown_write();
  } catch (const net::net_error&) {
    // The server need not take all of it.
  }
  auto answer = co_await reading;
  co_await serving;
  co_return answer;
}

class attack_on_server : public ::testing::TestWithParam<attack> {};

TEST_P(attack_on_server, is_answered_once_and_reaches_no_handler) {
  const auto& what = GetParam();
  for (const std::uint64_t seed : {0U, 1U, 2U})
    run_virtually([&]() -> task<> {
      std::string seen;
      server site{[&seen](const request& r) {
                    seen += r.target() + " ";
                    return response{};
                  },
                  server_options{}.log_to(make_null_log_sink())};
      memory_stream_options options;
      if (seed > 0)
        options.both_ways(stream_faults{}.random_pieces(seed, seed));
      const auto answer = co_await talk(site, what.sent + std::string{smuggled}, options);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(what.answer) + " ")) << "seed " << seed;
      EXPECT_EQ(count(answer, "\r\nDate: "), 1U) << answer;
      EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
      EXPECT_EQ(seen, "");
    });
}

INSTANTIATE_TEST_SUITE_P(server, attack_on_server, ::testing::ValuesIn(attacks()),
                         [](const auto& info) { return info.param.name; });

/// A handler that leaves the body alone must not make a request of it.
TEST(server, a_body_that_no_handler_reads_is_never_a_request) {
  const std::string body{smuggled};
  const std::string sized =
      " / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  char size[9];
  static_cast<void>(std::snprintf(size, sizeof size, "%zx", body.size()));
  const std::string chunked = " / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{size} +
                              "\r\n" + body + "\r\n0\r\n\r\n";
  for (const auto* const method : {"GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE"})
    for (const auto& rest : {sized, chunked})
      run_virtually([&]() -> task<> {
        std::string plain_seen;
        std::string exchange_seen;
        server plain{[&](const request& r) {
          plain_seen += r.target();
          return response{};
        }};
        server exchange{[&](server_exchange& x) -> task<void> {
          exchange_seen += x.head().target();
          co_await x.send(response{});
        }};
        const auto text = method + rest + "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        static_cast<void>(co_await talk(plain, text, {}));
        static_cast<void>(co_await talk(exchange, text, {}));
        EXPECT_EQ(plain_seen, "//2") << text;
        EXPECT_EQ(exchange_seen, "//2") << text;
      });
}

TEST(server, nothing_behind_the_last_request_is_read) {
  for (const auto* const last : {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
                                 "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n"})
    run_virtually([&]() -> task<> {
      std::string seen;
      server site{[&seen](const request& r) {
        seen += r.target();
        return response{};
      }};
      const auto answer = co_await talk(site, last + std::string{smuggled} + std::string{"\0garbage\r\n", 10}, {});
      EXPECT_EQ(count(answer, "HTTP/1.1 "), 1U) << answer;
      EXPECT_EQ(seen, "/");
    });
}

} // namespace
} // namespace actors::http::test
