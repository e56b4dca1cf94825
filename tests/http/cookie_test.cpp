#include <actors/http/cookie.hpp>
#include <actors/http/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace actors::http::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::chrono::sys_seconds moment{784111777s}; // Sun, 06 Nov 1994 08:49:37 GMT

set_cookie parsed(std::string_view text) {
  const auto result = set_cookie::parse(text);
  EXPECT_TRUE(result) << text;
  return result.value_or(set_cookie{});
}

TEST(set_cookie, is_read_as_browsers_read_it) {
  const auto pair = [](std::string_view text) {
    const auto result = parsed(text);
    return std::pair{result.name(), result.value()};
  };
  EXPECT_THAT(pair("a=b"), Pair("a", "b"));
  EXPECT_THAT(pair(" a \t=\t b ; Path=/"), Pair("a", "b"));
  EXPECT_THAT(pair("a=b=c"), Pair("a", "b=c"));
  EXPECT_THAT(pair("a=\"b c\""), Pair("a", "\"b c\""));
  EXPECT_THAT(pair("a="), Pair("a", ""));
  EXPECT_THAT(pair("=b"), Pair("", "b"));
  EXPECT_THAT(pair("b"), Pair("", "b"));
  EXPECT_THAT(pair("a=\xC3\xA9"), Pair("a", "\xC3\xA9"));
  for (const auto bad :
       {std::string_view{""}, std::string_view{"="}, std::string_view{" ; Path=/"}, std::string_view{"a=b\x01"},
        std::string_view{"a=b; Path=/\r\nX: y"}, std::string_view{"a=\0", 3}, std::string_view{"a=\x7f"}})
    EXPECT_FALSE(set_cookie::parse(bad)) << bad;
  EXPECT_TRUE(set_cookie::parse("a=" + std::string(4095, 'x')));
  EXPECT_FALSE(set_cookie::parse("a=" + std::string(4096, 'x')));
}

TEST(set_cookie, has_attributes_of_which_the_last_of_a_name_counts) {
  const auto one = parsed("a=b; PATH=/x; path = /y ;domain=.Example.COM; Secure=yes; httponly ; SameSite=lAx; Foo=bar; "
                          "Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(one.path(), "/y");
  EXPECT_EQ(one.domain(), "example.com");
  EXPECT_TRUE(one.secure());
  EXPECT_TRUE(one.http_only());
  EXPECT_EQ(one.sent_to(), same_site::lax);
  EXPECT_EQ(one.max_age(), 60s);
  EXPECT_EQ(one.expires(), moment);
  const auto other = parsed("a=b; Path=/x; Path=y; Domain=a; Domain; SameSite=Strict; SameSite=odd; Secure;");
  EXPECT_EQ(other.path(), "");
  EXPECT_EQ(other.domain(), "");
  EXPECT_EQ(other.sent_to(), same_site::unspecified);
  EXPECT_EQ(parsed("a=b; SameSite=None").sent_to(), same_site::none);
  const auto plain = parsed("a=b");
  EXPECT_FALSE(plain.secure());
  EXPECT_FALSE(plain.http_only());
  EXPECT_FALSE(plain.max_age());
  EXPECT_FALSE(plain.expires());
  EXPECT_EQ(parsed("a=b; Path=/" + std::string(1023, 'x')).path().size(), 1024U);
  EXPECT_EQ(parsed("a=b; Path=/" + std::string(1024, 'x')).path(), "");
}

TEST(set_cookie, has_a_max_age_that_is_a_number) {
  const auto age = [](std::string_view text) { return parsed("a=b; Max-Age=" + std::string{text}).max_age(); };
  EXPECT_EQ(age("0"), 0s);
  EXPECT_EQ(age("007"), 7s);
  EXPECT_EQ(age("-1"), 0s);
  EXPECT_EQ(age("99999999999999999999999999"), std::chrono::hours(24 * 400));
  for (const auto* bad : {"", "-", "+1", "1.5", "1x", " "})
    EXPECT_FALSE(age(bad)) << bad;
}

TEST(cookie_date, is_read_in_the_forms_that_servers_write) {
  for (const auto* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "06 november 1994 8:49:37", "8:49:37 6 Nov 94", "1994 Nov 06 08:49:37", "06x Nov 1994y 08:49:37z",
        "Thu, 06-Nov-1994 08:49:37 UTC", "Sun,06-Nov-1994,08:49:37"})
    EXPECT_EQ(parse_cookie_date(text), moment) << text;
  EXPECT_EQ(parse_cookie_date("1 Jan 69 00:00:00"), std::chrono::sys_days{std::chrono::year{2069} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("1 Jan 70 00:00:00"), std::chrono::sys_days{std::chrono::year{1970} / 1 / 1});
  EXPECT_EQ(parse_cookie_date("31 Dec 9999 23:59:59"), std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - 1s);
}

TEST(cookie_date, that_is_none_is_nothing) {
  for (const auto* text :
       {"", "now", "06 Nov 1994", "06 Nov 08:49:37", "Nov 1994 08:49:37", "32 Nov 1994 08:49:37",
        "31 Nov 1994 08:49:37", "29 Feb 1995 08:49:37", "06 Nov 1600 08:49:37", "06 Nov 1994 24:00:00",
        "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60", "006 Nov 94 08:49:37", "06 Nov 1994 08:49",
        "06 Nov 1994 1a2:49:37", "06 Nov 19941 08:49:37", "06 Nov 1994 008:49:37"})
    EXPECT_FALSE(parse_cookie_date(text)) << text;
}

TEST(set_cookie, is_written_so_that_it_reads_the_same) {
  const auto one = set_cookie{"a", "b"}
                       .expires(moment)
                       .max_age(60s)
                       .domain("example.com")
                       .path("/x")
                       .secure(true)
                       .http_only(true)
                       .sent_to(same_site::strict);
  EXPECT_EQ(one.to_string(), "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=60; Domain=example.com; Path=/x; "
                             "Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(set_cookie::parse(one.to_string()), one);
  EXPECT_EQ((set_cookie{"a", "\"b\""}.to_string()), "a=\"b\"");
  EXPECT_EQ((set_cookie{"a", ""}.max_age(-5s).sent_to(same_site::lax).to_string()), "a=; Max-Age=0; SameSite=Lax");
  EXPECT_EQ((set_cookie{"__Host-a", "1"}.secure(true).path("/").sent_to(same_site::none).to_string()),
            "__Host-a=1; Path=/; Secure; SameSite=None");
}

TEST(set_cookie, that_could_be_misread_is_not_written) {
  const set_cookie bad[] = {{"", "x"},
                            {"a b", "x"},
                            {"a=", "x"},
                            {"a", "x y"},
                            {"a", "x;y"},
                            {"a", "x,y"},
                            {"a", "x\"y"},
                            {"a", "x\\y"},
                            {"a", "x\r\nSet-Cookie: b=c"},
                            {"a", "\xC3\xA9"},
                            {"a", std::string(4096, 'x')},
                            set_cookie{"a", "b"}.path("/;x"),
                            set_cookie{"a", "b"}.path("/x "),
                            set_cookie{"a", "b"}.domain("a\nb"),
                            set_cookie{"a", "b"}.domain(" x.y"),
                            {"__secure-a", "b"},
                            set_cookie{"__Host-a", "b"}.path("/"),
                            set_cookie{"__Host-a", "b"}.secure(true),
                            set_cookie{"__Host-a", "b"}.secure(true).path("/").domain("x.y")};
  for (const auto& one : bad)
    try {
      ADD_FAILURE() << one.to_string();
    } catch (const error& problem) {
      EXPECT_EQ(problem.kind(), errc::invalid_cookie);
      EXPECT_THAT(problem.what(), HasSubstr("cookie \""));
    }
}

TEST(cookies_of_a_request, are_read_from_all_its_fields) {
  const auto what = fields{}.add("Cookie", "a=1; b=\"2\";;c = 3 ; d").add("cookie", "a=4;=5");
  EXPECT_THAT(parse_cookies(what), ElementsAre(Pair("a", "1"), Pair("b", "\"2\""), Pair("c", "3"), Pair("", "d"),
                                               Pair("a", "4"), Pair("", "5")));
  EXPECT_EQ(cookie_value(what, "a"), "1");
  EXPECT_EQ(cookie_value(what, "c"), "3");
  EXPECT_FALSE(cookie_value(what, "A"));
  EXPECT_FALSE(cookie_value(fields{}, "a"));
}

} // namespace
} // namespace actors::http::test
