#include <actors/http/cookie_jar.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace actors::http::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class a_cookie_jar : public ::testing::Test {
protected:
  std::chrono::sys_seconds now{1'000'000'000s};
  cookie_jar jar{cookie_jar_limits{}, [this] { return now; }};

  bool store(std::string_view where, std::string_view text) { return jar.store(url::parse(where), text); }

  std::string field(std::string_view where) { return jar.field_for(url::parse(where)); }
};

TEST_F(a_cookie_jar, gives_a_cookie_back_to_the_host_that_set_it) {
  EXPECT_TRUE(store("http://Example.com/", "a=1"));
  EXPECT_EQ(field("http://example.com/x/y"), "a=1");
  EXPECT_EQ(field("http://example.com:8080/"), "a=1");
  EXPECT_EQ(field("https://example.com./"), "a=1");
  EXPECT_EQ(field("http://www.example.com/"), "");
  EXPECT_EQ(field("http://notexample.com/"), "");
  EXPECT_EQ(field("http://com/"), "");
}

TEST_F(a_cookie_jar, gives_a_cookie_with_a_domain_to_all_below_it) {
  EXPECT_TRUE(store("http://www.example.com/", "a=1; Domain=.example.com"));
  EXPECT_TRUE(store("http://example.com/", "b=2; Domain=example.com"));
  for (const auto* where : {"http://example.com/", "http://www.example.com/", "http://a.b.example.com/"})
    EXPECT_EQ(field(where), "a=1; b=2") << where;
  EXPECT_EQ(field("http://badexample.com/"), "");
  EXPECT_EQ(field("http://example.org/"), "");
}

TEST_F(a_cookie_jar, takes_no_domain_that_the_host_is_not_in) {
  EXPECT_FALSE(store("http://www.example.com/", "a=1; Domain=other.com"));
  EXPECT_FALSE(store("http://example.com/", "a=1; Domain=www.example.com"));
  EXPECT_FALSE(store("http://badexample.com/", "a=1; Domain=example.com"));
  EXPECT_FALSE(store("http://www.example.com/", "a=1; Domain=com"));
  EXPECT_FALSE(store("http://www.example.com/", "a=1; Domain=.com"));
  EXPECT_FALSE(store("http://127.0.0.1/", "a=1; Domain=0.0.1"));
  EXPECT_FALSE(store("http://127.0.0.1/", "a=1; Domain=1"));
  EXPECT_EQ(jar.size(), 0U);
}

TEST_F(a_cookie_jar, keeps_cookies_of_addresses_and_bare_names_for_themselves) {
  EXPECT_TRUE(store("http://127.0.0.1/", "a=1; Domain=127.0.0.1"));
  EXPECT_TRUE(store("http://[::1]/", "b=2"));
  EXPECT_TRUE(store("http://localhost/", "c=3; Domain=localhost"));
  EXPECT_EQ(field("http://127.0.0.1/"), "a=1");
  EXPECT_EQ(field("http://[::1]/"), "b=2");
  EXPECT_EQ(field("http://localhost/"), "c=3");
  EXPECT_EQ(field("http://x.localhost/"), "");
  EXPECT_EQ(field("http://x.127.0.0.1/"), "");
}

TEST_F(a_cookie_jar, gives_a_cookie_to_its_path_and_below) {
  EXPECT_TRUE(store("http://x.y/a/b", "one=1"));
  EXPECT_TRUE(store("http://x.y/", "two=2; Path=/a/b"));
  EXPECT_TRUE(store("http://x.y", "three=3; Path=relative"));
  EXPECT_TRUE(store("http://x.y/c", "four=4; Path=/a/"));
  EXPECT_EQ(field("http://x.y/a/b/c?d"), "two=2; four=4; one=1; three=3");
  EXPECT_EQ(field("http://x.y/a/b"), "two=2; four=4; one=1; three=3");
  EXPECT_EQ(field("http://x.y/a"), "one=1; three=3");
  EXPECT_EQ(field("http://x.y/ab"), "three=3");
  EXPECT_EQ(field("http://x.y"), "three=3");
}

TEST_F(a_cookie_jar, sends_secure_cookies_over_tls_only) {
  EXPECT_TRUE(store("https://x.y/", "a=1; Secure"));
  EXPECT_EQ(field("https://x.y/"), "a=1");
  EXPECT_EQ(field("wss://x.y/"), "a=1");
  EXPECT_EQ(field("http://x.y/"), "");
  EXPECT_FALSE(store("http://x.y/", "b=1; Secure"));
}

TEST_F(a_cookie_jar, lets_plain_http_put_nothing_in_the_place_of_a_secure_cookie) {
  EXPECT_TRUE(store("https://www.x.y/", "a=1; Secure; Path=/p"));
  EXPECT_FALSE(store("http://www.x.y/", "a=2; Path=/p"));
  EXPECT_FALSE(store("http://www.x.y/", "a=2; Path=/p/q"));
  EXPECT_FALSE(store("http://www.x.y/", "a=2; Path=/p; Domain=x.y"));
  EXPECT_FALSE(store("http://www.x.y/", "a=2; Path=/p; Max-Age=0"));
  EXPECT_TRUE(store("http://www.x.y/", "a=2; Path=/"));
  EXPECT_TRUE(store("http://www.x.y/", "b=2; Path=/p"));
  EXPECT_TRUE(store("https://www.x.y/", "a=3; Path=/p"));
  EXPECT_EQ(field("https://www.x.y/p"), "a=3; b=2; a=2");
}

TEST_F(a_cookie_jar, holds_names_to_what_they_promise) {
  EXPECT_FALSE(store("https://x.y/", "__Secure-a=1"));
  EXPECT_FALSE(store("http://x.y/", "__Secure-a=1; Secure"));
  EXPECT_TRUE(store("https://x.y/", "__Secure-a=1; Secure; Domain=x.y"));
  EXPECT_FALSE(store("https://x.y/", "__Host-a=1; Secure"));
  EXPECT_FALSE(store("https://x.y/", "__host-a=1; Secure; Path=/; Domain=x.y"));
  EXPECT_FALSE(store("https://x.y/", "__Host-a=1; Path=/"));
  EXPECT_FALSE(store("https://x.y/", "__Host-a=1; Secure; Path=/p"));
  EXPECT_TRUE(store("https://x.y/", "__Host-a=1; Secure; Path=/"));
  EXPECT_FALSE(store("https://x.y/", "=__Host-a=1; Secure; Path=/"));
  EXPECT_FALSE(store("https://x.y/", "__Secure-a; Secure"));
  EXPECT_EQ(jar.size(), 2U);
}

TEST_F(a_cookie_jar, replaces_and_removes_by_name_domain_and_path) {
  EXPECT_TRUE(store("http://x.y/", "a=1"));
  EXPECT_TRUE(store("http://x.y/", "b=1"));
  EXPECT_TRUE(store("http://x.y/", "a=2"));
  EXPECT_EQ(field("http://x.y/"), "a=2; b=1"); // in the order in which they were made
  EXPECT_TRUE(store("http://x.y/", "A=3"));
  EXPECT_TRUE(store("http://x.y/", "a=4; Path=/p"));
  EXPECT_EQ(jar.size(), 4U);
  EXPECT_TRUE(store("http://x.y/", "a=; Max-Age=0"));
  EXPECT_TRUE(store("http://x.y/", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
  EXPECT_EQ(field("http://x.y/p"), "a=4; A=3");
  EXPECT_TRUE(store("http://x.y/", "never=; Max-Age=0"));
  EXPECT_EQ(jar.size(), 2U);
}

TEST_F(a_cookie_jar, forgets_a_cookie_when_its_time_is_over) {
  EXPECT_TRUE(store("http://x.y/", "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
  EXPECT_TRUE(store("http://x.y/", "b=1; Expires=Sun, 09 Sep 2001 01:48:40 GMT"));
  EXPECT_TRUE(store("http://x.y/", "c=1"));
  EXPECT_TRUE(store("http://x.y/", "d=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT"));
  now += 59s;
  EXPECT_EQ(field("http://x.y/"), "a=1; b=1; c=1; d=1");
  now += 1s;
  EXPECT_EQ(field("http://x.y/"), "b=1; c=1; d=1");
  now = std::chrono::sys_seconds{1'000'000'000s} + 120s;
  EXPECT_EQ(field("http://x.y/"), "c=1; d=1");
  now = std::chrono::sys_seconds{1'000'000'000s} + std::chrono::hours(24 * 400);
  EXPECT_EQ(field("http://x.y/"), "c=1"); // nothing lasts longer
  EXPECT_EQ(jar.cookies().size(), 1U);
  jar.end_session();
  EXPECT_THAT(jar.cookies(), IsEmpty());
}

TEST_F(a_cookie_jar, ignores_what_is_no_cookie_and_sends_nameless_ones_as_their_value) {
  EXPECT_FALSE(store("http://x.y/", ""));
  EXPECT_FALSE(store("http://x.y/", "a=\x01"));
  EXPECT_TRUE(store("http://x.y/", "token"));
  EXPECT_EQ(field("http://x.y/"), "token");
  EXPECT_FALSE(jar.store(url{}, "a=1"));
}

TEST_F(a_cookie_jar, takes_all_set_cookie_fields_of_a_response) {
  jar.store(url::parse("http://x.y/"), fields{}.add("Set-Cookie", "a=1").add("X", "y").add("set-cookie", "b=2"));
  EXPECT_EQ(field("http://x.y/"), "a=1; b=2");
}

TEST_F(a_cookie_jar, can_be_saved_and_filled_again) {
  EXPECT_TRUE(store("https://www.x.y/p/", "a=1; Domain=x.y; Secure; HttpOnly; SameSite=Strict; Max-Age=10"));
  EXPECT_TRUE(store("https://www.x.y/p/", "b=1"));
  cookie_jar other{cookie_jar_limits{}, [this] { return now; }};
  for (const auto& one : jar.cookies())
    other.insert(one);
  EXPECT_EQ(other.cookies(), jar.cookies());
  EXPECT_EQ(other.field_for(url::parse("https://www.x.y/p/")), "b=1; a=1");
  EXPECT_EQ(other.cookies().at(1).domain, "x.y");
  EXPECT_TRUE(other.cookies().at(1).http_only);
  EXPECT_EQ(other.cookies().at(1).sent_to, same_site::strict);
  other.clear();
  EXPECT_EQ(other.size(), 0U);
}

TEST(full_cookie_jar, loses_those_of_the_domain_that_have_ended_then_are_not_secure_then_were_not_used) {
  std::chrono::sys_seconds now{1'000'000'000s};
  cookie_jar jar{cookie_jar_limits{}.per_domain(3), [&now] { return now; }};
  const auto where = url::parse("https://x.y/");
  const auto add = [&](std::string_view text) { EXPECT_TRUE(jar.store(where, text)); };
  add("a=1; Secure; Path=/a");
  add("b=1; Path=/b");
  add("c=1; Max-Age=10");
  EXPECT_TRUE(jar.store(url::parse("https://other/"), "z=1"));
  now += 10s;
  add("d=1; Path=/d");
  EXPECT_EQ(jar.field_for(url::parse("https://x.y/b")), "b=1");
  add("e=1"); // d was not used since
  std::vector<std::string> names;
  for (const auto& one : jar.cookies())
    names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("z", "a", "b", "e"));
}

TEST(full_cookie_jar, loses_those_used_longest_ago_of_all) {
  cookie_jar jar{cookie_jar_limits{}.total(3)};
  for (const auto* where : {"http://a/", "http://b/", "http://c/"})
    EXPECT_TRUE(jar.store(url::parse(where), "x=1"));
  EXPECT_EQ(jar.field_for(url::parse("http://a/")), "x=1");
  EXPECT_TRUE(jar.store(url::parse("http://d/"), "x=1"));
  EXPECT_EQ(jar.field_for(url::parse("http://b/")), "");
  EXPECT_EQ(jar.size(), 3U);
  cookie_jar none{cookie_jar_limits{}.total(0)};
  EXPECT_TRUE(none.store(url::parse("http://a/"), "x=1"));
  EXPECT_EQ(none.size(), 0U);
}

TEST(shared_cookie_jar, may_be_used_by_many_threads) {
  cookie_jar jar{cookie_jar_limits{}.per_domain(20).total(50)};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&jar, t] {
        for (int i = 0; i < 500; ++i) {
          const auto where = url::parse("http://h" + std::to_string((i + t) % 5) + ".x.y/");
          static_cast<void>(jar.store(where, "c" + std::to_string(i) + "=1; Domain=x.y"));
          static_cast<void>(jar.store(where, "c" + std::to_string(i) + "=1"));
          static_cast<void>(jar.field_for(where));
        }
      });
  }
  EXPECT_EQ(jar.size(), 50U);
}

} // namespace
} // namespace actors::http::test
