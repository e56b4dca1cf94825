#include "middleware_support.hpp"

#include <actors/http/request_decoding.hpp>
#include <actors/web/compression.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

/// Compresses well, but not to nothing.
const std::string text = [] {
  std::string result;
  for (int i = 0; i < 500; ++i)
    result += "line " + std::to_string(i * 7919) + " of many\n";
  return result;
}();

application site() {
  application app;
  app.use(compression{http::compress_options{}.codings({"gzip"})});
  app.get("/whole", [] { return http::response{http::status::ok, text, "text/plain"}.set("ETag", "\"1\""); });
  app.get("/small", [] { return 1; });
  app.get("/pieces", [] { return in_pieces(); });
  app.get("/sized", [] {
    auto head = http::response{http::status::ok}.set("Content-Type", "text/plain");
    head.set("Content-Length", std::to_string(text.size()));
    return reply::streamed(std::move(head), [](body_writer& out) -> task<void> {
      co_await out.write(text.substr(0, 1000));
      co_await out.write("");
      co_await out.write(text.substr(1000));
    });
  });
  app.get("/trailers", [] {
    return reply::streamed(http::response{http::status::ok}.set("Content-Type", "text/plain"),
                           [](body_writer& out) -> task<void> {
                             co_await out.write(text);
                             co_await out.finish(http::fields{}.add("X-Sum", "7"));
                           });
  });
  app.get("/packed", [] { return http::response{http::status::ok, text, "text/plain"}.set("Content-Encoding", "br"); });
  app.get("/taken", [](context& c) -> task<reply> {
    co_await c.exchange().send(http::response{http::status::ok, text, "text/plain"});
    co_return reply::taken_over();
  });
  return app;
}

/// What a server makes of such a body.
std::string unpacked(const answer& of, std::string_view body) {
  std::string result;
  http::test::run_virtually([&]() -> task<void> {
    auto echo = http::decode_requests(
        [](const http::request& r) { return http::response{http::status::ok, r.body(), "text/plain"}; });
    const auto fields = "Content-Encoding: " + of.field("Content-Encoding") + "\r\n";
    auto asking = ask_text(std::move(echo), request_text("POST", "/", fields, body));
    result = (co_await std::move(asking)).body;
  });
  return result;
}

answer get(application& app, std::string_view target, std::string_view method = "GET") {
  return ask(app, method, target, "Accept-Encoding: gzip, br\r\nTE: trailers\r\n");
}

TEST(compression, packs_whole_replies) {
  auto app = site();
  const auto answer = get(app, "/whole");
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(answer.field("ETag"), "W/\"1\"");
  EXPECT_EQ(unpacked(answer, answer.body), text);
  const auto head = get(app, "/whole", "HEAD");
  EXPECT_EQ(head.field("Content-Length"), answer.field("Content-Length"));
  EXPECT_EQ(head.body, "");
}

TEST(compression, packs_replies_in_pieces) {
  auto app = site();
  const auto pieces = get(app, "/pieces");
  EXPECT_EQ(pieces.field("Content-Encoding"), "gzip");
  EXPECT_EQ(unpacked(pieces, unchunked(pieces.body)), "one two");
  const auto sized = get(app, "/sized");
  EXPECT_EQ(sized.field("Content-Length"), "");
  EXPECT_EQ(unpacked(sized, unchunked(sized.body)), text);
  const auto head = get(app, "/sized", "HEAD");
  EXPECT_EQ(head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(head.body, "");
}

TEST(compression, ends_the_body_before_the_trailers) {
  auto app = site();
  const auto answer = get(app, "/trailers");
  EXPECT_EQ(unpacked(answer, unchunked(answer.body)), text);
  EXPECT_NE(answer.body.find("X-Sum: 7"), std::string::npos);
}

TEST(compression, leaves_the_rest_alone) {
  auto app = site();
  EXPECT_EQ(get(app, "/small").field("Content-Encoding"), "");
  EXPECT_EQ(get(app, "/packed").body, text);
  EXPECT_EQ(get(app, "/taken").body, text);
  const auto unwilling = ask(app, "GET", "/whole");
  EXPECT_EQ(unwilling.body, text);
  EXPECT_EQ(unwilling.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(unwilling.field("ETag"), "\"1\"");
}

} // namespace
} // namespace actors::web::test
