#include "in_process.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/supervise/retry.hpp>
#include <actors/web/application.hpp>
#include <actors/web/application_server.hpp>
#include <actors/web/http_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace actors::web::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using diary = std::vector<std::string>;

task<void> note_later(std::shared_ptr<diary> log, std::string text, std::chrono::seconds after) {
  co_await sleep(after);
  log->push_back(std::move(text));
}

void note(const std::shared_ptr<diary>& log, const std::string& text) {
  log->push_back(text);
}

/// Runs `body` in virtual time and gives what was logged.
template <class F>
std::string run(F body) {
  auto log = std::make_shared<http::test::recording_log>();
  {
    runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(log)};
    home.block_on(std::move(body));
  }
  return log->text();
}

} // namespace

TEST(background, tasks_run_one_after_another_behind_the_reply) {
  auto log = std::make_shared<diary>();
  application app;
  app.get("/", [log](background_tasks& later) {
    later.add(note_later, log, "first", 5s).add(note, log, "second");
    log->push_back("handler");
    return 1;
  });
  run([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text("GET", "/"));
    const auto result = co_await std::move(asking);
    EXPECT_EQ(result.body, "1");
    EXPECT_THAT(*log, ElementsAre("handler"));
    EXPECT_EQ(app.background_count(), 1U);
    co_await sleep(6s);
    EXPECT_EQ(app.background_count(), 0U);
  });
  EXPECT_THAT(*log, ElementsAre("handler", "first", "second"));
}

TEST(background, tasks_are_taken_back_by_a_handler_that_fails) {
  auto log = std::make_shared<diary>();
  application app;
  app.get("/", [log](background_tasks& later) {
    later.add(note, log, "never");
    throw http_error{http::status::conflict};
  });
  run([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text("GET", "/"));
    const auto result = co_await std::move(asking);
    EXPECT_EQ(result.status, 409);
    co_await sleep(1s);
  });
  EXPECT_THAT(*log, IsEmpty());
}

TEST(background, a_task_that_fails_is_retried_and_then_logged_and_the_others_run) {
  auto log = std::make_shared<diary>();
  application app;
  app.get("/", [log](background_tasks& later) {
    later.add(supervise::retry_policy{}.attempts(3), [log] {
      log->push_back("try");
      throw std::runtime_error{"broken"};
    });
    later.named("mail").add(note, log, "other");
  });
  const auto said = run([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text("GET", "/"));
    static_cast<void>(co_await std::move(asking));
    co_await sleep(60s);
  });
  EXPECT_THAT(*log, ElementsAre("try", "try", "try", "other"));
  EXPECT_THAT(said, HasSubstr("'mail' failed: "));
  EXPECT_THAT(said, HasSubstr("broken"));
}

TEST(background, tasks_survive_a_client_that_leaves) {
  auto log = std::make_shared<diary>();
  application app;
  app.get("/", [log](background_tasks& later) -> task<void> {
    later.add(note_later, log, "done", 5s);
    co_await sleep(1h);
  });
  run([&]() -> task<void> {
    http::server server{app.handler(), http::server_options{}};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    const auto text = request_text("GET", "/");
    co_await streams.first->write_all(text);
    co_await sleep(1s);
    streams.first->close();
    co_await serving;
    co_await app.shutdown(60s);
  });
  EXPECT_THAT(*log, ElementsAre("done"));
}

TEST(background, tasks_are_waited_for_at_shutdown_up_to_its_limit) {
  auto log = std::make_shared<diary>();
  application app;
  app.get("/{n}", [log](path<"n", int> n, background_tasks& later) {
    later.add(note_later, log, std::to_string(*n), std::chrono::seconds{*n});
  });
  app.on_shutdown([log] { log->push_back("hook"); });
  const auto said = run([&]() -> task<void> {
    for (const std::string target : {"/5", "/50"}) {
      auto asking = ask_text(app.handler(), request_text("GET", target));
      static_cast<void>(co_await std::move(asking));
    }
    co_await app.shutdown(10s);
    EXPECT_EQ(app.background_count(), 0U);
  });
  EXPECT_THAT(*log, ElementsAre("5", "hook"));
  EXPECT_THAT(said, HasSubstr("background tasks were cancelled"));
}

TEST(lifespan, hooks_run_around_the_server) {
  auto log = std::make_shared<diary>();
  application inner;
  inner.on_startup([log]() -> task<void> {
    co_await sleep(1ms);
    log->push_back("inner up");
  });
  inner.on_shutdown([log] { log->push_back("inner down"); });
  application app;
  app.mount("/in", inner);
  app.on_startup([log] { log->push_back("up 1"); }).on_startup([log] { log->push_back("up 2"); });
  app.on_shutdown([log] { log->push_back("down 1"); }).on_shutdown([log]() -> task<void> {
    log->push_back("down 2");
    throw std::runtime_error{"broken"};
    co_return;
  });
  http::test::run_really([&]() -> task<void> {
    application_server site{app, http::server_options{}};
    co_await site.start();
    EXPECT_NE(site.port(), 0);
    EXPECT_THAT(*log, ElementsAre("up 1", "up 2", "inner up"));
    co_await site.stop();
    co_await site.stop();
  });
  EXPECT_THAT(*log, ElementsAre("up 1", "up 2", "inner up", "inner down", "down 2", "down 1"));
}

TEST(lifespan, a_hook_that_fails_at_startup_keeps_the_server_from_starting) {
  auto log = std::make_shared<diary>();
  application app;
  app.on_startup([] { throw std::runtime_error{"no database"}; });
  app.on_shutdown([log] { log->push_back("down"); });
  run([&]() -> task<void> {
    application_server site{app, http::server_options{}};
    std::string problem;
    try {
      co_await site.start();
    } catch (const std::runtime_error& error) {
      problem = error.what();
    }
    EXPECT_EQ(problem, "no database");
    EXPECT_EQ(site.port(), 0);
  });
  EXPECT_THAT(*log, ElementsAre("down"));
}

TEST(lifespan, a_server_that_is_cancelled_ends_in_order) {
  auto log = std::make_shared<diary>();
  application app;
  app.on_shutdown([log] { log->push_back("down"); });
  http::test::run_really([&]() -> task<void> {
    auto running = spawn([&]() -> task<void> {
      application_server site{app, http::server_options{}};
      co_await site.start();
      log->push_back("up");
      co_await site.join();
    });
    while (log->empty())
      co_await sleep(1ms);
    running.cancel("enough");
    bool was_cancelled = false;
    try {
      co_await running;
    } catch (const cancelled&) {
      was_cancelled = true;
    }
    EXPECT_TRUE(was_cancelled);
  });
  EXPECT_THAT(*log, ElementsAre("up", "down"));
}

} // namespace actors::web::test
