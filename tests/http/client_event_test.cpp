#include "client_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;

using server = scripted_server;

TEST(client_with_a_hook, tells_what_it_does) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    server peer{{server::answers({answer("302 Found", "Location: /b\r\n"), "HTTP/1.1 103 Hints\r\n\r\n" + ok})}};
    const auto web = peer.make_client(client_options{}.on_event([&seen](const client_event& e) {
      seen.push_back(std::string{to_string(e.what)} + " " + std::string{e.target.path()} + " " +
                     std::to_string(e.number) + " " + std::string{e.detail});
    }));
    static_cast<void>(co_await web.get("http://x/a"));
    EXPECT_THAT(seen, ElementsAre("connecting /a 0 ", "connected /a 0 memory:2", "request_sent /a 0 ", "head /a 302 ",
                                  "body_end /a 0 ", "redirect /a 302 http://x/b", "reused /b 0 ", "request_sent /b 0 ",
                                  "interim /b 103 ", "head /b 200 ", "body_end /b 5 "));
  });
}

} // namespace
} // namespace actors::http::test
