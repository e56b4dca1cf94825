#include "middleware_support.hpp"

#include <actors/core/error.hpp>
#include <actors/web/cors.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

application app_with(cors how) {
  application app;
  app.use(std::move(how));
  app.get("/", [] { return 1; });
  app.get("/pieces", [] { return in_pieces(); });
  app.get("/own",
          [] { return http::response{http::status::ok}.set("Access-Control-Allow-Origin", "https://other.example"); });
  return app;
}

answer preflight(application& app, std::string origin, std::string method, std::string fields = {}) {
  return ask(app, "OPTIONS", "/",
             "Origin: " + origin + "\r\nAccess-Control-Request-Method: " + method + "\r\n" + fields);
}

answer get(application& app, std::string fields, std::string_view target = "/") {
  return ask(app, "GET", target, fields);
}

TEST(cors, lets_all_origins_in_if_it_should) {
  auto app = app_with(cors{}.allow_origins({"*"}).allow_methods({"*"}).allow_headers({"*"}).max_age(60s).expose_headers(
      {"X-A", "X-B"}));
  const auto first = preflight(app, "https://a.example", "PUT", "Access-Control-Request-Headers: X-One, x-two\r\n");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "OK");
  EXPECT_EQ(first.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(first.field("Access-Control-Allow-Methods"), "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
  EXPECT_EQ(first.field("Access-Control-Allow-Headers"), "X-One, x-two");
  EXPECT_EQ(first.field("Access-Control-Max-Age"), "60");
  EXPECT_EQ(first.field("Access-Control-Allow-Credentials"), "");
  const auto second = get(app, "Origin: https://a.example\r\n");
  EXPECT_EQ(second.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(second.field("Access-Control-Expose-Headers"), "X-A, X-B");
  EXPECT_EQ(second.field("Vary"), "");
  const auto with_cookie = get(app, "Origin: https://a.example\r\nCookie: a=b\r\n");
  EXPECT_EQ(with_cookie.field("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(with_cookie.field("Vary"), "Origin");
}

TEST(cors, lets_single_origins_in) {
  auto app = app_with(cors{}.allow_origins({"https://a.example"}).allow_headers({"X-Token"}));
  const auto good = preflight(app, "https://a.example", "GET", "Access-Control-Request-Headers: x-token,Accept\r\n");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.field("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(good.field("Access-Control-Allow-Headers"),
            "Accept, Accept-Language, Content-Language, Content-Type, X-Token");
  EXPECT_EQ(good.field("Access-Control-Allow-Methods"), "GET");
  EXPECT_EQ(good.field("Access-Control-Max-Age"), "600");
  EXPECT_EQ(good.field("Vary"), "Origin");
  EXPECT_EQ(get(app, "Origin: https://a.example\r\n").field("Access-Control-Allow-Origin"), "https://a.example");
  for (const auto* other : {"https://b.example", "http://a.example", "https://a.example.evil", "https://a.example:444",
                            "https://A.example", "null", "*", ""}) {
    const auto refused = get(app, std::string{"Origin: "} + other + "\r\n");
    EXPECT_EQ(refused.status, 200) << "who keeps the page from reading it is the browser";
    EXPECT_EQ(refused.field("Access-Control-Allow-Origin"), "") << other;
    EXPECT_EQ(refused.field("Vary"), "Origin");
  }
  EXPECT_EQ(get(app, "").field("Vary"), "Origin") << "a cache must not give this to a page";
}

TEST(cors, tells_what_a_preflight_may_not) {
  auto app = app_with(cors{}.allow_origins({"https://a.example"}));
  const auto all = preflight(app, "https://b.example", "PUT",
                             "Access-Control-Request-Headers: X-One\r\n"
                             "Access-Control-Request-Private-Network: true\r\n");
  EXPECT_EQ(all.status, 400);
  EXPECT_EQ(all.body, "Disallowed CORS origin, method, headers, private-network");
  EXPECT_EQ(all.field("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(preflight(app, "https://a.example", "get").body, "Disallowed CORS method") << "methods have a case";
  EXPECT_EQ(preflight(app, "https://a.example", "GET", "Access-Control-Request-Headers: ,\r\n").body,
            "Disallowed CORS headers");
  const auto long_list = std::string(4000, ',');
  EXPECT_EQ(preflight(app, "https://a.example", "GET", "Access-Control-Request-Headers: " + long_list + "\r\n").status,
            400);
}

TEST(cors, names_the_origin_where_credentials_are_allowed) {
  auto app = app_with(cors{}.allow_origins({"*"}).allow_credentials());
  const auto first = preflight(app, "https://a.example", "GET");
  EXPECT_EQ(first.field("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(first.field("Access-Control-Allow-Credentials"), "true");
  const auto second = get(app, "Origin: https://a.example\r\n");
  EXPECT_EQ(second.field("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(second.field("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(second.field("Vary"), "Origin");
}

TEST(cors, matches_origins_as_a_whole) {
  auto app = app_with(cors{}.allow_origin_regex("https://[a-z]+\\.example").allow_private_network());
  EXPECT_EQ(get(app, "Origin: https://a.example\r\n").field("Access-Control-Allow-Origin"), "https://a.example");
  for (const auto* other : {"https://a.example.evil", "xhttps://a.example", "https://a1.example"}) {
    EXPECT_EQ(get(app, std::string{"Origin: "} + other + "\r\n").field("Access-Control-Allow-Origin"), "");
  }
  EXPECT_EQ(preflight(app, "https://a.example", "GET", "Access-Control-Request-Private-Network: true\r\n")
                .field("Access-Control-Allow-Private-Network"),
            "true");
  EXPECT_THROW(cors{}.allow_origin_regex("("), misuse_error);
}

TEST(cors, lets_nobody_in_by_itself) {
  auto app = app_with(cors{});
  EXPECT_EQ(preflight(app, "https://a.example", "GET").status, 400);
  EXPECT_EQ(get(app, "Origin: https://a.example\r\n").field("Access-Control-Allow-Origin"), "");
}

TEST(cors, leaves_other_requests_to_the_application) {
  auto app = app_with(cors{}.allow_origins({"*"}));
  EXPECT_EQ(get(app, "").field("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(ask(app, "OPTIONS", "/", "Origin: https://a.example\r\n").status, 204);
  EXPECT_EQ(ask(app, "OPTIONS", "/", "Access-Control-Request-Method: GET\r\n").status, 204);
  EXPECT_EQ(get(app, "Origin: https://a.example\r\n", "/nowhere").field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(get(app, "Origin: https://a.example\r\n", "/pieces").field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(ask(app, "HEAD", "/", "Origin: https://a.example\r\n").field("Access-Control-Allow-Origin"), "*");
  const auto own = get(app, "Origin: https://a.example\r\n", "/own");
  EXPECT_EQ(own.field("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(own.head.find("other.example"), std::string::npos) << "one answer to one question";
}

} // namespace
} // namespace actors::web::test
