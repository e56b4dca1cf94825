#include "flock.hpp"

#include <actors/core/service.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <functional>
#include <stdexcept>

namespace {

using namespace supervise_test;

// Starts after a while, or fails to.
sv::child_spec slow(const journal_ptr& notes, const std::string& name, bool fails = false) {
  auto body = [=](sv::started_signal started) -> task<void> {
    notes->add("?" + name);
    co_await sleep(10ms);
    if (fails)
      throw std::runtime_error(name + " cannot start");
    co_await start_and_live(notes, name, started);
  };
  return sv::task_child(name, body);
}

class noting_service : public actors::service {
public:
  noting_service(journal_ptr notes, bool fails) : notes_(std::move(notes)), fails_(fails) {
    on([](int number) { return number + 1; });
  }

  task<void> on_start() override {
    notes_->add("?service");
    co_await sleep(10ms);
    if (fails_)
      throw std::runtime_error("the service cannot start");
    notes_->add("+service");
  }

  task<void> on_stop() override {
    notes_->add("-service");
    co_return;
  }

private:
  journal_ptr notes_;
  bool fails_;
};

sv::child_spec service(const journal_ptr& notes, bool fails = false) {
  return sv::service_child("service", [=] { return std::make_unique<noting_service>(notes, fails); });
}

TEST(start, children_start_in_order_and_stop_in_reverse_order) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(slow(notes, "a")).child(service(notes)).child(slow(notes, "b"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    co_await top.child("b").down({});
    co_await top.stop();
    EXPECT_THAT(notes->texts(),
                testing::ElementsAre("?a", "+a", "?service", "+service", "?b", "+b", "-b", "-service", "-a"));
  });
}

TEST(start, a_child_that_fails_first_in_the_middle_or_last_stops_those_before_it_and_is_named) {
  on_every_runtime([]() -> task<> {
    for (std::size_t failing = 0; failing < 3; ++failing) {
      const auto notes = std::make_shared<journal>();
      auto spec = quiet("top");
      const std::vector<std::string> names{"a", "b", "c"};
      std::vector<std::string> expected;
      for (std::size_t i = 0; i < 3; ++i) {
        spec.child(slow(notes, names[i], i == failing));
        if (i <= failing)
          expected.push_back("?" + names[i]);
        if (i < failing)
          expected.push_back("+" + names[i]);
      }
      for (std::size_t i = failing; i > 0; --i)
        expected.push_back("-" + names[i - 1]);
      const auto top = sv::spawn_supervisor(std::move(spec));
      const auto error = co_await error_of(top.started());
      EXPECT_TRUE(is_a<sv::start_error>(error));
      EXPECT_EQ(text_of(error), "supervisor 'top' could not start: child '" + names[failing] + "': " + names[failing] +
                                    " cannot start");
      EXPECT_EQ(notes->texts(), expected);
      EXPECT_TRUE(is_a<sv::start_error>(co_await error_of(top.ended())));
    }
  });
}

TEST(start, a_service_whose_on_start_throws_fails_to_start) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(service(notes, true));
    const auto top = sv::spawn_supervisor(std::move(spec));
    EXPECT_THAT(text_of(co_await error_of(top.ended())),
                testing::EndsWith("child 'service': the service cannot start"));
    EXPECT_THAT(notes->texts(), testing::UnorderedElementsAre("+a", "?service", "-a"));
  });
}

TEST(start, a_child_that_ends_before_it_has_said_so_has_failed_to_start) {
  under_every_seed([]() -> task<> {
    auto spec = quiet("top");
    spec.child(sv::task_child("mute", [](sv::started_signal) -> task<void> { co_return; }));
    const auto top = sv::spawn_supervisor(std::move(spec));
    EXPECT_THAT(text_of(co_await error_of(top.started())),
                testing::EndsWith("child 'mute': it ended before it had started"));
  });
}

TEST(start, a_child_that_takes_too_long_to_start_is_stopped_and_has_failed) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    auto body = [notes](sv::started_signal) { return live(notes, "sleepy"); };
    spec.child(sv::task_child("sleepy", body).start_within(2s));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto error = co_await error_of(top.started());
    EXPECT_THAT(text_of(error), testing::EndsWith("child 'sleepy': it had not started after 2 s"));
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+sleepy", "-sleepy"));
  });
}

TEST(start, a_callable_that_throws_or_makes_nothing_has_failed) {
  under_every_seed([]() -> task<> {
    const std::vector<std::pair<sv::child_spec, std::string>> cases{
        {sv::service_child("x", []() -> std::unique_ptr<actors::service> { throw std::runtime_error("no room"); }),
         "no room"},
        {sv::service_child("x", [] { return std::unique_ptr<actors::service>{}; }), "the callable made no service"},
        {sv::actor_child("x", [](caf::actor_system&) { return caf::actor{}; }), "the callable made no actor"},
        {sv::task_child("x", [] { return task<void>{}; }), "an empty task"}};
    for (const auto& [child, text] : cases) {
      auto spec = quiet("top");
      spec.child(child).intensity(0, 1s);
      const auto top = sv::spawn_supervisor(std::move(spec));
      EXPECT_THAT(text_of(co_await error_of(top.ended())), testing::HasSubstr(text));
    }
  });
}

TEST(start, a_child_that_crashes_while_others_start_is_restarted) {
  under_every_seed([]() -> task<> {
    for (const auto how : {sv::strategy::one_for_one, sv::strategy::one_for_all, sv::strategy::rest_for_one}) {
      const auto notes = std::make_shared<journal>();
      auto spec = quiet("top", how);
      spec.child(flaky(notes, "a", ending::error, 5ms)).child(slow(notes, "b")).child(slow(notes, "c"));
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await top.started();
      EXPECT_EQ(notes->count("+a"), 2u);
      for (const auto& child : co_await top.children())
        EXPECT_EQ(child.state, sv::child_state::running);
      co_await top.stop();
    }
  });
}

TEST(start, specifications_that_make_no_sense_are_refused) {
  const auto notes = std::make_shared<journal>();
  const auto text = [](auto function) { return text_of(thrown_by(function)); };
  EXPECT_THAT(text([&] { static_cast<void>(worker(notes, "")); }), testing::HasSubstr("the name is empty"));
  EXPECT_THAT(text([&] { sv::supervisor_spec{""}; }), testing::HasSubstr("the name is empty"));
  EXPECT_THAT(text([&] { worker(notes, "a").stop_within(0s); }), testing::HasSubstr("child 'a': stop_within"));
  EXPECT_THAT(text([&] { worker(notes, "a").stop_within(-1s); }), testing::HasSubstr("above zero, not -1 s"));
  EXPECT_THAT(text([&] { worker(notes, "a").start_within(0s); }), testing::HasSubstr("child 'a': start_within"));
  EXPECT_THAT(text([&] { worker(notes, "a").register_as(""); }), testing::HasSubstr("name to register it"));
  EXPECT_THAT(text([&] { worker(notes, "a").backoff({}, 0s); }), testing::HasSubstr("child 'a': stable_after"));
  EXPECT_THAT(text([&] { quiet("s").intensity(1, 0s); }), testing::HasSubstr("period must be above zero, not 0 s"));
  EXPECT_THAT(text([&] { quiet("s").intensity(1, -5s); }), testing::HasSubstr("period must be above zero"));
  EXPECT_THAT(text([&] {
                auto spec = quiet("s");
                spec.child(worker(notes, "a")).child(worker(notes, "a"));
                static_cast<void>(sv::run_supervised(std::move(spec)));
              }),
              testing::HasSubstr("supervisor 's': two children have the name 'a'"));
  EXPECT_THAT(text([&] {
                auto spec = quiet("s");
                spec.child(worker(notes, "a").significant().restart(sv::restart::transient));
                static_cast<void>(sv::run_supervised(std::move(spec)));
              }),
              testing::HasSubstr("needs a supervisor with auto_shutdown"));
  EXPECT_THAT(text([&] {
                auto spec = quiet("s");
                spec.auto_shutdown(sv::auto_shutdown::any_significant).child(worker(notes, "a").significant());
                static_cast<void>(sv::supervisor_child(std::move(spec)));
              }),
              testing::HasSubstr("a permanent child cannot be significant"));
}

TEST(start, empty_references_are_refused) {
  EXPECT_THROW(static_cast<void>(sv::supervisor_ref{}.started()), actors::misuse_error);
  EXPECT_THROW(static_cast<void>(sv::supervisor_ref{}.child("a")), actors::misuse_error);
  EXPECT_THROW(static_cast<void>(sv::child_ref{}.up()), actors::misuse_error);
}

// -- stop --------------------------------------------------------------------------------------------------------------------------

// Swallows the request to stop and goes on for as long as `for_how_long`.
task<void> stubborn(journal_ptr notes, actors::duration for_how_long) {
  bool asked = false;
  try {
    co_await sleep(actors::forever);
  } catch (const actors::cancelled&) {
    asked = true;
  }
  if (asked)
    co_await sleep(for_how_long);
  notes->add("ended by itself");
}

TEST(stop, a_child_that_ignores_the_request_is_killed_when_its_time_is_up) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto ends = std::make_shared<std::vector<sv::exit_kind>>();
    auto spec = quiet("top");
    spec.child(sv::task_child("late", [notes] { return stubborn(notes, 1s); }).stop_within(2s));
    spec.child(sv::task_child("deaf", [notes] { return stubborn(notes, 100s); }).stop_within(2s));
    spec.on_event([ends](const sv::child_event& event) {
      if (event.kind == sv::child_event_kind::exited)
        ends->push_back(event.exit);
    });
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto self = co_await actors::this_task();
    // Each runs before it is asked.
    co_await sleep(1ms);
    const auto begin = self.now();
    co_await top.stop();
    EXPECT_EQ(self.now() - begin, 3s);
    EXPECT_THAT(*ends, testing::ElementsAre(sv::exit_kind::killed, sv::exit_kind::normal));
    EXPECT_THAT(notes->texts(), testing::ElementsAre("ended by itself"));
  });
}

TEST(stop, a_child_that_is_terminated_while_its_supervisor_stops_stops_once_and_everybody_is_answered) {
  on_every_runtime([]() -> task<> {
    for (const bool terminate_first : {false, true}) {
      const auto notes = std::make_shared<journal>();
      // Says when it is asked to stop, and then takes its time.
      auto slow_to_stop = [notes](const std::string& name) {
        return sv::task_child(name, [notes, name](sv::started_signal started) -> task<void> {
          started();
          try {
            co_await sleep(actors::forever);
          } catch (const actors::cancelled&) {
            notes->add("-" + name);
          }
          co_await sleep(1ms);
          notes->add("." + name);
        });
      };
      auto spec = quiet("top");
      spec.child(slow_to_stop("a")).child(slow_to_stop("b"));
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await top.started();
      std::vector<actors::task_handle<std::exception_ptr>> answers;
      if (terminate_first)
        answers.push_back(spawn(error_of(top.terminate_child("b"))));
      else
        answers.push_back(spawn(error_of(top.stop())));
      while (notes->count("-b") == 0)
        co_await actors::yield();
      // In the middle of it.
      answers.push_back(spawn(error_of(top.stop())));
      answers.push_back(spawn(error_of(top.terminate_child("b"))));
      answers.push_back(spawn(error_of(top.terminate_child("a"))));
      answers.push_back(spawn(error_of(top.restart_child("b"))));
      EXPECT_FALSE(is_a<sv::start_error>(co_await error_of(top.ended())));
      for (const auto& answer : answers) {
        const auto error = co_await answer;
        // Done, or refused: by a supervisor that stops, or because there is nothing to restart.
        EXPECT_TRUE(!error || is_a<actors::stopping_error>(error) || is_a<sv::child_error>(error)) << text_of(error);
      }
      EXPECT_FALSE(co_await answers[0]) << text_of(co_await answers[0]);
      for (const auto* once : {"-a", "-b", ".a", ".b"})
        EXPECT_EQ(notes->count(once), 1U) << once;
    }
  });
}

TEST(stop, kill_at_once_runs_no_cleanup) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(worker(notes, "b").kill_at_once());
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1ms);
    co_await top.stop();
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+b", "-a"));
  });
}

TEST(stop, a_child_that_fails_while_it_stops_or_ends_before_its_turn_is_not_restarted) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto failing = [notes]() -> task<void> {
      notes->add("+failing");
      bool asked = false;
      try {
        co_await sleep(actors::forever);
      } catch (const actors::cancelled&) {
        asked = true;
      }
      co_await sleep(50ms);
      throw std::runtime_error(asked ? "broke while it stopped" : "broke");
    };
    auto spec = quiet("top");
    spec.child(flaky(notes, "ends meanwhile", ending::error, 20ms)).child(sv::task_child("failing", failing));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1ms);
    co_await top.stop();
    EXPECT_EQ(notes->count("+failing"), 1u);
    EXPECT_EQ(notes->count("+ends meanwhile"), 1u);
  });
}

TEST(stop, cancelling_the_supervisor_stops_in_order_and_ends_with_cancelled) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(worker(notes, "b"));
    auto handle = actors::spawn(sv::run_supervised(spec));
    while (notes->count("+b") == 0)
      co_await actors::yield();
    handle.cancel("enough");
    handle.cancel("quick");
    const auto error = co_await error_of(handle);
    EXPECT_TRUE(actors::is_cancelled(error));
    EXPECT_THAT(notes->texts(), testing::UnorderedElementsAre("+a", "+b", "-b", "-a"));
    EXPECT_EQ(notes->texts().back(), "-a");
  });
}

TEST(stop, run_supervised_keeps_to_a_timeout_around_it) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a"));
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(actors::with_timeout(1s, sv::run_supervised(spec)))));
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "-a"));
  });
}

TEST(stop, a_cancel_while_a_child_starts_stops_it_and_those_before_it) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    auto body = [notes](sv::started_signal) { return live(notes, "sleepy"); };
    spec.child(worker(notes, "a")).child(sv::task_child("sleepy", body));
    auto handle = actors::spawn(sv::run_supervised(spec));
    co_await sleep(1ms);
    handle.cancel();
    static_cast<void>(co_await error_of(handle));
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+sleepy", "-sleepy", "-a"));
  });
}

TEST(stop, a_supervisor_that_is_cancelled_before_its_first_step_starts_nothing) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a"));
    sv::child_ref child;
    auto parent = [&]() -> task<void> {
      const auto top = sv::spawn_supervisor(spec);
      child = top.child("a");
      co_return;
    };
    co_await actors::spawn(parent);
    EXPECT_TRUE(child.gone());
    EXPECT_TRUE(is_a<sv::child_error>(co_await error_of(child.up())));
  });
}

TEST(stop, killing_the_supervisor_kills_every_child) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.child(worker(notes, "b"));
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(sv::supervisor_child(inner)).child(service(notes));
    spec.child(sv::actor_child("plain", [](caf::actor_system& system) {
      return system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
    }));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    std::vector<caf::actor> children;
    for (const auto& child : co_await top.children())
      children.push_back(child.actor);
    while (notes->count("+b") == 0 || notes->count("+a") == 0)
      co_await actors::yield();
    caf::anon_send_exit(top.address(), caf::exit_reason::kill);
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(top.ended())));
    for (const auto& child : children)
      while (!caf::actor_cast<caf::abstract_actor*>(child)->getf(caf::abstract_actor::is_terminated_flag))
        co_await actors::yield();
    EXPECT_EQ(notes->count("-a"), 0u);
    EXPECT_EQ(notes->count("-b"), 0u);
    EXPECT_EQ(notes->count("-service"), 0u);
  });
}

TEST(stop, stop_together_takes_as_long_as_the_slowest) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.stop_together();
    for (int i = 0; i < 10; ++i)
      spec.child(sv::task_child("c" + std::to_string(i), [=] { return stubborn(notes, 100ms * (i + 1)); }));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1ms);
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    co_await top.stop();
    EXPECT_EQ(self.now() - begin, 1s);
    EXPECT_EQ(notes->count("ended by itself"), 10u);
  });
}

TEST(stop, a_significant_child_ends_the_supervisor_when_it_ends_for_good) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto any = quiet("any");
    any.auto_shutdown(sv::auto_shutdown::any_significant).child(worker(notes, "a"));
    any.child(flaky(notes, "main", ending::normal).restart(sv::restart::transient).significant());
    co_await sv::run_supervised(any);
    EXPECT_EQ(notes->count("-a"), 1u);

    auto all = quiet("all");
    all.auto_shutdown(sv::auto_shutdown::all_significant);
    all.child(flaky(notes, "x", ending::normal, 1s).restart(sv::restart::temporary).significant());
    all.child(flaky(notes, "y", ending::error, 2s).restart(sv::restart::temporary).significant());
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    co_await sv::run_supervised(all);
    EXPECT_EQ(self.now() - begin, 2s);
  });
}

TEST(stop, what_asks_a_supervisor_that_has_ended_is_told_so) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto child = top.child("a");
    co_await top.stop();
    co_await top.stop();
    EXPECT_TRUE(is_a<actors::stopping_error>(co_await error_of(top.children())));
    EXPECT_TRUE(is_a<actors::stopping_error>(co_await error_of(top.start_child(worker(notes, "b")))));
    EXPECT_TRUE(is_a<sv::child_error>(co_await error_of(child.up())));
    EXPECT_TRUE(child.gone());
    EXPECT_FALSE(top.address());
    EXPECT_THROW(static_cast<void>(top.child("a")), sv::child_error);
  });
}

TEST(stop, failures_are_logged_unless_that_is_switched_off) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.log_failures(true).child(flaky(notes, "b", ending::error, 10ms, 2));
    const auto top = sv::spawn_supervisor(std::move(spec));
    static_cast<void>(co_await error_of(top.ended()));
  });
  EXPECT_THAT(log->lines(),
              testing::ElementsAre("warning supervisor: 'top': child 'b' ended: b broke",
                                   "warning supervisor: 'top': child 'b' ended: b broke",
                                   testing::HasSubstr("error supervisor: 'top': supervisor 'top' gave up: child 'b'")));
}

} // namespace
