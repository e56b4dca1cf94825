#include "middleware_support.hpp"

#include <actors/core/error.hpp>
#include <actors/http/error.hpp>
#include <actors/web/session.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const key_ring keys{std::string(32, 'k')};

/// A site that remembers, and a clock to be moved.
class sessions_of_a_site : public ::testing::Test {
protected:
  sessions usual() const {
    return sessions{keys}.clock([now = now_] { return *now; });
  }

  static application site(sessions how) {
    application app;
    app.use(std::move(how));
    app.get("/set/{name}/{value}", [](context& c, path<"name", std::string> name, path<"value", std::string> value) {
      session_of(c).set(*name, *value);
    });
    app.get("/get/{name}", [](context& c, path<"name", std::string> name) { return session_of(c).text(*name); });
    app.get("/all", [](context& c) { return session_of(c).values(); });
    app.get("/erase/{name}", [](context& c, path<"name", std::string> name) { return session_of(c).erase(*name); });
    app.get("/clear", [](context& c) { session_of(c).clear(); });
    app.get("/big/{size}", [](context& c, path<"size", int> size) {
      session_of(c).set("big", std::string(static_cast<std::size_t>(*size), 'x'));
    });
    app.get("/plain", [] { return 1; });
    app.get("/pieces", [](context& c) {
      session_of(c).set("early", true);
      auto* s = &session_of(c);
      return reply::streamed(http::response{http::status::ok}, [s](body_writer& out) -> task<void> {
        bool is_refused = false;
        try {
          s->set("late", true);
        } catch (const misuse_error&) {
          is_refused = true;
        }
        co_await out.write(is_refused ? "refused" : "changed");
      });
    });
    return app;
  }

  static answer ask_with(application& app, std::string_view target, const std::string& cookie) {
    return ask(app, "GET", target, cookie.empty() ? std::string{} : "Cookie: session=" + cookie + "\r\n");
  }

  std::shared_ptr<wall_time> now_ = std::make_shared<wall_time>(std::chrono::sys_days{std::chrono::year{2026} / 5 / 1});
};

TEST_F(sessions_of_a_site, remember_from_request_to_request) {
  auto app = site(usual());
  const auto first = ask_with(app, "/set/user/alice", "");
  EXPECT_THAT(first.field("Set-Cookie"), HasSubstr("; Path=/"));
  EXPECT_THAT(first.field("Set-Cookie"), HasSubstr("; HttpOnly"));
  EXPECT_THAT(first.field("Set-Cookie"), HasSubstr("; SameSite=Lax"));
  EXPECT_THAT(first.field("Set-Cookie"), HasSubstr("; Max-Age=1209600"));
  EXPECT_THAT(first.field("Set-Cookie"), Not(HasSubstr("Secure"))) << "it came by plain HTTP";
  EXPECT_THAT(first.field("Set-Cookie"), Not(HasSubstr("alice")));
  EXPECT_EQ(first.field("Vary"), "Cookie");
  EXPECT_EQ(first.field("Cache-Control"), "no-store");
  const auto cookie = cookie_of(first, "session");
  const auto second = ask_with(app, "/get/user", cookie);
  EXPECT_EQ(second.body, "\"alice\"");
  EXPECT_EQ(second.field("Set-Cookie"), "") << "nothing was changed";
  EXPECT_EQ(second.field("Vary"), "Cookie");
  const auto third = ask_with(app, "/set/cart/7", cookie);
  EXPECT_EQ(ask_with(app, "/all", cookie_of(third, "session")).body, R"({"cart":"7","user":"alice"})");
}

TEST_F(sessions_of_a_site, cost_nothing_where_nobody_asks_for_them) {
  auto app = site(usual());
  const auto answer = ask_with(app, "/plain", "nonsense");
  EXPECT_EQ(answer.field("Set-Cookie"), "");
  EXPECT_EQ(answer.field("Vary"), "");
}

TEST_F(sessions_of_a_site, that_are_not_ours_are_empty) {
  auto app = site(usual());
  const auto good = cookie_of(ask_with(app, "/set/user/alice", ""), "session");
  auto changed = good;
  changed[10] = changed[10] == 'A' ? 'B' : 'A';
  const value_sealer other{key_ring{std::string(32, 'o')}, "session cookie session"};
  const value_sealer ours{keys, "session cookie session"};
  const value_sealer purpose{keys, "something else"};
  for (const auto& cookie :
       {std::string{"x"}, std::string{}, changed, good + "A", good.substr(0, 40),
        other.protect(R"([0,{"user":"eve"}])", *now_), purpose.protect(R"([0,{"user":"eve"}])", *now_),
        ours.protect("nonsense", *now_), ours.protect(R"({"user":"eve"})", *now_), ours.protect("[0]", *now_),
        ours.protect(R"(["0",{}])", *now_), ours.protect("[0," + std::string(1000, '['), *now_),
        std::string(5000, 'A')}) {
    EXPECT_EQ(ask_with(app, "/get/user", cookie).body, "\"\"") << cookie;
  }
  EXPECT_EQ(ask(app, "GET", "/get/user", "Cookie: session=planted; session=" + good + "\r\n").body, "\"alice\"")
      << "who may set cookies for us cannot hide the session";
}

TEST_F(sessions_of_a_site, end_when_they_are_not_used) {
  auto app = site(usual().max_age(100s));
  const auto first = cookie_of(ask_with(app, "/set/user/alice", ""), "session");
  *now_ += 9s;
  EXPECT_EQ(ask_with(app, "/get/user", first).field("Set-Cookie"), "");
  *now_ += 51s;
  const auto later = ask_with(app, "/get/user", first);
  const auto second = cookie_of(later, "session");
  EXPECT_EQ(later.body, "\"alice\"");
  EXPECT_NE(second, "") << "it goes on";
  *now_ += 60s;
  EXPECT_EQ(ask_with(app, "/get/user", first).body, "\"\"");
  EXPECT_EQ(ask_with(app, "/get/user", second).body, "\"alice\"");
}

TEST_F(sessions_of_a_site, end_after_their_lifetime_whatever_happens) {
  auto app = site(usual().max_age(100s).max_lifetime(150s));
  auto cookie = cookie_of(ask_with(app, "/set/user/alice", ""), "session");
  *now_ += 90s;
  cookie = cookie_of(ask_with(app, "/get/user", cookie), "session");
  EXPECT_EQ(ask_with(app, "/get/user", cookie).body, "\"alice\"");
  *now_ += 61s;
  EXPECT_EQ(ask_with(app, "/get/user", cookie).body, "\"\"");
}

TEST_F(sessions_of_a_site, are_taken_away_when_they_are_empty) {
  auto app = site(usual());
  const auto cookie = cookie_of(ask_with(app, "/set/user/alice", ""), "session");
  EXPECT_THAT(ask_with(app, "/clear", cookie).field("Set-Cookie"), HasSubstr("session=; "));
  EXPECT_THAT(ask_with(app, "/clear", cookie).field("Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(ask_with(app, "/clear", "").field("Set-Cookie"), "");
  EXPECT_EQ(ask_with(app, "/erase/nothing", cookie).body, "false");
  const auto erased = ask_with(app, "/erase/user", cookie);
  EXPECT_EQ(erased.body, "true");
  EXPECT_THAT(erased.field("Set-Cookie"), HasSubstr("Max-Age=0"));
}

TEST_F(sessions_of_a_site, that_do_not_fit_are_an_error_and_never_cut) {
  auto app = site(usual());
  EXPECT_EQ(ask_with(app, "/big/2800", "").status, 200);
  const auto answer = ask_with(app, "/big/3200", "");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.field("Set-Cookie"), "");
}

TEST_F(sessions_of_a_site, heed_their_options) {
  auto app = site(usual().cookie("__Host-s").secure(true).sent_to(http::same_site::strict).until_browser_closes());
  const auto answer = ask_with(app, "/set/user/alice", "");
  EXPECT_THAT(answer.field("Set-Cookie"), HasSubstr("__Host-s="));
  EXPECT_THAT(answer.field("Set-Cookie"), HasSubstr("; Secure"));
  EXPECT_THAT(answer.field("Set-Cookie"), HasSubstr("SameSite=Strict"));
  EXPECT_THAT(answer.field("Set-Cookie"), Not(HasSubstr("Max-Age")));
  auto wide = site(usual().path("/shop").domain("example.com").behind_proxies());
  const auto secure = ask(wide, "GET", "/set/a/b", "Forwarded: for=192.0.2.1;proto=https;host=x\r\n");
  EXPECT_THAT(secure.field("Set-Cookie"), HasSubstr("Path=/shop"));
  EXPECT_THAT(secure.field("Set-Cookie"), HasSubstr("Domain=example.com"));
  EXPECT_THAT(secure.field("Set-Cookie"), HasSubstr("Secure"));
  EXPECT_THROW(sessions{keys}.cookie("no name"), http::error);
}

TEST_F(sessions_of_a_site, of_former_secrets_go_on_with_the_new_one) {
  auto before = site(usual());
  const auto old = cookie_of(ask_with(before, "/set/user/alice", ""), "session");
  auto during = site(sessions{key_ring{std::string(32, 'n'), keys.secrets()}}.clock([now = now_] { return *now; }));
  const auto fresh = cookie_of(ask_with(during, "/set/a/b", old), "session");
  auto after = site(sessions{key_ring{std::string(32, 'n')}}.clock([now = now_] { return *now; }));
  EXPECT_EQ(ask_with(after, "/get/user", fresh).body, "\"alice\"");
  EXPECT_EQ(ask_with(after, "/get/user", old).body, "\"\"");
}

TEST_F(sessions_of_a_site, cannot_be_changed_once_the_head_is_made) {
  auto app = site(usual());
  const auto answer = ask_with(app, "/pieces", "");
  EXPECT_EQ(unchunked(answer.body), "refused");
  EXPECT_EQ(ask_with(app, "/all", cookie_of(answer, "session")).body, R"({"early":true})");
}

TEST_F(sessions_of_a_site, are_there_only_with_the_middleware) {
  application app;
  app.get("/", [](context& c) { return session_of(c).empty(); });
  EXPECT_EQ(ask(app, "GET", "/").status, 500);
}

} // namespace
} // namespace actors::web::test
