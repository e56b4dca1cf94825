#include "flock.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/runtime.hpp>
#include <actors/supervise/supervisor_service.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace supervise_test;

using statuses = std::vector<sv::child_status>;
using named_actor = std::tuple<std::string, caf::actor>;

/// A plain actor that ends when it is told to, with an error.
caf::actor make_fragile(caf::actor_system& system) {
  return system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[](int number) { return number + 1; },
            [self](std::string why) { self->quit(actors::make_caf_error(actors::errc::failed, why)); }};
  });
}

/// Notes the notices that it gets.
caf::actor spawn_listener(caf::actor_system& system, const journal_ptr& notes) {
  return system.spawn([notes](caf::event_based_actor*) -> caf::behavior {
    return {[notes](const sv::child_notice& notice) {
      notes->add(notice.child + " " + notice.what + (notice.exit.empty() ? "" : " " + notice.exit) +
                 (notice.error.empty() ? "" : ": " + notice.error));
    }};
  });
}

task<std::exception_ptr> refusal(actors::service_ref service, auto... request) {
  auto call = [](actors::service_ref to, auto... args) -> task<> { co_await actors::ask<void>(to, args...); };
  co_return co_await error_of(call(service, request...));
}

} // namespace

TEST(supervisor_service, children_are_listed_found_terminated_restarted_and_deleted_by_message) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(worker(notes, "b").restart(sv::restart::transient));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto service = sv::spawn_supervisor_service(top);
    auto all = co_await actors::ask<statuses>(service, sv::list_children_atom_v);
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1].name, "b");
    EXPECT_EQ(all[1].state, "running");
    EXPECT_EQ(all[1].restart, "transient");
    const auto first = co_await actors::ask<caf::actor>(service, sv::find_child_atom_v, std::string{"b"});
    EXPECT_EQ(first, all[1].actor);
    co_await actors::ask<void>(service, sv::terminate_child_atom_v, std::string{"b"});
    const auto none = co_await actors::ask<caf::actor>(service, sv::find_child_atom_v, std::string{"b"});
    EXPECT_FALSE(none);
    const auto second = co_await actors::ask<caf::actor>(service, sv::restart_child_atom_v, std::string{"b"});
    EXPECT_NE(second, first);
    const auto running = co_await refusal(service, sv::delete_child_atom_v, std::string{"b"});
    EXPECT_THAT(text_of(running), testing::HasSubstr("'b'"));
    co_await actors::ask<void>(service, sv::terminate_child_atom_v, std::string{"b"});
    co_await actors::ask<void>(service, sv::delete_child_atom_v, std::string{"b"});
    all = co_await actors::ask<statuses>(service, sv::list_children_atom_v);
    EXPECT_EQ(all.size(), 1u);
    EXPECT_THAT(text_of(co_await refusal(service, sv::find_child_atom_v, std::string{"b"})), testing::HasSubstr("'b'"));
    co_await top.stop();
  });
}

TEST(supervisor_service, starts_what_is_on_offer_and_nothing_else) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto top = sv::spawn_supervisor(quiet("top"));
    co_await top.started();
    const auto what = sv::supervisor_service_options{}.offer("session", worker(notes, "session").numbered());
    const auto service = sv::spawn_supervisor_service(top, what);
    const auto one = co_await actors::ask<named_actor>(service, sv::start_child_atom_v, std::string{"session"});
    const auto two = co_await actors::ask<named_actor>(service, sv::start_child_atom_v, std::string{"session"});
    EXPECT_NE(std::get<0>(one), std::get<0>(two));
    EXPECT_EQ(std::get<1>(two), top.child(std::get<0>(two)).address());
    const auto error = co_await refusal(service, sv::start_child_atom_v, std::string{"shell"});
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
    EXPECT_THAT(text_of(error), testing::HasSubstr("offers no child 'shell'"));
    co_await top.stop();
  });
}

TEST(supervisor_service, tells_its_listeners_what_happens_until_they_or_it_end) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.intensity(5, 5s).child(sv::actor_child("fragile", make_fragile));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto child = top.child("fragile");
    const auto first = child.address();
    auto& system = first->home_system();
    const auto service = sv::spawn_supervisor_service(top);
    const auto listener = spawn_listener(system, notes);
    const auto other = spawn_listener(system, std::make_shared<journal>());
    co_await actors::ask<void>(service, sv::watch_children_atom_v, listener);
    co_await actors::ask<void>(service, sv::watch_children_atom_v, listener);
    co_await actors::ask<void>(service, sv::watch_children_atom_v, other);
    caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
    caf::anon_send(first, std::string{"broke"});
    const auto second = co_await child.next(first);
    co_await sleep(1s);
    EXPECT_EQ(notes->texts().size(), 3u);
    EXPECT_THAT(notes->texts()[0], testing::StartsWith("fragile exited error: "));
    EXPECT_THAT(notes->texts()[0], testing::HasSubstr("broke"));
    EXPECT_THAT(notes->texts()[1], testing::StartsWith("fragile restarting"));
    EXPECT_EQ(notes->texts()[2], "fragile started");
    co_await actors::ask<void>(service, sv::unwatch_children_atom_v, listener);
    caf::anon_send(second, std::string{"broke"});
    static_cast<void>(co_await child.next(second));
    co_await sleep(1s);
    EXPECT_EQ(notes->texts().size(), 3u);
    EXPECT_TRUE(is_a<actors::misuse_error>(co_await refusal(service, sv::watch_children_atom_v, caf::actor{})));
    co_await top.stop();
    co_await sleep(1s);
    // With its supervisor.
    EXPECT_TRUE(co_await refusal(service, sv::list_children_atom_v));
    EXPECT_TRUE(caf::actor_cast<caf::abstract_actor*>(service.actor())->getf(caf::abstract_actor::is_terminated_flag));
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  });
}

TEST(supervisor_service, a_caller_that_gives_up_takes_nothing_back) {
  in_virtual_time([]() -> task<> {
    auto spec = quiet("top");
    auto slow = []() -> task<> {
      bool asked = false;
      try {
        co_await sleep(actors::forever);
      } catch (const actors::cancelled&) {
        asked = true;
      }
      if (asked)
        co_await sleep(3s);
    };
    spec.child(sv::task_child("slow", slow));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1ms);
    const auto service = sv::spawn_supervisor_service(top);
    auto call = [](actors::service_ref to) -> task<> {
      co_await actors::ask<void>(to, sv::terminate_child_atom_v, std::string{"slow"}).within(1s);
    };
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(call(service))));
    co_await sleep(3s);
    const auto all = co_await actors::ask<statuses>(service, sv::list_children_atom_v);
    EXPECT_EQ(all[0].state, "down");
    co_await top.stop();
  });
}

//! [ask a supervisor]

TEST(supervisor_service, plain_actors_ask_it_as_any_actor) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  auto spec = sv::supervisor_spec{"top"};
  spec.child(sv::actor_child("fragile", make_fragile));
  const auto top = sv::spawn_supervisor(home, std::move(spec));
  const auto service = sv::spawn_supervisor_service(home, top);
  caf::scoped_actor self{home.system()};
  std::string state;
  for (int i = 0; i < 1000 && state != "running"; ++i)
    self->request(service.actor(), caf::infinite, sv::list_children_atom_v)
        .receive([&](const statuses& children) { state = children.at(0).state; }, [](const caf::error&) { FAIL(); });
  EXPECT_EQ(state, "running");
}

//! [ask a supervisor]
