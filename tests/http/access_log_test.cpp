#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/http/access_log.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using ::testing::HasSubstr;

access_event sample() {
  access_event event;
  event.when = std::chrono::system_clock::from_time_t(784111777); // Sun, 06 Nov 1994 08:49:37 GMT
  event.peer = "192.0.2.7:40123";
  event.target = "/a?b=c";
  event.host = "example.com";
  event.user_agent = "test \"1\"\n";
  event.sent = 12;
  event.took = 1500us;
  return event;
}

TEST(access_log, has_the_forms_that_everybody_reads) {
  auto event = sample();
  EXPECT_EQ(format_access(event, access_form::common),
            "192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b=c HTTP/1.1\" 200 12");
  EXPECT_EQ(
      format_access(event, access_form::combined),
      "192.0.2.7 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b=c HTTP/1.1\" 200 12 \"-\" \"test \\x221\\x22\\x0a\"");
  event.peer = "[2001:db8::1]:80";
  event.target = "";
  event.status = status::bad_request;
  event.sent = 0;
  EXPECT_EQ(format_access(event, access_form::common), "2001:db8::1 - - [06/Nov/1994:08:49:37 +0000] \"-\" 400 -");
  event.peer = "2001:db8::2"; // from a proxy
  EXPECT_EQ(format_access(event, access_form::common), "2001:db8::2 - - [06/Nov/1994:08:49:37 +0000] \"-\" 400 -");
}

TEST(access_log, json_lines_can_be_read_back_whatever_the_client_sent) {
  auto event = sample();
  event.referer = "\xff\\\x01";
  const auto line = format_access(event, access_form::json);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = nlohmann::json::parse(line);
  EXPECT_FALSE(read.contains("route"));
  event.route = "/a/{id}";
  event.request_id = "\"1\"";
  const auto more = nlohmann::json::parse(format_access(event, access_form::json));
  EXPECT_EQ(more.at("route"), "/a/{id}");
  EXPECT_EQ(more.at("request_id"), "\"1\"");
  EXPECT_EQ(read.at("time"), "1994-11-06T08:49:37.000Z");
  EXPECT_EQ(read.at("peer"), "192.0.2.7:40123");
  EXPECT_EQ(read.at("method"), "GET");
  EXPECT_EQ(read.at("target"), "/a?b=c");
  EXPECT_EQ(read.at("version"), "HTTP/1.1");
  EXPECT_EQ(read.at("status"), 200);
  EXPECT_EQ(read.at("sent"), 12);
  EXPECT_EQ(read.at("took_us"), 1500);
  EXPECT_EQ(read.at("user_agent"), "test \"1\"\n");
  EXPECT_EQ(read.at("referer"), "\u00ff\\\u0001");
  EXPECT_FALSE(read.contains("aborted"));
}

/// What a server tells about these bytes; the client leaves after a while.
std::vector<access_event> events_of(handler function, std::string text, duration stays = 1min) {
  std::vector<access_event> events;
  run_virtually([&]() -> task<> {
    server site{function,
                server_options{}.log_to(make_null_log_sink()).access_log([&events](const access_event& event) {
                  events.push_back(event);
                })};
    auto ends = make_memory_streams(memory_stream_options{}.names("192.0.2.7:1", "server"));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(text);
    co_await sleep(stays);
    ends.first->close();
    co_await serving;
  });
  return events;
}

TEST(access_log, there_is_an_event_for_each_answer_of_each_form_of_handler) {
  const std::vector<handler> handlers{
      [](const request& what) { return response{status::created, what.body(), "text/plain"}; },
      [](request what) -> task<response> {
        co_await sleep(2s);
        co_return response{status::created, what.body(), "text/plain"};
      },
      [](server_exchange& x) -> task<void> {
        const auto body = co_await x.read_all();
        co_await x.start(response{status::created});
        co_await x.write(body);
      },
  };
  for (const auto& function : handlers) {
    const auto events = events_of(function, "PUT /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nReferer: r\r\n"
                                            "User-Agent: u\r\n\r\nhelloGET /2 HTTP/1.0\r\n\r\n");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].peer, "192.0.2.7:1");
    EXPECT_EQ(events[0].method, method::put);
    EXPECT_EQ(events[0].target, "/1");
    EXPECT_EQ(events[0].host, "x");
    EXPECT_EQ(events[0].referer, "r");
    EXPECT_EQ(events[0].user_agent, "u");
    EXPECT_EQ(events[0].status, status::created);
    EXPECT_EQ(events[0].sent, 5U);
    EXPECT_FALSE(events[0].is_aborted);
    EXPECT_EQ(events[1].target, "/2");
    EXPECT_EQ(events[1].version, version::http_1_0);
    EXPECT_EQ(events[1].referer, "");
    EXPECT_EQ(events[1].sent, 0U);
  }
}

TEST(access_log, tells_refusals_failures_and_clients_that_left) {
  const auto refused = events_of([](const request&) { return response{}; },
                                 "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2\x01 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].target, "/1");
  EXPECT_EQ(refused[1].target, "");
  EXPECT_EQ(refused[1].status, status::bad_request);
  const auto failed = events_of([](const request&) -> response { throw std::runtime_error("no"); },
                                "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].status, status::internal_server_error);
  const auto left = events_of(
      [](request) -> task<response> {
        co_await sleep(1h);
        co_return response{};
      },
      "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_TRUE(left[0].is_aborted);
  EXPECT_EQ(code(left[0].status), 499);
  EXPECT_GE(left[0].took, 1min);
  const auto cut_off = events_of([](const request&) { return response{}; },
                                 "PUT /half HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe", 1s);
  ASSERT_EQ(cut_off.size(), 1U);
  EXPECT_EQ(cut_off[0].target, "/half");
  EXPECT_TRUE(cut_off[0].is_aborted);
  const auto broken = events_of(
      [](server_exchange& x) -> task<void> {
        co_await x.start(response{status::accepted});
        co_await x.write("some");
        throw std::runtime_error("no");
      },
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(broken.size(), 1U);
  EXPECT_EQ(broken[0].status, status::accepted);
  EXPECT_EQ(broken[0].sent, 4U);
  EXPECT_TRUE(broken[0].is_aborted);
}

TEST(access_log, tells_of_a_request_whose_connection_broke) {
  std::vector<access_event> events;
  run_virtually([&]() -> task<> {
    const auto keep = [&events](const access_event& event) { events.push_back(event); };
    server site{[](const request&) { return response{}; },
                server_options{}.log_to(make_null_log_sink()).access_log(keep)};
    const std::string half = "PUT /half HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n";
    auto ends =
        make_memory_streams(memory_stream_options{}.from_first(actors::testing::stream_faults{}.cut_after(100)));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    try {
      co_await ends.first->write_all(half + std::string(500, 'x'));
    } catch (const net::net_error&) {
    }
    try {
      co_await serving;
    } catch (const net::net_error&) {
    }
  });
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].target, "/half");
  EXPECT_EQ(code(events[0].status), 499);
  EXPECT_TRUE(events[0].is_aborted);
}

TEST(access_log, goes_to_a_log_as_lines) {
  const auto log = std::make_shared<recording_log>();
  access_lines(log, access_form::common)(sample());
  EXPECT_THAT(log->text(), HasSubstr("info access: 192.0.2.7 - - ["));
}

} // namespace
} // namespace actors::http::test
