#include "middleware_support.hpp"

#include <actors/web/body_limit.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

application app_with_limit(std::uint64_t bytes, bool& called) {
  application app;
  app.use(body_limit{bytes});
  app.post("/", [&called](context& c) -> task<std::size_t> {
    called = true;
    co_return (co_await c.body()).size();
  });
  app.get("/", [] { return 1; });
  return app;
}

TEST(body_limit, refuses_what_is_announced_as_larger) {
  bool called = false;
  auto app = app_with_limit(10, called);
  const auto answer = ask(app, "POST", "/", "", "12345678901");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, R"({"detail":"The body is larger than 10 bytes"})");
  EXPECT_FALSE(called);
  EXPECT_EQ(ask(app, "POST", "/", "", "1234567890").body, "10");
  EXPECT_EQ(ask(app, "POST", "/").body, "0");
  EXPECT_EQ(ask(app, "GET", "/").body, "1");
}

TEST(body_limit, refuses_what_comes_in_chunks_when_it_is_larger) {
  bool called = false;
  auto app = app_with_limit(10, called);
  const auto chunked = [](std::string body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
  };
  const auto answers = ask_in_turn(
      app, {chunked("5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n"), chunked("5\r\n12345\r\n6\r\n678901\r\n0\r\n\r\n")});
  EXPECT_EQ(answers[0].body, "10");
  EXPECT_EQ(answers[1].status, 413);
}

TEST(body_limit, counts_as_the_lowest_of_several) {
  bool called = false;
  auto app = app_with_limit(5, called);
  app.use(body_limit{100});
  EXPECT_EQ(ask(app, "POST", "/", "", "123456").status, 413);
}

} // namespace
} // namespace actors::web::test
