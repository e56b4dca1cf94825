#include "../core/every_options.hpp"
#include "../core/every_runtime.hpp"
#include "../core/gate.hpp"
#include "../core/patience.hpp"

#include <actors/core/as_completed.hpp>
#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/generator.hpp>
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
#include <chrono>
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
    // The third call is there a moment before its message counts as handled.
    return node.calls == 3 && node.waiting_on.size() == 3 && node.mailbox == 0 && node.handled >= 3;
  }));
  EXPECT_EQ(node.kind, snapshot_node::kind_type::service);
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

// -- the await graph on every runtime ------------------------------------------------------------------------------------

namespace {

/// Looks at a program while all of it stands still: runs `body(runtime)` under every kind of runtime and schedule.
template <class F>
void in_every_runtime(F body) {
  core_test::with_every_options([&](const runtime_options& options) {
    runtime home{options};
    home.block_on([&]() -> task<> { co_await body(home); });
    EXPECT_THAT(home.stop(10s), IsEmpty());
  });
}

/// What the nodes stand for and how far they are from where a walk began, in the order of the walk.
std::vector<std::string> walk(const runtime_snapshot& seen, std::uint64_t start) {
  std::vector<std::string> result;
  EXPECT_TRUE(actors::observe::visit_await_graph(seen, start, [&](const snapshot_node& node, std::size_t distance) {
    result.push_back(std::to_string(distance) + " " + node.name);
  }));
  return result;
}

/// A snapshot for which `condition(it)` holds, once there is one.
template <class F>
task<runtime_snapshot> once(const runtime& home, F condition) {
  const auto deadline = std::chrono::steady_clock::now() + core_test::patience;
  for (;;) {
    auto seen = snapshot(home);
    if (condition(seen))
      co_return seen;
    if (std::chrono::steady_clock::now() >= deadline) {
      ADD_FAILURE() << "what was waited for did not come";
      co_return seen;
    }
    co_await actors::yield();
  }
}

/// What tasks wait for: name, kind.
using waits = std::vector<std::pair<std::string, std::string>>;

/// A snapshot in which each of these waits for that.
task<runtime_snapshot> once_all_wait(const runtime& home, waits expected) {
  auto all_wait = [&expected](const runtime_snapshot& seen) {
    return std::ranges::all_of(expected, [&](const auto& each) {
      const auto* node = find(seen, each.first);
      return node != nullptr && node->state == state::waiting &&
             node->waiting_on == std::vector<std::string>{each.second};
    });
  };
  co_return co_await once(home, all_wait);
}

using handle = actors::task_handle<>;

task<> wait_for(handle target) {
  co_await target;
}

task<> end(std::vector<handle> all) {
  for (const auto& each : all)
    each.cancel("the test is over");
  for (const auto& each : all)
    while (!each.done())
      co_await actors::yield();
}

} // namespace

TEST(await_graph, a_task_that_two_wait_for_is_visited_once) {
  in_every_runtime([](runtime& home) -> task<> {
    gate open;
    const auto bottom = spawn(pass(&open), named("bottom"));
    const auto left = spawn(wait_for(bottom), named("left"));
    const auto right = spawn(wait_for(bottom), named("right"));
    auto both = [](handle a, handle b) -> task<> { static_cast<void>(co_await actors::gather(a, b)); };
    const auto top = spawn(both(left, right), named("top"));
    const waits expected{{"left", "task"}, {"right", "task"}, {"top", "gather"}};
    const auto seen = co_await once_all_wait(home, expected);
    EXPECT_THAT(walk(seen, top.id()), testing::AnyOf(ElementsAre("0 top", "1 left", "1 right", "2 bottom"),
                                                     ElementsAre("0 top", "1 right", "1 left", "2 bottom")));
    EXPECT_THAT(walk(seen, bottom.id()), ElementsAre("0 bottom"));
    open.open();
    co_await top;
  });
}

TEST(await_graph, a_ladder_of_diamonds_is_walked_in_as_many_steps_as_it_has_tasks) {
  // There are 2^40 ways from its top to its bottom.
  in_every_runtime([](runtime& home) -> task<> {
    gate open;
    constexpr std::size_t steps = 40;
    handle last = spawn(pass(&open), named("bottom"));
    auto both = [](handle a, handle b) -> task<> { static_cast<void>(co_await actors::gather(a, b)); };
    waits expected;
    for (std::size_t i = 0; i < steps; ++i) {
      const auto left = spawn(wait_for(last), named("left" + std::to_string(i)));
      const auto right = spawn(wait_for(last), named("right" + std::to_string(i)));
      last = spawn(both(left, right), named("join" + std::to_string(i)));
      expected.emplace_back("left" + std::to_string(i), "task");
      expected.emplace_back("right" + std::to_string(i), "task");
      expected.emplace_back("join" + std::to_string(i), "gather");
    }
    const auto seen = co_await once_all_wait(home, expected);
    const auto met = walk(seen, last.id());
    EXPECT_THAT(met, SizeIs(3 * steps + 1));
    EXPECT_EQ(met.back(), std::to_string(2 * steps) + " bottom");
    open.open();
    co_await last;
  });
}

TEST(await_graph, tasks_that_wait_for_each_other_are_walked_once_and_can_be_cancelled) {
  in_every_runtime([](runtime& home) -> task<> {
    gate known;
    handle second;
    auto wait_for_second = [](gate& ready, handle& other) -> task<> {
      co_await ready;
      co_await actors::shield(other);
    };
    const auto first = spawn(wait_for_second(known, second), named("first"));
    second = spawn(wait_for(first), named("second"));
    known.open();
    const waits expected{{"first", "shield"}, {"second", "task"}};
    const auto seen = co_await once_all_wait(home, expected);
    EXPECT_THAT(walk(seen, first.id()), ElementsAre("0 first", "1 second"));
    EXPECT_THAT(walk(seen, second.id()), ElementsAre("0 second", "1 first"));
    std::vector<handle> both{first, second};
    co_await end(std::move(both));
  });
}

TEST(await_graph, every_verb_shows_what_it_waits_for) {
  in_every_runtime([](runtime& home) -> task<> {
    gate open;
    const auto target = spawn(pass(&open), named("target"));
    auto by_outcomes = [](handle it) -> task<> { static_cast<void>(co_await actors::gather_outcomes(it)); };
    auto by_shield = [](handle it) -> task<> { co_await actors::shield(it); };
    auto by_timeout = [](handle it) -> task<> { co_await actors::with_timeout(1h, it); };
    auto by_inline_timeout = [](handle it) -> task<> { co_await actors::with_timeout(1h, wait_for(it)); };
    auto by_wait = [](handle it) -> task<> {
      std::vector<handle> all{it};
      static_cast<void>(co_await actors::wait(std::move(all)));
    };
    auto by_limited_wait = [](handle it) -> task<> {
      std::vector<handle> all{it};
      static_cast<void>(co_await actors::wait(std::move(all), actors::until::all_completed, 1h));
    };
    auto by_completion = [](handle it) -> task<> {
      std::vector<handle> all{it};
      auto completed = actors::as_completed(std::move(all));
      static_cast<void>(co_await completed.next());
    };
    auto by_generator = [](handle it) -> task<> {
      auto source = [](handle inner) -> actors::generator<int> {
        co_await inner;
        co_yield 1;
      };
      auto values = source(it);
      static_cast<void>(co_await values.next());
    };
    std::vector<handle> all{spawn(by_outcomes(target), named("outcomes")),
                            spawn(by_shield(target), named("shield")),
                            spawn(by_timeout(target), named("timeout")),
                            spawn(by_inline_timeout(target), named("inline timeout")),
                            spawn(by_wait(target), named("wait")),
                            spawn(by_limited_wait(target), named("limited wait")),
                            spawn(by_completion(target), named("as_completed")),
                            spawn(by_generator(target), named("generator"))};
    const waits expected{{"outcomes", "gather"},           {"shield", "shield"}, {"timeout", "task"},
                         {"inline timeout", "task"},       {"wait", "wait"},     {"limited wait", "wait"},
                         {"as_completed", "as_completed"}, {"generator", "task"}};
    const auto seen = co_await once_all_wait(home, expected);
    for (const auto& each : all)
      EXPECT_THAT(walk(seen, each.id()), ElementsAre("0 " + std::string{each.name()}, "1 target"));
    open.open();
    for (const auto& each : all)
      co_await each;
  });
}

TEST(await_graph, crosses_groups_gathered_tasks_and_shielded_ones_and_ends_where_nobody_is) {
  in_every_runtime([](runtime& home) -> task<> {
    gate open;
    auto grouping = [](gate* until) -> task<> {
      auto body = [](actors::task_group& group, gate* door) -> task<> {
        static_cast<void>(group.spawn(pass(door), named("member one")));
        static_cast<void>(group.spawn(pass(door), named("member two")));
        co_return;
      };
      co_await actors::with_task_group(body, until);
    };
    const auto group = spawn(grouping(&open), named("group"));
    auto shielding = [](handle inner) -> task<> { co_await actors::shield(wait_for(inner)); };
    const auto shield = spawn(shielding(group), named("shield"));
    // Between them is the task that the shield has made.
    auto is_whole = [&shield](const runtime_snapshot& now) {
      std::size_t met = 0;
      static_cast<void>(
          actors::observe::visit_await_graph(now, shield.id(), [&met](const auto&, std::size_t) { ++met; }));
      return met == 5;
    };
    const auto seen = co_await once(home, is_whole);
    const auto met = walk(seen, shield.id());
    EXPECT_THAT(met, ElementsAre("0 shield", testing::StartsWith("1 "), "2 group", testing::StartsWith("3 member "),
                                 testing::StartsWith("3 member ")));
    EXPECT_THAT(met, Contains("3 member one"));
    EXPECT_THAT(met, Contains("3 member two"));
    EXPECT_FALSE(actors::observe::visit_await_graph(seen, 999'999'999, [](const auto&, std::size_t) { FAIL(); }));
    open.open();
    co_await shield;
  });
}
