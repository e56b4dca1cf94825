#include "client_support.hpp"

#include <actors/http/cookie_jar.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using server = scripted_server;

TEST(client_with_cookies, keeps_and_sends_them_through_redirects) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{
        {recorder(seen, {answer("302 Found", "Location: /in\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/x\r\n"),
                         answer("302 Found", "Location: http://other.example/\r\nSet-Cookie: a=3\r\n")}),
         recorder(seen, {ok, ok})}};
    const auto jar = std::make_shared<cookie_jar>();
    const auto web = peer.make_client(client_options{}.cookies(jar));
    static_cast<void>(co_await web.get("http://x.example/"));
    EXPECT_EQ(field_of(seen.at(0), "Cookie"), "-");
    EXPECT_EQ(field_of(seen.at(1), "Cookie"), "a=1");
    EXPECT_EQ(field_of(seen.at(2), "Cookie"), "-");
    EXPECT_EQ(jar->field_for(url::parse("http://x.example/x")), "b=2; a=3");
  });
}

TEST(client_with_cookies, leaves_a_request_alone_that_has_its_own) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{
        {recorder(seen, {answer("200 OK", "Set-Cookie: a=1\r\n"), answer("302 Found", "Location: http://y/\r\n")}),
         recorder(seen, {ok})}};
    const auto jar = std::make_shared<cookie_jar>();
    static_cast<void>(jar->store(url::parse("http://y/"), "c=3"));
    const auto web = peer.make_client(client_options{}.cookies(jar));
    const auto own = request{}.set("Cookie", "own=1");
    static_cast<void>(co_await web.get("http://x/"));
    static_cast<void>(co_await web.send("http://x/", own));
    EXPECT_EQ(field_of(seen.at(1), "Cookie"), "own=1");
    EXPECT_EQ(field_of(seen.at(2), "Cookie"), "c=3");
  });
}

} // namespace
} // namespace actors::http::test
