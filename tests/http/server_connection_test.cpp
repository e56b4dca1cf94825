#include "support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

server_options quiet() {
  return server_options{}.server_name("").log_to(make_null_log_sink()).answer_half_closed();
}

/// A client's end of a connection to a server in memory.
class connection {
public:
  connection(const server& site, const memory_stream_options& options = {}) {
    auto ends = make_memory_streams(options);
    stream = std::move(ends.first);
    serving = spawn(const_cast<server&>(site).serve(std::move(ends.second)));
  }

  /// Sends all and reads to the end of the stream.
  task<std::string> talk(std::string text) {
    co_await stream->write_all(text);
    stream->shutdown_write();
    co_return without_date(co_await read_to_end(*stream));
  }

  std::unique_ptr<net::stream> stream;
  task_handle<void> serving;
};

response echo(const request& what) {
  std::string text{to_string(what.method())};
  text += " " + what.target() + " " + what.body();
  return response{status::ok, text, "text/plain"};
}

std::string ok(std::string_view body, std::string_view more = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string{more} + "\r\n" + std::string{body};
}

TEST(server_connection, answers_one_request_after_the_other_on_one_connection) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    co_await client.stream->write_all("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "/a ")), ok("GET /a "));
    co_await client.stream->write_all("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz");
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "xyz")), ok("POST /b xyz"));
    EXPECT_EQ(site.connections(), 1U);
    client.stream->close();
    co_await client.serving;
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(server_connection, writes_date_and_server_fields_unless_the_answer_has_its_own) {
  run_virtually([]() -> task<> {
    server site{[](const request& what) {
                  response answer{status::ok, "", "text/plain"};
                  if (what.target() == "/own")
                    answer.set("Server", "mine").set("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
                  return answer;
                },
                server_options{}.server_name("standard")};
    connection client{site};
    co_await client.stream->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /own HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto first = co_await read_until(*client.stream, "\r\n\r\n");
    EXPECT_THAT(first, HasSubstr("\r\nServer: standard\r\n"));
    EXPECT_THAT(first, HasSubstr("\r\nDate: "));
    const auto second = co_await read_until(*client.stream, "\r\n\r\n");
    EXPECT_THAT(second, HasSubstr("\r\nServer: mine\r\n"));
    EXPECT_THAT(second, HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    EXPECT_THAT(second, Not(HasSubstr("standard")));
  });
}

TEST(server_connection, pipelined_requests_are_answered_in_order_and_in_one_piece) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    std::string requests;
    for (int i = 0; i < 50; ++i)
      requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    co_await client.stream->write_all(requests);
    std::vector<char> buffer(65'536);
    const auto size = co_await client.stream->read_some(buffer);
    std::string expected;
    for (int i = 0; i < 50; ++i)
      expected += ok("GET /" + std::to_string(i) + " ");
    EXPECT_EQ(without_date({buffer.data(), size}), expected);
  });
}

TEST(server_connection, it_does_not_matter_how_the_bytes_are_split) {
  const std::string requests =
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      "PUT /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345";
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    run_virtually([&]() -> task<> {
      server site{echo, quiet()};
      connection client{site, memory_stream_options{}.both_ways(stream_faults{}.random_pieces(seed, 7))};
      EXPECT_EQ(co_await client.talk(requests),
                ok("GET /1 ") + ok("POST /2 abcde") + ok("PUT /3 12345", "Connection: close\r\n"))
          << "seed " << seed;
    });
}

TEST(server_connection, head_is_answered_as_get_without_the_body) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    const std::string requests = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_EQ(co_await client.talk(requests),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\n" + ok("GET /2 "));
  });
}

TEST(server_connection, http_1_0_and_connection_close_end_the_connection) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection plain{site};
    EXPECT_EQ(co_await plain.talk("GET / HTTP/1.0\r\n\r\nGET /never HTTP/1.0\r\n\r\n"),
              ok("GET / ", "Connection: close\r\n"));
    connection kept{site};
    EXPECT_EQ(co_await kept.talk("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"),
              ok("GET / ", "Connection: keep-alive\r\n") + ok("GET /2 ", "Connection: close\r\n"));
    connection closed{site};
    EXPECT_EQ(co_await closed.talk("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              ok("GET / ", "Connection: close\r\n"));
  });
}

TEST(server_connection, an_answer_can_end_the_connection) {
  run_virtually([]() -> task<> {
    server site{[](const request&) { return response{status::ok, "x", "text/plain"}.set("Connection", "close"); },
                quiet()};
    connection client{site};
    const auto text = co_await client.talk("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(text, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
  });
}

TEST(server_connection, an_expected_continue_is_sent_before_the_body_is_read) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    co_await client.stream->write_all("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(co_await read_until(*client.stream, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    co_await client.stream->write_all("ab");
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "ab")), ok("PUT / ab"));
    // A client that sends the body at once needs none.
    const std::string impatient = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\ncd";
    EXPECT_EQ(co_await client.talk(impatient), ok("PUT / cd"));
  });
}

struct refusal {
  std::string name;
  std::string sent;
  std::string answer;

  friend void PrintTo(const refusal& what, std::ostream* out) { *out << what.name; }
};

class server_refusal : public ::testing::TestWithParam<refusal> {};

TEST_P(server_refusal, is_told_and_ends_the_connection_without_reaching_the_handler) {
  run_virtually([&]() -> task<> {
    server site{[](const request&) {
                  ADD_FAILURE() << "the handler was called";
                  return response{};
                },
                quiet().limits(message_limits{}.max_start_line(100).max_field_bytes(300).max_fields(5).max_body(10))};
    connection client{site};
    // The client goes on sending and must read the answer all the same.
    const auto text = co_await client.talk(GetParam().sent + "GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(text, StartsWith("HTTP/1.1 " + GetParam().answer));
    EXPECT_THAT(text, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\n\r\n" + GetParam().answer));
    EXPECT_THAT(text, Not(HasSubstr("\nHTTP/1.1"))) << "a second answer";
    co_await client.serving;
  });
}

INSTANTIATE_TEST_SUITE_P(
    server, server_refusal,
    ::testing::Values(
        refusal{"announced_body", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", "413 Content Too Large"},
        refusal{"announced_body_with_expectation",
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n",
                "413 Content Too Large"},
        refusal{
            "chunked_body",
            "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n",
            "413 Content Too Large"},
        refusal{"long_target", "GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", "414 URI Too Long"},
        refusal{"large_fields", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(400, 'a') + "\r\n\r\n",
                "431 Request Header Fields Too Large"},
        refusal{"many_fields", "GET / HTTP/1.1\r\nHost: x\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\ne: 5\r\n\r\n",
                "431 Request Header Fields Too Large"},
        refusal{"no_http", "\x16\x03\x01 hello TLS\r\n\r\n", "400 Bad Request"},
        refusal{"no_host", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
        refusal{"smuggling", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "400 Bad Request"},
        refusal{"unknown_method", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", "501 Not Implemented"},
        refusal{"tunnel", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", "501 Not Implemented"},
        refusal{"other_version", "GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported"},
        refusal{"other_expectation",
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: the-unexpected\r\n\r\nab",
                "417 Expectation Failed"}),
    [](const auto& info) { return info.param.name; });

TEST(server_connection, a_silent_connection_is_closed_after_the_idle_timeout_without_a_word) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    const auto begun = co_await now();
    EXPECT_EQ(co_await read_to_end(*client.stream), "");
    EXPECT_EQ(co_await now() - begun, 75s);
  });
}

TEST(server_connection, the_idle_timeout_counts_from_the_last_answer) {
  run_virtually([]() -> task<> {
    server site{echo, quiet().idle_timeout(10s)};
    connection client{site};
    const auto begun = co_await now();
    for (int i = 0; i < 5; ++i) {
      co_await sleep(9s);
      co_await client.stream->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      static_cast<void>(co_await read_until(*client.stream, "GET / "));
    }
    EXPECT_EQ(co_await read_to_end(*client.stream), "");
    EXPECT_EQ(co_await now() - begun, 55s);
  });
}

TEST(server_connection, a_head_that_drips_in_is_refused_after_the_head_timeout) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    connection client{site};
    co_await sleep(30s);
    const auto begun = co_await now();
    const auto dripping = spawn([&client]() -> task<> {
      for (const char c : "GET /" + std::string(100, 'x')) {
        co_await client.stream->write_all({&c, 1});
        co_await sleep(1s);
      }
    });
    const auto text = co_await read_to_end(*client.stream);
    EXPECT_EQ(co_await now() - begun, 10s);
    EXPECT_THAT(text, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    dripping.cancel();
    const std::vector awaited{dripping};
    co_await wait(awaited);
  });
}

TEST(server_connection, a_body_may_be_slow_but_not_silent) {
  run_virtually([]() -> task<> {
    server site{echo, quiet().min_body_rate(0)};
    connection client{site};
    co_await client.stream->write_all("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    for (int i = 0; i < 5; ++i) {
      co_await sleep(29s);
      co_await client.stream->write_all("b");
    }
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "bbbbb")), ok("PUT / bbbbb"));
    co_await client.stream->write_all("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nb");
    const auto begun = co_await now();
    EXPECT_THAT(co_await read_to_end(*client.stream), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_EQ(co_await now() - begun, 30s);
  });
}

TEST(server_connection, a_client_that_takes_nothing_is_given_up_and_a_slow_one_is_not) {
  run_virtually([]() -> task<> {
    const std::string big(1'000'000, 'b');
    server site{[&big](const request&) { return response{status::ok, big, "text/plain"}; }, quiet()};
    connection slow{site, memory_stream_options{}.buffer(1000)};
    co_await slow.stream->write_all("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::string text;
    std::vector<char> buffer(100'000);
    for (;;) {
      co_await sleep(1ms);
      const auto size = co_await slow.stream->read_some(buffer);
      if (size == 0)
        break;
      text.append(buffer.data(), size);
    }
    EXPECT_TRUE(text.ends_with("\r\n\r\n" + big));
    connection stuck{site, memory_stream_options{}.buffer(1000)};
    const auto begun = co_await now();
    co_await stuck.stream->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    bool failed = false;
    try {
      co_await stuck.serving;
    } catch (const net::net_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    EXPECT_EQ(co_await now() - begun, 30s);
  });
}

TEST(server_connection, a_handlers_error_is_logged_and_not_told) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    server plain{[](const request&) -> response { throw std::runtime_error("the secret"); }, quiet().log_to(log)};
    server later{[](request) -> task<response> {
                   co_await sleep(1s);
                   throw std::runtime_error("the other secret");
                 },
                 quiet().log_to(log)};
    for (auto* site : {&plain, &later}) {
      connection client{*site};
      const std::string requests = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
      const auto text = co_await client.talk(requests);
      EXPECT_THAT(text, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
      EXPECT_NE(text.find("HTTP/1.1 500", 1), std::string::npos) << "the connection lives on: " << text;
      EXPECT_THAT(text, Not(HasSubstr("secret")));
    }
  });
  EXPECT_THAT(log->text(), HasSubstr("error http: GET /a failed: the secret"));
  EXPECT_THAT(log->text(), HasSubstr("error http: GET /b failed: the other secret"));
}

TEST(server_connection, a_handler_that_waits_does_not_hold_back_the_answer_before_its_own) {
  run_virtually([]() -> task<> {
    server site{[](request what) -> task<response> {
                  if (what.target() == "/slow")
                    co_await sleep(1h);
                  co_return response{status::ok, what.target(), "text/plain"};
                },
                quiet()};
    connection client{site};
    const auto begun = co_await now();
    const std::string requests = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
                                 "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n";
    co_await client.stream->write_all(requests);
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "\r\n\r\n/1")), ok("/1"));
    EXPECT_EQ(co_await now(), begun);
    EXPECT_EQ(without_date(co_await read_until(*client.stream, "\r\n\r\n/3")), ok("/slow") + ok("/3"));
    EXPECT_EQ(co_await now() - begun, 1h);
  });
}

TEST(server_connection, a_handlers_time_counts_for_no_timeout) {
  run_virtually([]() -> task<> {
    server site{[](request) -> task<response> {
                  co_await sleep(10h);
                  co_return response{status::ok, "late", "text/plain"};
                },
                quiet()};
    connection client{site};
    EXPECT_EQ(co_await client.talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ok("late"));
  });
}

TEST(server_connection, cancelling_the_connection_cancels_the_handler) {
  run_virtually([]() -> task<> {
    bool was_cancelled = false;
    server site{[&was_cancelled](request) -> task<response> {
                  try {
                    co_await sleep(1h);
                  } catch (const cancelled&) {
                    was_cancelled = true;
                    throw;
                  }
                  co_return response{};
                },
                quiet()};
    connection client{site};
    co_await client.stream->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    co_await sleep(1s);
    client.serving.cancel();
    const std::vector awaited{client.serving};
    co_await wait(awaited);
    EXPECT_TRUE(was_cancelled);
    EXPECT_TRUE(client.serving.result().was_cancelled());
    EXPECT_EQ(co_await read_to_end(*client.stream), "");
  });
}

TEST(server_connection, a_handler_that_fails_with_a_cancellation_of_its_own_gives_a_500) {
  run_virtually([]() -> task<> {
    server site{[](request) -> task<response> {
                  auto child = spawn([]() -> task<> { co_await sleep(1h); });
                  child.cancel();
                  co_await child;
                  co_return response{};
                },
                quiet()};
    connection client{site};
    EXPECT_THAT(co_await client.talk("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  });
}

TEST(server_connection, big_bodies_go_both_ways) {
  run_virtually([]() -> task<> {
    server site{[](request what) { return response{status::ok, std::move(what.body()), "text/plain"}; }, quiet()};
    connection client{site, memory_stream_options{}.buffer(10'000)};
    std::string body;
    for (int i = 0; body.size() < 3'000'000; ++i)
      body += std::to_string(i) + " ";
    const auto request = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    const auto reading = spawn(client.talk(request + body));
    const auto text = co_await reading;
    EXPECT_EQ(text, ok(body));
  });
}

TEST(server_connection, a_client_that_leaves_in_the_middle_of_a_request_is_not_answered) {
  run_virtually([]() -> task<> {
    server site{echo, quiet()};
    for (const std::string part : {"GET / HT", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"}) {
      connection client{site};
      EXPECT_EQ(co_await client.talk(part), "");
      co_await client.serving;
    }
  });
}

} // namespace
} // namespace actors::http::test
