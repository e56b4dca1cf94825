#include <actors/app/application.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/wait.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace app = actors::app;
using actors::task;
using app::application;
using app::component;
using app::dependency;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

using journal = std::vector<std::string>;

// Waiting costs nothing here.
actors::runtime_options virtual_time() {
  return actors::runtime_options{}.clock(actors::clock_kind::virtual_time);
}

/// Notes what happens to it.
class noting : public component {
public:
  explicit noting(journal* notes) : notes_(notes) {}

  task<void> start() override {
    note("start");
    co_return;
  }

  task<void> stop() override {
    note("stop");
    co_return;
  }

protected:
  void note(const std::string& what) { notes_->push_back(what + " " + name()); }

private:
  journal* notes_;
};

class store : public noting {
public:
  using noting::noting;
};

class broken : public noting {
public:
  using noting::noting;

  task<void> start() override {
    note("start");
    throw std::runtime_error("no licence");
    co_return;
  }
};

class slow_to_start : public noting {
public:
  using noting::noting;

  task<void> start() override {
    note("start");
    co_await actors::sleep(1h);
  }
};

class slow_to_stop : public noting {
public:
  using noting::noting;

  task<void> stop() override {
    try {
      co_await actors::sleep(1h);
    } catch (const actors::cancelled&) {
      note("cancel");
      throw;
    }
  }
};

class bad_to_stop : public noting {
public:
  using noting::noting;

  task<void> stop() override {
    note("stop");
    throw std::runtime_error("cannot flush");
    co_return;
  }
};

task<std::vector<std::string>> start_and_stop(application* run, actors::duration patience = 10s) {
  co_await run->start();
  co_return co_await run->stop(patience);
}

std::string failure_of(application& run) {
  actors::runtime home{virtual_time()};
  try {
    home.block_on(run.start());
  } catch (const std::exception& error) {
    return error.what();
  }
  ADD_FAILURE() << "it has started";
  return {};
}

//! [a component]

/// Counts visitors, with a limit from the configuration.
class counter final : public component {
public:
  void declare(app::config& settings) override {
    settings.section("counter", "Visitors").key("limit", limit_, "most that are let in").at_least(1);
  }

  task<void> start() override {
    open_ = true;
    co_return;
  }

  task<void> stop() override {
    open_ = false;
    co_return;
  }

  task<app::health> check_health() override {
    if (visitors_ < limit_)
      co_return app::health::good(std::to_string(visitors_) + " visitors");
    co_return app::health::bad("full");
  }

  void visit() {
    if (open_)
      ++visitors_;
  }

private:
  int limit_ = 100;
  int visitors_ = 0;
  bool open_ = false;
};

/// Lets a visitor in when it starts.
class door final : public component {
public:
  task<void> start() override {
    get<counter>().visit();
    co_return;
  }
};

task<std::string> open_for_a_moment(application* house) {
  co_await house->start();
  const auto report = co_await house->health_report();
  static_cast<void>(co_await house->stop());
  co_return report.front().state.detail();
}

TEST(application, components_are_composed_and_configured) {
  application house;
  house.add<counter>("visitors");
  house.add<door>("front door", {dependency::of_type<counter>()});
  house.settings().add_assignment("counter.limit=2");
  house.settings().apply();
  actors::runtime home;
  EXPECT_EQ(home.block_on(open_for_a_moment(&house)), "1 visitors");
}

//! [a component]

TEST(application, components_start_in_the_order_of_their_needs_and_stop_in_reverse) {
  journal notes;
  application run;
  run.add<noting>("web", {dependency::of_type<store>(), dependency::named("log")}, &notes);
  run.add<store>("db", {dependency::named("log")}, &notes);
  run.add<noting>("log", {}, &notes);
  actors::runtime home{virtual_time()};
  EXPECT_THAT(home.block_on(start_and_stop(&run)), IsEmpty());
  EXPECT_THAT(notes, ElementsAre("start log", "start db", "start web", "stop web", "stop db", "stop log"));
  EXPECT_THAT(run.started(), IsEmpty());
}

TEST(application, what_was_started_is_stopped_when_a_component_fails) {
  journal notes;
  application run;
  run.add<noting>("first", {}, &notes);
  run.add<broken>("second", {}, &notes);
  run.add<noting>("third", {}, &notes);
  EXPECT_EQ(failure_of(run), "second could not start: no licence");
  EXPECT_THAT(notes, ElementsAre("start first", "start second", "stop first"));
}

TEST(application, needs_that_cannot_be_met_are_told_before_anything_starts) {
  journal notes;
  application run;
  run.add<noting>("web", {dependency::of_type<store>()}, &notes);
  EXPECT_THAT(failure_of(run), HasSubstr("web"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(application, cancelling_the_start_stops_what_was_started) {
  journal notes;
  application run;
  run.add<noting>("first", {}, &notes);
  run.add<slow_to_start>("second", {}, &notes);
  actors::runtime home{virtual_time()};
  const auto cancel_in_between = [&run]() -> task<bool> {
    const auto starting = actors::spawn(run.start());
    co_await actors::sleep(1s);
    starting.cancel("no longer wanted");
    const std::vector awaited{starting};
    static_cast<void>(co_await actors::wait(awaited));
    co_return starting.result().was_cancelled();
  };
  EXPECT_TRUE(home.block_on(cancel_in_between));
  EXPECT_THAT(notes, ElementsAre("start first", "start second", "stop first"));
}

TEST(application, a_stop_that_is_cancelled_cancels_the_component_at_hand_and_can_be_gone_on_with) {
  journal notes;
  application run;
  run.add<noting>("first", {}, &notes);
  run.add<slow_to_stop>("second", {}, &notes);
  run.add<noting>("third", {}, &notes);
  actors::runtime home{virtual_time()};
  const auto cancel_in_between = [&run]() -> task<bool> {
    co_await run.start();
    const auto stopping = actors::spawn(run.stop(1h));
    co_await actors::sleep(1s);
    stopping.cancel("not now");
    const std::vector awaited{stopping};
    static_cast<void>(co_await actors::wait(awaited));
    EXPECT_THAT(run.started(), ElementsAre("first"));
    EXPECT_THAT(co_await run.stop(1h), IsEmpty());
    co_return stopping.result().was_cancelled();
  };
  EXPECT_TRUE(home.block_on(cancel_in_between));
  EXPECT_THAT(notes,
              ElementsAre("start first", "start second", "start third", "stop third", "cancel second", "stop first"));
}

TEST(application, a_component_that_does_not_stop_is_cancelled_and_keeps_no_other) {
  journal notes;
  application run;
  run.add<noting>("first", {}, &notes);
  run.add<slow_to_stop>("second", {}, &notes);
  run.add<bad_to_stop>("third", {}, &notes);
  actors::runtime home{virtual_time()};
  const auto begin = home.now();
  EXPECT_THAT(home.block_on(start_and_stop(&run, 5s)),
              ElementsAre("third failed to stop: cannot flush", "second did not stop in time"));
  EXPECT_EQ(home.now() - begin, 5s);
  EXPECT_THAT(notes,
              ElementsAre("start first", "start second", "start third", "stop third", "cancel second", "stop first"));
}

class sick final : public component {
public:
  explicit sick(int how) : how_(how) {}

  task<app::health> check_health() override {
    if (how_ == 0)
      throw std::runtime_error("no pulse");
    co_await actors::sleep(1h);
    co_return app::health::good();
  }

private:
  int how_;
};

TEST(application, a_component_that_throws_or_does_not_answer_is_bad) {
  application run;
  run.add<component>("fine");
  run.add<sick>("throws", {}, 0);
  run.add<sick>("hangs", {}, 1);
  actors::runtime home{virtual_time()};
  const auto report_of = [&run]() -> task<std::vector<application::component_health>> {
    co_await run.start();
    co_return co_await run.health_report();
  };
  const auto report = home.block_on(report_of);
  ASSERT_EQ(report.size(), 3u);
  EXPECT_TRUE(report[0].state.is_good());
  EXPECT_FALSE(report[1].state.is_good());
  EXPECT_EQ(report[1].state.detail(), "no pulse");
  EXPECT_FALSE(report[2].state.is_good());
  EXPECT_EQ(report[2].name, "hangs");
}

class curious final : public component {
public:
  task<void> start() override {
    static_cast<void>(get<store>());
    co_return;
  }
};

TEST(application, a_component_gets_only_what_it_has_declared_to_need) {
  journal notes;
  application run;
  run.add<store>("db", {}, &notes);
  run.add<curious>("curious");
  EXPECT_THAT(failure_of(run), HasSubstr("has not declared to need"));
}

TEST(application, it_cannot_be_started_twice_or_added_to_later) {
  application run;
  run.add<component>("one");
  actors::runtime home{virtual_time()};
  static_cast<void>(home.block_on(start_and_stop(&run)));
  EXPECT_THROW(home.block_on(run.start()), actors::misuse_error);
  EXPECT_THROW(run.add<component>("two"), actors::misuse_error);
}

TEST(application, an_empty_one_starts_and_stops) {
  application run;
  actors::runtime home{virtual_time()};
  EXPECT_THAT(home.block_on(start_and_stop(&run)), IsEmpty());
}

} // namespace
