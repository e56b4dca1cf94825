#include "client_support.hpp"

#include <actors/http/credentials.hpp>
#include <actors/http/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using server = scripted_server;

TEST(client_with_credentials, sends_them_to_their_origin_and_no_other) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    const auto away = [](std::string_view where) {
      return answer("302 Found", "Location: " + std::string{where} + "\r\n");
    };
    server peer{{recorder(seen, {away("/2")}), recorder(seen, {away("http://x:81/")}),
                 recorder(seen, {away("http://y/")}), recorder(seen, {away("http://x/3")}), recorder(seen, {ok})}};
    const auto web = peer.make_client(client_options{}
                                          .keep_alive_timeout(duration::zero())
                                          .authenticate("http://X/any", credentials::basic("u", "p"))
                                          .authenticate("http://y", credentials::bearer("t")));
    static_cast<void>(co_await web.get("http://x/1"));
    std::vector<std::string> sent;
    for (const auto& head : seen)
      sent.push_back(field_of(head, "Authorization"));
    EXPECT_THAT(sent, ElementsAre("Basic dTpw", "Basic dTpw", "-", "Bearer t", "Basic dTpw"));
    EXPECT_THAT(peer.hosts(), ElementsAre("x:80", "x:80", "x:81", "y:80", "x:80"));
  });
}

TEST(client_with_credentials, prefers_those_of_the_request_then_of_the_url) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{
        {recorder(seen, {ok, ok, answer("302 Found", "Location: http://me:again@other/\r\n")}), recorder(seen, {ok})}};
    const auto web = peer.make_client(client_options{}.authenticate("http://x", credentials::bearer("t")));
    const auto own = request{}.set("Authorization", "Own x");
    static_cast<void>(co_await web.send("http://a%3A:b%20c@x/", own));
    static_cast<void>(co_await web.get("http://me:p%40ss@x/"));
    static_cast<void>(co_await web.get("http://me@x/"));
    std::vector<std::string> sent;
    for (const auto& head : seen)
      sent.push_back(field_of(head, "Authorization"));
    EXPECT_THAT(sent, ElementsAre("Own x", "Basic bWU6cEBzcw==", "Basic bWU6", "-"));
    EXPECT_THROW(client_options{}.authenticate("ftp://x", credentials::bearer("t")), error);
  });
}

const std::string challenge = "WWW-Authenticate: Basic realm=\"b\"\r\n"
                              "WWW-Authenticate: Digest realm=\"r\", nonce=\"N1\", qop=\"auth\", algorithm=SHA-256\r\n";

TEST(client_with_digest, answers_a_challenge_and_then_sends_the_answer_at_once) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{recorder(seen, {answer("401 Unauthorized", challenge, "no"), ok, ok,
                                 answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"N2\", "
                                                            "qop=\"auth\", stale=true\r\n"),
                                 answer("200 OK", "Authentication-Info: nextnonce=\"N3\"\r\n"), ok})}};
    const auto web = peer.make_client(client_options{}.authenticate("http://x", credentials::digest("u", "p")));
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ((co_await web.get("http://x/a?b")).status(), status::ok);
    EXPECT_EQ(seen.size(), 6U);
    EXPECT_EQ(field_of(seen.at(0), "Authorization"), "-");
    EXPECT_THAT(seen.at(1), HasSubstr("Digest username=\"u\", realm=\"r\", nonce=\"N1\", uri=\"/a?b\""));
    EXPECT_THAT(seen.at(1), HasSubstr("nc=00000001"));
    EXPECT_THAT(seen.at(2), HasSubstr("nc=00000002"));
    EXPECT_THAT(seen.at(3), HasSubstr("nc=00000003"));
    EXPECT_THAT(seen.at(4), HasSubstr("nonce=\"N2\""));
    EXPECT_THAT(seen.at(5), HasSubstr("nonce=\"N3\""));
    for (const auto& head : seen)
      EXPECT_THAT(head, Not(HasSubstr("Basic")));
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client_with_digest, does_not_insist_on_a_wrong_password) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    const auto refusal = answer("401 Unauthorized", challenge);
    server peer{{recorder(seen, {refusal, refusal, refusal, refusal, refusal, refusal})}};
    const auto web = peer.make_client(client_options{}.authenticate("http://x", credentials::digest("u", "p")));
    EXPECT_EQ((co_await web.get("http://x/")).status(), status::unauthorized);
    EXPECT_EQ(seen.size(), 2U);
    const auto other = answer("401 Unauthorized", "WWW-Authenticate: Digest realm=r, nonce=N, stale=true\r\n");
    std::vector<std::string> many;
    server busy{{recorder(many, std::vector<std::string>(20, other))}};
    const auto patient = busy.make_client(client_options{}.authenticate("http://x", credentials::digest("u", "p")));
    EXPECT_EQ((co_await patient.get("http://x/")).status(), status::unauthorized);
    EXPECT_EQ(many.size(), 4U);
  });
}

TEST(client_with_digest, sends_a_body_again) {
  run_virtually([]() -> task<> {
    int bodies = 0;
    const std::vector<std::string> answers{answer("401 Unauthorized", challenge), ok};
    server peer{{[&](net::stream& s) -> task<void> {
      for (const auto& one : answers) {
        static_cast<void>(co_await read_until(s, "the body"));
        ++bodies;
        co_await s.write_all(one);
      }
    }}};
    const auto web = peer.make_client(client_options{}.authenticate("http://x", credentials::digest("u", "p")));
    EXPECT_EQ((co_await web.send("http://x/", request{method::post, "/"}, text_body("the body"))).body(), "hello");
    EXPECT_EQ(bodies, 2);
  });
}

} // namespace
} // namespace actors::http::test
