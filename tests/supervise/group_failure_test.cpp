#include "../core/counted.hpp"
#include "flock.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Groups that are hit in the middle of a start or a restart.
namespace {

using namespace supervise_test;

constexpr std::array strategies{sv::strategy::one_for_one, sv::strategy::one_for_all, sv::strategy::rest_for_one};
const std::array<std::string, 3> names{"a", "b", "c"};

/// Takes a while to start, or to fail to, and a while to stop.
task<void> slow_life(journal_ptr notes, std::string name, std::size_t failing_start, std::atomic<int>* lives,
                     sv::started_signal started) {
  const counted one{*lives};
  notes->add("?" + name);
  co_await sleep(10ms);
  if (notes->count("?" + name) == failing_start)
    throw std::runtime_error(name + " cannot start");
  notes->add("+" + name);
  started();
  try {
    co_await sleep(actors::forever);
  } catch (const actors::cancelled&) {
    notes->add("-" + name);
  }
  co_await sleep(10ms);
}

/// A child whose start number `failing_start` fails; with 0 none does.
sv::child_spec slow_child(const journal_ptr& notes, const std::string& name, std::atomic<int>& lives,
                          std::size_t failing_start = 0) {
  return sv::task_child(
      name, [=, &lives](sv::started_signal started) { return slow_life(notes, name, failing_start, &lives, started); });
}

/// A service that crashes when it is told to.
class fragile final : public actors::service {
public:
  fragile() {
    on_handler_failure(actors::failure_policy::crash);
    on([](int) -> int { throw std::runtime_error("the state is beyond repair"); });
    on([](double value) { return value; });
  }
};

} // namespace

TEST(group, a_start_that_fails_at_any_place_stops_those_before_it_whatever_the_strategy) {
  under_every_seed([]() -> task<> {
    for (const auto how : strategies) {
      for (std::size_t failing = 0; failing < names.size(); ++failing) {
        std::atomic<int> lives{0};
        const auto notes = std::make_shared<journal>();
        auto spec = quiet("top", how);
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < names.size(); ++i) {
          spec.child(slow_child(notes, names[i], lives, i == failing ? 1 : 0));
          if (i <= failing)
            expected.push_back("?" + names[i]);
          if (i < failing)
            expected.push_back("+" + names[i]);
        }
        for (std::size_t i = failing; i > 0; --i)
          expected.push_back("-" + names[i - 1]);
        const auto top = sv::spawn_supervisor(std::move(spec));
        const auto error = co_await error_of(top.ended());
        EXPECT_TRUE(is_a<sv::start_error>(error));
        EXPECT_THAT(text_of(error), testing::HasSubstr("'" + names[failing] + "'"));
        EXPECT_EQ(notes->texts(), expected);
        EXPECT_EQ(lives, 0);
      }
    }
  });
}

TEST(group, a_restart_that_fails_at_any_place_is_tried_again_until_all_run) {
  under_every_seed([]() -> task<> {
    for (const auto how : {sv::strategy::one_for_all, sv::strategy::rest_for_one}) {
      for (std::size_t failing = 1; failing <= names.size(); ++failing) {
        std::atomic<int> lives{0};
        const auto notes = std::make_shared<journal>();
        auto spec = quiet("top", how);
        spec.intensity(2, 5s).child(flaky(notes, "first", ending::error, 50ms));
        for (std::size_t i = 0; i < names.size(); ++i)
          spec.child(slow_child(notes, names[i], lives, i + 1 == failing ? 2 : 0));
        const auto top = sv::spawn_supervisor(std::move(spec));
        co_await top.started();
        co_await sleep(4s);
        for (const auto& child : co_await top.children())
          EXPECT_EQ(child.state, sv::child_state::running) << child.name;
        EXPECT_EQ(lives, 3);
        co_await top.stop();
        EXPECT_EQ(lives, 0);
      }
    }
  });
}

TEST(group, killing_the_supervisor_in_the_middle_of_a_restart_leaves_nothing_behind) {
  under_every_seed([]() -> task<> {
    // While the others stop (30 ms), all are down (100 ms), the first one starts, the last one does.
    for (const auto moment : {5ms, 15ms, 25ms, 60ms, 135ms, 155ms}) {
      for (const auto how : strategies) {
        std::atomic<int> lives{0};
        const auto notes = std::make_shared<journal>();
        const auto plain = std::make_shared<std::vector<caf::actor>>();
        auto spec = quiet("top", how);
        spec.intensity(3, 5s).backoff(sv::backoff_policy{100ms, 100ms, 1, sv::jitter::none});
        spec.child(flaky(notes, "first", ending::error, 50ms).register_as("first of the group"));
        for (const auto& name : names)
          spec.child(slow_child(notes, name, lives));
        spec.child(sv::actor_child("plain", [plain](caf::actor_system& system) {
          auto made = system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
          plain->push_back(made);
          return made;
        }));
        const auto top = sv::spawn_supervisor(std::move(spec));
        co_await top.started();
        const auto child = top.child("first");
        while (notes->count("!first") == 0)
          co_await sleep(1ms);
        co_await sleep(moment);
        auto* const system = &top.address()->home_system();
        caf::anon_send_exit(top.address(), caf::exit_reason::kill);
        EXPECT_TRUE(actors::is_cancelled(co_await error_of(top.ended())));
        co_await sleep(1ms);
        EXPECT_EQ(lives, 0);
        EXPECT_TRUE(child.gone());
        EXPECT_FALSE(system->registry().get<caf::strong_actor_ptr>("first of the group"));
        for (const auto& each : *plain)
          EXPECT_TRUE(caf::actor_cast<caf::abstract_actor*>(each)->getf(caf::abstract_actor::is_terminated_flag));
      }
    }
  });
}

TEST(group, a_service_that_crashes_is_started_again_under_its_name) {
  on_every_runtime([]() -> task<> {
    auto spec = quiet("top");
    spec.child(sv::service_child("fragile", [] { return std::make_unique<fragile>(); })
                   .restart(sv::restart::transient)
                   .register_as("the fragile one"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto child = top.child("fragile");
    const auto first = co_await child.up();
    auto call = [](actors::service_ref to) -> task<void> { static_cast<void>(co_await actors::ask<int>(to, 1)); };
    const auto error = co_await error_of(call(actors::service_ref{first}));
    EXPECT_TRUE(is_a<actors::crashed_error>(error));
    EXPECT_EQ(text_of(error), "fragile has failed: the state is beyond repair");
    const auto second = co_await child.next(first, 30s);
    EXPECT_EQ(co_await actors::ask<double>(actors::service_ref{second}, 0.5), 0.5);
    const auto registered = second->home_system().registry().get<caf::strong_actor_ptr>("the fragile one");
    EXPECT_EQ(caf::actor_cast<caf::actor>(registered), second);
    const auto children = co_await top.children();
    EXPECT_EQ(children[0].restarts, 1u);
    EXPECT_EQ(text_of(children[0].last_error), "the state is beyond repair");
    co_await top.stop();
  });
}
