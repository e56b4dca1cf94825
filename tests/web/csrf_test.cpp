#include "middleware_support.hpp"

#include <actors/http/query.hpp>
#include <actors/web/csrf.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

const key_ring keys{std::string(32, 'k')};

application site(csrf how) {
  application app;
  app.use(std::move(how));
  app.get("/form", [](context& c) { return csrf_token(c); });
  app.get("/", [] { return 1; });
  app.post("/", [](context& c) -> task<std::string> { co_return std::string{co_await c.body()}; });
  app.del("/", [] { return 3; });
  app.websocket("/ws", [](http::websocket&) -> task<void> { co_return; });
  return app;
}

int post(application& app, const std::string& fields, std::string_view method = "POST") {
  return ask(app, method, "/", "Host: example.com\r\n" + fields).status;
}

TEST(csrf, refuses_what_comes_from_other_sites) {
  auto app = site(csrf{});
  for (const auto* method : {"POST", "DELETE"}) {
    for (const auto* good :
         {"", "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n", "Origin: http://example.com\r\n",
          "Origin: http://example.com:80\r\n", "Sec-Fetch-Site: same-origin\r\nOrigin: http://example.com\r\n"}) {
      EXPECT_EQ(post(app, good, method), 200) << good;
    }
    for (const auto* bad :
         {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site:\r\n",
          "Sec-Fetch-Site: SAME-ORIGIN\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin:\r\n",
          "Origin: http://example.com.evil\r\n", "Origin: https://example.com\r\n", "Origin: http://example.com:81\r\n",
          "Origin: http://example.com@evil\r\n", "Origin: example.com\r\n",
          "Sec-Fetch-Site: cross-site\r\nOrigin: http://example.com\r\n"}) {
      EXPECT_EQ(post(app, bad, method), 403) << bad;
    }
  }
  EXPECT_EQ(ask(app, "GET", "/", "Sec-Fetch-Site: cross-site\r\n").status, 200) << "it changes nothing";
  EXPECT_EQ(ask(app, "HEAD", "/", "Origin: http://evil.example\r\n").status, 200);
  EXPECT_EQ(ask(app, "OPTIONS", "/", "Origin: http://evil.example\r\n").status, 204);
}

TEST(csrf, lets_trusted_origins_in_and_what_is_exempt) {
  auto app = site(csrf{}.trust_origin("https://admin.example").exempt_when([](const context& c) {
    return c.request().fields().contains("Authorization");
  }));
  EXPECT_EQ(post(app, "Sec-Fetch-Site: cross-site\r\nOrigin: https://admin.example\r\n"), 200);
  EXPECT_EQ(post(app, "Origin: https://admin.example\r\n"), 200);
  EXPECT_EQ(post(app, "Origin: http://admin.example\r\n"), 403);
  EXPECT_EQ(post(app, "Origin: http://evil.example\r\nAuthorization: Bearer x\r\n"), 200);
}

TEST(csrf, knows_its_own_origin_behind_proxies) {
  auto app = site(csrf{}.behind_proxies());
  const std::string by = "Forwarded: for=192.0.2.1;proto=https;host=shop.example\r\n";
  EXPECT_EQ(post(app, by + "Origin: https://shop.example\r\n"), 200);
  EXPECT_EQ(post(app, by + "Origin: http://shop.example\r\n"), 403);
  EXPECT_EQ(post(app, by + "Origin: https://example.com\r\n"), 403);
}

TEST(csrf, refuses_websockets_of_other_sites) {
  auto app = site(csrf{});
  const std::string handshake = "Host: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  EXPECT_EQ(ask(app, "GET", "/ws", handshake + "Origin: http://evil.example\r\n").status, 403);
}

TEST(csrf, wants_the_token_of_the_cookie) {
  auto app = site(csrf{}.tokens(keys));
  const auto form = ask(app, "GET", "/form");
  const auto cookie = cookie_of(form, "csrftoken");
  const std::string token = form.value();
  EXPECT_THAT(form.field("Set-Cookie"), HasSubstr("SameSite=Lax"));
  EXPECT_EQ(form.field("Vary"), "Cookie");
  const auto with = "Cookie: csrftoken=" + cookie + "\r\n";
  EXPECT_EQ(post(app, with + "X-CSRF-Token: " + token + "\r\n"), 200);
  EXPECT_EQ(post(app, with + "X-CSRF-Token: " + cookie + "\r\n"), 200) << "a script may send the cookie itself";
  EXPECT_EQ(post(app, with + "X-CSRF-Token: " + token + "\r\nSec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(post(app, "X-CSRF-Token: " + token + "\r\n"), 403);
  EXPECT_EQ(post(app, with), 403);
  for (const auto& wrong :
       {std::string{}, std::string{"x"}, std::string(64, 'A'), token + "A", token.substr(1), std::string(5000, 'A')}) {
    EXPECT_EQ(post(app, with + "X-CSRF-Token: " + wrong + "\r\n"), 403) << wrong;
  }
  const std::string another = ask(app, "GET", "/form").value();
  EXPECT_EQ(post(app, with + "X-CSRF-Token: " + another + "\r\n"), 403) << "that of another cookie";
}

TEST(csrf, wants_a_cookie_of_its_own_making) {
  auto app = site(csrf{}.tokens(keys));
  const value_signer other{key_ring{std::string(32, 'o')}, "csrf cookie csrftoken"};
  const auto planted = other.protect(std::string(24, 'x'));
  EXPECT_EQ(post(app, "Cookie: csrftoken=" + planted + "\r\nX-CSRF-Token: " + planted + "\r\n"), 403);
  const value_signer ours{keys, "csrf cookie csrftoken"};
  const auto good = ours.protect(std::string(24, 'x'));
  EXPECT_EQ(post(app, "Cookie: csrftoken=" + good + "\r\nX-CSRF-Token: " + good + "\r\n"), 200);
  const auto twice = "Cookie: csrftoken=" + planted + "; csrftoken=" + good + "\r\n";
  EXPECT_EQ(post(app, twice + "X-CSRF-Token: " + good + "\r\n"), 200);
  const auto small = ours.protect("x");
  EXPECT_EQ(post(app, "Cookie: csrftoken=" + small + "\r\nX-CSRF-Token: " + small + "\r\n"), 403);
}

TEST(csrf, takes_the_token_from_a_form_and_leaves_the_body_to_the_handler) {
  auto app = site(csrf{}.tokens(keys));
  const auto form = ask(app, "GET", "/form");
  const auto fields =
      "Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken=" + cookie_of(form, "csrftoken") + "\r\n";
  const auto body = "a=b&csrf_token=" + form.value().get<std::string>();
  const auto good = ask(app, "POST", "/", fields, body);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.value(), body);
  EXPECT_EQ(ask(app, "POST", "/", fields, "a=b").status, 403);
  EXPECT_EQ(ask(app, "POST", "/", fields, "csrf_token=%zz").status, 403);
  std::string many;
  for (int i = 0; i < 2000; ++i)
    many += "a=b&";
  EXPECT_EQ(ask(app, "POST", "/", fields, many + body).status, 403);
}

TEST(csrf, gives_another_token_each_time_and_one_cookie) {
  auto app = site(csrf{}.tokens(keys).cookie("__Host-csrf").names("X-Mine", "mine").secure(true));
  const auto first = ask(app, "GET", "/form");
  const auto cookie = cookie_of(first, "__Host-csrf");
  EXPECT_THAT(first.field("Set-Cookie"), HasSubstr("Secure"));
  const auto with = "Cookie: __Host-csrf=" + cookie + "\r\n";
  const auto second = ask(app, "GET", "/form", with);
  EXPECT_EQ(second.field("Set-Cookie"), "");
  EXPECT_NE(first.body, second.body);
  for (const auto& token : {first.value(), second.value()}) {
    EXPECT_EQ(post(app, with + "X-Mine: " + token.get<std::string>() + "\r\n"), 200);
  }
  application without;
  without.use(csrf{});
  without.get("/form", [](context& c) { return csrf_token(c); });
  EXPECT_EQ(ask(without, "GET", "/form").status, 500);
}

} // namespace
} // namespace actors::web::test
