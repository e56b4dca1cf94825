#include "middleware_support.hpp"

#include <actors/core/error.hpp>
#include <actors/web/request_timeout.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

TEST(request_timeout, cancels_a_handler_that_takes_too_long) {
  std::string became = "nothing";
  application app;
  app.use(request_timeout{5s});
  app.get("/slow", [&became]() -> task<std::string> {
    try {
      co_await sleep(1h);
    } catch (const cancelled&) {
      became = "cancelled";
      throw;
    }
    co_return "late";
  });
  const auto answer = ask(app, "GET", "/slow");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"detail":"The request took too long"})");
  EXPECT_EQ(became, "cancelled");
  EXPECT_EQ(ask(app, "HEAD", "/slow").status, 503);
}

TEST(request_timeout, leaves_others_alone) {
  application app;
  app.use(request_timeout{5s}.status(http::status::gateway_timeout));
  app.get("/slow", []() -> task<int> {
    co_await sleep(4s);
    co_return 4;
  });
  app.get("/slower", []() -> task<int> {
    co_await sleep(6s);
    co_return 6;
  });
  app.get("/fails", []() -> task<int> {
    co_await sleep(1s);
    throw timeout_error{"of something else"};
  });
  EXPECT_EQ(ask(app, "GET", "/slow").body, "4");
  EXPECT_EQ(ask(app, "GET", "/slower").status, 504);
  EXPECT_EQ(ask(app, "GET", "/fails").status, 500) << "a timeout of the handler's own is an error as any other";
}

TEST(request_timeout, bounds_the_head_and_not_the_body_of_a_reply_in_pieces) {
  application app;
  app.use(request_timeout{500ms});
  app.get("/", [] { return in_pieces(); });
  const auto answer = ask(app, "GET", "/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(unchunked(answer.body), "one two");
}

TEST(request_timeout, counts_the_body_of_the_request) {
  application app;
  app.use(request_timeout{5s});
  app.post("/", [](context& c) -> task<std::string> { co_return std::string{co_await c.body()}; });
  http::test::run_virtually([&]() -> task<void> {
    http::server server{app.handler()};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    co_await streams.first->write_all("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nonly");
    const auto head = co_await http::test::read_until(*streams.first, "\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 503 ")) << head;
    streams.first->close();
    co_await serving;
  });
}

TEST(request_timeout, of_a_router_is_for_its_routes) {
  router slow{"/slow"};
  slow.use(request_timeout{1s});
  slow.get("/a", []() -> task<int> {
    co_await sleep(2s);
    co_return 1;
  });
  application app;
  app.include(slow);
  app.get("/b", []() -> task<int> {
    co_await sleep(2s);
    co_return 2;
  });
  EXPECT_EQ(ask(app, "GET", "/slow/a").status, 503);
  EXPECT_EQ(ask(app, "GET", "/b").status, 200);
}

TEST(request_timeout, is_cancelled_with_its_request) {
  bool was_cancelled = false;
  application app;
  app.use(request_timeout{1h});
  app.get("/", [&was_cancelled]() -> task<void> {
    try {
      co_await sleep(10min);
    } catch (const cancelled&) {
      was_cancelled = true;
      throw;
    }
  });
  ask_and_leave(app, "/");
  EXPECT_TRUE(was_cancelled);
}

TEST(request_timeout, is_longer_than_nothing) {
  EXPECT_THROW(request_timeout{duration::zero()}, misuse_error);
}

} // namespace
} // namespace actors::web::test
