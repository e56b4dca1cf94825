#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::spawn_options;
using actors::task;
using actors::task_handle;
using namespace core_test;

task<int> answer() {
  co_return 42;
}

task<> wait_at(gate& door, counted) {
  co_await door;
}

task<std::string> own_name() {
  const auto self = co_await actors::this_task();
  co_return std::string{self.name()};
}

// Notes how it ended.
task<> wait_and_note(gate& door, std::vector<std::string>& notes) {
  try {
    co_await door;
    notes.emplace_back("opened");
  } catch (const actors::cancelled& e) {
    notes.emplace_back(e.reason());
    throw;
  }
}

} // namespace

TEST(spawn, runs_a_task_concurrently_with_its_parent) {
  on_every_runtime([]() -> task<> {
    gate first;
    gate second;
    auto partner = [](gate& mine, gate& other) -> task<int> {
      other.open();
      co_await mine;
      co_return 1;
    };
    // Each waits for the other: run one after the other they would never end.
    const auto a = spawn(partner(first, second));
    const auto b = spawn(partner(second, first));
    const int sum = co_await a + co_await b;
    EXPECT_EQ(sum, 2);
  });
}

TEST(spawn, outside_of_a_task_is_an_error_that_names_the_way_to_do_it) {
  const auto error = thrown_by([] { static_cast<void>(spawn(answer())); });
  EXPECT_TRUE(is_a<actors::misuse_error>(error));
  EXPECT_NE(actors::describe(error).find("runtime::spawn"), std::string::npos);
}

TEST(spawn, of_an_empty_task_is_an_error) {
  on_every_runtime([]() -> task<> {
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([] { static_cast<void>(spawn(task<int>{})); })));
    co_return;
  });
}

TEST(spawn, keeps_a_callable_and_its_captures_until_the_task_has_ended) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate door;
    task_handle<int> handle;
    {
      auto text = std::make_shared<std::string>("captured");
      handle = spawn([text, mark = counted{live}, &door]() -> task<int> {
        co_await door;
        co_return static_cast<int>(text->size());
      });
    }
    EXPECT_EQ(live, 1);
    door.open();
    const int size = co_await handle;
    EXPECT_EQ(size, 8);
    EXPECT_EQ(live, 0);
  });
}

TEST(spawn, children_are_cancelled_and_joined_when_their_parent_returns) {
  on_every_runtime([]() -> task<> {
    std::vector<std::string> notes;
    gate door;
    gate inside;
    auto parent = [](gate& never, gate& ready, std::vector<std::string>& log) -> task<> {
      auto child = [](gate& wait_for, gate& here, std::vector<std::string>& lines) -> task<> {
        here.open();
        co_await wait_and_note(wait_for, lines);
      };
      static_cast<void>(spawn(child(never, ready, log)));
      co_await ready;
    };
    co_await spawn(parent(door, inside, notes));
    EXPECT_EQ(notes, std::vector<std::string>{"the parent task has ended"});
  });
}

TEST(spawn, children_are_joined_when_their_parent_throws) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate door;
    auto parent = [](gate& never, counted mark) -> task<> {
      static_cast<void>(spawn(wait_at(never, mark)));
      co_await actors::yield();
      throw std::runtime_error("the parent failed");
    };
    const auto error = co_await error_of(spawn(parent(door, counted{live})));
    EXPECT_EQ(actors::describe(error), "the parent failed");
    EXPECT_EQ(live, 0);
  });
}

TEST(spawn, children_are_joined_when_their_parent_is_cancelled) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate door;
    gate inside;
    auto parent = [](gate& never, gate& ready, counted mark) -> task<> {
      for (int i = 0; i < 10; ++i)
        static_cast<void>(spawn(wait_at(never, mark)));
      ready.open();
      co_await never;
    };
    const auto handle = spawn(parent(door, inside, counted{live}));
    co_await inside;
    handle.cancel("enough");
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: enough");
    EXPECT_EQ(live, 0);
  });
}

TEST(spawn, a_task_is_done_only_when_its_children_are_joined) {
  on_every_runtime([]() -> task<> {
    gate cleanup_may_end;
    gate parent_returned;
    gate child_began; // a child that is cancelled before its first step has nothing to clean up
    auto child = [](gate& began, gate& may_end) -> task<> {
      began.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await may_end;
    };
    auto parent = [&](gate& may_end, gate& returned) -> task<int> {
      static_cast<void>(spawn(child(child_began, may_end)));
      co_await child_began;
      returned.open();
      co_return 1;
    };
    const auto handle = spawn(parent(cleanup_may_end, parent_returned));
    co_await parent_returned;
    for (int i = 0; i < 20; ++i)
      co_await actors::yield();
    EXPECT_FALSE(handle.done());
    cleanup_may_end.open();
    const int value = co_await handle;
    EXPECT_EQ(value, 1);
    EXPECT_TRUE(handle.done());
  });
}

TEST(spawn, a_tree_of_tasks_is_joined_from_its_leaves) {
  on_every_runtime([]() -> task<> {
    struct tree {
      static task<> grow(int levels, gate& never, std::atomic<int>& live, std::atomic<int>& leaves) {
        const counted mark{live};
        if (levels == 0) {
          ++leaves;
          co_await never;
          co_return;
        }
        const auto left = spawn(grow(levels - 1, never, live, leaves));
        const auto right = spawn(grow(levels - 1, never, live, leaves));
        co_await left;
        co_await right;
      }
    };

    std::atomic<int> live{0};
    std::atomic<int> leaves{0};
    gate never;
    const auto root = spawn(tree::grow(6, never, live, leaves));
    while (leaves < 64)
      co_await actors::yield();
    EXPECT_EQ(live, 127);
    root.cancel();
    static_cast<void>(co_await error_of(root));
    EXPECT_EQ(live, 0);
  });
}

TEST(spawn, a_chain_of_two_thousand_generations_ends_when_its_first_task_is_cancelled) {
  struct chain {
    static task<> grow(int levels, gate& deep_enough) {
      if (levels == 0) {
        deep_enough.open();
        co_await actors::sleep(actors::forever);
      } else {
        co_await spawn(grow(levels - 1, deep_enough));
      }
    }
  };

  on_every_runtime([]() -> task<> {
    gate deep_enough;
    const auto root = spawn(chain::grow(2'000, deep_enough));
    co_await deep_enough;
    root.cancel("all of you");
    const auto error = co_await error_of(root);
    EXPECT_EQ(actors::describe(error), "cancelled: all of you");
  });
}

TEST(spawn, detached_tasks_outlive_the_task_that_started_them) {
  on_every_runtime([]() -> task<> {
    gate door;
    gate cleanup_seen;
    task_handle<int> detached;
    auto starter = [](gate& wait_for, task_handle<int>& result) -> task<> {
      auto work = [](gate& until) -> task<int> {
        co_await until;
        co_return 9;
      };
      result = actors::spawn_detached(work(wait_for));
      co_return;
    };
    co_await spawn(starter(door, detached));
    EXPECT_FALSE(detached.done());
    door.open();
    const int value = co_await detached;
    EXPECT_EQ(value, 9);
  });
}

TEST(spawn, detached_tasks_that_are_left_over_are_cancelled_when_the_runtime_stops) {
  std::vector<std::string> notes;
  gate never;
  actors::run([&]() -> task<> {
    static_cast<void>(actors::spawn_detached(wait_and_note(never, notes)));
    co_await actors::yield();
  }());
  EXPECT_EQ(notes, std::vector<std::string>{"the runtime is stopping"});
}

TEST(spawn, a_task_is_named_after_the_function_that_spawned_it_or_as_it_is_told) {
  on_every_runtime([]() -> task<> {
    const auto given = co_await spawn(own_name(), spawn_options{}.name("mail sorter"));
    EXPECT_EQ(given, "mail sorter");
    const auto inherited = co_await spawn(own_name());
    // Compilers call a lambda by different names.
    EXPECT_TRUE(inherited.find("operator()") != std::string::npos || inherited.find("<lambda") != std::string::npos)
        << inherited;
  });
}

TEST(spawn, a_thousand_siblings_on_three_workers_all_give_their_own_result) {
  actors::run(
      []() -> task<> {
        auto square = [](int n) -> task<int> {
          co_await actors::yield();
          co_return n* n;
        };
        std::vector<task_handle<int>> handles;
        for (int i = 0; i < 1'000; ++i)
          handles.push_back(spawn(square(i)));
        for (int i = 0; i < 1'000; ++i) {
          const int value = co_await handles[static_cast<std::size_t>(i)];
          EXPECT_EQ(value, i * i);
        }
      }(),
      actors::runtime_options{}.workers(3));
}

TEST(spawn, an_eager_task_that_never_suspends_is_done_on_return) {
  on_every_runtime([]() -> task<> {
    auto seven = []() -> task<int> { co_return 7; };
    const auto handle = spawn(seven(), spawn_options{}.eager());
    EXPECT_TRUE(handle.done());
    EXPECT_EQ(handle.result().value(), 7);
    EXPECT_FALSE(handle.cancel());
    auto failing = []() -> task<> {
      throw std::runtime_error("broken");
      co_return;
    };
    const auto failed = spawn(failing(), spawn_options{}.eager());
    EXPECT_TRUE(failed.done());
    EXPECT_EQ(actors::describe(failed.result().error()), "broken");
    co_return;
  });
}

TEST(spawn, an_eager_task_runs_up_to_its_first_suspension_and_then_as_others_do) {
  on_every_runtime([]() -> task<> {
    gate may_go_on;
    std::string steps;
    auto child = [&](gate& next) -> task<std::string> {
      steps += "child ";
      co_await next;
      co_return "end";
    };
    const auto handle = spawn(child(may_go_on), spawn_options{}.eager().name("eager"));
    steps += "parent";
    EXPECT_EQ(steps, "child parent");
    EXPECT_FALSE(handle.done());
    may_go_on.open();
    const std::string end = co_await handle;
    EXPECT_EQ(end, "end");
    const auto self = co_await actors::this_task();
    EXPECT_NE(self.name(), "eager");
  });
}

TEST(spawn, eager_tasks_may_start_eager_tasks_a_thousand_deep) {
  on_every_runtime([]() -> task<> {
    struct chain {
      static task<int> grow(int levels) {
        if (levels == 0)
          co_return 0;
        const auto next = spawn(grow(levels - 1), spawn_options{}.eager());
        const int below = co_await next;
        co_return below + 1;
      }
    };
    const int depth = co_await spawn(chain::grow(1000), spawn_options{}.eager());
    EXPECT_EQ(depth, 1000);
  });
}

TEST(spawn, an_eager_task_is_cancelled_and_joined_with_its_parent) {
  on_every_runtime([]() -> task<> {
    bool cleaned = false;
    auto child = [&cleaned]() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        cleaned = true;
        throw;
      }
    };
    auto parent = [&child]() -> task<> {
      static_cast<void>(spawn(child(), spawn_options{}.eager()));
      co_return;
    };
    co_await spawn(parent());
    EXPECT_TRUE(cleaned);
  });
}
