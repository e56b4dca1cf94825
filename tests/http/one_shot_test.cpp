#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/error.hpp>
#include <actors/http/form.hpp>
#include <actors/http/json.hpp>
#include <actors/http/one_shot.hpp>
#include <actors/http/server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::http::test {
namespace {

TEST(one_shot, fetches_and_posts_without_a_client) {
  run_really([]() -> task<> {
    server site{[](const request& what) {
      return response{status::ok,
                      std::string{to_string(what.method())} + " " + what.target() + " " +
                          std::string{what.get("Content-Type").value_or("-")} + " " + what.body(),
                      "text/plain"};
    }};
    co_await site.start();
    const auto where = site.url();
    EXPECT_EQ((co_await get(where + "/a?b")).body(), "GET /a?b - ");
    EXPECT_EQ((co_await send(where + "/x", request{method::delete_, "/"})).body(), "DELETE /x - ");
    EXPECT_EQ((co_await post(where + "/x", "abc", "text/plain")).body(), "POST /x text/plain abc");
    const auto form = query_params{}.add("a", "b c");
    EXPECT_EQ((co_await post_form(where + "/f", form)).body(), "POST /f application/x-www-form-urlencoded a=b+c");
    const nlohmann::json order{{"item", 7}};
    EXPECT_EQ((co_await post_json(where + "/j", order)).body(), "POST /j application/json {\"item\":7}");
    EXPECT_EQ((co_await get(where)).get("Connection"), "close");
  });
}

TEST(one_shot, says_what_is_wrong_as_a_client_does) {
  run_virtually([]() -> task<> {
    EXPECT_THROW(static_cast<void>(get("no url")), error);
    std::string kind;
    try {
      static_cast<void>(co_await get("ftp://x/"));
    } catch (const client_error& problem) {
      kind = to_string(problem.kind());
    }
    EXPECT_EQ(kind, "unsupported");
  });
}

TEST(one_shot, can_be_cancelled) {
  run_virtually([]() -> task<> {
    const auto options =
        client_options{}.connect_with([](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
          co_await sleep(5s);
          co_return nullptr;
        });
    EXPECT_THROW(static_cast<void>(co_await with_timeout(1s, get("http://x/", options))), timeout_error);
  });
}

} // namespace
} // namespace actors::http::test
