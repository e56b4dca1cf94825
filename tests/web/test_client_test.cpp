#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/client_error.hpp>
#include <actors/web/application.hpp>
#include <actors/web/test_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

http::response text(std::string body) {
  return http::response{http::status::ok, std::move(body), "text/plain"};
}

std::string hello(path<"name", std::string> name, query<"loud", bool, default_to<false>> loud) {
  return *name + (*loud ? "!" : "");
}

nlohmann::json echo_json(body<nlohmann::json> given) {
  return *given;
}

http::response show_field(const http::request& r) {
  return text(std::string{r.get("X-Key").value_or("none")});
}

http::response show_cookies(const http::request& r) {
  return text(std::string{r.get("Cookie").value_or("none")});
}

http::response set_cookie() {
  return text("set").add("Set-Cookie", "a=1; Max-Age=60").add("Set-Cookie", "b=2");
}

std::string fail() {
  throw std::runtime_error("out of lamps");
}

task<std::string> wait_long() {
  co_await sleep(1h);
  co_return "late";
}

reply count_slowly() {
  return reply::streamed(text(""), [](body_writer& out) -> task<void> {
    for (int i = 1; i <= 3; ++i) {
      co_await out.write(std::to_string(i));
      co_await sleep(10s);
    }
  });
}

reply break_midway() {
  return reply::streamed(text(""), [](body_writer& out) -> task<void> {
    co_await out.write("some");
    throw std::runtime_error("broken midway");
  });
}

application site() {
  application app;
  app.get("/hello/{name}", hello);
  app.post("/echo", echo_json);
  app.put("/echo", echo_json);
  app.patch("/echo", echo_json);
  app.del("/echo", [] { return std::string{"gone"}; });
  app.get("/field", show_field);
  app.get("/cookies", show_cookies);
  app.get("/cookies/set", set_cookie);
  app.get("/old", [] { return http::response{http::status::see_other}.set("Location", "/hello/you"); });
  app.get("/fails", fail);
  app.get("/long", wait_long);
  app.get("/count", count_slowly);
  app.get("/breaks", break_midway);
  return app;
}

TEST(test_client, makes_requests_of_all_methods) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    const auto loud = co_await client.get("/hello/ann?loud=1");
    EXPECT_EQ(loud.status(), http::status::ok);
    EXPECT_EQ(loud.json(), "ann!");
    const nlohmann::json value{{"n", 1}};
    const auto posted = co_await client.post("/echo", value);
    EXPECT_EQ(posted.json(), value);
    const auto put = co_await client.put("/echo", value);
    EXPECT_EQ(put.json(), value);
    const auto patched = co_await client.patch("/echo", value);
    EXPECT_EQ(patched.json(), value);
    const auto gone = co_await client.del("/echo");
    EXPECT_EQ(gone.json(), "gone");
    const auto head = co_await client.head("/hello/ann");
    EXPECT_EQ(head.body(), "");
    EXPECT_EQ(head.get("Content-Length"), "5");
    const auto options = co_await client.options("/echo");
    EXPECT_THAT(std::string{options.get("Allow").value_or("")}, HasSubstr("PATCH"));
    const auto none = co_await client.get("/nowhere");
    EXPECT_EQ(none.status(), http::status::not_found);
  });
}

TEST(test_client, follows_redirects_unless_told_not_to) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    const auto answer = co_await client.get("/old");
    EXPECT_EQ(answer.json(), "you");
  });
  const auto follow = [](test_client& client) -> task<void> {
    const auto answer = co_await client.get("/old");
    EXPECT_EQ(answer.status(), http::status::see_other);
  };
  test_application(app, follow, test_client_options{}.follow_redirects(false));
}

TEST(test_client, keeps_cookies_until_they_end_in_the_time_of_the_test) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    static_cast<void>(co_await client.get("/cookies/set"));
    const auto both = co_await client.get("/cookies");
    EXPECT_EQ(both.body(), "a=1; b=2");
    co_await sleep(61s);
    const auto one = co_await client.get("/cookies");
    EXPECT_EQ(one.body(), "b=2");
    client.cookies().clear();
    const auto none = co_await client.get("/cookies");
    EXPECT_EQ(none.body(), "none");
  });
}

TEST(test_client, sends_the_fields_of_all_requests_with_each) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    client.headers().set("X-Key", "k");
    const auto common = co_await client.get("/field");
    EXPECT_EQ(common.body(), "k");
    auto request = http::request{http::method::get, "/field"}.set("X-Key", "own");
    const auto own = co_await client.send(std::move(request));
    EXPECT_EQ(own.body(), "own");
  });
}

TEST(test_client, sends_forms) {
  application app;
  app.post("/form", [](form<"a", int> a, form<"b", std::string> b) { return *b + std::to_string(*a + 1); });
  test_application(app, [](test_client& client) -> task<void> {
    const auto answer = co_await client.post_form("/form", http::query_params{}.add("a", "6").add("b", "x"));
    EXPECT_EQ(answer.json(), "x7");
    http::multipart_form parts;
    parts.add_field("a", "1").add_field("b", "y");
    const auto other = co_await client.post_form("/form", std::move(parts));
    EXPECT_EQ(other.json(), "y2");
  });
}

TEST(test_client, throws_what_nothing_handles) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    std::string said;
    try {
      static_cast<void>(co_await client.get("/fails"));
    } catch (const std::runtime_error& problem) {
      said = problem.what();
    }
    EXPECT_EQ(said, "out of lamps");
    const auto next = co_await client.get("/hello/ann");
    EXPECT_EQ(next.json(), "ann");
  });
}

TEST(test_client, shows_the_500_that_clients_see_if_asked_to) {
  auto app = site();
  const auto look = [](test_client& client) -> task<void> {
    const auto answer = co_await client.get("/fails");
    EXPECT_EQ(answer.status(), http::status::internal_server_error);
    EXPECT_EQ(answer.body(), R"({"detail":"Internal Server Error"})");
  };
  test_application(app, look, test_client_options{}.raise_errors(false),
                   testing::deterministic_options{}.tolerate_log(log_level::error));
}

TEST(test_client, throws_what_breaks_a_body_midway) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    std::string said;
    try {
      static_cast<void>(co_await client.get("/breaks"));
    } catch (const std::runtime_error& problem) {
      said = problem.what();
    }
    EXPECT_EQ(said, "broken midway");
  });
}

TEST(test_client, reads_streams_as_they_come_in_virtual_time) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    auto request = http::request{http::method::get, "/count"};
    auto answer = co_await client.open(std::move(request));
    const auto began = (co_await this_task()).now();
    std::vector<std::string> pieces;
    for (;;) {
      const auto piece = co_await answer.read_some();
      if (piece.empty())
        break;
      pieces.emplace_back(piece);
    }
    EXPECT_THAT(pieces, ElementsAre("1", "2", "3"));
    EXPECT_EQ((co_await this_task()).now() - began, 30s);
  });
}

TEST(test_client, waits_for_slow_handlers_without_losing_time) {
  auto app = site();
  const auto began = std::chrono::steady_clock::now();
  test_application(app, [](test_client& client) -> task<void> {
    const auto answer = co_await client.get("/long");
    EXPECT_EQ(answer.json(), "late");
  });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1min);
}

TEST(test_client, makes_several_requests_at_once) {
  auto app = site();
  test_application(app, [](test_client& client) -> task<void> {
    const auto began = (co_await this_task()).now();
    auto all = gather(client.get("/long"), client.get("/long"), client.get("/hello/x"));
    const auto [first, second, third] = co_await std::move(all);
    EXPECT_EQ(first.json(), "late");
    EXPECT_EQ(second.json(), "late");
    EXPECT_EQ(third.json(), "x");
    EXPECT_EQ((co_await this_task()).now() - began, 1h);
  });
}

TEST(test_client, speaks_websocket_with_cookies_and_fields) {
  application app;
  app.get("/login", [] { return text("").add("Set-Cookie", "sid=7"); });
  app.websocket("/ws", [](http::websocket& socket, cookie<"sid", std::string> sid) -> task<void> {
    static_cast<void>(co_await socket.send_text("you are " + *sid));
    while (auto message = co_await socket.receive())
      static_cast<void>(co_await socket.send(std::move(*message)));
  });
  test_application(app, [](test_client& client) -> task<void> {
    static_cast<void>(co_await client.get("/login"));
    auto socket = co_await client.websocket("/ws");
    const auto first = co_await socket.receive();
    EXPECT_EQ(first.value().data(), "you are 7");
    static_cast<void>(co_await socket.send_text("echo"));
    const auto second = co_await socket.receive();
    EXPECT_EQ(second.value().data(), "echo");
    co_await socket.close();
  });
}

TEST(test_client, starts_and_shuts_the_application_down_however_the_body_ends) {
  std::vector<std::string> seen;
  application app;
  app.on_startup([&] { seen.emplace_back("startup"); });
  app.on_shutdown([&] { seen.emplace_back("shutdown"); });
  EXPECT_THAT(
      [&] {
        test_application(app, [&](test_client&) -> task<void> {
          seen.emplace_back("body");
          throw std::logic_error("the body's own");
          co_return;
        });
      },
      ThrowsMessage<std::logic_error>("the body's own"));
  EXPECT_THAT(seen, ElementsAre("startup", "body", "shutdown"));
}

TEST(test_client, waits_for_background_tasks) {
  std::vector<std::string> seen;
  application app;
  app.post("/orders", [&](background_tasks& later) {
    later.add([&]() -> task<void> {
      co_await sleep(5s);
      seen.emplace_back("told the shop");
    });
  });
  test_application(
      app, [](test_client& client) -> task<void> { static_cast<void>(co_await client.post("/orders", nullptr)); });
  EXPECT_THAT(seen, ElementsAre("told the shop"));
}

TEST(test_client, drives_handlers_of_all_forms) {
  const auto ask = [](http::handler handler) {
    std::string body;
    testing::run_deterministic(1, [&] {
      return with_test_client(handler, [&](test_client& client) -> task<void> {
        const auto answer = co_await client.post("/x", 1);
        body = answer.body();
      });
    });
    return body;
  };
  EXPECT_EQ(ask([](const http::request& r) { return text(r.target() + r.body()); }), "/x1");
  EXPECT_EQ(ask([](http::request r) -> task<http::response> { co_return text(r.body() + "2"); }), "12");
  EXPECT_EQ(ask([](http::server_exchange& x) -> task<void> {
              auto body = co_await x.read_all();
              co_await x.send(text(body + "3"));
            }),
            "13");
}

TEST(test_client, that_is_cancelled_cancels_what_it_asked_for_and_shuts_the_application_down) {
  std::vector<std::string> seen;
  application app;
  app.on_shutdown([&] { seen.emplace_back("shutdown"); });
  app.get("/long", [&]() -> task<std::string> {
    try {
      co_await sleep(1h);
    } catch (const cancelled&) {
      seen.emplace_back("cancelled");
      throw;
    }
    co_return "late";
  });
  testing::run_deterministic(1, [&]() -> task<void> {
    auto running = with_timeout(10s, with_test_client(app, [](test_client& client) -> task<void> {
                                  static_cast<void>(co_await client.get("/long"));
                                }));
    bool is_late = false;
    try {
      co_await std::move(running);
    } catch (const timeout_error&) {
      is_late = true;
    }
    EXPECT_TRUE(is_late);
  });
  EXPECT_THAT(seen, ElementsAre("cancelled", "shutdown"));
}

TEST(test_client, works_under_every_schedule) {
  testing::under_every_seed(20, [] {
    return [](application app) -> task<void> {
      co_await with_test_client(app, [](test_client& client) -> task<void> {
        auto all = gather(client.get("/hello/a"), client.get("/cookies/set"), client.get("/count"));
        const auto [first, second, third] = co_await std::move(all);
        EXPECT_EQ(first.json(), "a");
        EXPECT_EQ(second.body(), "set");
        EXPECT_EQ(third.body(), "123");
      });
    }(site());
  });
}

} // namespace
} // namespace actors::web::test
