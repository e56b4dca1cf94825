#include "../core/every_runtime.hpp"
#include "../core/gate.hpp"
#include "../core/patience.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>
#include <actors/observe/snapshot.hpp>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::runtime;
using actors::runtime_options;
using actors::spawn;
using actors::spawn_options;
using actors::task;
using actors::observe::runtime_snapshot;
using actors::observe::snapshot;
using actors::observe::snapshot_node;
using core_test::becomes_true;
using core_test::gate;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

using state = snapshot_node::state_type;

spawn_options named(std::string_view name) {
  return spawn_options{}.name(name);
}

const snapshot_node* find(const runtime_snapshot& seen, std::string_view name) {
  const auto found = std::ranges::find(seen.nodes, name, &snapshot_node::name);
  return found != seen.nodes.end() ? &*found : nullptr;
}

/// The node of this name once it waits for something of this kind.
snapshot_node waiting(const runtime& home, std::string_view name, std::string_view on) {
  snapshot_node result;
  EXPECT_TRUE(becomes_true([&] {
    const auto seen = snapshot(home);
    const auto* node = find(seen, name);
    if (node == nullptr || node->state != state::waiting ||
        node->waiting_on != std::vector<std::string>{std::string{on}})
      return false;
    result = *node;
    return true;
  })) << name
      << " never waited on " << on;
  return result;
}

task<> pass(gate* open) {
  co_await *open;
}

} // namespace

TEST(snapshot, tells_what_a_task_is_where_it_was_spawned_and_what_it_waits_for) {
  runtime home{runtime_options{}.workers(2)};
  const auto handle = home.spawn([]() -> task<> { co_await actors::sleep(1h); }, named("sleeper"));
  const auto line = __LINE__ - 1;
  const auto node = waiting(home, "sleeper", "sleep");
  EXPECT_EQ(node.id, handle.id());
  EXPECT_EQ(node.kind, snapshot_node::kind_type::task);
  EXPECT_EQ(node.parent, 0);
  EXPECT_TRUE(node.file.ends_with("snapshot_test.cpp")) << node.file;
  EXPECT_EQ(node.line, static_cast<std::uint32_t>(line));
  EXPECT_TRUE(node.state_for.has_value());
  EXPECT_THAT(node.waits_for, IsEmpty());
}

TEST(snapshot, says_how_long_a_task_has_waited_on_the_clock_of_its_runtime) {
  runtime home{core_test::virtual_time()};
  const auto waited = home.block_on([&home]() -> task<actors::duration> {
    static_cast<void>(spawn([]() -> task<> { co_await actors::sleep(10h); }, named("long")));
    co_await actors::sleep(1h);
    const auto seen = snapshot(home);
    co_return find(seen, "long")->state_for.value();
  });
  EXPECT_EQ(waited, 1h);
}

TEST(snapshot, answers_while_every_worker_is_blocked) {
  std::counting_semaphore<> held{0};
  std::counting_semaphore<> free{0};
  runtime home{runtime_options{}.workers(2).stall_threshold(1h)};
  std::vector<actors::task_handle<>> blockers;

  for (int i = 0; i < 2; ++i)
    blockers.push_back(home.spawn(
        [&]() -> task<> {
          held.release();
          free.acquire();
          co_return;
        },
        named("blocker")));
  for (int i = 0; i < 2; ++i)
    held.acquire();
  const auto seen = snapshot(home);
  EXPECT_EQ(std::ranges::count(seen.nodes, state::running, &snapshot_node::state), 2);
  free.release(2);
  EXPECT_THAT(home.stop(10s), IsEmpty());
  EXPECT_THAT(snapshot(home).nodes, IsEmpty());
}

TEST(snapshot, the_await_graph_crosses_group_gather_shield_timeout_and_wait_and_visits_each_task_once) {
  gate open;
  runtime home{runtime_options{}.workers(2)};
  const auto shared = home.spawn(pass(&open), named("shared"));
  const auto shielding = home.spawn(
      [](actors::task_handle<> inner) -> task<> { co_await actors::shield(inner); }(shared), named("shielding"));
  const auto limited =
      home.spawn([](actors::task_handle<> inner) -> task<> { co_await actors::with_timeout(1h, inner); }(shared),
                 named("limited"));
  const auto watching = home.spawn(
      [](std::vector<actors::task_handle<>> all) -> task<> {
        static_cast<void>(co_await actors::wait(std::move(all)));
      }({shielding, limited}),
      named("watching"));
  const auto grouping = home.spawn(
      [](actors::task_handle<> inner) -> task<> {
        co_await actors::with_task_group(
            [](actors::task_group& group, actors::task_handle<> target) -> task<> {
              static_cast<void>(
                  group.spawn([](actors::task_handle<> last) -> task<> { co_await last; }(target), named("member")));
              co_return;
            },
            inner);
      }(watching),
      named("grouping"));
  const auto top = home.spawn(
      [](actors::task_handle<> a, actors::task_handle<> b) -> task<> {
        std::vector<task<>> both;
        both.push_back([](actors::task_handle<> h) -> task<> { co_await h; }(a));
        both.push_back([](actors::task_handle<> h) -> task<> { co_await h; }(b));
        static_cast<void>(co_await actors::gather(std::move(both)));
      }(grouping, shielding),
      named("top"));
  waiting(home, "shielding", "shield");
  waiting(home, "limited", "task");
  waiting(home, "watching", "wait");
  const auto group = waiting(home, "grouping", "group");
  const auto member = waiting(home, "member", "task");
  waiting(home, "top", "gather");
  EXPECT_THAT(group.waits_for, ElementsAre(member.id));
  EXPECT_EQ(member.parent, group.id);
  // Both children of the gather have to wait before the graph is whole.
  runtime_snapshot seen;
  ASSERT_TRUE(becomes_true([&] {
    seen = snapshot(home);
    return std::ranges::count_if(
               seen.nodes, [&](const auto& node) { return node.parent == top.id() && !node.waits_for.empty(); }) == 2;
  }));
  std::vector<std::uint64_t> met;
  EXPECT_TRUE(actors::observe::visit_await_graph(seen, top.id(),
                                                 [&](const auto& node, std::size_t) { met.push_back(node.id); }));
  // top, its two children, grouping, member, watching, shielding, limited, shared
  EXPECT_THAT(met, SizeIs(9));
  open.open();
  home.stop(10s);
}

TEST(snapshot, a_service_shows_its_calls_and_who_asks_waits_for_it) {
  class slow final : public actors::service {
  public:
    explicit slow(gate* open) {
      on([open](int value) -> task<int> {
        co_await *open;
        co_return value;
      });
    }
  };

  gate open;
  runtime home{runtime_options{}.workers(2)};
  const auto target = actors::spawn_service(home, std::make_unique<slow>(&open), named("slow"));
  for (int i = 0; i < 3; ++i)
    static_cast<void>(home.spawn(
        [](actors::service_ref to) -> task<> { static_cast<void>(co_await actors::ask<int>(to, 1)); }(target),
        named("asking" + std::to_string(i))));
  const auto asking = waiting(home, "asking1", "ask");
  EXPECT_THAT(asking.waits_for, ElementsAre(target.actor().id()));
  snapshot_node node;
  ASSERT_TRUE(becomes_true([&] {
    const auto seen = snapshot(home);
    node = *find(seen, "slow");
    return node.calls == 3 && node.waiting_on.size() == 3;
  }));
  EXPECT_EQ(node.kind, snapshot_node::kind_type::service);
  EXPECT_EQ(node.mailbox, 0);
  EXPECT_GE(node.handled, 3);
  open.open();
  EXPECT_TRUE(becomes_true([&] { return find(snapshot(home), "slow")->calls == 0; }));
  EXPECT_EQ(find(snapshot(home), "slow")->state, state::idle);
}

TEST(snapshot, names_a_call_that_blocks_and_children_that_outlast_their_parents_coroutine) {
  std::counting_semaphore<> free{0};
  gate open;
  runtime home{runtime_options{}.workers(2)};
  static_cast<void>(
      home.spawn([&free]() -> task<> { co_await actors::to_thread([&free] { free.acquire(); }); }, named("blocking")));
  waiting(home, "blocking", "blocking call");
  static_cast<void>(home.spawn(
      [&open]() -> task<> {
        static_cast<void>(spawn(
            [](gate* closed) -> task<> {
              for (bool go_on = true; go_on;) {
                try {
                  co_await *closed;
                  go_on = false;
                } catch (const actors::cancelled&) { // holds out
                }
              }
            }(&open),
            named("child")));
        co_await actors::yield();
      },
      named("parent")));
  const auto parent = waiting(home, "parent", "children");
  EXPECT_THAT(parent.waits_for, SizeIs(1));
  open.open();
  free.release();
}

TEST(snapshot, lists_plain_actors_with_a_registered_name) {
  runtime home{runtime_options{}.workers(1)};
  auto plain = home.system().spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::skip);
    return {[](int) {}};
  });
  home.system().registry().put("the plain one", plain);
  const auto seen = snapshot(home);
  const auto* node = find(seen, "the plain one");
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node->id, plain->id());
  EXPECT_EQ(node->kind, snapshot_node::kind_type::actor);
  home.system().registry().erase("the plain one");
}

TEST(snapshot, cancels_a_task_by_its_id_and_knows_which_ids_there_are_none_of) {
  runtime home{runtime_options{}.workers(1)};
  const auto victim = []() -> task<std::string> {
    std::string reason;
    try {
      co_await actors::sleep(1h);
    } catch (const actors::cancelled& e) {
      reason = e.reason();
    }
    co_return reason;
  };
  auto future = home.spawn_future(victim(), named("victim"));
  const auto node = waiting(home, "victim", "sleep");
  EXPECT_TRUE(actors::observe::cancel(home, node.id, "enough"));
  EXPECT_EQ(future.get(), "enough");
  EXPECT_FALSE(actors::observe::cancel(home, 999'999'999));
}

TEST(snapshot, may_be_taken_at_any_time_by_any_thread) {
  runtime home{runtime_options{}.workers(2)};
  std::atomic<bool> stop{false};
  std::vector<std::thread> lookers;
  for (int i = 0; i < 2; ++i)
    lookers.emplace_back([&] {
      while (!stop)
        static_cast<void>(snapshot(home));
    });
  home.block_on([]() -> task<> {
    for (int round = 0; round < 30; ++round) {
      std::vector<task<int>> tasks;
      for (int i = 0; i < 200; ++i)
        tasks.push_back([](int value) -> task<int> {
          co_await actors::sleep(std::chrono::microseconds(value));
          co_return co_await spawn([](int inner) -> task<int> { co_return inner; }(value));
        }(i));
      static_cast<void>(co_await actors::gather(std::move(tasks)));
    }
  });
  EXPECT_THAT(home.stop(10s), IsEmpty());
  stop = true;
  for (auto& looker : lookers)
    looker.join();
}
