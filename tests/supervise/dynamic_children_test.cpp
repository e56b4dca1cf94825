#include "../core/gate.hpp"
#include "flock.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/service.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <set>

namespace {

using namespace supervise_test;

// The code with which a request is refused, "no error" if it is not.
template <class T>
task<std::string> refusal(task<T> request) {
  const auto error = co_await error_of(std::move(request));
  if (!error)
    co_return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const sv::child_error& e) {
    co_return std::string{to_string(e.code())};
  } catch (...) {
    co_return actors::describe(error);
  }
}

TEST(dynamic_children, are_started_terminated_restarted_and_deleted) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    const auto child = co_await top.start_child(worker(notes, "a"));
    EXPECT_TRUE(child.address());
    EXPECT_EQ(child, top.child("a"));
    EXPECT_EQ(co_await refusal(top.start_child(worker(notes, "a"))), "already_started");
    EXPECT_EQ(co_await refusal(top.restart_child("a")), "running");
    EXPECT_EQ(co_await refusal(top.delete_child("a")), "running");
    co_await top.terminate_child("a");
    EXPECT_FALSE(child.address());
    EXPECT_EQ((co_await top.children()).front().state, sv::child_state::down);
    EXPECT_EQ(co_await refusal(top.start_child(worker(notes, "a"))), "already_present");
    co_await top.terminate_child("a");
    const auto again = co_await top.restart_child("a");
    EXPECT_EQ(again, child);
    EXPECT_TRUE(child.address());
    co_await top.terminate_child("a");
    co_await top.delete_child("a");
    EXPECT_TRUE(child.gone());
    EXPECT_EQ(co_await refusal(top.terminate_child("a")), "not_found");
    EXPECT_EQ(co_await refusal(top.restart_child("a")), "not_found");
    EXPECT_EQ(co_await refusal(top.delete_child("a")), "not_found");
    static_cast<void>(co_await top.start_child(worker(notes, "a")));
    co_await top.stop();
  });
}

TEST(dynamic_children, one_that_fails_to_start_is_not_kept_and_costs_no_restart) {
  under_every_seed([]() -> task<> {
    auto spec = quiet("top");
    spec.intensity(0, 5s);
    const auto top = sv::spawn_supervisor(std::move(spec));
    auto broken = [](sv::started_signal) -> task<void> {
      throw std::runtime_error("cannot");
      co_return;
    };
    EXPECT_EQ(co_await refusal(top.start_child(sv::task_child("a", broken))), "cannot");
    EXPECT_EQ(co_await refusal(top.terminate_child("a")), "not_found");
    EXPECT_EQ((co_await top.children()).size(), 0u);
    co_await top.stop();
  });
}

TEST(dynamic_children, one_that_is_added_while_the_others_start_comes_after_them) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto body = [notes](sv::started_signal started) -> task<void> {
      co_await sleep(1s);
      co_await start_and_live(notes, "slow", started);
    };
    auto spec = quiet("top");
    spec.child(sv::task_child("slow", body));
    const auto top = sv::spawn_supervisor(std::move(spec));
    static_cast<void>(co_await top.start_child(worker(notes, "late")));
    co_await sleep(1ms);
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+slow", "+late"));
    co_await top.stop();
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+slow", "+late", "-late", "-slow"));
  });
}

TEST(dynamic_children, temporary_ones_that_have_ended_leave_nothing_behind) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    std::set<std::string> names;
    for (int i = 0; i < 20; ++i) {
      auto session = flaky(notes, "session", ending::error, 1ms, 100).restart(sv::restart::temporary).numbered();
      const auto child = co_await top.start_child(std::move(session));
      names.insert(child.name());
    }
    EXPECT_EQ(names.size(), 20u);
    EXPECT_TRUE(names.contains("session#1"));
    co_await sleep(1s);
    EXPECT_EQ((co_await top.children()).size(), 0u);
    EXPECT_THROW(static_cast<void>(top.child("session#1")), sv::child_error);
    co_await top.stop();
  });
}

TEST(dynamic_children, a_temporary_one_is_forgotten_when_it_is_terminated) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    static_cast<void>(co_await top.start_child(worker(notes, "a").restart(sv::restart::temporary)));
    co_await top.terminate_child("a");
    EXPECT_EQ(co_await refusal(top.restart_child("a")), "not_found");
    co_await top.stop();
  });
}

TEST(dynamic_children, a_restart_that_waits_is_terminated_and_cannot_be_hurried) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.backoff(sv::backoff_policy{10s, 10s, 1, sv::jitter::none}).child(flaky(notes, "a", ending::error, 1ms));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1s);
    EXPECT_EQ((co_await top.children()).front().state, sv::child_state::waiting);
    EXPECT_EQ(co_await refusal(top.restart_child("a")), "restarting");
    EXPECT_EQ(co_await refusal(top.delete_child("a")), "restarting");
    co_await top.terminate_child("a");
    co_await sleep(60s);
    EXPECT_EQ(notes->count("+a"), 1u);
    co_await top.stop();
  });
}

TEST(dynamic_children, terminating_one_that_is_starting_refuses_those_who_wait_for_it) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    co_await top.started();
    auto body = [notes](sv::started_signal) { return live(notes, "sleepy"); };
    auto starting = actors::spawn(refusal(top.start_child(sv::task_child("sleepy", body))));
    co_await sleep(1ms);
    co_await top.terminate_child("sleepy");
    EXPECT_EQ(co_await starting, "terminated");
    co_await top.stop();
  });
}

TEST(dynamic_children, requests_during_a_group_restart_wait_for_its_end) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.backoff(sv::backoff_policy{1s, 1s, 1, sv::jitter::none});
    spec.child(worker(notes, "a")).child(flaky(notes, "b", ending::error, 1ms));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(100ms);
    auto added = actors::spawn(top.start_child(worker(notes, "c")));
    co_await top.terminate_child("a");
    EXPECT_EQ(notes->count("+a"), 2u);
    EXPECT_EQ(notes->count("-a"), 2u);
    static_cast<void>(co_await added);
    EXPECT_EQ(notes->count("+b"), 2u);
    co_await top.stop();
  });
}

TEST(dynamic_children, stopping_the_supervisor_answers_every_request_that_waits) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    co_await top.started();
    auto body = [notes](sv::started_signal) { return live(notes, "sleepy"); };
    auto starting = actors::spawn(error_of(top.start_child(sv::task_child("sleepy", body))));
    co_await sleep(1ms);
    co_await top.stop();
    EXPECT_TRUE(is_a<actors::stopping_error>(co_await starting));
  });
}

task<void> stop_slowly(sv::supervisor_ref top) {
  const auto lazy = sv::task_child("lazy", [](sv::started_signal started) -> task<void> {
    started();
    bool asked = false;
    try {
      co_await sleep(actors::forever);
    } catch (const actors::cancelled&) {
      asked = true;
    }
    if (asked)
      co_await sleep(1s);
  });
  static_cast<void>(co_await top.start_child(lazy));
  co_await top.stop();
}

TEST(dynamic_children, whoever_asks_for_an_end_or_a_new_start_can_be_cancelled_and_the_request_goes_on) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto body = [notes](sv::started_signal started) -> task<void> {
      notes->add("+slow");
      co_await sleep(1s);
      started();
      try {
        co_await sleep(actors::forever);
      } catch (const actors::cancelled&) {
        notes->add("-slow");
      }
      co_await sleep(1s);
    };
    auto spec = quiet("top");
    spec.child(sv::task_child("slow", body));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto child = top.child("slow");
    const auto old = child.address();
    auto next = actors::spawn(error_of(child.next(old)));
    auto terminated = actors::spawn(error_of(top.terminate_child("slow")));
    auto stopped_twice = actors::spawn(error_of(top.terminate_child("slow")));
    co_await sleep(1ms);
    for (const auto& each : {next, terminated}) {
      each.cancel();
      EXPECT_TRUE(actors::is_cancelled(co_await each));
    }
    EXPECT_FALSE(co_await stopped_twice) << "the other one that asked hears of the end";
    EXPECT_EQ(notes->count("-slow"), 1u);
    auto restarted = actors::spawn(error_of(top.restart_child("slow")));
    co_await sleep(1ms);
    restarted.cancel();
    EXPECT_TRUE(actors::is_cancelled(co_await restarted));
    static_cast<void>(co_await child.next(old));
    EXPECT_EQ(notes->count("+slow"), 2u);
    // These are answered in the supervisor's next turn, and may be given up before it.
    auto listed = actors::spawn(top.children(), actors::spawn_options{}.eager());
    auto deleted = actors::spawn(top.delete_child("slow"), actors::spawn_options{}.eager());
    EXPECT_TRUE(listed.cancel());
    EXPECT_TRUE(deleted.cancel());
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(listed)));
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(deleted)));
    EXPECT_EQ((co_await top.children()).size(), 1u);
    co_await top.stop();
  });
}

TEST(dynamic_children, every_wait_can_be_cancelled_and_the_request_goes_on) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    auto body = [notes](sv::started_signal started) -> task<void> {
      co_await sleep(1s);
      co_await start_and_live(notes, "slow", started);
    };
    spec.child(sv::task_child("slow", body));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto child = top.child("slow");
    auto started = actors::spawn(error_of(top.started()));
    auto ended = actors::spawn(error_of(top.ended()));
    auto up = actors::spawn(error_of(child.up()));
    auto added = actors::spawn(error_of(top.start_child(worker(notes, "added"))));
    auto events = top.events();
    auto next = actors::spawn(error_of(events.next()));
    co_await sleep(1ms);
    for (const auto& each : {started, ended, up, added, next})
      each.cancel();
    for (const auto& each : {started, ended, up, added, next})
      EXPECT_TRUE(actors::is_cancelled(co_await each));
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(child.up(10ms))));
    co_await top.started();
    auto down = actors::spawn(error_of(child.down(child.address())));
    co_await sleep(1ms);
    down.cancel();
    EXPECT_TRUE(actors::is_cancelled(co_await down));
    EXPECT_EQ(notes->count("+added"), 1u);
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(actors::with_timeout(1ms, stop_slowly(top)))));
    co_await top.stop();
  });
}

// -- names and addresses -----------------------------------------------------------------------------------------------------------

class adder : public actors::service {
public:
  adder() {
    on([](int number) { return number + 1; });
  }
};

TEST(child_ref, leads_to_the_current_incarnation) {
  on_every_runtime([]() -> task<> {
    auto spec = quiet("top");
    spec.child(sv::service_child("adder", [] { return std::make_unique<adder>(); }));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto child = top.child("adder");
    const auto first = co_await child.up();
    EXPECT_EQ(co_await actors::ask<int>(child.service(), 1), 2);
    caf::anon_send_exit(first, caf::exit_reason::kill);
    const auto second = co_await child.next(first, 30s);
    EXPECT_NE(first, second);
    EXPECT_EQ(co_await actors::ask<int>(child.service(), 2), 3);
    co_await top.stop();
  });
}

TEST(child_ref, a_registered_name_moves_to_the_next_incarnation_and_goes_with_the_last) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(flaky(notes, "a", ending::error, 10ms).register_as("the a"));
    spec.child(sv::service_child("adder", [] { return std::make_unique<adder>(); }).register_as("the adder"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    auto& registry = caf::actor_cast<caf::abstract_actor*>(top.address())->home_system().registry();
    const auto first = registry.get<caf::strong_actor_ptr>("the a");
    EXPECT_EQ(caf::actor_cast<caf::actor>(first), top.child("a").address());
    co_await sleep(1s);
    const auto second = registry.get<caf::strong_actor_ptr>("the a");
    EXPECT_NE(first, second);
    EXPECT_EQ(caf::actor_cast<caf::actor>(second), top.child("a").address());
    const auto service = registry.get<caf::strong_actor_ptr>("the adder");
    EXPECT_EQ(co_await actors::ask<int>(caf::actor_cast<caf::actor>(service), 1), 2);
    const auto refused = co_await error_of(top.start_child(worker(notes, "b").register_as("the a")));
    EXPECT_THAT(text_of(refused), testing::HasSubstr("the name 'the a' is taken"));
    EXPECT_EQ(registry.get<caf::strong_actor_ptr>("the a"), second);
    co_await top.stop();
    EXPECT_FALSE(registry.get<caf::strong_actor_ptr>("the a"));
    EXPECT_FALSE(registry.get<caf::strong_actor_ptr>("the adder"));
  });
}

// -- plain CAF actors --------------------------------------------------------------------------------------------------------------

caf::behavior counter(caf::event_based_actor* self) {
  return {[self](int number) {
            if (number < 0)
              self->quit(caf::make_error(caf::sec::runtime_error, "negative"));
            return number + 1;
          },
          [self](std::string) { self->quit(); }};
}

TEST(plain_actor, is_restarted_and_stopped_like_any_child) {
  on_every_runtime([]() -> task<> {
    auto spec = quiet("top");
    spec.child(sv::actor_child("counter", [](caf::actor_system& system) {
                 return system.spawn(counter);
               }).restart(sv::restart::transient));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto child = top.child("counter");
    const auto first = co_await child.up();
    EXPECT_EQ(co_await actors::ask<int>(first, 1), 2);
    static_cast<void>(co_await error_of(
        [](caf::actor to) -> task<void> { static_cast<void>(co_await actors::ask<int>(to, -1)); }(first)));
    const auto second = co_await child.next(first, 30s);
    EXPECT_EQ(co_await actors::ask<int>(second, 5), 6);
    const auto children = co_await top.children();
    EXPECT_THAT(text_of(children.front().last_error), testing::HasSubstr("negative"));
    // A normal end of a transient child.
    actors::tell(second, std::string{"end"});
    co_await child.down(second);
    EXPECT_EQ((co_await top.children()).front().state, sv::child_state::down);
    const auto third = co_await top.restart_child("counter");
    const auto address = third.address();
    co_await top.stop();
    EXPECT_TRUE(caf::actor_cast<caf::abstract_actor*>(address)->getf(caf::abstract_actor::is_terminated_flag));
  });
}

TEST(plain_actor, that_has_ended_before_anybody_looked_counts_as_ended) {
  under_every_seed([]() -> task<> {
    auto spec = quiet("top");
    spec.intensity(2, 5s).child(sv::actor_child("brief", [](caf::actor_system& system) {
      const auto made = system.spawn([](caf::event_based_actor* self) { self->quit(); });
      return made;
    }));
    const auto top = sv::spawn_supervisor(std::move(spec));
    EXPECT_TRUE(is_a<sv::restart_limit_error>(co_await error_of(top.ended())));
  });
}

// -- events ------------------------------------------------------------------------------------------------------------------------

TEST(events, come_in_order_with_reasons_and_delays) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.backoff(sv::backoff_policy{250ms, 1s, 2, sv::jitter::none});
    spec.child(flaky(notes, "a", ending::error, 10ms, 2)).intensity(1, 10s);
    const auto top = sv::spawn_supervisor(std::move(spec));
    auto events = top.events();
    std::vector<std::string> texts;
    for (;;) {
      const auto event = co_await events.next();
      if (!event)
        break;
      texts.push_back(describe(*event));
    }
    EXPECT_THAT(texts, testing::ElementsAre("child 'a' of supervisor 'top' started",
                                            "child 'a' of supervisor 'top' exited (error): a broke",
                                            "child 'a' of supervisor 'top' restarting in 0.25 s, restart 1: a broke",
                                            "child 'a' of supervisor 'top' started",
                                            "child 'a' of supervisor 'top' exited (error): a broke",
                                            "child 'a' of supervisor 'top' given up: a broke"));
    EXPECT_EQ(events.missed(), 0u);
    static_cast<void>(co_await error_of(top.ended()));
    EXPECT_FALSE(co_await top.events().next());
  });
}

TEST(events, a_slow_reader_misses_the_oldest_and_is_told_how_many) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.unlimited_restarts().child(flaky(notes, "a", ending::error, 1ms, 10));
    const auto top = sv::spawn_supervisor(std::move(spec));
    EXPECT_THROW(static_cast<void>(top.events(0)), std::invalid_argument);
    auto events = top.events(4);
    co_await sleep(1s);
    co_await top.stop();
    // 11 starts, 11 ends and 10 restarts.
    EXPECT_EQ(events.missed(), 28u);
    std::size_t left = 0;
    for (;;) {
      const auto event = co_await events.next();
      if (!event)
        break;
      ++left;
    }
    EXPECT_EQ(left, 4u);
  });
}

TEST(events, a_handler_that_throws_harms_nobody) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.on_event([](const sv::child_event&) { throw std::runtime_error("oops"); });
    spec.child(worker(notes, "a"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    co_await top.stop();
  });
  EXPECT_THAT(log->lines(), testing::Contains("error supervisor: 'top': an event handler failed: oops"));
}

} // namespace
