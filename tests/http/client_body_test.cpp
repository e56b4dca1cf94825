#include "scripted_server.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/fs/error.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/multipart_parser.hpp>
#include <actors/http/server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

using scripted = scripted_server;

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Gives these pieces, one each second.
template <class... Texts>
std::unique_ptr<body_source> slow_pieces(Texts... pieces) {
  auto left = std::make_shared<std::vector<std::string>>(std::initializer_list<std::string>{pieces...});
  return pulled_body([left]() -> task<std::string> {
    co_await sleep(1s);
    if (left->empty())
      co_return std::string{};
    auto next = std::move(left->front());
    left->erase(left->begin());
    co_return next;
  });
}

/// Says that it has ten bytes and gives others.
class liar final : public body_source {
public:
  explicit liar(std::string text) : text_(std::move(text)) {}

  std::optional<std::uint64_t> size() const override { return 10; }

  task<std::string_view> read_some() override {
    given_ = std::exchange(text_, {});
    co_return std::string_view{given_};
  }

private:
  std::string text_;
  std::string given_;
};

TEST(streamed_body, of_unknown_size_is_sent_in_chunks) {
  run_virtually([]() -> task<> {
    std::string seen;
    scripted peer{{[&seen](net::stream& s) -> task<void> {
      seen = co_await read_until(s, "0\r\n\r\n");
      co_await s.write_all(hello);
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    const auto answer = co_await web.send("http://x/", request{method::put, "/"}, slow_pieces("one", "and two"));
    EXPECT_EQ(answer.body(), "hello");
    EXPECT_THAT(seen, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(seen, EndsWith("\r\n\r\n3\r\none\r\n7\r\nand two\r\n0\r\n\r\n"));
    EXPECT_EQ(web.idle_connections(), 1U);
  });
}

TEST(streamed_body, of_known_size_is_sent_with_its_length) {
  run_virtually([]() -> task<> {
    const std::string big(1'000'000, 'x');
    std::string seen;
    scripted peer{{[&](net::stream& s) -> task<void> {
      seen = co_await read_until(s, "\r\n\r\n");
      seen += co_await read_until(s, big);
      co_await s.write_all(hello);
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.send("http://x/", request{method::put, "/"}, text_body(big))).body(), "hello");
    EXPECT_THAT(seen.substr(0, 300), HasSubstr("Content-Length: 1000000\r\n"));
    EXPECT_EQ(web.idle_connections(), 1U);
  });
}

TEST(streamed_body, and_response_go_both_ways_at_once) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (;;) {
        const auto size = co_await read_until(s, "\r\n");
        const auto data = co_await read_until(s, "\r\n");
        co_await s.write_all(size + data);
        if (size == "0\r\n")
          break;
      }
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    auto answer = co_await web.open("http://x/", request{method::post, "/"}, slow_pieces("a", "b", "c"));
    std::vector<std::string> seen;
    for (;;) {
      const auto piece = co_await answer.read_some();
      if (piece.empty())
        break;
      seen.emplace_back(piece);
    }
    EXPECT_THAT(seen, ElementsAre("a", "b", "c"));
    EXPECT_EQ(web.idle_connections(), 1U);
  });
}

TEST(streamed_body, is_given_up_when_the_answer_comes_early) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      co_await s.write_all("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    const auto begun = co_await now();
    int pulls = 0;
    auto endless = pulled_body([&pulls]() -> task<std::string> {
      ++pulls;
      co_await sleep(1h);
      co_return "x";
    });
    const auto answer = co_await web.send("http://x/", request{method::put, "/"}, std::move(endless));
    EXPECT_EQ(answer.status(), status::content_too_large);
    EXPECT_EQ(answer.body(), "big");
    EXPECT_EQ(co_await now(), begun);
    EXPECT_EQ(web.open_connections(), 0U); // the server waits for the rest
    EXPECT_LE(pulls, 1);
  });
}

/// Tells whether anybody is in a call of the source.
class presence {
public:
  explicit presence(bool& flag) : flag_(&flag) { flag = true; }

  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;

  ~presence() { *flag_ = false; }

private:
  bool* flag_;
};

TEST(streamed_body, is_not_in_use_any_more_when_the_request_has_ended) {
  run_virtually([]() -> task<> {
    const std::string answers[] = {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig", "HTTP/1.1 4", ""};
    for (const auto& text : answers) {
      scripted peer{{[text](net::stream& s) -> task<void> {
        static_cast<void>(co_await read_until(s, "1\r\nx\r\n"));
        if (text.empty())
          co_await sleep(1h);
        co_await s.write_all(text);
      }}};
      const auto web = peer.make_client();
      bool is_used = false;
      int pulls = 0;
      auto endless = pulled_body([&]() -> task<std::string> {
        const presence here{is_used};
        if (++pulls > 1)
          co_await sleep(1h);
        co_return "x";
      });
      auto sending = web.send("http://x/", request{method::put, "/"}, std::move(endless));
      std::string how = "answered";
      try {
        static_cast<void>(co_await with_timeout(1min, std::move(sending)));
      } catch (const std::exception& problem) {
        how = problem.what();
      }
      EXPECT_FALSE(is_used) << how;
      EXPECT_EQ(pulls, 2) << how;
      EXPECT_EQ(how == "answered", text.ends_with("big"));
    }
  });
}

TEST(streamed_body, that_fails_or_lies_fails_the_request) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream& s) -> task<void> { static_cast<void>(co_await read_to_end(s)); }}};
    const auto web = peer.make_client();
    auto broken = pulled_body([]() -> task<std::string> {
      co_await yield();
      throw std::runtime_error("the disk is gone");
    });
    std::string what;
    try {
      static_cast<void>(co_await web.send("http://x/", request{method::put, "/"}, std::move(broken)));
    } catch (const std::runtime_error& problem) {
      what = problem.what();
    }
    EXPECT_EQ(what, "the disk is gone");
    for (const auto* text : {"short", "much too long", ""}) {
      what.clear();
      try {
        static_cast<void>(co_await web.send("http://x/", request{method::put, "/"}, std::make_unique<liar>(text)));
      } catch (const misuse_error& problem) {
        what = problem.what();
      }
      EXPECT_THAT(what, HasSubstr("instead of the 10 bytes"));
    }
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(streamed_body, may_take_longer_than_a_server_may_be_silent) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "0\r\n\r\n"));
      co_await sleep(20s);
      co_await s.write_all(hello);
    }}};
    const auto web = peer.make_client(client_options{}.idle_timeout(30s));
    auto slow = pulled_body([left = std::make_shared<int>(3)]() -> task<std::string> {
      co_await sleep(45s);
      co_return *left > 0 ? std::to_string((*left)--) : std::string{};
    });
    EXPECT_EQ((co_await web.send("http://x/", request{method::put, "/"}, std::move(slow))).body(), "hello");
  });
}

TEST(streamed_body, is_taken_as_slowly_as_the_server_likes) {
  run_virtually([]() -> task<> {
    const std::string big(std::size_t{300} * 1024, 'x');
    scripted peer{{[&big](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\n"));
      std::array<char, 1024> buffer{};
      for (std::size_t got = 0; got < big.size();) {
        got += co_await s.read_some(buffer);
        co_await sleep(1s);
      }
      co_await s.write_all(hello);
    }}};
    peer.streams(testing::memory_stream_options{}.buffer(2048));
    const auto web = peer.make_client(client_options{}.total_timeout(forever));
    EXPECT_EQ((co_await web.send("http://x/", request{method::put, "/"}, text_body(big))).body(), "hello");
  });
}

TEST(streamed_body, is_given_up_when_the_server_takes_nothing_or_does_not_answer) {
  run_virtually([]() -> task<> {
    for (const bool takes : {false, true}) {
      scripted peer{{[takes](net::stream& s) -> task<void> {
        if (takes)
          static_cast<void>(co_await read_to_end(s));
        co_await sleep(1h);
      }}};
      const auto web = peer.make_client(client_options{}.idle_timeout(30s));
      const auto begun = co_await now();
      std::string what;
      auto body = text_body(std::string(1'000'000, 'x'));
      EXPECT_EQ(co_await kind_of(web.send("http://x/", request{method::put, "/"}, std::move(body)), &what), "timeout");
      EXPECT_THAT(what, HasSubstr(takes ? "waiting for the response" : "sending the request"));
      EXPECT_EQ(co_await now() - begun, 30s);
      EXPECT_EQ(web.open_connections(), 0U);
    }
  });
}

TEST(streamed_body, can_be_cancelled_at_any_moment) {
  run_virtually([]() -> task<> {
    for (const auto limit : {500ms, 1500ms, 2500ms, 3500ms}) {
      scripted peer{{[](net::stream& s) -> task<void> {
        static_cast<void>(co_await read_until(s, "0\r\n\r\n"));
        co_await sleep(1h);
      }}};
      const auto web = peer.make_client();
      auto body = slow_pieces("one", "two");
      EXPECT_THROW(static_cast<void>(
                       co_await with_timeout(limit, web.send("http://x/", request{method::put, "/"}, std::move(body)))),
                   timeout_error);
      EXPECT_EQ(web.open_connections(), 0U);
    }
  });
}

TEST(streamed_body, begins_again_after_a_redirect_that_keeps_it) {
  run_virtually([]() -> task<> {
    const std::string moved = "HTTP/1.1 307 Elsewhere\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n";
    std::string seen;
    scripted peer{{[&](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "body"));
      co_await s.write_all(moved);
      seen = co_await read_until(s, "body");
      co_await s.write_all(hello);
    }}};
    const auto web = peer.make_client();
    EXPECT_EQ((co_await web.send("http://x/old", request{method::put, "/"}, text_body("body"))).body(), "hello");
    EXPECT_THAT(seen, ::testing::StartsWith("PUT /new HTTP/1.1\r\n"));
    scripted other{{[&](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "0\r\n\r\n"));
      co_await s.write_all(moved);
    }}};
    const auto answer =
        co_await other.make_client().send("http://x/old", request{method::put, "/"}, slow_pieces("once"));
    EXPECT_EQ(answer.status(), status::temporary_redirect);
  });
}

TEST(expect_continue, sends_the_body_when_the_server_asks_for_it) {
  run_virtually([]() -> task<> {
    std::string body;
    scripted peer{{[&](net::stream& s) -> task<void> {
      const auto head = co_await read_until(s, "\r\n\r\n");
      EXPECT_THAT(head, HasSubstr("Expect: 100-continue\r\n"));
      co_await sleep(500ms);
      std::array<char, 1> early{};
      EXPECT_FALSE(s.try_read_some(early));
      co_await s.write_all("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
      body = co_await read_until(s, "abc");
      co_await s.write_all(hello);
      static_cast<void>(co_await read_to_end(s));
    }}};
    const auto web = peer.make_client();
    const auto begun = co_await now();
    const auto what = request{method::put, "/", "abc", "text/plain"}.set("Expect", "100-continue");
    EXPECT_EQ((co_await web.send("http://x/", what)).body(), "hello");
    EXPECT_EQ(body, "abc");
    EXPECT_EQ(co_await now() - begun, 500ms);
    EXPECT_EQ(web.idle_connections(), 1U);
  });
}

TEST(expect_continue, sends_it_all_the_same_after_a_while) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream& s) -> task<void> {
      static_cast<void>(co_await read_until(s, "\r\n\r\nabc"));
      co_await s.write_all(hello);
    }}};
    const auto begun = co_await now();
    const auto what = request{method::put, "/", "abc", "text/plain"}.set("Expect", "100-continue");
    EXPECT_EQ((co_await peer.make_client(client_options{}.continue_timeout(3s)).send("http://x/", what)).body(),
              "hello");
    EXPECT_EQ(co_await now() - begun, 3s);
  });
}

TEST(expect_continue, sends_no_body_after_a_refusal_and_asks_without_if_it_is_not_understood) {
  run_virtually([]() -> task<> {
    std::string rest;
    std::string again;
    scripted peer{{[&](net::stream& s) -> task<void> {
                     static_cast<void>(co_await read_until(s, "\r\n\r\n"));
                     co_await s.write_all("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
                     rest = co_await read_to_end(s);
                   },
                   [](net::stream& s) -> task<void> {
                     static_cast<void>(co_await read_until(s, "\r\n\r\n"));
                     co_await s.write_all("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
                     static_cast<void>(co_await read_to_end(s));
                   },
                   [&](net::stream& s) -> task<void> {
                     again = co_await read_until(s, "abc");
                     co_await s.write_all(hello);
                   }}};
    const auto web = peer.make_client();
    const auto what = request{method::put, "/", "abc", "text/plain"}.set("Expect", "100-continue");
    EXPECT_EQ((co_await web.send("http://x/", what)).status(), status::forbidden);
    co_await yield();
    EXPECT_EQ(rest, "");
    EXPECT_EQ(web.open_connections(), 0U); // the server cannot know whether the body comes
    EXPECT_EQ((co_await web.send("http://x/", what)).body(), "hello");
    EXPECT_THAT(again, Not(HasSubstr("Expect")));
  });
}

TEST(expect_continue, can_be_cancelled_while_it_waits) {
  run_virtually([]() -> task<> {
    scripted peer{{[](net::stream&) -> task<void> { co_await sleep(1h); }}};
    const auto web = peer.make_client();
    const auto what = request{method::put, "/", "abc", "text/plain"}.set("Expect", "100-continue");
    EXPECT_THROW(static_cast<void>(co_await with_timeout(500ms, web.send("http://x/", what))), timeout_error);
    EXPECT_EQ(web.open_connections(), 0U);
  });
}

TEST(uploads, of_forms_with_files_arrive) {
  run_really([]() -> task<> {
    const fs::temp_directory folder;
    std::string content;
    for (int i = 0; i < 100'000; ++i)
      content += std::to_string(i) + "\r\n";
    std::ofstream{folder.path() / "big.txt", std::ios::binary} << content;
    server site{[&content](const request& what) {
      const auto parts = parse_multipart(what);
      const bool is_good = parts.size() == 2 && parts[0].content == "b c" && parts[1].head.filename == "big.txt" &&
                           parts[1].content == content;
      return response{is_good ? status::ok : status::bad_request};
    }};
    co_await site.start();
    const client web;
    for (int i = 0; i < 3; ++i) {
      multipart_form form;
      form.add_field("a", "b c").add_file("file", folder.path() / "big.txt", "text/plain");
      EXPECT_EQ((co_await web.send(site.url() + "/", std::move(form))).status(), status::ok);
    }
  });
}

TEST(uploads, of_files_arrive_whole_and_in_pieces) {
  run_really([]() -> task<> {
    const fs::temp_directory folder;
    const auto path = folder.path() / "big.bin";
    std::string content;
    for (int i = 0; i < 100'000; ++i)
      content += std::to_string(i) + "\n";
    std::ofstream{path, std::ios::binary} << content;
    server site{[&content](const request& what) {
      const auto framing = what.body() == content ? what.get("Content-Length").value_or("chunked") : "another body";
      return response{status::ok, std::string{framing}, "text/plain"};
    }};
    co_await site.start();
    const client web;
    for (int i = 0; i < 3; ++i) {
      auto file = co_await file_body(path);
      EXPECT_EQ(file->size(), content.size());
      const auto answer = co_await web.send(site.url() + "/", request{method::put, "/"}, std::move(file));
      EXPECT_EQ(answer.body(), std::to_string(content.size()));
      auto source = co_await file_body(path);
      auto pieces =
          pulled_body([&source]() -> task<std::string> { co_return std::string{co_await source->read_some()}; });
      EXPECT_EQ((co_await web.send(site.url() + "/", request{method::put, "/"}, std::move(pieces))).body(), "chunked");
    }
    EXPECT_THROW(static_cast<void>(co_await file_body(folder.path() / "none")), fs::file_error);
  });
}

} // namespace
} // namespace actors::http::test
