#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/task_local.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_local;
using actors::with_value;
using namespace core_test;

inline const task_local<std::string> user;
inline const task_local<int> depth;

std::string seen_user() {
  return user.value_or("nobody");
}

task<std::string> look() {
  co_return seen_user();
}

task<std::string> look_later() {
  co_await actors::yield();
  co_return seen_user();
}

task<int> descend(int levels) {
  if (levels == 0)
    co_return depth.value_or(-1);
  co_return co_await with_value(depth, depth.value_or(0) + 1, descend(levels - 1));
}

} // namespace

TEST(task_local, a_value_holds_in_its_scope_and_the_one_from_before_behind_it) {
  on_every_runtime([]() -> task<> {
    EXPECT_EQ(seen_user(), "nobody");
    EXPECT_EQ(user.find(), nullptr);
    auto outer = []() -> task<> {
      EXPECT_EQ(user.get(), "ann");
      const auto inside = co_await with_value(user, "bob", look_later);
      EXPECT_EQ(inside, "bob");
      EXPECT_EQ(seen_user(), "ann");
    };
    co_await with_value(user, "ann", outer);
    EXPECT_EQ(seen_user(), "nobody");
  });
}

TEST(task_local, locals_do_not_touch_each_other) {
  on_every_runtime([]() -> task<> {
    auto both = []() -> task<> {
      EXPECT_EQ(user.get(), "ann");
      EXPECT_EQ(depth.get(), 3);
      co_return;
    };
    co_await with_value(user, "ann", with_value(depth, 3, both));
    const auto deep = co_await descend(50);
    EXPECT_EQ(deep, 50);
    EXPECT_EQ(depth.find(), nullptr);
  });
}

TEST(task_local, reading_where_there_is_no_value_is_a_misuse) {
  EXPECT_THROW(static_cast<void>(user.get()), actors::misuse_error);
  on_every_runtime([]() -> task<> {
    EXPECT_THROW(static_cast<void>(user.get()), actors::misuse_error);
    co_return;
  });
}

TEST(task_local, what_is_spawned_inherits_the_values_of_that_moment) {
  on_every_runtime([]() -> task<> {
    auto body = []() -> task<> {
      auto child = spawn(look_later);
      auto detached = actors::spawn_detached(look_later);
      const auto changed = co_await with_value(user, "bob", look_later);
      EXPECT_EQ(changed, "bob");
      EXPECT_EQ(co_await child, "ann");
      EXPECT_EQ(co_await detached, "ann");
      const auto gathered = co_await actors::gather(look(), look_later());
      EXPECT_EQ(std::get<0>(gathered), "ann");
      EXPECT_EQ(std::get<1>(gathered), "ann");
    };
    co_await with_value(user, "ann", body);
  });
}

TEST(task_local, many_children_at_once_inherit_too) {
  on_every_runtime([]() -> task<> {
    auto body = []() -> task<> {
      std::vector<task<std::string>> all;
      for (int i = 0; i < 200; ++i)
        all.push_back(look_later());
      const auto names = co_await actors::gather(std::move(all));
      for (const auto& name : names)
        EXPECT_EQ(name, "ann");
    };
    co_await with_value(user, "ann", body);
  });
}

TEST(task_local, what_a_child_sets_its_parent_does_not_see) {
  on_every_runtime([]() -> task<> {
    auto body = []() -> task<> {
      gate inside;
      gate done;
      auto child = [&]() -> task<> {
        auto deeper = [&]() -> task<> {
          inside.open();
          co_await done;
        };
        co_await with_value(user, "bob", deeper);
      };
      const auto running = spawn(child);
      co_await inside;
      EXPECT_EQ(seen_user(), "ann");
      done.open();
      co_await running;
    };
    co_await with_value(user, "ann", body);
  });
}

TEST(task_local, the_child_of_a_group_inherits_from_whoever_spawns_it) {
  on_every_runtime([]() -> task<> {
    std::string from_body;
    std::string from_child;
    auto body = [&](actors::task_group& group) -> task<> {
      auto note = [&](std::string* where) -> task<> {
        *where = seen_user();
        co_return;
      };
      auto in_scope = [&]() -> task<> {
        static_cast<void>(group.spawn(note(&from_body)));
        co_return;
      };
      auto child = [&]() -> task<> {
        auto deeper = [&]() -> task<> {
          static_cast<void>(group.spawn(note(&from_child)));
          co_return;
        };
        co_await with_value(user, "bob", deeper);
      };
      co_await with_value(user, "ann", in_scope);
      const auto running = group.spawn(child());
      co_await running;
    };
    co_await actors::with_task_group(body);
    EXPECT_EQ(from_body, "ann");
    EXPECT_EQ(from_child, "bob");
  });
}

TEST(task_local, a_value_is_undone_when_an_error_leaves_its_scope) {
  on_every_runtime([]() -> task<> {
    auto failing = []() -> task<> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    };
    const auto error = co_await error_of(with_value(user, "ann", failing));
    EXPECT_TRUE(is_a<std::runtime_error>(error));
    EXPECT_EQ(seen_user(), "nobody");
  });
}

TEST(task_local, a_value_is_undone_when_a_cancellation_leaves_its_scope) {
  in_virtual_time([]() -> task<> {
    std::string during_cleanup;
    auto waiting = [&]() -> task<> {
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
        during_cleanup = seen_user();
        throw;
      }
    };
    const bool in_time = co_await actors::move_on_after(1s, with_value(user, "ann", waiting));
    EXPECT_FALSE(in_time);
    EXPECT_EQ(during_cleanup, "ann");
    EXPECT_EQ(seen_user(), "nobody");
  });
}

TEST(task_local, work_that_waits_with_a_value_can_be_cancelled) {
  on_every_runtime([]() -> task<> {
    gate inside;
    auto waiting = [&]() -> task<> {
      inside.open();
      co_await actors::sleep(actors::forever);
    };
    const auto running = spawn(with_value(user, "ann", waiting));
    co_await inside;
    running.cancel("enough");
    const auto error = co_await error_of(running);
    EXPECT_TRUE(is_a<actors::cancelled>(error));
  });
}

TEST(task_local, a_killed_task_gives_its_values_back) {
  const auto owned = std::make_shared<int>(1);
  static const task_local<std::shared_ptr<int>> held;
  on_every_runtime([&]() -> task<> {
    gate inside;
    auto waiting = [&]() -> task<> {
      inside.open();
      co_await actors::sleep(actors::forever);
    };
    const auto running = spawn(with_value(held, owned, waiting));
    co_await inside;
    caf::anon_send_exit(running.address(), caf::exit_reason::kill);
    static_cast<void>(co_await error_of(running));
  });
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(task_local, the_function_of_a_blocking_call_sees_the_values) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_in(kind.options, []() -> task<> {
      auto body = []() -> task<> {
        const auto seen = co_await actors::to_thread([] { return seen_user(); });
        EXPECT_EQ(seen, "ann");
      };
      co_await with_value(user, "ann", body);
      const auto seen = co_await actors::to_thread([] { return seen_user(); });
      EXPECT_EQ(seen, "nobody");
    });
  }
}

TEST(task_local, a_service_has_what_it_was_spawned_with_and_not_what_its_callers_have) {
  on_every_runtime([]() -> task<> {
    class teller final : public actors::service {
    public:
      teller() {
        on([](look_atom) { return seen_user(); });
        on([](wait_atom) -> task<std::string> {
          co_await actors::yield();
          co_return seen_user();
        });
      }
    };

    auto owner = []() -> task<> {
      const auto target = actors::spawn_service(std::make_unique<teller>());
      auto caller = [target]() -> task<> {
        const auto at_once = co_await actors::ask<std::string>(target, look_atom_v);
        EXPECT_EQ(at_once, "ann");
        const auto later = co_await actors::ask<std::string>(target, wait_atom_v);
        EXPECT_EQ(later, "ann");
      };
      co_await with_value(user, "bob", caller);
    };
    co_await with_value(user, "ann", owner);
  });
}

TEST(task_local, a_task_of_the_runtime_starts_with_none) {
  actors::runtime home{actors::runtime_options{}.workers(1)};
  auto body = [&]() -> task<std::string> {
    auto other = home.spawn(look_later());
    co_return co_await other;
  };
  EXPECT_EQ(home.block_on(with_value(user, "ann", body)), "nobody");
}

TEST(task_local, a_chain_of_tasks_that_set_the_same_value_again_does_not_grow) {
  on_every_runtime([]() -> task<> {
    const auto owned = std::make_shared<int>(1);
    static const task_local<std::shared_ptr<int>> held;
    for (int i = 0; i < 3; ++i) {
      auto one = [&]() -> task<> {
        auto two = [&]() -> task<> {
          // The outer value is carried by the outer scope alone.
          EXPECT_EQ(held.get(), nullptr);
          co_return;
        };
        co_await with_value(held, nullptr, two);
      };
      co_await with_value(held, owned, one);
    }
    EXPECT_EQ(owned.use_count(), 1);
  });
}
