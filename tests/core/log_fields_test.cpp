#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/log_fields.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_log.hpp>
#include <actors/core/to_thread.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using actors::log_fields;
using actors::log_level;
using actors::logger;
using actors::spawn_options;
using actors::task;
using actors::with_log_field;
using actors::with_log_fields;
using core_test::recording_log;
using testing::ElementsAre;
using namespace core_test;

/// Logs from a task of this name.
template <class F>
std::vector<std::string> logged_by(std::string name, F body) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{actors::runtime_options{}.workers(1).log_to(log).stall_threshold(1h)};
  home.block_on([&]() -> task<> { co_await actors::spawn(body(), spawn_options{}.name(name)); });
  static_cast<void>(home.stop());
  return log->lines();
}

} // namespace

TEST(log_fields, every_record_written_in_the_scope_carries_the_fields_and_the_task) {
  const auto lines = logged_by("fetcher", []() -> task<> {
    actors::task_log("crawl").info("before");
    auto inside = []() -> task<> {
      actors::task_log("crawl").info("fetched", {{"url", "http://a/"}});
      co_await actors::yield();
      actors::task_log("").warning("slow");
    };
    co_await with_log_field("request", "r 1", inside);
    actors::task_log("crawl").error("after");
  });
  EXPECT_THAT(lines,
              ElementsAre("info crawl: before", R"(info crawl: fetched url=http://a/ request="r 1" task=fetcher)",
                          R"(warning slow request="r 1" task=fetcher)", "error crawl: after"));
}

TEST(log_fields, a_record_that_is_written_without_the_facade_carries_them_too) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{actors::runtime_options{}.workers(1).log_to(log).stall_threshold(1h)};
  home.block_on([&]() -> task<> {
    auto inside = [&]() -> task<> {
      log->write({log_level::info, "own", "text"});
      co_return;
    };
    co_await actors::spawn(with_log_field("id", "7", inside), spawn_options{}.name("worker"));
  });
  EXPECT_THAT(log->lines(), ElementsAre("info own: text id=7 task=worker"));
}

TEST(log_fields, inner_fields_hide_outer_ones_and_those_of_the_record_hide_both) {
  const auto lines = logged_by("t", []() -> task<> {
    auto inner = []() -> task<> {
      actors::task_log("c").info("x", {{"b", "record"}});
      co_return;
    };
    log_fields outer;
    outer.add("a", "1").add("b", "2");
    log_fields two;
    two.add("a", "inner").add("c", "3");
    co_await with_log_fields(outer, with_log_fields(two, inner));
  });
  EXPECT_THAT(lines, ElementsAre("info c: x b=record a=inner c=3 task=t"));
}

TEST(log_fields, children_inherit_and_blocking_calls_belong_to_their_task) {
  const auto lines = logged_by("parent", []() -> task<> {
    auto body = []() -> task<> {
      auto child = []() -> task<> {
        actors::task_log("c").info("child");
        co_return;
      };
      co_await actors::spawn(child, spawn_options{}.name("child"));
      const auto log = actors::task_log("c");
      co_await actors::to_thread([&log] { log.info("thread"); });
    };
    co_await with_log_field("id", "7", body);
  });
  EXPECT_THAT(lines,
              ElementsAre("info c: child id=7 task=child", R"(info c: thread id=7 task="blocking call of parent")"));
}

TEST(log_fields, are_undone_by_a_cancellation_on_every_runtime) {
  on_every_runtime([]() -> task<> {
    gate inside;
    auto waiting = [&]() -> task<> {
      inside.open();
      co_await actors::sleep(actors::forever);
    };
    auto body = [&]() -> task<> {
      static_cast<void>(co_await error_of(with_log_field("id", "7", waiting)));
      EXPECT_EQ(actors::log_origin::here().fields, nullptr);
    };
    const auto running = actors::spawn(body);
    co_await inside;
    running.cancel("enough");
    static_cast<void>(co_await error_of(running));
  });
}

TEST(log_fields, the_outermost_make_room_when_there_are_too_many) {
  log_fields fields;
  for (std::size_t i = 0; i <= log_fields::most; ++i)
    fields.add("k" + std::to_string(i), "v");
  EXPECT_EQ(fields.all().size(), log_fields::most);
  EXPECT_EQ(fields.find("k0"), nullptr);
  ASSERT_NE(fields.find("k64"), nullptr);
  fields.add("k64", "new").add(fields);
  EXPECT_EQ(*fields.find("k64"), "new");
  EXPECT_EQ(fields.all().size(), log_fields::most);
}

TEST(log_fields, outside_of_tasks_a_record_has_no_origin_and_the_facade_of_the_task_is_a_misuse) {
  const auto here = actors::log_origin::here();
  EXPECT_EQ(here.task, "");
  EXPECT_EQ(here.trace, nullptr);
  EXPECT_EQ(here.fields, nullptr);
  EXPECT_THROW(static_cast<void>(actors::task_log("x")), actors::misuse_error);
  const auto log = std::make_shared<recording_log>();
  logger{log, "main"}.critical("text", {{"k", "v"}});
  EXPECT_THAT(log->lines(), ElementsAre("critical main: text k=v"));
}

TEST(log_fields, a_record_knows_its_trace) {
  on_every_runtime([]() -> task<> {
    const actors::trace_context trace{actors::trace_id{1, 2}, actors::span_id{3}};
    auto inside = []() -> task<> {
      const auto origin = actors::log_origin::here();
      EXPECT_EQ(origin.trace == nullptr ? std::string{} : origin.trace->traceparent(),
                "00-00000000000000010000000000000002-0000000000000003-00");
      co_return;
    };
    co_await actors::with_trace(trace, inside);
    EXPECT_EQ(actors::log_origin::here().trace, nullptr);
  });
}

TEST(log_fields, the_level_of_the_plain_sink_can_be_changed) {
  actors::descriptor_log_sink sink{-1, log_level::warning};
  EXPECT_EQ(sink.level(), log_level::warning);
  EXPECT_FALSE(sink.enabled(log_level::info));
  EXPECT_TRUE(sink.set_level(log_level::debug));
  EXPECT_TRUE(sink.enabled(log_level::debug));
  EXPECT_FALSE(sink.enabled(log_level::trace));
  EXPECT_FALSE(actors::make_null_log_sink()->set_level(log_level::debug));
  EXPECT_EQ(actors::make_null_log_sink()->level(), std::nullopt);
}
