#include "content_support.hpp"
#include "peak_memory.hpp"
#include "websocket_support.hpp"

#include <actors/http/error.hpp>
#include <actors/http/request_decoding.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Handlers of all forms that answer with the body that they got, and what they saw of its coding.
std::vector<handler> echoes() {
  const auto echo = [](const request& r, std::string body) {
    return response{status::ok, std::move(body), "text/plain"}.set("Saw",
                                                                   r.get("Content-Encoding").value_or("nothing"));
  };
  return {[echo](const request& r) { return echo(r, r.body()); },
          [echo](request r) -> task<response> { co_return echo(r, r.body()); },
          [echo](server_exchange& x) -> task<void> {
            auto body = co_await x.read_all();
            co_await x.send(echo(x.head(), std::move(body)));
          }};
}

task<response> post(handler function, std::string coding, std::string body) {
  const auto fields = coding.empty() ? std::string{} : "Content-Encoding: " + coding + "\r\n";
  return ask_server(std::move(function), request_text("POST", "/", fields, body));
}

TEST(decode_requests, gives_handlers_of_all_forms_the_decoded_body) {
  run_really([]() -> task<> {
    for (const auto& text : {std::string{"short"}, long_text(20'000)})
      for (const auto& echo : echoes())
        for (const std::string coding : {"", "identity", "gzip", "br", "GZIP", "gzip, br"}) {
          auto body = text;
          if (coding.starts_with("gzip") || coding.starts_with("GZIP"))
            body = pack("gzip", body);
          if (coding.ends_with("br"))
            body = pack("br", body);
          const auto answer = co_await post(decode_requests(echo), coding, body);
          EXPECT_EQ(answer.status(), status::ok) << coding;
          EXPECT_EQ(answer.body(), text) << coding;
          EXPECT_EQ(answer.get("Saw"), "nothing") << coding;
        }
  });
}

TEST(decode_requests, refuses_what_it_cannot_decode) {
  run_virtually([]() -> task<> {
    const auto packed = pack("gzip", long_text(100));
    auto corrupt = packed;
    corrupt[packed.size() / 2] = static_cast<char>(~corrupt[packed.size() / 2]);
    for (const auto& echo : echoes()) {
      const auto unknown = co_await post(decode_requests(echo), "zip", packed);
      EXPECT_EQ(unknown.status(), status::unsupported_media_type);
      EXPECT_EQ(unknown.get("Accept-Encoding"), "gzip, deflate, br");
      EXPECT_THAT(unknown.body(), HasSubstr("\"zip\""));
      EXPECT_EQ((co_await post(decode_requests(echo), "gzip,gzip,gzip,gzip,gzip", packed)).status(),
                status::unsupported_media_type);
      EXPECT_EQ((co_await post(decode_requests(echo), "gzip", corrupt)).status(), status::bad_request);
      EXPECT_EQ((co_await post(decode_requests(echo), "gzip", packed.substr(0, packed.size() - 5))).status(),
                status::bad_request);
      EXPECT_EQ((co_await post(decode_requests(echo), "gzip", "not gzip")).status(), status::bad_request);
    }
  });
}

TEST(decode_requests, limits_the_size_after_decoding) {
  run_virtually([]() -> task<> {
    const std::string body(1000, 'b');
    for (const auto& echo : echoes()) {
      for (const std::string coding : {"gzip", "br"}) {
        const auto packed = pack(coding, body);
        EXPECT_EQ((co_await post(decode_requests(echo, decode_options{}.max_size(1000)), coding, packed)).body(), body);
        const auto answer = co_await post(decode_requests(echo, decode_options{}.max_size(999)), coding, packed);
        EXPECT_EQ(answer.status(), status::content_too_large);
        EXPECT_THAT(answer.body(), HasSubstr("999 bytes"));
      }
    }
  });
}

TEST(decode_requests, much_that_decodes_to_nothing_is_nothing) {
  // Empty members of gzip one after another; what is so long is decoded in the blocking pool.
  const auto nothing = pack("gzip", "");
  std::string body;
  for (int i = 0; i < 10'000; ++i)
    body += nothing;
  run_virtually([&body]() -> task<> {
    for (const auto& echo : echoes()) {
      const auto answer = co_await post(decode_requests(echo), "gzip", body);
      EXPECT_EQ(answer.status(), status::ok);
      EXPECT_EQ(answer.body(), "");
      EXPECT_EQ(answer.get("Saw"), "nothing");
    }
  });
}

TEST(decode_requests, a_bomb_costs_bounded_memory) {
  static constexpr std::size_t bomb_size = std::size_t{256} << 20;
  static constexpr std::size_t allowed = std::size_t{48} << 20; // the runtime, the connection, and the limits below
  std::string bomb;
  {
    const auto encoder = internal::content_encoder::make("gzip", 6);
    const std::string zeros(std::size_t{1} << 20, '\0');
    for (std::size_t done = 0; done < bomb_size; done += zeros.size())
      encoder->encode(zeros, internal::content_encoder::flush::none, bomb);
    encoder->encode({}, internal::content_encoder::flush::finish, bomb);
  }
  ASSERT_LT(bomb.size(), std::size_t{1} << 20);
  run_really([&bomb]() -> task<> {
    for (const auto& echo : echoes()) {
      peak_memory::forget();
      const auto before = peak_memory::now();
      const auto answer = co_await post(decode_requests(echo, decode_options{}.max_size(4 << 20)), "gzip", bomb);
      EXPECT_EQ(answer.status(), status::content_too_large);
      EXPECT_LT(peak_memory::bytes() - before, allowed);
    }
    // A handler that reads in pieces may take all of it and holds none.
    const handler count{[](server_exchange& x) -> task<void> {
      std::size_t size = 0;
      for (auto piece = co_await x.read_some(); !piece.empty(); piece = co_await x.read_some())
        size += piece.size();
      co_await x.send(response{status::ok, std::to_string(size), "text/plain"});
    }};
    peak_memory::forget();
    const auto before = peak_memory::now();
    EXPECT_EQ((co_await post(decode_requests(count, decode_options{}.max_size(bomb_size)), "gzip", bomb)).body(),
              std::to_string(bomb_size));
    EXPECT_LT(peak_memory::bytes() - before, allowed);
  });
}

TEST(decode_requests, lets_a_handler_answer_the_error_itself) {
  run_virtually([]() -> task<> {
    const handler polite{[](server_exchange& x) -> task<void> {
      std::string problem;
      try {
        static_cast<void>(co_await x.read_all());
      } catch (const error& why) {
        problem = to_string(why.kind());
      }
      co_await x.send(response{status::ok, problem, "text/plain"});
    }};
    EXPECT_EQ((co_await post(decode_requests(polite), "gzip", "nonsense")).body(), "corrupt_content");
    const handler late{[](server_exchange& x) -> task<void> {
      co_await x.start(response{status::ok});
      co_await x.write("begun");
      static_cast<void>(co_await x.read_all());
    }};
    EXPECT_TRUE((co_await post(decode_requests(late), "gzip", "nonsense")).get("Cut"));
  });
}

TEST(decode_requests, lets_a_handler_leave_http_for_a_websocket) {
  run_virtually([]() -> task<> {
    // A request without a body may claim to have one that is coded.
    for (const std::string fields : {"", "Content-Encoding: gzip\r\n"}) {
      server site{decode_requests([](server_exchange& x) -> task<void> {
                    auto socket = co_await accept_websocket(x, plain());
                    co_await echo(socket);
                  }),
                  server_options{}.server_name("")};
      auto ends = testing::make_memory_streams();
      const auto serving = spawn(site.serve(std::move(ends.second)));
      const auto goodbye = close_text(1000);
      co_await ends.first->write_all(opening(fields) + from_client(1, "hello") + from_client(8, goodbye));
      EXPECT_THAT(co_await read_until(*ends.first, "\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
      EXPECT_EQ(co_await read_to_end(*ends.first), from_server(1, "hello") + from_server(8, goodbye));
      co_await serving;
    }
  });
}

} // namespace
} // namespace actors::http::test
