#include <actors/app/application.hpp>
#include <actors/app/supervision.hpp>
#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/supervise/supervisor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace app = actors::app;
namespace sv = actors::supervise;
using actors::task;
using app::supervision;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

using journal = std::vector<std::string>;

/// Does as the test says, and notes what happens to it.
class part : public app::component {
public:
  explicit part(journal* notes) : notes_(notes) {}

  task<void> start() override {
    ++starts;
    note("+");
    if (on_start)
      co_await on_start();
  }

  task<void> stop() override {
    note("-");
    if (on_stop)
      co_await on_stop();
  }

  task<app::health> check_health() override {
    ++checks;
    if (on_check)
      co_return co_await on_check();
    co_return good ? app::health::good() : app::health::bad("out of paper");
  }

  void break_down(const std::string& why) { fail(std::runtime_error{why}); }

  using component::fail;

  int starts = 0;
  int checks = 0;
  bool good = true;
  std::function<task<void>()> on_start;
  std::function<task<void>()> on_stop;
  std::function<task<app::health>()> on_check;

private:
  void note(const std::string& what) { notes_->push_back(what + name()); }

  journal* notes_;
};

class silent_log final : public actors::log_sink {
public:
  void write(const actors::log_record&) noexcept override {}
};

void run(std::function<task<void>()> body) {
  actors::runtime home{
      actors::runtime_options{}.clock(actors::clock_kind::virtual_time).log_to(std::make_shared<silent_log>())};
  home.block_on([&] { return body(); });
  EXPECT_THAT(home.stop(10s), IsEmpty());
}

template <class Pending>
task<std::string> error_of(Pending pending) {
  try {
    co_await std::move(pending);
  } catch (const std::exception& error) {
    co_return error.what();
  } catch (const actors::cancelled&) {
    co_return "cancelled";
  }
  co_return "no error";
}

/// Three in a row, of which the one in the middle is supervised.
struct shop {
  shop() {
    store = &whole.add<part>("store", {}, &notes);
    web = &whole.add<part>("web", {app::dependency::named("store")}, &notes);
    printer = &whole.add<part>("printer", {app::dependency::named("web")}, &notes);
    whole.restart_intensity(5, 1min);
  }

  journal notes;
  app::application whole;
  part* store = nullptr;
  part* web = nullptr;
  part* printer = nullptr;
};

} // namespace

TEST(supervised_application, starts_and_stops_in_order_as_ever) {
  run([]() -> task<void> {
    shop it;
    it.whole.supervise("web");
    co_await it.whole.start();
    EXPECT_THAT(it.whole.started(), ElementsAre("store", "web", "printer"));
    co_await actors::sleep(62s);
    EXPECT_THAT(co_await it.whole.stop(), IsEmpty());
    EXPECT_THAT(it.notes, ElementsAre("+store", "+web", "+printer", "-printer", "-web", "-store"));
    EXPECT_THAT(it.whole.started(), IsEmpty());
    EXPECT_EQ(co_await error_of(it.whole.ended()), "no error");
    // Every five seconds; those who are not supervised are not asked.
    EXPECT_EQ(it.web->checks, 12);
    EXPECT_EQ(it.store->checks, 0);
  });
}

TEST(supervised_application, a_component_of_bad_health_is_restarted_with_those_started_after_it) {
  run([]() -> task<void> {
    shop it;
    it.whole.supervise("web", supervision{}.check_every(1s));
    it.web->on_start = [&]() -> task<void> {
      it.web->good = true;
      co_return;
    };
    co_await it.whole.start();
    it.notes.clear();
    it.web->good = false;
    co_await actors::sleep(3s);
    EXPECT_THAT(it.notes, ElementsAre("-web", "-printer", "+web", "+printer"));
    EXPECT_THAT(it.whole.started(), ElementsAre("store", "web", "printer"));
    for (const auto& each : co_await it.whole.health_report())
      EXPECT_TRUE(each.state.is_good()) << each.name << ": " << each.state.detail();
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(supervised_application, a_component_that_says_that_it_has_failed_is_restarted_at_once) {
  run([]() -> task<void> {
    shop it;
    it.whole.supervise("store", supervision{}.check_every(actors::forever));
    co_await it.whole.start();
    it.notes.clear();
    it.store->break_down("the disk is gone");
    it.store->break_down("and once more");
    co_await actors::sleep(1ms);
    EXPECT_THAT(it.notes, ElementsAre("-store", "-printer", "-web", "+store", "+web", "+printer"));
    co_await actors::sleep(1h);
    EXPECT_EQ(it.store->starts, 2);
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(supervised_application, only_so_many_bad_checks_in_a_row_are_a_failure) {
  run([]() -> task<void> {
    shop it;
    int asked = 0;
    it.web->on_check = [&]() -> task<app::health> {
      // Bad, bad, good, and from then on without an answer.
      if (++asked <= 2)
        throw std::runtime_error("no");
      if (asked > 3)
        co_await actors::sleep(actors::forever);
      co_return app::health::good();
    };
    it.whole.supervise("web", supervision{}.check_every(1s).check_within(500ms).bad_checks(3));
    co_await it.whole.start();
    co_await actors::sleep(6900ms);
    EXPECT_EQ(it.web->starts, 1);
    co_await actors::sleep(1s);
    EXPECT_EQ(it.web->starts, 2);
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(supervised_application, one_that_cannot_start_stops_those_before_it_and_is_named) {
  run([]() -> task<void> {
    shop it;
    it.web->on_start = []() -> task<void> {
      throw std::runtime_error("no licence");
      co_return;
    };
    it.whole.supervise("printer");
    std::string text;
    bool right_type = false;
    try {
      co_await it.whole.start();
    } catch (const app::start_error& error) {
      right_type = true;
      text = error.what();
    }
    EXPECT_TRUE(right_type);
    EXPECT_EQ(text, "web could not start: no licence");
    EXPECT_THAT(it.notes, ElementsAre("+store", "+web", "-store"));
  });
}

TEST(supervised_application, too_many_restarts_stop_all_and_end_it) {
  run([]() -> task<void> {
    shop it;
    it.whole.restart_intensity(2, 1min).supervise("web", supervision{}.check_every(1s));
    co_await it.whole.start();
    it.web->good = false;
    EXPECT_THAT(co_await error_of(it.whole.ended()), HasSubstr("web is not well: out of paper"));
    EXPECT_EQ(it.web->starts, 3);
    EXPECT_THAT(it.whole.started(), IsEmpty());
    EXPECT_EQ(it.notes.back(), "-store");
    EXPECT_THAT(co_await it.whole.stop(), ElementsAre(HasSubstr("out of paper")));
    for (const auto& each : co_await it.whole.health_report())
      EXPECT_FALSE(each.state.is_good());
  });
}

TEST(supervised_application, a_start_that_fails_while_it_is_restarted_is_tried_again) {
  run([]() -> task<void> {
    shop it;
    it.whole.supervise("web", supervision{}.backoff(sv::backoff_policy{1s, 1s, 1, sv::jitter::none}));
    co_await it.whole.start();
    it.web->on_start = [&]() -> task<void> {
      if (it.web->starts < 4)
        throw std::runtime_error("not yet");
      co_return;
    };
    it.web->break_down("broken");
    co_await actors::sleep(10s);
    EXPECT_EQ(it.web->starts, 4);
    EXPECT_THAT(it.whole.started(), ElementsAre("store", "web", "printer"));
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(supervised_application, a_component_that_does_not_stop_is_named_and_keeps_no_other) {
  run([]() -> task<void> {
    shop it;
    it.web->on_stop = []() -> task<void> { co_await actors::sleep(1h); };
    it.store->on_stop = []() -> task<void> {
      throw std::runtime_error("cannot flush");
      co_return;
    };
    it.whole.supervise("web", supervision{}.stop_within(2s));
    co_await it.whole.start();
    EXPECT_THAT(co_await it.whole.stop(30s),
                ElementsAre("web did not stop in time", "store failed to stop: cannot flush"));
    EXPECT_EQ(it.notes.back(), "-store");
  });
}

TEST(supervised_application, keeps_to_the_patience_of_its_stop) {
  run([]() -> task<void> {
    shop it;
    it.web->on_stop = []() -> task<void> { co_await actors::sleep(1h); };
    it.whole.supervise("web", supervision{}.stop_within(30min));
    co_await it.whole.start();
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    const auto problems = co_await it.whole.stop(3s);
    EXPECT_EQ(self.now() - begin, 3s);
    EXPECT_THAT(problems, ElementsAre("web did not stop in time", "store did not stop in time"));
  });
}

TEST(supervised_application, can_be_cancelled_while_it_starts) {
  run([]() -> task<void> {
    shop it;
    it.web->on_start = []() -> task<void> { co_await actors::sleep(1h); };
    it.whole.supervise("web");
    const auto starting = actors::spawn(it.whole.start());
    co_await actors::sleep(1s);
    starting.cancel("changed my mind");
    EXPECT_EQ(co_await error_of(starting), "cancelled");
    EXPECT_THAT(it.notes, ElementsAre("+store", "+web", "-store"));
  });
}

TEST(supervised_application, misuse_is_refused) {
  run([]() -> task<void> {
    shop it;
    EXPECT_THROW(it.whole.supervise("wep"), actors::misuse_error);
    EXPECT_THROW(static_cast<void>(it.whole.ended()), actors::misuse_error);
    EXPECT_THROW(it.whole.restart_intensity(1, 0s), std::invalid_argument);
    EXPECT_THROW(it.web->fail(std::exception_ptr{}), actors::misuse_error);
    EXPECT_THROW(supervision{}.check_every(0s), std::invalid_argument);
    EXPECT_THROW(supervision{}.check_within(-1s), std::invalid_argument);
    EXPECT_THROW(supervision{}.bad_checks(0), std::invalid_argument);
    EXPECT_THROW(supervision{}.start_within(0s), std::invalid_argument);
    EXPECT_THROW(supervision{}.stop_within(0s), std::invalid_argument);
    co_await it.whole.start();
    EXPECT_THROW(it.whole.supervise("web"), actors::misuse_error);
    EXPECT_THROW(it.whole.restart_intensity(1, 1s), actors::misuse_error);
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(unsupervised_application, shows_a_component_that_has_failed_and_lets_it_be) {
  run([]() -> task<void> {
    shop it;
    co_await it.whole.start();
    it.web->break_down("broken");
    co_await actors::sleep(1h);
    const auto report = co_await it.whole.health_report();
    EXPECT_TRUE(report[0].state.is_good());
    EXPECT_EQ(report[1].state.detail(), "broken");
    EXPECT_EQ(it.web->starts, 1);
    static_cast<void>(co_await it.whole.stop());
  });
}

TEST(component_child, is_a_fresh_component_for_every_start_of_any_supervisor) {
  run([]() -> task<void> {
    journal notes;
    std::vector<part*> made;
    sv::supervisor_spec spec{"top"};
    spec.child(app::component_child(
        "web",
        [&] {
          auto result = std::make_unique<part>(&notes);
          made.push_back(result.get());
          return result;
        },
        supervision{}.check_every(1s)));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    made.back()->good = false;
    co_await actors::sleep(2500ms);
    EXPECT_EQ(made.size(), 2u);
    EXPECT_THAT(notes, ElementsAre("+web", "-web", "+web"));
    co_await top.stop();
    EXPECT_EQ(notes.back(), "-web");
  });
}

TEST(component_child, is_stopped_once_when_it_is_terminated_while_its_application_stops) {
  // An application with a component that has a supervisor of its own, whose child somebody terminates meanwhile.
  class department : public app::component {
  public:
    explicit department(journal* notes) : notes_(notes) {}

    task<void> start() override {
      sv::supervisor_spec spec{"department"};
      spec.child(app::component_child("clerk", [notes = notes_] {
        auto clerk = std::make_unique<part>(notes);
        clerk->on_stop = []() -> task<void> { co_await actors::sleep(2s); };
        return clerk;
      }));
      staff = sv::spawn_supervisor(std::move(spec));
      co_await staff.started();
    }

    task<void> stop() override { co_await staff.stop(); }

    sv::supervisor_ref staff;

  private:
    journal* notes_;
  };

  for (const auto delay : {0s, 1s, 2s, 3s}) {
    SCOPED_TRACE(delay.count());
    run([delay]() -> task<void> {
      journal notes;
      app::application whole;
      auto& desk = whole.add<department>("desk", {}, &notes);
      co_await whole.start();
      const auto self = co_await actors::this_task();
      const auto begin = self.now();
      const auto stopping = actors::spawn(whole.stop(10s));
      co_await actors::sleep(delay);
      const auto refusal = co_await error_of(desk.staff.terminate_child("clerk"));
      // In time it has its way, later there is nobody to ask.
      EXPECT_TRUE(refusal == "no error" || refusal.find("supervisor 'department'") != std::string::npos) << refusal;
      EXPECT_THAT(co_await stopping, IsEmpty());
      EXPECT_EQ(self.now() - begin, std::max<actors::duration>(delay, 2s));
      EXPECT_THAT(notes, ElementsAre("+clerk", "-clerk"));
    });
  }
}

TEST(supervised_application, whoever_waits_for_its_end_its_stop_or_its_health_can_be_cancelled) {
  run([]() -> task<void> {
    shop it;
    it.web->on_stop = []() -> task<void> { co_await actors::sleep(2s); };
    it.store->on_check = []() -> task<app::health> {
      co_await actors::sleep(1h);
      co_return app::health::good();
    };
    it.whole.supervise("web");
    co_await it.whole.start();
    const auto ended = actors::spawn(it.whole.ended());
    const auto report = actors::spawn(it.whole.health_report());
    co_await actors::sleep(10ms);
    EXPECT_TRUE(ended.cancel());
    EXPECT_TRUE(report.cancel());
    EXPECT_EQ(co_await error_of(ended), "cancelled");
    EXPECT_EQ(co_await error_of(report), "cancelled");
    const auto stopping = actors::spawn(it.whole.stop(1h));
    co_await actors::sleep(1s);
    EXPECT_TRUE(stopping.cancel());
    EXPECT_EQ(co_await error_of(stopping), "cancelled");
    // It goes on, and the next one waits for it.
    EXPECT_THAT(co_await it.whole.stop(1h), IsEmpty());
    EXPECT_THAT(it.notes, ElementsAre("+store", "+web", "+printer", "-printer", "-web", "-store"));
    EXPECT_EQ(co_await error_of(it.whole.ended()), "no error");
  });
}

TEST(supervised_application, its_stop_can_be_cancelled_also_while_it_waits_for_what_it_has_killed) {
  std::promise<void> release;
  actors::runtime home{actors::runtime_options{}.workers(2)};
  home.block_on([](std::promise<void>& let_go) -> task<void> {
    shop it;
    it.web->on_stop = [&let_go]() -> task<void> {
      co_await actors::to_thread([&let_go] { let_go.get_future().wait(); });
    };
    it.whole.supervise("web");
    co_await it.whole.start();
    const auto stopping = actors::spawn(it.whole.stop(10ms));
    co_await actors::sleep(100ms);
    EXPECT_FALSE(stopping.done());
    EXPECT_TRUE(stopping.cancel());
    EXPECT_EQ(co_await error_of(stopping), "cancelled");
    let_go.set_value();
    // The end of the killed is no error of who waits for it now.
    EXPECT_EQ(co_await error_of(it.whole.stop(1h)), "no error");
  }(release));
}
