#include "in_process.hpp"

#include <actors/core/error.hpp>
#include <actors/web/application.hpp>
#include <actors/web/http_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace actors::web::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A handler that says its name.
auto says(std::string text) {
  return [text = std::move(text)] { return text; };
}

/// A middleware that leaves its letter in a field.
auto marks(std::string letter) {
  return [letter = std::move(letter)](context& c, next go_on) -> task<reply> {
    auto answer = co_await go_on(c);
    std::string all{answer.head().get("X-Marks").value_or("")};
    answer.head().set("X-Marks", all + letter);
    co_return answer;
  };
}

struct own_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string failing(query<"how", std::string> how) {
  if (*how == "http")
    throw http_error{http::status::conflict, json{{"code", 7}}}.with("X-Why", "because");
  if (*how == "own")
    throw own_error{"mine"};
  if (*how == "nested")
    throw std::out_of_range{"secret"};
  throw std::logic_error{"secret"};
}

} // namespace

TEST(routing, the_most_specific_route_wins_whatever_the_order) {
  application app;
  app.get("/{name}", says("name"));
  app.get("/ws", says("ws"));
  EXPECT_EQ(ask(app, "GET", "/ws").body, R"("ws")");
  EXPECT_EQ(ask(app, "GET", "/other").body, R"("name")");
}

TEST(routing, head_and_options_are_answered_by_themselves) {
  application app;
  app.get("/x", says("x"));
  app.post("/x", says("x"));
  const auto head = ask(app, "HEAD", "/x");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.field("Content-Length"), "3");
  const auto options = ask(app, "OPTIONS", "/x");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.field("Allow"), "GET, POST, HEAD, OPTIONS");
  EXPECT_EQ(ask(app, "OPTIONS", "*").status, 204);
  EXPECT_EQ(ask(app, "OPTIONS", "/y").status, 404);
}

TEST(routing, a_slash_too_much_or_too_few_is_redirected) {
  application app;
  app.get("/a", says("a"));
  app.get("/b/", says("b"));
  const auto shorter = ask(app, "GET", "/a/?x=1");
  EXPECT_EQ(shorter.status, 307);
  EXPECT_EQ(shorter.field("Location"), "/a?x=1");
  EXPECT_EQ(ask(app, "GET", "/b").field("Location"), "/b/");
  EXPECT_EQ(ask(app, "GET", "//a/").status, 404);
  EXPECT_EQ(ask(app, "GET", "/c/").status, 404);
  application strict;
  strict.redirect_slashes(false).get("/a", says("a"));
  EXPECT_EQ(ask(strict, "GET", "/a/").status, 404);
}

TEST(routing, a_redirect_never_leads_to_another_host) {
  application app;
  app.get("/{rest:path}", says("all"));
  application inner;
  inner.get("/{name}/", says("name"));
  application outer;
  outer.mount("/m", inner);
  EXPECT_THAT(ask(outer, "GET", "//evil.example").field("Location"), Not(::testing::StartsWith("//")));
  EXPECT_EQ(ask(outer, "GET", "/m//evil.example").status, 404);
  application root;
  root.get("/{name}", says("name"));
  for (const std::string target : {"//evil.example/", "/\\evil.example/", "/%5cevil.example/"})
    EXPECT_EQ(ask(root, "GET", target).field("Location"), target[1] == '%' ? "/%5cevil.example" : "") << target;
}

TEST(routing, routers_have_prefixes_and_include_others) {
  router inner{"/inner"};
  inner.get("/{id}", [](path<"id", int> id) { return *id; }).name("one");
  router outer{"/outer/{owner}"};
  outer.include(inner, "/deep");
  outer.get("", says("owner"));
  outer.get(behind_prefix{"/who"}, [](path<"owner", std::string> owner) { return *owner; });
  application app;
  app.include(outer);
  EXPECT_EQ(ask(app, "GET", "/outer/ann/deep/inner/7").body, "7");
  EXPECT_EQ(ask(app, "GET", "/outer/ann").body, R"("owner")");
  EXPECT_EQ(ask(app, "GET", "/outer/ann/who").body, R"("ann")");
  EXPECT_EQ(app.url_for("one", {{"owner", "a b"}, {"id", "7"}}), "/outer/a%20b/deep/inner/7");
}

TEST(routing, a_parameter_that_no_path_has_is_a_misuse) {
  router part{"/x"};
  part.get(behind_prefix{"/y"}, [](path<"id", int>) {});
  application app;
  app.include(part);
  EXPECT_THROW(static_cast<void>(app.handler()), misuse_error);
}

TEST(routing, nothing_is_added_behind_the_making_of_the_handler) {
  router part{"/x"};
  part.get("/y", says("y"));
  application other;
  application app;
  app.include(part);
  static_cast<void>(app.handler());
  EXPECT_THROW(part.get("/z", says("z")), misuse_error);
  EXPECT_THROW(app.get("/z", says("z")), misuse_error);
  EXPECT_THROW(app.use(marks("a")), misuse_error);
  EXPECT_THROW(app.mount("/o", other), misuse_error);
}

TEST(routing, two_routes_of_one_path_are_a_misuse) {
  application app;
  app.get("/a/{x}", says("x"));
  app.get("/a/{y}", says("y"));
  EXPECT_THROW(static_cast<void>(app.handler()), misuse_error);
}

TEST(routing, applications_are_mounted_with_all_that_is_theirs) {
  application inner;
  inner.use(marks("i"));
  inner.state(std::string{"inner"});
  inner.exception_handler<own_error>([](context&, const own_error&) { return http::response{http::status::locked}; });
  inner.get("/{id}", [](context& c, path<"id", int>, web::state<std::string> s, web::state<int> n) {
    return std::vector<std::string>{std::string{c.route()}, c.root_path(), *s, std::to_string(*n), c.url_for("fail")};
  });
  inner.get("/fail", failing).name("fail");
  application outer;
  outer.use(marks("o"));
  outer.state(std::string{"outer"}).state(5);
  outer.get("/{any}", says("outer"));
  outer.mount("/in", inner);
  const auto found = ask(outer, "GET", "/in/7");
  EXPECT_EQ(found.body, R"(["/in/{id}","/in","inner","5","/in/fail"])");
  EXPECT_EQ(found.field("X-Marks"), "io");
  EXPECT_EQ(ask(outer, "GET", "/i%6E/7").status, 200);
  EXPECT_EQ(ask(outer, "GET", "/in/fail?how=own").status, 423);
  EXPECT_EQ(ask(outer, "GET", "/in/x/y").status, 404);
  EXPECT_EQ(ask(outer, "DELETE", "/in/7").status, 405);
  EXPECT_EQ(ask(outer, "GET", "/in").body, R"("outer")");
  EXPECT_EQ(outer.url_for("/in:fail"), "/in/fail");
}

TEST(routing, handlers_of_http_are_mounted_too) {
  application app;
  app.mount("/plain",
            [](const http::request& r) { return http::response{http::status::ok, r.target(), "text/plain"}; });
  app.mount("/pieces",
            [](http::server_exchange& x) -> task<void> { co_await x.send(http::response{http::status::accepted}); });
  EXPECT_EQ(ask(app, "GET", "/plain/a?b").body, "/plain/a?b");
  EXPECT_EQ(ask(app, "POST", "/pieces/").status, 202);
}

TEST(routing, hosts_have_applications) {
  application api;
  api.get("/", says("api"));
  application wild;
  wild.get("/", says("wild"));
  application app;
  app.get("/", says("main"));
  app.host("API.example.com", api).host("*.example.com", wild);
  EXPECT_EQ(ask(app, "GET", "/", "Host: api.example.com:8080\r\n").body, R"("api")");
  EXPECT_EQ(ask(app, "GET", "/", "Host: a.b.Example.com\r\n").body, R"("wild")");
  EXPECT_EQ(ask(app, "GET", "/", "Host: example.com\r\n").body, R"("main")");
}

TEST(routing, middleware_stands_in_the_order_in_which_it_was_added) {
  router part{"/r"};
  part.use(marks("r"));
  part.get("/x", says("x")).use(marks("1")).use(marks("2"));
  application app;
  app.use(marks("a")).use(marks("b"));
  app.include(part);
  EXPECT_EQ(ask(app, "GET", "/r/x").field("X-Marks"), "21rba");
  EXPECT_EQ(ask(app, "GET", "/nowhere").field("X-Marks"), "ba");
}

TEST(routing, middleware_may_answer_by_itself_or_fail) {
  application app;
  app.use(marks("a"));
  app.use([](context& c, next go_on) -> task<reply> {
    if (c.request().path() == "/stop")
      co_return http::response{http::status::forbidden};
    if (c.request().path() == "/fail")
      throw http_error{http::status::too_many_requests};
    c.set(std::string{"told"});
    co_return co_await go_on(c);
  });
  app.get("/{x}", [](context& c) { return *c.find<std::string>(); });
  const auto stopped = ask(app, "GET", "/stop");
  EXPECT_EQ(stopped.status, 403);
  EXPECT_EQ(stopped.field("X-Marks"), "a");
  const auto failed = ask(app, "GET", "/fail");
  EXPECT_EQ(failed.status, 429);
  EXPECT_EQ(failed.field("X-Marks"), "a");
  EXPECT_EQ(ask(app, "GET", "/x").body, R"("told")");
}

TEST(errors, are_answered_as_they_say) {
  application app;
  app.get("/", failing);
  app.exception_handler<own_error>([](context& c, const own_error& error) -> task<http::response> {
    std::string text = error.what();
    text += std::string{c.route()};
    co_return http::response{http::status::im_a_teapot, text, "text/plain"};
  });
  const auto known = ask(app, "GET", "/?how=http");
  EXPECT_EQ(known.status, 409);
  EXPECT_EQ(known.body, R"({"detail":{"code":7}})");
  EXPECT_EQ(known.field("X-Why"), "because");
  const auto own = ask(app, "GET", "/?how=own");
  EXPECT_EQ(own.status, 418);
  EXPECT_EQ(own.body, "mine/");
}

TEST(errors, that_nobody_handles_are_500_without_details_and_logged) {
  application app;
  app.get("/x", failing);
  app.use([](context& c, next go_on) -> task<reply> {
    c.set_request_id("id-7");
    co_return co_await go_on(c);
  });
  auto log = std::make_shared<http::test::recording_log>();
  answer result;
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(log)};
  home.block_on([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text("GET", "/x?how=other"));
    result = co_await std::move(asking);
  });
  EXPECT_EQ(result.status, 500);
  EXPECT_EQ(result.body, R"({"detail":"Internal Server Error"})");
  EXPECT_THAT(log->text(), HasSubstr("unhandled"));
  EXPECT_THAT(log->text(), HasSubstr("secret"));
  EXPECT_THAT(log->text(), HasSubstr("request=id-7"));
  EXPECT_THAT(log->text(), HasSubstr("route=/x"));
}

TEST(errors, are_taken_by_the_first_handler_that_fits) {
  application app;
  app.get("/", failing);
  app.exception_handler<std::out_of_range>([](context&, const std::out_of_range&) { return 1; });
  app.exception_handler<std::logic_error>([](context&, const std::logic_error&) { return 2; });
  app.exception_handler<validation_error>(
      [](context&, const validation_error&) { return http::response{http::status::bad_request}; });
  app.exception_handler<http_error>([](context&, const http_error&) -> int { throw own_error{"again"}; });
  EXPECT_EQ(ask(app, "GET", "/?how=nested").body, "1");
  EXPECT_EQ(ask(app, "GET", "/?how=other").body, "2");
  EXPECT_EQ(ask(app, "GET", "/").status, 400);
  EXPECT_EQ(ask(app, "GET", "/?how=http").status, 500);
}

TEST(errors, of_bodies_that_are_too_large_are_413) {
  application app;
  app.post("/", [](body<json> b) { return *b; });
  app.use([](context& c, next go_on) -> task<reply> {
    c.limit_body(10);
    co_return co_await go_on(c);
  });
  EXPECT_EQ(post_json(app, "/", R"("12345678")").status, 200);
  const auto large = post_json(app, "/", R"("123456789")");
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.body, R"({"detail":"Content Too Large"})");
}

TEST(replies, have_the_status_of_the_route_and_no_body_where_there_can_be_none) {
  application app;
  app.del("/", [] {}).status(http::status::no_content);
  app.post("/", [] {}).status(http::status::created);
  const auto none = ask(app, "DELETE", "/");
  EXPECT_EQ(none.status, 204);
  EXPECT_EQ(none.body, "");
  const auto null = ask(app, "POST", "/");
  EXPECT_EQ(null.status, 201);
  EXPECT_EQ(null.body, "null");
}

TEST(replies, are_streamed) {
  application app;
  app.use(marks("m"));
  app.get("/", [] {
    return reply::streamed(http::response{http::status::ok}.set("Content-Type", "text/plain"),
                           [](body_writer& out) -> task<void> {
                             co_await out.write("a");
                             co_await out.write("bc");
                           });
  });
  const auto streamed = ask(app, "GET", "/");
  EXPECT_EQ(streamed.status, 200);
  EXPECT_EQ(streamed.field("X-Marks"), "m");
  EXPECT_EQ(streamed.body, "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
  EXPECT_EQ(ask(app, "HEAD", "/").body, "");
}

} // namespace actors::web::test
