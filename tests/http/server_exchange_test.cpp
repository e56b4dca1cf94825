#include "support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/error.hpp>
#include <actors/http/server.hpp>
#include <actors/sync/event.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Sends bytes to a server with this handler; what came until the end of the connection.
task<std::string> talk(handler function, std::string text, std::shared_ptr<log_sink> log = make_null_log_sink(),
                       std::uint64_t max_body = 1000) {
  server site{std::move(function),
              server_options{}.server_name("").log_to(std::move(log)).max_body(max_body).answer_half_closed()};
  auto ends = make_memory_streams();
  const auto serving = spawn(site.serve(std::move(ends.second)));
  co_await ends.first->write_all(text);
  ends.first->shutdown_write();
  co_return without_date(co_await read_to_end(*ends.first));
}

task<void> count(server_exchange& x) {
  auto head = response{status::ok}.set("Content-Type", "text/plain");
  if (x.head().query() == "sized")
    head.set("Content-Length", "6");
  co_await x.start(std::move(head));
  for (const auto* piece : {"one", "", "two"})
    co_await x.write(piece);
}

using handler_body = std::function<task<void>(server_exchange&)>;

constexpr auto get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(server_exchange, a_body_in_pieces_is_chunked) {
  run_virtually([]() -> task<> {
    const std::string expected = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n";
    EXPECT_EQ(co_await talk(count, std::string{get} + get), expected + expected);
  });
}

TEST(server_exchange, a_body_of_known_size_is_not_chunked) {
  run_virtually([]() -> task<> {
    EXPECT_EQ(co_await talk(count, "GET /?sized HTTP/1.1\r\nHost: x\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nonetwo");
  });
}

TEST(server_exchange, an_http_1_0_client_reads_to_the_end_of_the_connection) {
  run_virtually([]() -> task<> {
    EXPECT_EQ(co_await talk(count, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nonetwo");
  });
}

TEST(server_exchange, head_gets_no_pieces) {
  run_virtually([]() -> task<> {
    EXPECT_EQ(co_await talk(count, "HEAD /?sized HTTP/1.1\r\nHost: x\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n");
    EXPECT_EQ(co_await talk(count, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  });
}

TEST(server_exchange, trailers_of_the_request_are_there_behind_its_body) {
  run_virtually([]() -> task<> {
    const auto echo_trailers = [](server_exchange& x) -> task<void> {
      EXPECT_TRUE(x.trailers().empty());
      auto text = co_await x.read_all();
      for (const auto [name, value] : x.trailers())
        text.append(" ").append(name).append("=").append(value);
      co_await x.send(response{status::ok, text, "text/plain"});
    };
    EXPECT_THAT(co_await talk(echo_trailers, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                             "2\r\nhi\r\n0\r\nChecksum: 7\r\nX: y\r\n\r\n"),
                HasSubstr("\r\n\r\nhi Checksum=7 X=y"));
    // Those of one request are not those of the next on its connection.
    EXPECT_THAT(co_await talk(echo_trailers, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                             "2\r\nhi\r\n0\r\nChecksum: 7\r\n\r\n"
                                             "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nagain"),
                ::testing::EndsWith("\r\n\r\nagain"));
  });
}

TEST(server_exchange, trailers_of_the_answer_are_sent_to_clients_that_take_them) {
  run_virtually([]() -> task<> {
    const auto with_trailers = [](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok}.set("Trailer", "Checksum"));
      co_await x.write("hi");
      fields trailers;
      trailers.add("Checksum", "7");
      co_await x.finish(std::move(trailers));
      bool was_refused = false;
      try {
        co_await x.write("more");
      } catch (const misuse_error&) {
        was_refused = true;
      }
      EXPECT_TRUE(was_refused);
    };
    EXPECT_THAT(co_await talk(with_trailers, "GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n"),
                HasSubstr("\r\n\r\n2\r\nhi\r\n0\r\nChecksum: 7\r\n\r\n"));
    EXPECT_THAT(co_await talk(with_trailers, get), HasSubstr("\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
    EXPECT_THAT(co_await talk(with_trailers, "GET / HTTP/1.0\r\nTE: trailers\r\n\r\n"),
                ::testing::EndsWith("\r\n\r\nhi"));
    EXPECT_THAT(co_await talk(with_trailers, "HEAD / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n"),
                ::testing::EndsWith("\r\n\r\n"));
  });
}

TEST(server_exchange, a_trailer_cannot_frame_the_message) {
  run_virtually([]() -> task<> {
    std::string kind;
    const auto framing = [&kind](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok});
      fields trailers;
      trailers.add("Content-Length", "7");
      try {
        co_await x.finish(std::move(trailers));
      } catch (const error& e) {
        kind = to_string(e.kind());
        throw;
      }
    };
    static_cast<void>(co_await talk(framing, "GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n"));
    EXPECT_EQ(kind, "invalid_field_name");
  });
}

TEST(server_exchange, pieces_leave_at_once) {
  run_virtually([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok});
      co_await sleep(1h);
      co_await x.write("tick");
      co_await sleep(1h);
    }};
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(get);
    const auto begun = co_await now();
    static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n"));
    EXPECT_EQ(co_await now(), begun);
    EXPECT_EQ(co_await read_until(*ends.first, "tick\r\n"), "4\r\ntick\r\n");
    EXPECT_EQ(co_await now() - begun, 1h);
    EXPECT_EQ(co_await read_until(*ends.first, "0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_EQ(co_await now() - begun, 2h);
  });
}

TEST(server_exchange, a_handler_can_be_cancelled_where_it_reads_and_where_it_writes) {
  run_virtually([]() -> task<> {
    const std::string upload = "POST / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nContent-Length: 10\r\n\r\nhalf";
    const std::string large(1'000'000, 'x');
    const std::vector<handler_body> waits{
        [](server_exchange& x) -> task<void> {
          EXPECT_EQ(co_await x.read_some(), "half");
          static_cast<void>(co_await x.read_some());
        },
        [](server_exchange& x) -> task<void> { static_cast<void>(co_await x.read_all()); },
        [&large](server_exchange& x) -> task<void> { co_await x.send(response{status::ok, large, "text/plain"}); },
        [&large](server_exchange& x) -> task<void> {
          co_await x.start(response{status::ok});
          for (;;)
            co_await x.write(large);
        },
        [&large](server_exchange& x) -> task<void> {
          co_await x.start(response{status::ok});
          fields trailers;
          trailers.add("Proof", large);
          co_await x.finish(std::move(trailers));
        }};
    for (const auto& body : waits) {
      bool was_cancelled = false;
      const auto handle = [&was_cancelled, &body](server_exchange& x) -> task<void> {
        try {
          co_await body(x);
        } catch (const cancelled&) {
          was_cancelled = true;
          throw;
        }
      };
      server site{handle, server_options{}.log_to(make_null_log_sink())};
      auto ends = make_memory_streams(memory_stream_options{}.buffer(1000));
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all(upload);
      co_await sleep(1s);
      EXPECT_FALSE(serving.done());
      serving.cancel();
      const std::vector awaited{serving};
      co_await wait(awaited);
      EXPECT_TRUE(serving.result().was_cancelled());
      EXPECT_TRUE(was_cancelled);
      static_cast<void>(co_await read_to_end(*ends.first));
      EXPECT_EQ(site.connections(), 0U);
    }
  });
}

TEST(server_exchange, a_handler_that_waits_does_not_hold_back_the_answer_before_its_own) {
  run_virtually([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      if (x.head().target() == "/slow")
        co_await sleep(1h);
      co_await x.send(response{status::ok, x.head().target(), "text/plain"});
    }};
    auto ends = make_memory_streams(memory_stream_options{}.buffer(40));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    const auto writing = spawn([&ends]() -> task<> {
      co_await ends.first->write_all("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    });
    const auto begun = co_await now();
    static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n/1"));
    EXPECT_EQ(co_await now(), begun);
    static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n/slow"));
    EXPECT_EQ(co_await now() - begun, 1h);
    co_await writing;
  });
}

TEST(server_exchange, a_slow_client_slows_the_handler_down) {
  run_virtually([]() -> task<> {
    std::size_t written = 0;
    server site{[&written](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok});
      const std::string piece(10'000, 'p');
      for (int i = 0; i < 100; ++i) {
        co_await x.write(piece);
        written += piece.size();
      }
    }};
    auto ends = make_memory_streams(memory_stream_options{}.buffer(20'000));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    co_await sleep(10s);
    EXPECT_LE(written, 20'000U);
    EXPECT_GE(written, 10'000U);
    const auto text = co_await read_to_end(*ends.first);
    EXPECT_EQ(written, 1'000'000U);
    EXPECT_GT(text.size(), 1'000'000U);
  });
}

TEST(server_exchange, the_requests_body_can_be_read_in_pieces) {
  run_virtually([]() -> task<> {
    const auto measure = [](server_exchange& x) -> task<void> {
      std::string sizes;
      for (auto piece = co_await x.read_some(); !piece.empty(); piece = co_await x.read_some())
        sizes += std::to_string(piece.size()) + " ";
      EXPECT_EQ(co_await x.read_some(), "");
      co_await x.send(response{status::ok, sizes, "text/plain"});
    };
    const auto text = co_await talk(
        measure, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\n3 2 "));
  });
}

TEST(server_exchange, continue_is_sent_when_the_handler_wants_the_body) {
  run_virtually([]() -> task<> {
    const std::string sent = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    for (const bool wanted : {true, false}) {
      server site{[wanted](server_exchange& x) -> task<void> {
                    std::string body = "unread";
                    if (wanted)
                      body = co_await x.read_all();
                    co_await x.send(response{status::ok, body, "text/plain"});
                  },
                  server_options{}.server_name("")};
      auto ends = make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all(sent);
      const auto first = co_await read_until(*ends.first, "\r\n\r\n");
      if (wanted) {
        EXPECT_EQ(first, "HTTP/1.1 100 Continue\r\n\r\n");
        co_await ends.first->write_all("ab");
        EXPECT_THAT(co_await read_until(*ends.first, "ab"), StartsWith("HTTP/1.1 200 OK\r\n"));
      } else {
        // Whether the body still comes cannot be known, so the connection has to end.
        EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_EQ(co_await read_to_end(*ends.first), "unread");
      }
      ends.first->close();
      co_await serving;
    }
  });
}

TEST(server_exchange, a_short_body_that_nobody_read_is_skipped) {
  run_virtually([]() -> task<> {
    const auto ignore = [](server_exchange& x) -> task<void> { co_await x.send(response{status::no_content}); };
    const std::string put = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde";
    EXPECT_EQ(co_await talk(ignore, put + put), "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  });
}

TEST(server_exchange, a_long_body_that_nobody_read_ends_the_connection) {
  run_virtually([]() -> task<> {
    const auto ignore = [](server_exchange& x) -> task<void> { co_await x.send(response{status::no_content}); };
    const std::string put = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + std::string(20'000, 'x');
    EXPECT_EQ(co_await talk(ignore, put, make_null_log_sink(), 1'000'000), "HTTP/1.1 204 No Content\r\n\r\n");
  });
}

TEST(server_exchange, a_body_over_the_limit_is_refused_even_in_pieces) {
  run_virtually([]() -> task<> {
    const auto swallow = [](server_exchange& x) -> task<void> {
      static_cast<void>(co_await x.read_all());
      co_await x.send(response{status::ok});
    };
    const std::string put =
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x');
    EXPECT_THAT(co_await talk(swallow, put), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  });
}

TEST(server_exchange, no_answer_or_an_error_before_it_is_a_500) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    const auto nothing = [](server_exchange&) -> task<void> { co_return; };
    EXPECT_THAT(co_await talk(nothing, get, log), StartsWith("HTTP/1.1 500 "));
    const auto error = [](server_exchange&) -> task<void> {
      co_await sleep(1s);
      throw std::runtime_error("broken");
    };
    EXPECT_THAT(co_await talk(error, get, log), StartsWith("HTTP/1.1 500 "));
  });
  EXPECT_THAT(log->text(), HasSubstr("GET / failed: the handler returned without an answer"));
  EXPECT_THAT(log->text(), HasSubstr("GET / failed: broken"));
}

TEST(server_exchange, an_error_inside_the_body_cuts_the_connection) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&]() -> task<> {
    const auto half = [](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok});
      co_await x.write("half");
      throw std::runtime_error("broken");
    };
    EXPECT_EQ(co_await talk(half, std::string{get} + get, log),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    const auto short_of = [](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok}.set("Content-Length", "10"));
      co_await x.write("four");
    };
    EXPECT_EQ(co_await talk(short_of, std::string{get} + get, log),
              "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour");
  });
  EXPECT_THAT(log->text(), HasSubstr("GET / failed: broken"));
  EXPECT_THAT(log->text(), HasSubstr("6 bytes short of its Content-Length"));
}

TEST(server_exchange, a_second_answer_and_too_long_a_body_are_misuse) {
  run_virtually([]() -> task<> {
    int refused = 0;
    const auto twice = [&refused](server_exchange& x) -> task<void> {
      try {
        co_await x.write("early");
      } catch (const misuse_error&) {
        ++refused;
      }
      co_await x.start(response{status::ok}.set("Content-Length", "2"));
      try {
        co_await x.send(response{status::ok});
      } catch (const misuse_error&) {
        ++refused;
      }
      try {
        co_await x.write("abc");
      } catch (const misuse_error&) {
        ++refused;
      }
      co_await x.write("ab");
    };
    EXPECT_EQ(co_await talk(twice, get), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_EQ(refused, 3);
  });
}

TEST(server_exchange, an_answer_without_an_end_hears_that_the_server_stops) {
  run_virtually([]() -> task<> {
    int heard = 0;
    server site{[&](server_exchange& x) -> task<void> {
                  sync::event stopping;
                  x.on_server_stop([&] {
                    ++heard;
                    stopping.set();
                  });
                  co_await x.start(response{status::ok});
                  co_await x.write("begun, ");
                  co_await stopping.wait();
                  // Too late to be told later.
                  x.on_server_stop([&] { ++heard; });
                  co_await x.write("ended");
                },
                server_options{}.server_name("")};
    co_await site.start();
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(std::string_view{get});
    static_cast<void>(co_await read_until(*ends.first, "begun, \r\n"));
    EXPECT_EQ(heard, 0);
    const auto began = co_await now();
    const auto stopping = spawn(site.stop(1h));
    const auto rest = co_await read_to_end(*ends.first);
    EXPECT_EQ(rest, "5\r\nended\r\n0\r\n\r\n");
    co_await stopping;
    EXPECT_EQ(co_await now(), began);
    EXPECT_EQ(heard, 2);
  });
}

TEST(server_exchange, what_a_handler_wants_to_hear_ends_with_it) {
  run_virtually([]() -> task<> {
    int heard = 0;
    server site{[&](server_exchange& x) -> task<void> {
                  x.on_server_stop([&] { ++heard; });
                  co_await x.send(response{status::no_content});
                },
                server_options{}.server_name("")};
    co_await site.start();
    auto ends = make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(std::string_view{get});
    static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n"));
    co_await site.stop(1s);
    EXPECT_EQ(heard, 0);
  });
}

} // namespace
} // namespace actors::http::test
