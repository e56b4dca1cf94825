#include "middleware_support.hpp"

#include <actors/core/error.hpp>
#include <actors/web/https_redirect.hpp>
#include <actors/web/internal/request_facts.hpp>
#include <actors/web/trusted_hosts.hpp>

#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

answer ask_host(application& app, std::string host, std::string_view target = "/a?b=c") {
  return ask(app, "GET", target, "Host: " + host + "\r\n");
}

application app_with_trusted(trusted_hosts how) {
  application app;
  app.use(std::move(how));
  app.get("/a", [] { return 1; });
  return app;
}

TEST(trusted_hosts, lets_those_in_that_it_knows) {
  auto app = app_with_trusted(trusted_hosts{{"example.com", "*.example.org", "[::1]"}});
  for (const auto* host : {"example.com", "EXAMPLE.com", "example.com:8000", "example.com.", "a.example.org",
                           "a.b.example.org:80", "[::1]", "[::1]:8000"}) {
    EXPECT_EQ(ask_host(app, host).status, 200) << host;
  }
  for (const auto* host :
       {"example.org", "xexample.org", ".example.org", "example.com.evil", "evil", "example.com:x",
        "example.com:123456", "example.com@evil", "[::1", "[::1]x", "[]", "exa mple.com", "127.0.0.1"}) {
    const auto refused = ask_host(app, host);
    EXPECT_EQ(refused.status, 400) << host;
  }
  EXPECT_EQ(ask_host(app, "evil").body, "Invalid host header");
}

TEST(trusted_hosts, redirects_to_www) {
  auto app = app_with_trusted(trusted_hosts{{"www.example.com"}});
  const auto answer = ask_host(app, "example.com:8000");
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(answer.field("Location"), "http://www.example.com:8000/a?b=c");
  auto other = app_with_trusted(trusted_hosts{{"www.example.com"}}.redirect_to_www(false));
  EXPECT_EQ(ask_host(other, "example.com").status, 400);
}

TEST(trusted_hosts, can_be_all_or_whom_proxies_name) {
  auto all = app_with_trusted(trusted_hosts{{"*"}});
  EXPECT_EQ(ask_host(all, "anything").status, 200);
  auto behind = app_with_trusted(trusted_hosts{{"example.com"}}.behind_proxies());
  EXPECT_EQ(ask(behind, "GET", "/a", "Forwarded: for=192.0.2.1;proto=https;host=example.com\r\n").status, 200);
  EXPECT_EQ(ask(behind, "GET", "/a", "Forwarded: for=192.0.2.1;proto=https;host=evil\r\n").status, 400);
  for (const auto* pattern : {"", "*x", "a.*.b", "http://a", "a:80", "*.", "a b"}) {
    EXPECT_THROW(trusted_hosts{{pattern}}, misuse_error) << pattern;
  }
}

application app_with_redirect(https_redirect how) {
  application app;
  app.use(std::move(how));
  app.get("/a", [] { return 1; });
  return app;
}

TEST(https_redirect, sends_to_the_same_place) {
  auto app = app_with_redirect(https_redirect{});
  const auto answer = ask_host(app, "Example.com:8000");
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(answer.field("Location"), "https://example.com/a?b=c");
  EXPECT_EQ(ask(app, "POST", "/a", "Host: x\r\n", "body").status, 307);
  EXPECT_EQ(ask(app, "HEAD", "/a", "Host: x\r\n").status, 307);
  EXPECT_EQ(ask_host(app, "example.com", "//evil.example/x").field("Location"), "https://example.com//evil.example/x");
  EXPECT_EQ(ask_host(app, "example.com", "http://other.example/x").field("Location"), "https://other.example/x")
      << "the host of a whole URL counts more than the field";
  EXPECT_EQ(ask_host(app, "a@evil.example").status, 400);
  EXPECT_EQ(ask_host(app, "evil.example/x").status, 400);
}

TEST(https_redirect, heeds_its_options) {
  auto app = app_with_redirect(https_redirect{}.status(http::status::permanent_redirect).port(8443));
  const auto answer = ask_host(app, "[::1]:80");
  EXPECT_EQ(answer.status, 308);
  EXPECT_EQ(answer.field("Location"), "https://[::1]:8443/a?b=c");
}

TEST(https_redirect, lets_https_through_and_keeps_it_there) {
  auto app = app_with_redirect(https_redirect{}.behind_proxies().hsts(60s, true, true));
  const auto answer = ask(app, "GET", "/a", "Forwarded: for=192.0.2.1;proto=https;host=x\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Strict-Transport-Security"), "max-age=60; includeSubDomains; preload");
  const auto plain = ask(app, "GET", "/a", "Forwarded: for=192.0.2.1;proto=http;host=x\r\n");
  EXPECT_EQ(plain.status, 307);
  EXPECT_EQ(plain.field("Strict-Transport-Security"), "");
  auto direct = app_with_redirect(https_redirect{});
  EXPECT_EQ(ask(direct, "GET", "/a", "Forwarded: for=192.0.2.1;proto=https;host=x\r\n").status, 307)
      << "anybody can say so";
}

} // namespace
} // namespace actors::web::test
