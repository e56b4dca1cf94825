#include "middleware_support.hpp"

#include <actors/web/dependency.hpp>
#include <actors/web/jwt.hpp>
#include <actors/web/security.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;

const auto key = jwt_key::secret(jwt_algorithm::hs256, std::string(32, 'k'));

std::string token(json claims) {
  claims["exp"] = seconds_since_1970(std::chrono::system_clock::now() + 1h);
  return sign_jwt(key, claims);
}

std::string current_user(bearer_auth said) {
  return "user of " + *said;
}

application site() {
  application app;
  app.state(jwt_verifier{key});
  app.get("/basic", [](basic_auth<"a \"realm\""> who) { return who->user + "/" + who->password; });
  app.get("/plain", [](basic_auth<> who) { return who->user; });
  app.get("/bearer", [](bearer_auth said) { return *said; });
  app.get("/oauth2", [](oauth2_password<"/token", "read"> said) { return *said; });
  app.get("/jwt", [](jwt_auth<> claims) { return claims->at("sub"); });
  app.get("/scoped", [](jwt_auth<"read", "write"> claims) { return claims->at("sub"); });
  app.get("/oauth2jwt", [](oauth2_jwt<"/token", "read"> claims) { return claims->at("sub"); });
  app.get("/header", [](api_key_header<"X-Key"> said) { return *said; });
  app.get("/query", [](api_key_query<"key"> said) { return *said; });
  app.get("/cookie", [](api_key_cookie<"key"> said) { return *said; });
  app.get("/maybe", [](optional_auth<bearer_auth> said) { return said->value_or("nobody"); });
  app.get("/maybe_jwt", [](optional_auth<jwt_auth<>> claims) { return claims->has_value(); });
  app.get("/depends", [](depends<current_user> who) { return *who; });
  app.get("/both/{id}", [](path<"id", int> id, bearer_auth) { return *id; });
  return app;
}

answer get(application& app, std::string_view target, const std::string& authorization = {}) {
  return ask(app, "GET", target, authorization.empty() ? "" : "Authorization: " + authorization + "\r\n");
}

void expect_refused(const answer& of, const std::string& challenge) {
  EXPECT_EQ(of.status, 401);
  EXPECT_EQ(of.body, R"({"detail":"Not authenticated"})");
  EXPECT_EQ(of.field("WWW-Authenticate"), challenge);
}

TEST(security, takes_user_and_password) {
  auto app = site();
  EXPECT_EQ(get(app, "/basic", "Basic dXNlcjpwYTpzcw==").body, "\"user/pa:ss\"");
  EXPECT_EQ(get(app, "/basic", "bAsIc dXNlcjo=").body, "\"user/\"");
  for (const auto* bad : {"", "Basic", "Basic ", "Basic !!!", "Basic dXNlcg==", "Bearer dXNlcjpwYXNz", "dXNlcjpwYXNz",
                          "Basic dXNlcjpwYXNz dXNlcjpwYXNz", "Basic dXNlcjpwYXNz\r\nAuthorization: Basic YTpi"}) {
    expect_refused(get(app, "/basic", bad), R"(Basic realm="a \"realm\"")");
  }
  expect_refused(get(app, "/plain"), "Basic");
}

TEST(security, takes_tokens) {
  auto app = site();
  EXPECT_EQ(get(app, "/bearer", "Bearer abc").body, "\"abc\"");
  EXPECT_EQ(get(app, "/bearer", "bearer  a.b").body, "\"a.b\"");
  EXPECT_EQ(get(app, "/oauth2", "Bearer abc").body, "\"abc\"");
  for (const auto* bad :
       {"", "Bearer", "Bearer ", "Basic abc", "abc", "Bearerabc", "Bearer a\r\nAuthorization: Bearer b"}) {
    expect_refused(get(app, "/bearer", bad), "Bearer");
    expect_refused(get(app, "/oauth2", bad), "Bearer");
    expect_refused(get(app, "/jwt", bad), "Bearer");
  }
}

TEST(security, believes_tokens_that_are_signed) {
  auto app = site();
  EXPECT_EQ(get(app, "/jwt", "Bearer " + token({{"sub", "alice"}})).body, "\"alice\"");
  auto changed = token({{"sub", "alice"}});
  changed[30] = changed[30] == 'a' ? 'b' : 'a';
  for (const auto& bad : {changed, std::string{"nonsense"}, sign_jwt(key, {{"sub", "alice"}, {"exp", 1}})}) {
    const auto refused = get(app, "/jwt", "Bearer " + bad);
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.body, R"({"detail":"Could not validate credentials"})");
    EXPECT_THAT(refused.field("WWW-Authenticate"), HasSubstr("Bearer error=\"invalid_token\""));
  }
}

TEST(security, wants_scopes) {
  auto app = site();
  EXPECT_EQ(get(app, "/scoped", "Bearer " + token({{"sub", "a"}, {"scope", "write x read"}})).status, 200);
  EXPECT_EQ(get(app, "/scoped", "Bearer " + token({{"sub", "a"}, {"scopes", {"write", "read"}}})).status, 200);
  EXPECT_EQ(get(app, "/oauth2jwt", "Bearer " + token({{"sub", "a"}, {"scope", "read"}})).status, 200);
  for (const auto& claims : {json{{"sub", "a"}}, json{{"scope", "read writes"}}, json{{"scope", {"read", "write"}}},
                             json{{"scopes", "read write"}}, json{{"scopes", {"read", 5}}}}) {
    const auto refused = get(app, "/scoped", "Bearer " + token(claims));
    EXPECT_EQ(refused.status, 403) << claims;
    EXPECT_EQ(refused.field("WWW-Authenticate"), R"(Bearer error="insufficient_scope", scope="read write")");
  }
}

TEST(security, takes_keys) {
  auto app = site();
  EXPECT_EQ(ask(app, "GET", "/header", "x-key: a\r\n").body, "\"a\"");
  EXPECT_EQ(get(app, "/query?key=a%20b").body, "\"a b\"");
  EXPECT_EQ(ask(app, "GET", "/cookie", "Cookie: other=b; key=a\r\n").body, "\"a\"");
  expect_refused(get(app, "/header"), "APIKey");
  expect_refused(ask(app, "GET", "/header", "X-Key:\r\n"), "APIKey");
  expect_refused(get(app, "/query?key="), "APIKey");
  expect_refused(get(app, "/cookie"), "APIKey");
}

TEST(security, may_be_optional) {
  auto app = site();
  EXPECT_EQ(get(app, "/maybe").body, "\"nobody\"");
  EXPECT_EQ(get(app, "/maybe", "Bearer abc").body, "\"abc\"");
  EXPECT_EQ(get(app, "/maybe_jwt").body, "false");
  EXPECT_EQ(get(app, "/maybe_jwt", "Bearer nonsense").status, 401) << "what is there is checked";
}

TEST(security, is_asked_by_dependencies_and_before_all_else) {
  auto app = site();
  EXPECT_EQ(get(app, "/depends", "Bearer abc").body, "\"user of abc\"");
  expect_refused(get(app, "/depends"), "Bearer");
  expect_refused(get(app, "/both/x"), "Bearer");
  EXPECT_EQ(get(app, "/both/x", "Bearer abc").status, 422);
}

TEST(security, stands_in_the_documentation) {
  auto app = site();
  const auto security_of = [&app](std::string_view path) {
    for (const auto& each : app.operations())
      if (each.path == path)
        return each.security.at(0);
    return security_requirement{};
  };
  EXPECT_EQ(security_of("/basic").name, "HTTPBasic");
  EXPECT_EQ(security_of("/basic").scheme, json::parse(R"({"type": "http", "scheme": "basic"})"));
  EXPECT_EQ(security_of("/bearer").scheme, json::parse(R"({"type": "http", "scheme": "bearer"})"));
  EXPECT_EQ(security_of("/jwt").scheme, json::parse(R"({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})"));
  EXPECT_EQ(security_of("/header").scheme, json::parse(R"({"type": "apiKey", "in": "header", "name": "X-Key"})"));
  EXPECT_EQ(security_of("/query").scheme, json::parse(R"({"type": "apiKey", "in": "query", "name": "key"})"));
  EXPECT_EQ(security_of("/cookie").scheme, json::parse(R"({"type": "apiKey", "in": "cookie", "name": "key"})"));
  EXPECT_EQ(
      security_of("/oauth2").scheme,
      json::parse(R"({"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {"read": ""}}}})"));
  EXPECT_EQ(security_of("/oauth2").scopes, std::vector<std::string>{"read"});
  EXPECT_EQ(security_of("/oauth2jwt").name, "OAuth2PasswordBearer");
  EXPECT_EQ(security_of("/depends").name, "HTTPBearer");
  EXPECT_FALSE(security_of("/bearer").optional);
  EXPECT_TRUE(security_of("/maybe").optional);
}

} // namespace
} // namespace actors::web::test
