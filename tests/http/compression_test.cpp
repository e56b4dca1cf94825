#include "content_support.hpp"
#include "websocket_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/compression.hpp>
#include <actors/http/error.hpp>
#include <actors/http/websocket_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

const std::string text = long_text(500);

response page() {
  return response{status::ok, text, "text/plain"}.set("ETag", "\"v1\"").set("Accept-Ranges", "bytes");
}

task<response> get(handler function, std::string fields, std::string_view method = "GET") {
  return ask_server(std::move(function), request_text(method, "/", fields));
}

/// The three forms of a handler with the same answer.
std::vector<handler> forms_of(std::function<response()> make) {
  return {[make](const request&) { return make(); },
          [make](request) -> task<response> {
            co_await sleep(1s);
            co_return make();
          },
          [make](server_exchange& x) -> task<void> { co_await x.send(make()); }};
}

TEST(compress, answers_of_all_forms_for_those_who_accept_it) {
  run_virtually([]() -> task<> {
    for (const auto& form : forms_of(page))
      for (const std::string coding : {"br", "gzip"}) {
        const auto answer = co_await get(compress(form), "Accept-Encoding: " + coding + "\r\n");
        EXPECT_EQ(answer.get("Content-Encoding"), coding);
        EXPECT_EQ(answer.get("Content-Length"), std::to_string(answer.body().size()));
        EXPECT_EQ(answer.get("Vary"), "Accept-Encoding");
        EXPECT_EQ(answer.get("ETag"), "W/\"v1\"");
        EXPECT_FALSE(answer.get("Accept-Ranges"));
        EXPECT_LT(answer.body().size(), text.size() / 2);
        EXPECT_EQ(unpack(answer), text);
        const auto head = co_await get(compress(form), "Accept-Encoding: " + coding + "\r\n", "HEAD");
        EXPECT_EQ(head.fields(), answer.fields());
        EXPECT_EQ(head.body(), "");
      }
  });
}

TEST(compress, sends_others_what_the_handler_said) {
  run_virtually([]() -> task<> {
    for (const auto& form : forms_of(page))
      for (const auto* fields : {"", "Accept-Encoding: deflate\r\n", "Accept-Encoding: br;q=0, gzip;q=0\r\n"}) {
        auto answer = co_await get(compress(form), fields);
        answer.fields().remove("Content-Length");
        EXPECT_EQ(answer.body(), text);
        EXPECT_EQ(answer.get("ETag"), "\"v1\"");
        EXPECT_EQ(answer.get("Vary"), "Accept-Encoding");
        EXPECT_FALSE(answer.get("Content-Encoding"));
      }
  });
}

TEST(compress, prefers_what_the_client_prefers_and_then_its_own_order) {
  run_virtually([]() -> task<> {
    const handler h{[](const request&) { return page(); }};
    const auto coding = [&h](compress_options options, std::string accept) -> task<std::string> {
      const auto answer = co_await get(compress(h, std::move(options)), "Accept-Encoding: " + accept + "\r\n");
      co_return std::string{answer.get("Content-Encoding").value_or("none")};
    };
    EXPECT_EQ(co_await coding(compress_options{}, "gzip, br"), "br");
    EXPECT_EQ(co_await coding(compress_options{}, "gzip, br;q=0.5"), "gzip");
    auto only_gzip = compress_options{};
    only_gzip.codings({"gzip"});
    EXPECT_EQ(co_await coding(only_gzip, "gzip, br"), "gzip");
    EXPECT_EQ(co_await coding(only_gzip, "br"), "none");
    EXPECT_THROW(compress_options{}.codings({"zip"}), error);
  });
}

TEST(compress, leaves_alone_what_would_gain_nothing_or_must_not_change) {
  run_virtually([]() -> task<> {
    const std::vector<std::function<response()>> answers{
        [] { return response{status::ok, "short", "text/plain"}; },
        [] { return response{status::ok, text, "image/png"}; },
        [] { return response{status::ok, text, "nonsense"}; },
        [] { return response{status::ok}.set_body(text); },
        [] { return page().set("Content-Encoding", "deflate"); },
        [] { return page().set("Cache-Control", "private, no-transform"); },
        [] { return page().set("Content-Digest", "sha-256=:AAAA:"); },
        [] { return page().set_status(status::partial_content).set("Content-Range", "bytes 0-9/20"); },
        [] { return response{status::no_content}; },
    };
    for (const auto& make : answers)
      for (const auto& form : forms_of(make)) {
        auto answer = co_await get(compress(form), "Accept-Encoding: gzip\r\n");
        answer.fields().remove("Content-Length");
        EXPECT_EQ(answer.status(), make().status());
        EXPECT_EQ(answer.fields(), make().fields());
        EXPECT_EQ(answer.body(), make().body());
      }
  });
}

TEST(compress, sends_a_body_that_does_not_get_smaller_as_it_is) {
  run_virtually([]() -> task<> {
    std::string noise;
    for (unsigned i = 1, x = 1; i < 4000; ++i) {
      x = x * 1664525 + 1013904223;
      noise.push_back(static_cast<char>(x >> 24));
    }
    const handler h{[&noise](const request&) { return response{status::ok, noise, "text/plain"}; }};
    const auto answer = co_await get(compress(h), "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(answer.body(), noise);
    EXPECT_EQ(answer.get("Vary"), "Accept-Encoding");
    EXPECT_FALSE(answer.get("Content-Encoding"));
  });
}

TEST(compress, heeds_its_options) {
  run_virtually([]() -> task<> {
    const handler h{[](const request& r) { return response{status::ok, std::string(100, 'x'), r.target().substr(1)}; }};
    auto options = compress_options{}.min_size(100).media_types({"a/b", "c/*", "+d"}).skip_when([](const request& r) {
      return r.fields().contains("Secret");
    });
    const auto is_packed = [&](std::string type, std::string fields) -> task<bool> {
      const auto answer = co_await ask_server(compress(h, options),
                                              request_text("GET", "/" + type, "Accept-Encoding: gzip\r\n" + fields));
      co_return answer.fields().contains("Content-Encoding");
    };
    EXPECT_TRUE(co_await is_packed("a/b", ""));
    EXPECT_TRUE(co_await is_packed("A/B;x=y", ""));
    EXPECT_FALSE(co_await is_packed("a/c", ""));
    EXPECT_TRUE(co_await is_packed("c/e", ""));
    EXPECT_TRUE(co_await is_packed("e/f+d", ""));
    EXPECT_FALSE(co_await is_packed("e/d", ""));
    EXPECT_FALSE(co_await is_packed("a/b", "Secret: x\r\n"));
    options.min_size(101);
    EXPECT_FALSE(co_await is_packed("a/b", ""));
  });
}

TEST(compress, names_in_a_304_the_tag_that_the_client_has) {
  run_virtually([]() -> task<> {
    const auto fresh = [] { return response{status::not_modified}.set("ETag", "\"v1\""); };
    for (const auto& form : forms_of(fresh)) {
      const auto weak = co_await get(compress(form), "Accept-Encoding: gzip\r\nIf-None-Match: W/\"v1\"\r\n");
      EXPECT_EQ(weak.get("ETag"), "W/\"v1\"");
      EXPECT_EQ(weak.get("Vary"), "Accept-Encoding");
      const auto strong = co_await get(compress(form), "Accept-Encoding: gzip\r\nIf-None-Match: \"v1\"\r\n");
      EXPECT_EQ(strong.get("ETag"), "\"v1\"");
    }
  });
}

TEST(compress, works_off_the_worker_for_big_bodies_and_pieces) {
  run_really([]() -> task<> {
    const auto big = long_text(50'000);
    for (const auto& form : forms_of([&big] { return response{status::ok, big, "text/plain"}; })) {
      const auto answer = co_await get(compress(form), "Accept-Encoding: gzip\r\n");
      EXPECT_EQ(answer.get("Content-Encoding"), "gzip");
      EXPECT_EQ(unpack(answer), big);
    }
    const handler pieces{[&big](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
      co_await x.write(big);
      co_await x.write(big);
    }};
    EXPECT_EQ(unpack(co_await get(compress(pieces), "Accept-Encoding: br\r\n")), big + big);
  });
}

TEST(compress, lets_each_piece_be_read_when_it_is_written) {
  run_virtually([]() -> task<> {
    for (const std::string coding : {"br", "gzip"}) {
      server site{compress([](server_exchange& x) -> task<void> {
                    co_await x.start(response{status::ok}.set("Content-Type", "text/event-stream"));
                    for (int i = 0; i < 3; ++i) {
                      co_await x.write("data: " + std::to_string(i) + "\n\n");
                      co_await sleep(1h);
                    }
                  }),
                  server_options{}.server_name("")};
      auto ends = testing::make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all(request_text("GET", "/", "Accept-Encoding: " + coding + "\r\n"));
      internal::response_parser parser;
      std::string body;
      std::string seen;
      fields head;
      for (bool at_end = false; !at_end;) {
        std::array<char, 1000> buffer{};
        const auto size = co_await ends.first->read_some(buffer);
        std::string_view input{buffer.data(), size};
        for (auto event = parser.next(input); event != internal::parse_event::more; event = parser.next(input)) {
          if (event == internal::parse_event::head)
            head = parser.head().fields();
          else if (event == internal::parse_event::body)
            body.append(parser.body());
          at_end = event == internal::parse_event::complete || event == internal::parse_event::failed;
          if (at_end)
            break;
        }
        seen += std::to_string(unpack(head, body, true).size()) + " ";
      }
      EXPECT_EQ(head.get("Content-Encoding"), coding);
      EXPECT_THAT(seen, HasSubstr("9 18 27 "));
      EXPECT_EQ(unpack(head, body), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
      co_await serving;
    }
  });
}

template <class... Texts>
handler announcing(std::string size, Texts... texts) {
  std::vector<std::string> pieces{std::move(texts)...};
  return [size = std::move(size), pieces = std::move(pieces)](server_exchange& x) -> task<void> {
    co_await x.start(response{status::ok}.set("Content-Type", "text/plain").set("Content-Length", size));
    for (const auto& piece : pieces)
      co_await x.write(piece);
  };
}

TEST(compress, drops_the_length_of_a_body_in_pieces_and_still_holds_to_it) {
  run_virtually([]() -> task<> {
    const std::string accept = "Accept-Encoding: gzip\r\n";
    const std::string half(1000, 'h');
    const auto whole = co_await get(compress(announcing("2000", half, "", half)), accept);
    EXPECT_EQ(unpack(whole), half + half);
    EXPECT_EQ(whole.get("Transfer-Encoding"), "chunked");
    EXPECT_FALSE(whole.get("Content-Length"));
    EXPECT_FALSE(whole.get("Cut"));
    EXPECT_TRUE((co_await get(compress(announcing("2000", half)), accept)).get("Cut"));
    EXPECT_TRUE((co_await get(compress(announcing("2000", half, half, "x")), accept)).get("Cut"));
    // A small one keeps it.
    EXPECT_EQ((co_await get(compress(announcing("2", "ab")), accept)).get("Content-Length"), "2");
    const auto head = co_await get(compress(announcing("2000", half, half)), accept, "HEAD");
    EXPECT_EQ(head.get("Content-Encoding"), "gzip");
    EXPECT_FALSE(head.get("Content-Length"));
    EXPECT_EQ(head.body(), "");
  });
}

TEST(compress, sends_trailers_behind_what_is_left_to_send) {
  run_virtually([]() -> task<> {
    const auto with_trailers = [](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok}.set("Content-Type", "text/plain").set("Trailer", "Checksum"));
      co_await x.write(text);
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
    const auto answer = co_await get(compress(with_trailers), "Accept-Encoding: gzip\r\nTE: trailers\r\n");
    EXPECT_EQ(answer.get("Content-Encoding"), "gzip");
    EXPECT_EQ(unpack(answer), text);
    const auto request = request_text("GET", "/", "Accept-Encoding: gzip\r\nTE: trailers\r\n");
    const auto bytes = co_await ask_server_for_bytes(compress(with_trailers), request);
    EXPECT_THAT(bytes, ::testing::EndsWith("\r\n0\r\nChecksum: 7\r\n\r\n"));
  });
}

TEST(compress, does_not_end_a_body_whose_handler_failed) {
  const auto log = std::make_shared<recording_log>();
  run_virtually([&log]() -> task<> {
    const handler broken{[](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
      co_await x.write(text);
      throw std::runtime_error("broken");
    }};
    const auto answer =
        co_await ask_server(compress(broken), request_text("GET", "/", "Accept-Encoding: gzip\r\n"), log);
    EXPECT_TRUE(answer.get("Cut"));
    EXPECT_THROW(static_cast<void>(unpack(answer)), std::runtime_error);
    EXPECT_EQ(unpack(answer.fields(), answer.body(), true), text);
  });
  EXPECT_THAT(log->text(), HasSubstr("GET / failed: broken"));
}

TEST(compress, lets_a_handler_leave_http_for_a_websocket) {
  run_really([]() -> task<> {
    server site{compress([](server_exchange& x) -> task<void> {
      auto socket = co_await accept_websocket(x, plain());
      co_await echo(socket);
    })};
    co_await site.start();
    auto socket = co_await connect_websocket(site.url() + "/", websocket_client_options{}.websocket(plain()));
    EXPECT_TRUE(co_await socket.send_text("hello"));
    const auto message = co_await socket.receive();
    EXPECT_EQ(message, ws_message::text("hello"));
    // What is to be done when the server stops is handed on too.
    const auto stopping = spawn(site.stop(1h));
    const auto end = co_await socket.receive();
    EXPECT_FALSE(end);
    EXPECT_EQ(socket.peer_status(), (close_status{close_code::going_away, "the server stops"}));
    co_await stopping;
  });
}

TEST(compress, is_cancelled_where_it_waits_for_the_client) {
  run_virtually([]() -> task<> {
    server site{compress([](server_exchange& x) -> task<void> {
                  co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
                  for (unsigned x1 = 1;;) {
                    std::string noise;
                    for (int i = 0; i < 1000; ++i) {
                      x1 = x1 * 1664525 + 1013904223;
                      noise.push_back(static_cast<char>(x1 >> 24));
                    }
                    co_await x.write(noise);
                  }
                }),
                server_options{}.log_to(make_null_log_sink())};
    auto ends = testing::make_memory_streams(testing::memory_stream_options{}.buffer(1000));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(request_text("GET", "/", "Accept-Encoding: gzip\r\n"));
    co_await sleep(1s);
    EXPECT_FALSE(serving.done());
    serving.cancel();
    const std::vector awaited{serving};
    co_await wait(awaited);
    EXPECT_TRUE(serving.result().was_cancelled());
  });
}

TEST(compress, cancels_the_handler_it_wraps) {
  run_virtually([]() -> task<> {
    bool was_cancelled = false;
    const handler waits{[&was_cancelled](request) -> task<response> {
      try {
        co_await sleep(1h);
      } catch (const cancelled&) {
        was_cancelled = true;
        throw;
      }
      co_return page();
    }};
    server site{compress(waits), server_options{}.log_to(make_null_log_sink())};
    auto ends = testing::make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(request_text("GET", "/"));
    co_await sleep(1s);
    serving.cancel();
    const std::vector awaited{serving};
    co_await wait(awaited);
    EXPECT_TRUE(was_cancelled);
  });
}

} // namespace
} // namespace actors::http::test
