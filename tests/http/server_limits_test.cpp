#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/client.hpp>
#include <actors/http/error.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tcp_listener.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/net/unix_stream.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

response answer(const request& what) {
  return response{status::ok, "ok " + what.target() + "\n", "text/plain"};
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t result = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++result;
  return result;
}

TEST(server_limits, a_connection_ends_after_so_many_requests) {
  run_virtually([]() -> task<> {
    server site{answer, server_options{}.max_requests(3)};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    std::string requests;
    for (int i = 0; i < 5; ++i)
      requests += get;
    co_await ends.first->write_all(requests);
    const auto text = co_await read_to_end(*ends.first);
    EXPECT_EQ(count(text, "HTTP/1.1 200 "), 3U);
    EXPECT_EQ(count(text, "Connection: close"), 1U);
    ends.first->close();
    co_await serving;
  });
}

/// Sends a body of 100,000 bytes in pieces of this size, one a second; the answer's status.
task<std::string> drip(server& site, std::size_t piece, std::size_t size) {
  auto ends = make_memory_streams();
  const auto serving = spawn(site.serve(std::move(ends.second)));
  auto& client = *ends.first;
  co_await client.write_all("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  const auto sending = spawn([&client, piece, size]() -> task<> {
    for (std::size_t sent = 0; sent < size; sent += piece) {
      co_await client.write_all(std::string(std::min(piece, size - sent), 'b'));
      co_await sleep(1s);
    }
  });
  auto status = co_await read_until(client, "\r\n");
  sending.cancel();
  client.close();
  const std::vector awaited{sending};
  co_await wait(awaited);
  co_await serving;
  co_return status.substr(9, 3);
}

handler reads_a_body(bool in_pieces) {
  if (!in_pieces)
    return answer;
  return [](server_exchange& x) -> task<void> {
    static_cast<void>(co_await x.read_all());
    co_await x.send(response{});
  };
}

TEST(server_limits, a_body_must_come_at_a_least_rate) {
  run_virtually([]() -> task<> {
    server site{answer, server_options{}.log_to(make_null_log_sink())};
    EXPECT_EQ(co_await drip(site, 300, 30'000), "200");
    const auto begun = co_await now();
    EXPECT_EQ(co_await drip(site, 100, 30'000), "408");
    // 30 s of grace, and what has come pays for 100 / 240 of the time.
    const auto took = co_await now() - begun;
    EXPECT_GT(took, 45s);
    EXPECT_LT(took, 55s);
    server patient{answer, server_options{}.min_body_rate(0)};
    EXPECT_EQ(co_await drip(patient, 100, 30'000), "200");
  });
}

TEST(server_limits, the_time_in_which_a_handler_does_not_read_is_not_the_clients) {
  run_virtually([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      for (auto piece = co_await x.read_some(); !piece.empty(); piece = co_await x.read_some())
        co_await sleep(100s);
      co_await x.send(response{});
    }};
    EXPECT_EQ(co_await drip(site, 1000, 20'000), "200");
  });
}

TEST(server_limits, a_slow_body_breaks_off_a_handler_that_reads_it) {
  run_virtually([]() -> task<> {
    server site{reads_a_body(true), server_options{}.log_to(make_null_log_sink())};
    EXPECT_EQ(co_await drip(site, 100, 30'000), "408");
  });
}

TEST(server_limits, a_client_that_takes_an_answer_slowly_gets_all_of_it) {
  run_virtually([]() -> task<> {
    const std::string page(std::size_t{300} * 1024, 'x');
    const auto whole = [&page](const request&) { return response{status::ok, page, "text/plain"}; };
    const auto begun = [&page](server_exchange& x) -> task<> {
      response head{status::ok};
      head.set("Content-Length", std::to_string(page.size()));
      co_await x.start(std::move(head));
      co_await x.write(page);
    };
    const std::vector<handler> handlers{whole, begun};
    for (const auto& function : handlers) {
      server site{function, server_options{}.log_to(make_null_log_sink())};
      auto ends = make_memory_streams(actors::testing::memory_stream_options{}.buffer(2048));
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all(get);
      std::string got;
      std::array<char, 1024> buffer{};
      while (got.size() < page.size()) {
        const auto size = co_await ends.first->read_some(buffer);
        if (size == 0)
          break;
        got.append(buffer.data(), size);
        co_await sleep(1s);
      }
      EXPECT_GE(got.size(), page.size());
      ends.first->close();
      std::vector<task_handle<void>> waited{serving};
      co_await wait(std::move(waited));
    }
  });
}

TEST(server_limits, a_server_has_a_name_that_can_be_sent) {
  EXPECT_THROW(server(answer, server_options{}.server_name("x\r\nSet-Cookie: a=b")), error);
}

TEST(server_limits, each_refused_request_is_logged_once_with_its_reason_and_peer) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    server site{answer, server_options{}.log_to(log)};
    for (int i = 0; i < 2; ++i) {
      auto ends = make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all("GET / HTTP/1.1\r\nHost: a\x1b"
                                     "b\r\n\r\n");
      static_cast<void>(co_await read_to_end(*ends.first));
      ends.first->close();
      co_await serving;
    }
  });
  EXPECT_EQ(count(log->text(), "warning http: refused a request of memory:1: 400 "), 2U) << log->text();
  EXPECT_EQ(log->text().find('\x1b'), std::string::npos);
}

TEST(server_limits, many_refused_requests_do_not_fill_the_log) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    server site{answer, server_options{}.log_to(log)};
    const auto attack = [&site]() -> task<> {
      auto ends = make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all("garbage\r\n\r\n");
      ends.first->shutdown_write();
      static_cast<void>(co_await read_to_end(*ends.first));
      co_await serving;
    };
    for (int i = 0; i < 1000; ++i)
      co_await attack();
    EXPECT_EQ(count(log->text(), "refused a request"), 10U);
    co_await sleep(2s);
    co_await attack();
  });
  EXPECT_EQ(count(log->text(), "refused a request"), 11U);
  EXPECT_THAT(log->text(), HasSubstr("(990 others before were not logged)"));
}

TEST(server_limits, a_server_listens_on_unix_sockets_and_on_tcp) {
  const auto path = std::filesystem::temp_directory_path() / ("actors-http-" + std::to_string(::getpid()) + ".sock");
  run_really([&]() -> task<> {
    server both{answer, server_options{}.port(0).listen_unix(path)};
    co_await both.start();
    EXPECT_NE(both.port(), 0);
    EXPECT_TRUE(std::filesystem::exists(path));
    const client web;
    EXPECT_EQ((co_await web.get(both.url() + "/tcp")).body(), "ok /tcp\n");
    {
      const auto local = co_await net::connect_unix(path);
      co_await local->write_all(get);
      EXPECT_THAT(co_await read_until(*local, "ok /\n"), StartsWith("HTTP/1.1 200 "));
    }
    co_await both.stop();
    EXPECT_FALSE(std::filesystem::exists(path));
    server only{answer, server_options{}.listen_unix(path)};
    co_await only.start();
    EXPECT_EQ(only.port(), 0);
    EXPECT_EQ(only.url(), "");
    const auto local = co_await net::connect_unix(path);
    co_await local->write_all(get);
    EXPECT_THAT(co_await read_until(*local, "ok /\n"), StartsWith("HTTP/1.1 200 "));
    co_await only.stop();
  });
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(server_limits, a_server_listens_on_several_addresses) {
  const auto path = std::filesystem::temp_directory_path() / ("actors-all-" + std::to_string(::getpid()) + ".sock");
  run_really([&]() -> task<> {
    server site{answer, server_options{}
                            .listen_on("127.0.0.1", 0)
                            .also_listen_on("127.0.0.1", 0)
                            .also_listen_on("127.0.0.2", 0)
                            .listen_unix(path)};
    EXPECT_TRUE(site.addresses().empty());
    co_await site.start();
    const auto addresses = site.addresses();
    EXPECT_EQ(addresses.size(), 4U);
    EXPECT_EQ("http://" + addresses.at(0), site.url());
    EXPECT_THAT(addresses.at(2), StartsWith("127.0.0.2:"));
    EXPECT_EQ(addresses.at(3), "unix:" + path.string());
    const client web;
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ((co_await web.get("http://" + addresses.at(i) + "/x")).body(), "ok /x\n");
    co_await site.stop();
    for (std::size_t i = 0; i < 3; ++i) {
      bool was_refused = false;
      try {
        static_cast<void>(co_await web.get("http://" + addresses.at(i) + "/x"));
      } catch (const std::exception&) {
        was_refused = true;
      }
      EXPECT_TRUE(was_refused) << addresses.at(i);
    }
  });
}

TEST(server_limits, a_server_that_cannot_have_all_its_addresses_listens_on_none) {
  run_really([]() -> task<> {
    const auto taken = co_await net::listen_tcp("127.0.0.1", 0);
    server site{answer,
                server_options{}.listen_on("127.0.0.1", 0).also_listen_on("127.0.0.1", taken->local_endpoint().port())};
    std::string problem;
    try {
      co_await site.start();
    } catch (const net::net_error& e) {
      problem = e.what();
    }
    EXPECT_THAT(problem, HasSubstr("listen on " + taken->local()));
    EXPECT_TRUE(site.addresses().empty());
    EXPECT_EQ(site.port(), 0);
  });
}

TEST(server_limits, requests_of_every_size_fit_whatever_the_one_before_was) {
  run_virtually([]() -> task<> {
    server site{[](const request& what) {
      return response{status::ok, std::to_string(what.get("A").value_or("").size() + what.body().size()) + "\n",
                      "text/plain"};
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    auto& client = *ends.first;
    for (const std::size_t field : {0U, 1U, 1900U, 2048U, 5000U, 20'000U, 3U})
      for (const std::size_t body : {0U, 2000U, 2048U, 16'384U, 100'000U}) {
        co_await client.write_all("PUT / HTTP/1.1\r\nHost: x\r\nA: " + std::string(field, 'a') +
                                  "\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'b'));
        const auto expected = "\r\n\r\n" + std::to_string(field + body) + "\n";
        EXPECT_THAT(co_await read_until(client, expected), StartsWith("HTTP/1.1 200 "));
      }
    client.close();
    co_await serving;
  });
}

} // namespace
} // namespace actors::http::test
