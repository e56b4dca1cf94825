#include "in_process.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/web/application.hpp>
#include <actors/web/http_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace actors::web::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What has happened, in its order; of tests in one thread.
using diary = std::vector<std::string>;

struct user {
  std::string name;
};

user current_user(header<"x-token", std::string> token, state<diary> log) {
  log->push_back("user");
  if (*token == "bad")
    throw http_error{http::status::unauthorized}.with("WWW-Authenticate", "Bearer");
  return {*token};
}

/// Notes its end.
class guard {
public:
  guard(diary& log, std::string name) : log_(&log), name_(std::move(name)) {}

  guard(guard&& other) noexcept : log_(std::exchange(other.log_, nullptr)), name_(std::move(other.name_)) {}

  guard& operator=(guard&&) = delete;

  ~guard() {
    if (log_ != nullptr)
      log_->push_back("~" + name_);
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  diary* log_;
  std::string name_;
};

task<guard> connection(state<diary> log) {
  co_await sleep(1ms);
  log->push_back("connection");
  co_return guard{*log, "connection"};
}

task<provided<guard>> transaction(depends<connection> c, depends<current_user> who, state<diary> log) {
  log->push_back("begin " + c->name());
  auto& entries = *log;
  co_return provided<guard>{guard{entries, "transaction of " + who->name},
                            [&entries](guard&, const std::exception_ptr& error) -> task<void> {
                              co_await sleep(1ms);
                              entries.push_back(error ? "rollback" : "commit");
                            }};
}

void verify(depends<current_user> who) {
  if (who->name == "nobody")
    throw http_error{http::status::forbidden};
}

task<std::string> buy(depends<transaction> t, depends<current_user> who, depends<verify>, query<"n", int> n,
                      state<diary> log) {
  co_await sleep(1ms);
  log->push_back("buy " + who->name + " in " + t->name());
  if (*n < 0)
    throw std::runtime_error{"no"};
  co_return who->name;
}

/// An application with its diary.
struct shop {
  shop() {
    app.state(log);
    app.get("/buy", buy);
  }

  std::shared_ptr<diary> log = std::make_shared<diary>();
  application app;
};

} // namespace

TEST(dependencies, are_called_once_and_torn_down_in_reverse_order) {
  shop s;
  EXPECT_EQ(ask(s.app, "GET", "/buy?n=1", "X-Token: ann\r\n").body, R"("ann")");
  EXPECT_THAT(*s.log, ElementsAre("connection", "user", "begin connection", "buy ann in transaction of ann", "commit",
                                  "~transaction of ann", "~connection"));
}

TEST(dependencies, learn_that_the_handler_has_failed) {
  shop s;
  EXPECT_EQ(ask(s.app, "GET", "/buy?n=-1", "X-Token: ann\r\n").status, 500);
  EXPECT_THAT(*s.log, ElementsAre("connection", "user", "begin connection", "buy ann in transaction of ann", "rollback",
                                  "~transaction of ann", "~connection"));
}

TEST(dependencies, may_refuse_a_request) {
  shop s;
  const auto refused = ask(s.app, "GET", "/buy?n=x", "X-Token: bad\r\n");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.field("WWW-Authenticate"), "Bearer");
  EXPECT_THAT(*s.log, ElementsAre("connection", "user", "~connection"));
  EXPECT_EQ(ask(s.app, "GET", "/buy?n=1", "X-Token: nobody\r\n").status, 403);
}

TEST(dependencies, are_not_called_if_their_parameters_are_wrong_and_all_is_told) {
  shop s;
  const auto wrong = ask(s.app, "GET", "/buy?n=x");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(complaints(wrong), ::testing::Contains("int_parsing query.n"));
  EXPECT_THAT(complaints(wrong), ::testing::Contains("missing header.x-token"));
  EXPECT_THAT(*s.log, ElementsAre("connection", "~connection"));
}

TEST(dependencies, are_overridden_in_tests) {
  shop s;
  s.app.override_dependency<current_user>([](query<"as", std::string> name) -> task<user> {
    co_await sleep(1ms);
    co_return user{*name};
  });
  EXPECT_EQ(ask(s.app, "GET", "/buy?n=1&as=tester").body, R"("tester")");
}

TEST(dependencies, of_routes_and_routers_are_called_for_what_they_throw) {
  shop s;
  router part{"/p"};
  part.require<verify>();
  part.get("/a", [] { return 1; });
  part.get("/b", [](depends<current_user> who) { return who->name; });
  s.app.include(part);
  s.app.get("/c", [] { return 2; }).require<verify>();
  EXPECT_EQ(ask(s.app, "GET", "/p/a", "X-Token: ann\r\n").body, "1");
  EXPECT_EQ(ask(s.app, "GET", "/p/a", "X-Token: nobody\r\n").status, 403);
  EXPECT_EQ(ask(s.app, "GET", "/p/a").status, 422);
  EXPECT_EQ(ask(s.app, "GET", "/c", "X-Token: nobody\r\n").status, 403);
  s.log->clear();
  EXPECT_EQ(ask(s.app, "GET", "/p/b", "X-Token: ann\r\n").body, R"("ann")");
  EXPECT_THAT(*s.log, ElementsAre("user"));
}

TEST(dependencies, live_until_a_streamed_reply_was_sent) {
  auto log = std::make_shared<diary>();
  application app;
  app.state(log);
  app.get("/", [](depends<connection> c, state<diary> entries) {
    auto* const used = &*c;
    auto* const to = &*entries;
    return reply::streamed(http::response{http::status::ok}, [used, to](body_writer& out) -> task<void> {
      co_await sleep(1ms);
      to->push_back("streams " + used->name());
      co_await out.write("x");
    });
  });
  EXPECT_EQ(ask(app, "GET", "/").status, 200);
  EXPECT_THAT(*log, ElementsAre("connection", "streams connection", "~connection"));
}

TEST(dependencies, are_torn_down_when_the_client_leaves) {
  auto log = std::make_shared<diary>();
  application app;
  app.state(log);
  app.get("/", [](depends<connection>, depends<transaction>) -> task<void> { co_await sleep(1h); });
  auto quiet = std::make_shared<http::test::recording_log>();
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(quiet)};
  home.block_on([&]() -> task<void> {
    http::server server{app.handler(), http::server_options{}};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    const auto text = request_text("GET", "/", "X-Token: ann\r\n");
    co_await streams.first->write_all(text);
    co_await sleep(1s);
    streams.first->close();
    co_await serving;
  });
  EXPECT_THAT(*log,
              ElementsAre("connection", "user", "begin connection", "rollback", "~transaction of ann", "~connection"));
}

TEST(dependencies, are_torn_down_when_the_server_is_cancelled) {
  auto log = std::make_shared<diary>();
  application app;
  app.state(log);
  app.get("/", [](depends<transaction>) -> task<void> { co_await sleep(1h); });
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(std::make_shared<http::test::recording_log>())};
  home.block_on([&]() -> task<void> {
    http::server server{app.handler(), http::server_options{}};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    const auto text = request_text("GET", "/", "X-Token: ann\r\n");
    co_await streams.first->write_all(text);
    co_await sleep(1s);
    serving.cancel("enough");
    auto waiting = wait(std::vector{serving});
    static_cast<void>(co_await std::move(waiting));
  });
  EXPECT_THAT(*log,
              ElementsAre("connection", "user", "begin connection", "rollback", "~transaction of ann", "~connection"));
}

TEST(dependencies, whose_teardown_fails_or_hangs_do_not_keep_the_others) {
  static constexpr auto hanging = [](depends<connection>) {
    return provided<int>{1, [](int&) -> task<void> { co_await sleep(1h); }};
  };
  static constexpr auto failing = [](depends<hanging>) {
    return provided<int>{2, [](int&) -> task<void> {
                           throw std::runtime_error{"cannot undo"};
                           co_return;
                         }};
  };
  auto log = std::make_shared<diary>();
  application app;
  app.teardown_limit(5s).state(log);
  app.get("/", [](depends<failing> two) { return *two; });
  auto said = std::make_shared<http::test::recording_log>();
  answer result;
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(said)};
  home.block_on([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text("GET", "/"));
    result = co_await std::move(asking);
  });
  EXPECT_EQ(result.body, "2");
  EXPECT_THAT(*log, ElementsAre("connection", "~connection"));
  EXPECT_THAT(said->text(), HasSubstr("cannot undo"));
}

} // namespace actors::web::test
