#include "middleware_support.hpp"

#include <actors/core/task_log.hpp>
#include <actors/http/error.hpp>
#include <actors/web/request_ids.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace actors::web::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

application app_with(request_ids how) {
  application app;
  app.use(std::move(how));
  app.get("/", [](context& c) { return c.request_id(); });
  app.get("/pieces", [] { return in_pieces(); });
  app.get("/log", []() -> task<void> {
    co_await sleep(1s);
    task_log("test").info("here");
  });
  return app;
}

TEST(request_ids, are_those_that_came_if_they_are_harmless) {
  auto app = app_with(request_ids{});
  const auto answer = ask(app, "GET", "/", "X-Request-ID: a-B_3.:/+=@\r\n");
  EXPECT_EQ(answer.body, "\"a-B_3.:/+=@\"");
  EXPECT_EQ(answer.field("X-Request-ID"), "a-B_3.:/+=@");
}

TEST(request_ids, are_made_for_all_others) {
  auto app = app_with(request_ids{});
  std::string before;
  for (const auto& given : {std::string{}, std::string{"X-Request-ID: a b\r\n"}, std::string{"X-Request-ID: \"a\"\r\n"},
                            std::string{"X-Request-ID: \xff\r\n"}, std::string{"X-Request-ID:\r\n"},
                            "X-Request-ID: " + std::string(129, 'a') + "\r\n"}) {
    const auto answer = ask(app, "GET", "/", given);
    const auto id = answer.field("X-Request-ID");
    EXPECT_GE(id.size(), 16U);
    EXPECT_EQ(answer.body, "\"" + id + "\"");
    EXPECT_NE(id, before);
    EXPECT_EQ(given.find(id), std::string::npos);
    before = id;
  }
  EXPECT_EQ(ask(app, "GET", "/", "X-Request-ID: " + std::string(128, 'a') + "\r\n").field("X-Request-ID"),
            std::string(128, 'a'));
}

TEST(request_ids, heed_their_options) {
  auto app = app_with(request_ids{}.field("X-Trace").take_incoming(false));
  const auto answer = ask(app, "GET", "/", "X-Trace: mine\r\n");
  EXPECT_NE(answer.field("X-Trace"), "mine");
  EXPECT_NE(answer.field("X-Trace"), "");
  EXPECT_THROW(request_ids{}.field("no name"), http::error);
}

TEST(request_ids, stand_in_all_replies) {
  auto app = app_with(request_ids{});
  EXPECT_EQ(ask(app, "HEAD", "/", "X-Request-ID: 1\r\n").field("X-Request-ID"), "1");
  EXPECT_EQ(ask(app, "GET", "/nowhere", "X-Request-ID: 1\r\n").field("X-Request-ID"), "1");
  EXPECT_EQ(ask(app, "GET", "/pieces", "X-Request-ID: 1\r\n").field("X-Request-ID"), "1");
}

TEST(request_ids, stand_in_what_is_logged) {
  auto log = std::make_shared<http::test::recording_log>();
  for (const bool is_logged : {true, false}) {
    auto app = app_with(is_logged ? request_ids{} : request_ids{}.log_as(""));
    runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(log)};
    home.block_on([&]() -> task<void> {
      auto asking =
          ask_text(app.handler(),
                   request_text("GET", "/log", is_logged ? "X-Request-ID: seven\r\n" : "X-Request-ID: eight\r\n"));
      co_await std::move(asking);
    });
  }
  EXPECT_THAT(log->text(), HasSubstr("request=seven"));
  EXPECT_THAT(log->text(), Not(HasSubstr("eight")));
}

} // namespace
} // namespace actors::web::test
