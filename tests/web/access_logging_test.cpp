#include "middleware_support.hpp"

#include <actors/observe/metrics.hpp>
#include <actors/web/access_logging.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/request_ids.hpp>
#include <actors/web/request_metrics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

/// The same routes for the two that look at what becomes of requests.
void add_routes(application& app) {
  app.get("/users/{user_id}", [](path<"user_id", int> id) -> task<int> {
    co_await sleep(250ms);
    co_return *id;
  });
  app.get("/pieces", [] { return in_pieces(); });
  app.get("/broken", [] {
    return reply::streamed(http::response{http::status::ok}, [](body_writer& out) -> task<void> {
      co_await out.write("one");
      throw std::runtime_error("broken");
    });
  });
  app.get("/never", []() -> task<int> {
    co_await sleep(1h);
    co_return 1;
  });
  app.get("/endless", [] {
    return reply::streamed(http::response{http::status::ok}, [](body_writer& out) -> task<void> {
      co_await out.write("one");
      co_await sleep(1h);
    });
  });
  app.get("/taken", [](context& c) -> task<reply> {
    co_await c.exchange().send(http::response{http::status::ok, "taken", "text/plain"});
    co_return reply::taken_over();
  });
  app.get("/wrong", []() -> int { throw http_error{http::status::conflict}; });
}

using event_list = std::vector<http::access_event>;

std::shared_ptr<event_list> log_of(application& app) {
  auto events = std::make_shared<event_list>();
  app.use(request_ids{});
  app.use(access_logging{[events](const http::access_event& event) { events->push_back(event); }}
              .behind_proxies()
              .skip_when([](const context& c) { return c.request().path() == "/health"; }));
  add_routes(app);
  return events;
}

TEST(access_logging, tells_of_a_request) {
  application app;
  const auto events = log_of(app);
  static_cast<void>(ask(app, "GET", "/users/7?x=y",
                        "X-Request-ID: seven\r\nReferer: r\r\nUser-Agent: u\r\n"
                        "Forwarded: for=192.0.2.1;proto=http;host=x\r\n"));
  ASSERT_EQ(events->size(), 1U);
  const auto& event = events->front();
  EXPECT_EQ(event.peer, "192.0.2.1");
  EXPECT_EQ(event.target, "/users/7?x=y");
  EXPECT_EQ(event.route, "/users/{user_id}");
  EXPECT_EQ(event.request_id, "seven");
  EXPECT_EQ(event.host, "test");
  EXPECT_EQ(event.referer, "r");
  EXPECT_EQ(event.user_agent, "u");
  EXPECT_EQ(event.status, http::status::ok);
  EXPECT_EQ(event.sent, 1U);
  EXPECT_EQ(event.took, 250ms);
  EXPECT_FALSE(event.is_aborted);
  EXPECT_THAT(http::format_access(event, http::access_form::json), HasSubstr("\"route\":\"/users/{user_id}\""));
}

TEST(access_logging, tells_of_a_body_in_pieces_at_its_end) {
  application app;
  const auto events = log_of(app);
  static_cast<void>(ask(app, "GET", "/pieces"));
  static_cast<void>(ask(app, "HEAD", "/pieces"));
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ(events->front().sent, 7U);
  EXPECT_EQ(events->front().took, 1s);
  EXPECT_FALSE(events->front().is_aborted);
  EXPECT_EQ(events->back().sent, 0U);
  EXPECT_EQ(events->back().method, http::method::head);
}

TEST(access_logging, tells_of_what_went_wrong_once) {
  application app;
  const auto events = log_of(app);
  static_cast<void>(ask(app, "GET", "/nowhere"));
  static_cast<void>(ask(app, "GET", "/wrong"));
  static_cast<void>(ask(app, "GET", "/broken"));
  ask_and_leave(app, "/never");
  ask_and_leave(app, "/endless");
  ASSERT_EQ(events->size(), 5U);
  EXPECT_EQ((*events)[0].status, http::status::not_found);
  EXPECT_EQ((*events)[0].route, "");
  EXPECT_EQ((*events)[1].status, http::status::conflict);
  EXPECT_EQ((*events)[2].sent, 3U);
  EXPECT_TRUE((*events)[2].is_aborted);
  EXPECT_EQ(http::code((*events)[3].status), 499U);
  EXPECT_TRUE((*events)[3].is_aborted);
  EXPECT_EQ((*events)[4].status, http::status::ok);
  EXPECT_TRUE((*events)[4].is_aborted);
}

TEST(access_logging, tells_nothing_of_what_it_shall_not) {
  application app;
  const auto events = log_of(app);
  static_cast<void>(ask(app, "GET", "/health"));
  EXPECT_TRUE(events->empty());
  EXPECT_THAT(ask(app, "GET", "/taken").body, HasSubstr("taken"));
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().status, http::status::ok);
}

TEST(request_metrics, count_and_time_what_is_served) {
  const observe::metrics registry;
  application app;
  app.use(request_metrics{registry, "shop_", {0.3, 2}});
  add_routes(app);
  app.get("/metrics", [registry] { return metrics_page(registry); });
  static_cast<void>(ask(app, "GET", "/users/7"));
  static_cast<void>(ask(app, "GET", "/users/8"));
  static_cast<void>(ask(app, "GET", "/users/x"));
  static_cast<void>(ask(app, "HEAD", "/pieces"));
  static_cast<void>(ask(app, "GET", "/pieces"));
  static_cast<void>(ask(app, "GET", "/nowhere"));
  static_cast<void>(ask(app, "GET", "/broken"));
  static_cast<void>(ask(app, "GET", "/taken"));
  ask_and_leave(app, "/never");
  ask_and_leave(app, "/endless");
  const auto page = ask(app, "GET", "/metrics");
  EXPECT_EQ(page.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto line = [&page](std::string_view text) {
    return page.body.find("\n" + std::string{text} + "\n") != std::string::npos;
  };
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="GET",route="/users/{user_id}",status="200"} 2)"));
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="GET",route="/users/{user_id}",status="422"} 1)"));
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="HEAD",route="/pieces",status="200"} 1)"));
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="GET",route="none",status="404"} 1)"));
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="GET",route="/broken",status="200"} 1)"));
  EXPECT_TRUE(line(R"(shop_http_requests_total{method="GET",route="/never",status="499"} 1)"));
  EXPECT_TRUE(line(R"(shop_http_request_duration_seconds_sum{method="GET",route="/users/{user_id}"} 0.5)"));
  EXPECT_TRUE(line(R"(shop_http_request_duration_seconds_bucket{method="GET",route="/pieces",le="0.3"} 0)"));
  EXPECT_TRUE(line(R"(shop_http_request_duration_seconds_bucket{method="GET",route="/pieces",le="2"} 1)"));
  EXPECT_TRUE(line("shop_http_requests_in_flight 1")) << "this one";
  EXPECT_FALSE(HasFailure()) << page.body;
}

} // namespace
} // namespace actors::web::test
