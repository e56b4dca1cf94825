#include "scripted_server.hpp"

#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::cut;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

using server = scripted_server;

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const std::string chunked_hello =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";

TEST(client, gets_a_response_and_uses_the_connection_again) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({hello, chunked_hello, hello})}};
    const auto web = peer.make_client();
    for (int i = 0; i < 3; ++i) {
      const auto answer = co_await web.get("http://example.com/a");
      EXPECT_EQ(answer.status(), status::ok);
      EXPECT_EQ(answer.body(), "hello");
      EXPECT_EQ(web.idle_connections(), 1U);
    }
    EXPECT_THAT(peer.hosts(), ElementsAre("example.com:80"));
  });
}

TEST(client, sends_what_was_asked_for_with_the_fields_that_every_request_has) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{[&seen](net::stream& s) -> task<void> {
      for (int i = 0; i < 3; ++i) {
        seen.push_back(co_await read_until(s, i == 1 ? "{}" : "\r\n\r\n"));
        co_await s.write_all(hello);
      }
    }}};
    const auto web = peer.make_client(client_options{}.user_agent("tester/1"));
    static_cast<void>(co_await web.get("http://example.com:8080/a%20b?c=d#fragment"));
    static_cast<void>(co_await web.send("http://user:secret@example.com:8080",
                                        request{method::post, "/ignored", "{}", "application/json"}.set("X-A", "b")));
    static_cast<void>(co_await web.send("http://example.com:8080/", request{}
                                                                        .set("User-Agent", "own")
                                                                        .set("Accept", "text/html")
                                                                        .set("Accept-Encoding", "identity")
                                                                        .set("Host", "other")));
    EXPECT_THAT(seen, ElementsAre("GET /a%20b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nUser-Agent: tester/1\r\n"
                                  "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n",
                                  "POST / HTTP/1.1\r\nHost: example.com:8080\r\nContent-Type: application/json\r\n"
                                  "X-A: b\r\nUser-Agent: tester/1\r\nAccept: */*\r\n"
                                  "Accept-Encoding: gzip, deflate, br\r\n"
                                  "Authorization: Basic dXNlcjpzZWNyZXQ=\r\nContent-Length: 2\r\n\r\n{}",
                                  "GET / HTTP/1.1\r\nUser-Agent: own\r\nAccept: text/html\r\n"
                                  "Accept-Encoding: identity\r\nHost: other\r\n\r\n"));
  });
}

TEST(client, an_error_status_is_a_response) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"})}};
    const auto answer = co_await peer.make_client().get("http://x/");
    EXPECT_EQ(answer.status(), status::not_found);
    EXPECT_EQ(answer.body(), "gone");
  });
}

TEST(client, it_does_not_matter_how_the_bytes_are_split) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    run_virtually([&]() -> task<> {
      server peer{{server::answers({hello, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + chunked_hello, hello})}};
      peer.streams(memory_stream_options{}.both_ways(stream_faults{}.random_pieces(seed, 6)));
      const auto web = peer.make_client();
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ((co_await web.get("http://x/")).body(), "hello") << "seed " << seed;
      EXPECT_EQ(peer.connections(), 1U);
    });
}

TEST(client, responses_without_a_body_leave_the_connection_usable) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
                                  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", hello})}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.send("http://x/", request{method::head, "/"})).get("Content-Length"), "99");
    EXPECT_EQ((co_await web.get("http://x/")).status(), status::no_content);
    EXPECT_EQ((co_await web.get("http://x/")).status(), status::not_modified);
    EXPECT_EQ((co_await web.get("http://x/")).body(), "");
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client, a_body_without_framing_ends_with_the_connection) {
  run_virtually([]() -> task<> {
    server peer{{server::answers_and_closes("HTTP/1.1 200 OK\r\n\r\nall of it")}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.get("http://x/")).body(), "all of it");
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(client, a_server_that_wants_to_close_is_not_asked_again) {
  run_virtually([]() -> task<> {
    const auto closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    server peer{{server::answers({closing})}};
    const auto web = peer.make_client();
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 2U);
  });
}

TEST(client, bytes_behind_a_response_make_the_connection_useless) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({hello + "HTTP/1.1 200 OK\r\n\r\npoison"}), server::answers({hello})}};
    const auto web = peer.make_client();
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 2U);
  });
}

TEST(client, bytes_that_come_while_a_connection_is_idle_make_it_useless) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream& s) -> task<void> {
                   static_cast<void>(co_await read_until(s, "\r\n\r\n"));
                   co_await s.write_all(hello);
                   co_await sleep(1s);
                   co_await s.write_all("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
                   static_cast<void>(co_await read_to_end(s));
                 },
                 server::answers({hello})}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    co_await sleep(2s);
    EXPECT_EQ((co_await web.get("http://x/")).status(), status::ok);
    EXPECT_EQ(peer.connections(), 2U);
  });
}

// -- what servers do wrong ---------------------------------------------------------------------------------------------

struct misdeed {
  std::string name;
  std::string answer;
  std::string kind;
  std::string text;

  friend void PrintTo(const misdeed& what, std::ostream* out) { *out << what.name; }
};

class client_misdeed : public ::testing::TestWithParam<misdeed> {};

TEST_P(client_misdeed, of_a_server_is_a_clear_error_and_costs_the_connection) {
  run_virtually([&]() -> task<> {
    server peer{{server::answers_and_closes(GetParam().answer)}};
    const auto web = peer.make_client(client_options{}.limits(
        message_limits{}.max_start_line(100).max_field_bytes(300).max_fields(5).max_body(1000)));
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://me:secret@x/page"), &what), GetParam().kind);
    EXPECT_THAT(what, ::testing::StartsWith("GET http://x/page: "));
    EXPECT_THAT(what, HasSubstr(GetParam().text));
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

INSTANTIATE_TEST_SUITE_P(
    client, client_misdeed,
    ::testing::Values(
        misdeed{"nothing", "", "disconnected", "the server closed the connection without a response"},
        misdeed{"half_a_head", "HTTP/1.1 200 OK\r\nContent-", "truncated", "inside the response"},
        misdeed{"half_a_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "truncated",
                "with 7 of 10 bytes of the body missing"},
        misdeed{"half_a_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc", "truncated",
                "at least 7 bytes of the body missing"},
        misdeed{"no_last_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "truncated",
                "the server closed the connection"},
        misdeed{"garbage", "SSH-2.0-OpenSSH_9.2\r\n", "protocol", ""},
        misdeed{"bad_field", "HTTP/1.1 200 OK\r\nbad field: x\r\n\r\n", "protocol", ""},
        misdeed{"smuggling", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "protocol",
                "Transfer-Encoding can't be present with Content-Length"},
        misdeed{"bad_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "protocol", ""},
        misdeed{"switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "protocol",
                "without being asked"},
        misdeed{"large_head", "HTTP/1.1 200 OK\r\nA: " + std::string(400, 'a') + "\r\n\r\n", "too_large", "300 bytes"},
        misdeed{"many_fields", "HTTP/1.1 200 OK\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\ne: 1\r\nf: 1\r\n\r\n", "too_large",
                "more than 5"},
        misdeed{"announced_body", "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", "too_large",
                "10000000000 bytes"},
        misdeed{"endless_body", "HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x'), "too_large", "1000 bytes"},
        misdeed{"endless_chunks",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff0\r\n" + std::string(0xff0, 'x'), "too_large",
                "1000 bytes"},
        misdeed{"unknown_coding", "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\nx", "decode",
                "zstd"},
        misdeed{"corrupt_coding", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
                "decode", ""}),
    [](const auto& info) { return info.param.name; });

TEST(client, interim_responses_without_end_are_an_error) {
  run_virtually([]() -> task<> {
    std::string many;
    for (int i = 0; i < 1000; ++i)
      many += "HTTP/1.1 102 Processing\r\n\r\n";
    server peer{{server::answers_and_closes(many)}};
    EXPECT_EQ(co_await kind_of(peer.make_client().get("http://x/")), "protocol");
  });
}

TEST(client, a_response_cut_at_any_byte_is_never_taken_for_a_whole_one) {
  const std::string heads[] = {hello, chunked_hello};
  for (const auto& whole : heads)
    for (std::size_t size = 0; size < whole.size(); ++size)
      for (const auto how : {cut::end, cut::reset})
        run_virtually([&]() -> task<> {
          server peer{{server::answers({whole})}};
          peer.streams(memory_stream_options{}.from_second(stream_faults{}.cut_after(size, how)));
          const auto web = peer.make_client();
          const auto kind = co_await kind_of(web.get("http://x/"));
          EXPECT_TRUE(kind == "truncated" || kind == "disconnected") << kind << " after " << size << " bytes";
          EXPECT_EQ(web.open_connections(), 0U);
        });
}

TEST(client, an_answer_that_comes_before_the_request_is_sent_counts) {
  run_virtually([]() -> task<> {
    server peer{{server::answers_and_closes("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\ntoo much")}};
    const auto web = peer.make_client();
    const request big{method::put, "/", std::string(5'000'000, 'x'), "text/plain"};
    const auto answer = co_await web.send("http://x/", big);
    EXPECT_EQ(answer.status(), status::content_too_large);
    EXPECT_EQ(answer.body(), "too much");
  });
}

// -- time --------------------------------------------------------------------------------------------------------------

TEST(client, silence_is_an_error_after_the_idle_timeout) {
  run_virtually([]() -> task<> {
    for (const std::string part : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}) {
      server peer{{server::answers({part})}};
      const auto web = peer.make_client();
      const auto begun = co_await now();
      std::string what;
      EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "timeout");
      EXPECT_THAT(what, HasSubstr("silence for 30000 ms"));
      EXPECT_EQ(co_await now() - begun, 30s);
      EXPECT_EQ(web.open_connections(), 0U);
    }
  });
}

TEST(client, a_body_that_drips_for_ever_ends_at_the_total_timeout) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\n\r\n");
      for (;;) {
        co_await sleep(7s);
        co_await s.write_all("drip");
      }
    }}};
    const auto web = peer.make_client();
    const auto begun = co_await now();
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "timeout");
    EXPECT_THAT(what, HasSubstr("not done after 300000 ms"));
    EXPECT_EQ(co_await now() - begun, 300s);
  });
}

TEST(client, connecting_has_a_limit_of_its_own) {
  run_virtually([]() -> task<> {
    const client web{
        client_options{}.connect_with([](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
          co_await sleep(1h);
          co_return nullptr;
        })};
    const auto begun = co_await now();
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("http://x/"), &what), "timeout");
    EXPECT_THAT(what, HasSubstr("no connection after 10000 ms"));
    EXPECT_EQ(co_await now() - begun, 10s);
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(client, a_server_that_takes_nothing_is_given_up) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream&) -> task<void> { co_await sleep(1h); }}};
    const auto web = peer.make_client();
    const auto begun = co_await now();
    const request big{method::put, "/", std::string(5'000'000, 'x'), "text/plain"};
    EXPECT_EQ(co_await kind_of(web.send("http://x/", big)), "timeout");
    EXPECT_EQ(co_await now() - begun, 30s);
  });
}

TEST(client, no_connection_is_told_with_its_reason) {
  run_virtually([]() -> task<> {
    for (const auto code :
         {std::error_code{-2, net::resolver_category()}, make_error_code(std::errc::connection_refused)}) {
      const client web{
          client_options{}.connect_with([code](std::string host, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
            co_await yield();
            throw net::net_error("connect to", host, code);
          })};
      std::string what;
      const bool is_refused = code == std::errc::connection_refused;
      EXPECT_EQ(co_await kind_of(web.get("http://nowhere/"), &what), is_refused ? "connect" : "resolve");
      EXPECT_THAT(what, HasSubstr("GET http://nowhere/: connect to nowhere: "));
    }
  });
}

TEST(client, schemes_that_are_not_spoken_are_named) {
  run_virtually([]() -> task<> {
    const client web;
    std::string what;
    EXPECT_EQ(co_await kind_of(web.get("gopher://x/"), &what), "unsupported");
    EXPECT_EQ(what, "GET gopher://x/: the scheme gopher is not supported, only http and https are");
    EXPECT_EQ(co_await kind_of(web.get("ftp://x/")), "unsupported");
    EXPECT_EQ(co_await kind_of(web.get(url{})), "unsupported");
    EXPECT_EQ(co_await kind_of(web.send("http://x/", request{method::connect, "/"})), "unsupported");
  });
}

// -- retries and cancellation ------------------------------------------------------------------------------------------

/// Answers once, and closes when the next request comes.
task<void> lose_the_second(net::stream& s) {
  static_cast<void>(co_await read_until(s, "\r\n\r\n"));
  co_await s.write_all(hello);
  static_cast<void>(co_await read_until(s, "\r\n\r\n"));
}

TEST(client, a_pooled_connection_lost_without_a_byte_is_replaced_once) {
  run_virtually([]() -> task<> {
    server peer{{lose_the_second, server::answers({hello})}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 2U);
  });
}

TEST(client, a_fresh_connection_is_not_replaced) {
  run_virtually([]() -> task<> {
    server peer{{lose_the_second, server::answers_and_closes("")}};
    const auto web = peer.make_client();
    static_cast<void>(co_await web.get("http://x/"));
    EXPECT_EQ(co_await kind_of(web.get("http://x/")), "disconnected");
    EXPECT_EQ(peer.connections(), 2U);
  });
}

TEST(client, a_post_is_never_sent_twice) {
  run_virtually([]() -> task<> {
    server peer{{lose_the_second, server::answers({hello})}};
    const auto web = peer.make_client();
    static_cast<void>(co_await web.get("http://x/"));
    const request post{method::post, "/", "x", "text/plain"};
    EXPECT_EQ(co_await kind_of(web.send("http://x/", post)), "disconnected");
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client, a_response_lost_in_the_middle_is_not_asked_for_again) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all(hello);
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("H");
    }}};
    const auto web = peer.make_client();
    static_cast<void>(co_await web.get("http://x/"));
    EXPECT_EQ(co_await kind_of(web.get("http://x/")), "truncated");
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client, a_cancelled_request_does_not_poison_the_pool) {
  run_virtually([]() -> task<> {
    const auto slow = [](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nso");
      co_await sleep(10s);
      co_await s.write_all("rry");
      static_cast<void>(co_await read_to_end(s));
    };
    server peer{{slow, server::answers({hello})}};
    const auto web = peer.make_client(client_options{}.max_connections_per_host(1));
    bool timed_out = false;
    try {
      static_cast<void>(co_await with_timeout(5s, web.get("http://x/")));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(web.open_connections(), 0U);
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 2U);
  });
}

TEST(client, can_be_cancelled_wherever_it_waits_and_is_as_good_as_new) {
  run_virtually([]() -> task<> {
    const auto silent = [](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      static_cast<void>(co_await read_to_end(s));
    };
    const auto half = [](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
      static_cast<void>(co_await read_to_end(s));
    };
    const auto deaf = [](net::stream&) -> task<void> { co_await sleep(1h); };
    server peer{{silent, half, silent, deaf, server::answers({hello})}};
    const auto web = peer.make_client(client_options{}.max_connections_per_host(1).max_connections(1));
    const auto cancelled_after_a_second = []<class T>(task<T> operation) -> task<bool> {
      const auto running = spawn(std::move(operation));
      co_await sleep(1s);
      EXPECT_TRUE(running.cancel("never mind"));
      bool result = false;
      try {
        static_cast<void>(co_await running);
      } catch (const cancelled& e) {
        result = e.reason() == "never mind";
      }
      co_return result;
    };
    EXPECT_TRUE(co_await cancelled_after_a_second(web.get("http://x/head")));
    EXPECT_TRUE(co_await cancelled_after_a_second(web.get("http://x/body")));
    EXPECT_TRUE(co_await cancelled_after_a_second(web.open("http://x/open")));
    std::string body(10'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
    const request large{method::post, "/", std::move(body), "text/plain"};
    EXPECT_TRUE(co_await cancelled_after_a_second(web.send("http://x/write", large)));
    EXPECT_EQ(peer.connections(), 4U);
    EXPECT_EQ(web.open_connections(), 0U);
    const auto never = [](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      co_await sleep(forever);
      co_return nullptr;
    };
    const client unconnected{client_options{}.connect_with(never)};
    EXPECT_TRUE(co_await cancelled_after_a_second(unconnected.get("http://x/connect")));
    EXPECT_EQ(unconnected.open_connections(), 0U);
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
  });
}

// -- streaming ---------------------------------------------------------------------------------------------------------

TEST(response_stream, gives_the_head_first_and_the_body_in_pieces) {
  run_virtually([]() -> task<> {
    server peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
      for (const auto* piece : {"one,", "two."}) {
        co_await sleep(1s);
        co_await s.write_all(piece);
      }
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    auto stream = co_await web.open("http://x/a");
    EXPECT_EQ(stream.head().status(), status::ok);
    EXPECT_EQ(stream.content_length(), 8U);
    EXPECT_EQ(stream.url().to_string(), "http://x/a");
    EXPECT_EQ(co_await stream.read_some(), "one,");
    EXPECT_EQ(web.idle_connections(), 0U);
    EXPECT_EQ(co_await stream.read_some(), "two.");
    EXPECT_EQ(co_await stream.read_some(), "");
    EXPECT_EQ(co_await stream.read_some(), "");
    EXPECT_EQ(web.idle_connections(), 1U);
  });
}

TEST(response_stream, one_that_is_given_up_costs_its_connection) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({hello})}};
    const auto web = peer.make_client();
    {
      auto dropped = co_await web.open("http://x/");
      EXPECT_EQ(web.open_connections(), 1U);
    }
    EXPECT_EQ(web.open_connections(), 0U);
    auto closed = co_await web.open("http://x/");
    closed.close();
    EXPECT_EQ(web.open_connections(), 0U);
    EXPECT_EQ(co_await closed.read_some(), "");
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
    EXPECT_EQ(peer.connections(), 3U);
  });
}

TEST(response_stream, a_cancelled_read_costs_its_connection_and_what_is_left_is_not_taken_for_the_end) {
  run_virtually([]() -> task<> {
    const auto slow = [](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\none,");
      co_await sleep(10s);
      co_await s.write_all("two.");
      static_cast<void>(co_await read_to_end(s));
    };
    server peer{{slow, slow, server::answers({hello})}};
    const auto web = peer.make_client();
    auto stream = co_await web.open("http://x/");
    EXPECT_EQ(co_await stream.read_some(), "one,");
    const auto reading = spawn(stream.read_some());
    co_await sleep(1s);
    EXPECT_TRUE(reading.cancel());
    const std::vector awaited{reading};
    co_await wait(awaited);
    EXPECT_TRUE(reading.result().was_cancelled());
    EXPECT_EQ(web.open_connections(), 0U);
    std::string what;
    EXPECT_EQ(co_await kind_of(stream.read_some(), &what), "truncated");
    EXPECT_THAT(what, HasSubstr("a read of the body was cancelled"));
    EXPECT_EQ(co_await kind_of(stream.read_all()), "truncated");
    auto another = co_await web.open("http://x/");
    const auto all = co_await move_on_after(1s, another.read_all());
    EXPECT_FALSE(all);
    EXPECT_EQ(co_await kind_of(another.read_response()), "truncated");
    EXPECT_EQ((co_await web.get("http://x/")).body(), "hello");
  });
}

TEST(response_stream, a_lower_limit_can_be_set_for_one_body) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({hello}), server::answers({chunked_hello})}};
    const auto web = peer.make_client();
    auto sized = co_await web.open("http://x/");
    sized.limit_body(4);
    EXPECT_EQ(co_await kind_of(sized.read_some()), "too_large");
    auto chunked = co_await web.open("http://x/");
    chunked.limit_body(4);
    EXPECT_EQ(co_await kind_of(chunked.read_all()), "too_large");
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(response_stream, an_empty_one_is_misuse) {
  run_virtually([]() -> task<> {
    response_stream nothing;
    EXPECT_THROW(static_cast<void>(nothing.head()), misuse_error);
    bool refused = false;
    try {
      static_cast<void>(co_await nothing.read_some());
    } catch (const misuse_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

} // namespace
} // namespace actors::http::test
