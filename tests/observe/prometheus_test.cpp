#include "../core/every_runtime.hpp"
#include "../core/patience.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/observe/metrics.hpp>
#include <actors/observe/prometheus.hpp>

#include <caf/actor_system.hpp>
#include <caf/telemetry/metric_registry.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using actors::misuse_error;
using actors::runtime;
using actors::runtime_options;
using actors::spawn_options;
using actors::task;
using actors::observe::metrics;
using actors::observe::render_prometheus;
using core_test::becomes_true;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

/// The value of the sample that begins like this, NaN if there is none.
double value_of(const std::string& text, const std::string& sample) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(sample + " "))
      return std::stod(line.substr(sample.size() + 1));
  return NAN;
}

task<int> same(int value) {
  co_return value;
}

} // namespace

TEST(prometheus, counts_what_became_of_tasks) {
  runtime home{runtime_options{}.workers(2).log_to(actors::make_null_log_sink())};
  home.block_on([]() -> task<> {
    std::vector<task<int>> many;
    for (int i = 0; i < 100; ++i)
      many.push_back(same(i));
    static_cast<void>(co_await actors::gather(std::move(many)));
    const auto failing = actors::spawn([]() -> task<> {
      throw std::runtime_error("no");
      co_return;
    });
    const auto sleeping = actors::spawn([]() -> task<> { co_await actors::sleep(1h); });
    co_await actors::sleep(1ms);
    sleeping.cancel();
    static_cast<void>(co_await actors::gather_outcomes(failing, sleeping));
  });
  std::string text;
  EXPECT_TRUE(becomes_true([&] {
    text = render_prometheus(home);
    return value_of(text, "actors_tasks_completed_total") == 101;
  })) << text;
  EXPECT_EQ(value_of(text, "actors_tasks_started_total"), 103);
  EXPECT_EQ(value_of(text, "actors_tasks_failed_total"), 1);
  EXPECT_EQ(value_of(text, "actors_tasks_cancelled_total"), 1);
  EXPECT_NEAR(value_of(text, "actors_task_completion_rate"), 101.0 / 103, 1e-9);
  EXPECT_GT(value_of(text, "actors_worker_jobs_total{worker=\"0\"}") +
                value_of(text, "actors_worker_jobs_total{worker=\"1\"}"),
            3);
}

TEST(prometheus, a_gather_that_is_cancelled_counts_each_child_once) {
  runtime home{runtime_options{}.workers(2).log_to(actors::make_null_log_sink())};
  static_cast<void>(home.block_on([]() -> task<int> {
    std::vector<task<int>> many;
    for (int i = 0; i < 5000; ++i)
      many.push_back([](int value) -> task<int> {
        if (value == 10)
          throw std::runtime_error("no");
        co_await actors::sleep(1h);
        co_return value;
      }(i));
    try {
      static_cast<void>(co_await actors::gather(std::move(many)));
    } catch (const std::runtime_error&) {
      co_return 1;
    }
    co_return 0;
  }));
  std::string text;
  EXPECT_TRUE(becomes_true([&] {
    text = render_prometheus(home);
    return value_of(text, "actors_tasks_completed_total") == 1;
  }));
  EXPECT_EQ(value_of(text, "actors_tasks_started_total"), 5001);
  EXPECT_EQ(value_of(text, "actors_tasks_failed_total") + value_of(text, "actors_tasks_cancelled_total"), 5000);
}

TEST(prometheus, names_the_thousand_most_frequent_tasks_and_sums_up_the_rest) {
  runtime home{runtime_options{}.workers(1)};
  for (int i = 0; i < 1010; ++i)
    static_cast<void>(
        home.spawn([]() -> task<> { co_await actors::sleep(1h); }, spawn_options{}.name("crowd " + std::to_string(i))));
  for (int i = 0; i < 3; ++i)
    static_cast<void>(home.spawn([]() -> task<> { co_await actors::sleep(1h); }, spawn_options{}.name("say \"hi\"\n")));
  const auto text = render_prometheus(home);
  EXPECT_EQ(value_of(text, R"(actors_running_tasks{name="say \"hi\"\n"})"), 3);
  EXPECT_EQ(value_of(text, R"(actors_running_tasks{name="other"})"), 11);
}

TEST(prometheus, shows_services_with_their_mailboxes_and_the_blocking_pool_and_timers) {
  class counting final : public actors::service {
  public:
    counting() {
      on([](int value) { return value; });
    }
  };

  runtime home{runtime_options{}.workers(1)};
  const auto target = actors::spawn_service(home, std::make_unique<counting>(), spawn_options{}.name("counting"));
  home.block_on([](actors::service_ref to) -> task<> {
    for (int i = 0; i < 200; ++i)
      static_cast<void>(co_await actors::ask<int>(to, i));
  }(target));
  static_cast<void>(home.spawn([]() -> task<> { co_await actors::sleep(1h); }));
  std::string text;
  EXPECT_TRUE(becomes_true([&] {
    text = render_prometheus(home);
    return value_of(text, "actors_timers") == 1;
  }));
  EXPECT_EQ(value_of(text, R"(actors_running_services{name="counting"})"), 1);
  EXPECT_EQ(value_of(text, R"(actors_mailbox_messages{name="counting"})"), 0);
  EXPECT_EQ(value_of(text, "actors_blocking_threads_limit"), 64);
  EXPECT_GE(value_of(text, "actors_scheduling_delay_seconds_count"), 1);
  const auto busy = value_of(text, R"(actors_worker_utilisation{worker="0"})");
  EXPECT_GE(busy, 0);
  EXPECT_LE(busy, 1);
}

TEST(prometheus, every_line_is_of_the_format_and_caf_is_there_too) {
  runtime home{runtime_options{}.workers(2)};
  home.system().metrics().counter_instance("shop", "odd.name", {{"path", "a\"b\\c"}}, "two\nlines")->inc();
  home.system()
      .metrics()
      .histogram_singleton<double>("shop", "size", std::vector<double>{1.0, 2.0}, "sizes")
      ->observe(9);
  const auto text = render_prometheus(home);
  const std::regex line{
      R"re(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)+\})? (NaN|[+-]Inf|-?[0-9][0-9.e+-]*))re"};
  std::istringstream lines{text};
  for (std::string each; std::getline(lines, each);)
    EXPECT_TRUE(std::regex_match(each, line)) << each;
  EXPECT_THAT(text, HasSubstr("# TYPE caf_system_running_actors gauge"));
  EXPECT_EQ(value_of(text, R"(shop_odd_name{path="a\"b\\c"})"), 1);
  EXPECT_EQ(value_of(text, R"(shop_size_bucket{le="2"})"), 0);
  EXPECT_EQ(value_of(text, R"(shop_size_bucket{le="+Inf"})"), 1);
}

TEST(prometheus, a_stopped_runtime_has_nothing_to_show) {
  runtime home{runtime_options{}.workers(1)};
  home.stop(10s);
  EXPECT_EQ(render_prometheus(home), "");
}

TEST(metrics, count_with_labels) {
  const metrics own;
  const auto requests = own.counters("http_requests_total", "Requests.", {"method", "status"});
  requests.with({"GET", "200"}).add();
  requests.with({"GET", "200"}).add(2);
  own.counters("http_requests_total", "Requests.", {"method", "status"}).with({"PUT", "404"}).add();
  own.gauges("temperature", "Degrees.").get().set(-3.5);
  const auto text = own.render();
  EXPECT_EQ(value_of(text, R"(http_requests_total{method="GET",status="200"})"), 3);
  EXPECT_EQ(value_of(text, R"(http_requests_total{method="PUT",status="404"})"), 1);
  EXPECT_EQ(value_of(text, "temperature"), -3.5);
  EXPECT_THAT(text, HasSubstr("# HELP temperature Degrees.\n# TYPE temperature gauge\n"));
}

TEST(metrics, a_histogram_sums_up_and_puts_limits_into_the_lower_bucket) {
  const metrics own;
  const auto sizes = own.histograms("size", "Sizes.", {1, 10}).get();
  for (const double each : {0.5, 1.0, 5.0, 100.0})
    sizes.observe(each);
  sizes.observe(NAN);
  EXPECT_EQ(sizes.count(), 5);
  const auto text = own.render();
  EXPECT_EQ(value_of(text, R"(size_bucket{le="1"})"), 2);
  EXPECT_EQ(value_of(text, R"(size_bucket{le="10"})"), 3);
  EXPECT_EQ(value_of(text, R"(size_bucket{le="+Inf"})"), 5);
  EXPECT_EQ(value_of(text, "size_count"), 5);
}

TEST(metrics, refuse_what_prometheus_would_not_understand) {
  const metrics own;
  EXPECT_THROW(static_cast<void>(own.counters("", "")), misuse_error);
  EXPECT_THROW(static_cast<void>(own.counters("9lives", "")), misuse_error);
  EXPECT_THROW(static_cast<void>(own.counters("a-b", "")), misuse_error);
  EXPECT_THROW(static_cast<void>(own.counters("ok", "", {"__a"})), misuse_error);
  EXPECT_THROW(static_cast<void>(own.counters("ok", "", {"a", "a"})), misuse_error);
  EXPECT_THROW(static_cast<void>(own.histograms("ok", "", {2, 1})), misuse_error);
  EXPECT_THROW(static_cast<void>(own.histograms("ok", "", {1}, {"le"})), misuse_error);
  const auto one = own.counters("one", "", {"a"});
  EXPECT_THROW(static_cast<void>(one.with({})), misuse_error);
  EXPECT_THROW(one.with({"x"}).add(-1), misuse_error);
  EXPECT_THROW(one.with({"x"}).add(NAN), misuse_error);
  EXPECT_THROW(static_cast<void>(own.gauges("one", "", {"a"})), misuse_error);
  EXPECT_THROW(static_cast<void>(own.counters("one", "", {"b"})), misuse_error);
}

TEST(metrics, labels_from_outside_cannot_fill_the_memory) {
  const metrics own;
  const auto visits = own.counters("visits_total", "Visits.", {"who"});
  for (int i = 0; i < 2000; ++i)
    visits.with({std::to_string(i)}).add();
  const auto text = own.render();
  EXPECT_EQ(value_of(text, R"(visits_total{who="999"})"), 1);
  EXPECT_EQ(value_of(text, R"(visits_total{who="other"})"), 1000);
  EXPECT_THAT(text, Not(HasSubstr(R"(who="1000")")));
}

TEST(metrics, count_exactly_from_several_threads_and_outlive_their_registry) {
  auto own = std::make_unique<metrics>();
  const auto hits = own->counters("hits_total", "Hits.").get();
  own.reset();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([hits] {
      for (int n = 0; n < 10'000; ++n)
        hits.add();
    });
  for (auto& each : threads)
    each.join();
  EXPECT_EQ(hits.value(), 40'000);
}

TEST(metrics, stand_after_those_of_the_runtime) {
  runtime home{runtime_options{}.workers(1)};
  const metrics own;
  own.counters("mine_total", "Mine.").get().add();
  const auto text = render_prometheus(home, own);
  EXPECT_EQ(value_of(text, "mine_total"), 1);
  EXPECT_EQ(value_of(text, "actors_tasks_started_total"), 0);
}
