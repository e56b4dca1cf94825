#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// A kill destroys frames without running any more of their code, the leaves first: a frame goes only after those of
/// its children, because they may refer to it.
namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;

template <class T>
void kill(const task_handle<T>& handle) {
  caf::anon_send_exit(handle.address(), caf::exit_reason::kill);
}

// Adds its name when it is destroyed.
class last_word {
public:
  last_word(std::vector<std::string>& log, std::mutex& mutex, std::string name)
      : log_(&log), mutex_(&mutex), name_(std::move(name)) {}

  last_word(const last_word&) = delete;
  last_word& operator=(const last_word&) = delete;

  ~last_word() {
    const std::scoped_lock guard{*mutex_};
    log_->push_back(name_);
  }

private:
  std::vector<std::string>* log_;
  std::mutex* mutex_;
  std::string name_;
};

} // namespace

TEST(kill, destroys_the_frame_without_running_catch_blocks) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::atomic<bool> caught{false};
    gate begun;
    auto victim = [](gate& ready, counted, std::atomic<bool>& mark) -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (...) {
        mark = true;
        throw;
      }
    };
    const auto handle = spawn(victim(begun, counted{live}, caught));
    co_await begun;
    kill(handle);
    const auto error = co_await error_of(handle);
    EXPECT_EQ(actors::describe(error), "cancelled: killed");
    EXPECT_EQ(live, 0);
    EXPECT_FALSE(caught);
  });
}

TEST(kill, before_the_first_step_destroys_the_coroutine_unrun) {
  in_virtual_time([]() -> task<> {
    std::atomic<int> live{0};
    bool ran = false;
    auto victim = [](counted, bool& mark) -> task<> {
      mark = true;
      co_return;
    };
    const auto handle = spawn(victim(counted{live}, ran));
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_FALSE(ran);
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, a_frame_goes_only_after_those_of_its_children) {
  on_every_runtime([]() -> task<> {
    std::vector<std::string> order;
    std::mutex mutex;
    gate begun;

    struct chain {
      static task<> link(int level, std::vector<std::string>& log, std::mutex& guard, gate& ready) {
        const last_word mine{log, guard, std::to_string(level)};
        if (level == 0) {
          ready.open();
          co_await actors::sleep(actors::forever);
        } else {
          co_await spawn(link(level - 1, log, guard, ready));
        }
      }
    };

    const auto handle = spawn(chain::link(3, order, mutex, begun));
    co_await begun;
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(order, (std::vector<std::string>{"0", "1", "2", "3"}));
  });
}

TEST(kill, inline_calls_are_destroyed_from_the_innermost) {
  on_every_runtime([]() -> task<> {
    std::vector<std::string> order;
    std::mutex mutex;
    gate begun;

    struct calls {
      static task<> inner(std::vector<std::string>& log, std::mutex& guard, gate& ready) {
        const last_word mine{log, guard, "inner"};
        ready.open();
        co_await actors::sleep(actors::forever);
      }

      static task<> outer(std::vector<std::string>& log, std::mutex& guard, gate& ready) {
        const last_word mine{log, guard, "outer"};
        co_await inner(log, guard, ready);
      }
    };

    const auto handle = spawn(calls::outer(order, mutex, begun));
    co_await begun;
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(order, (std::vector<std::string>{"inner", "outer"}));
  });
}

TEST(kill, takes_a_whole_gather_tree_with_it) {
  struct tree {
    static task<int> grow(int levels, std::atomic<int>& live, std::atomic<int>& leaves) {
      const counted mark{live};
      if (levels == 0) {
        ++leaves;
        co_await actors::sleep(actors::forever);
        co_return 1;
      }
      const auto [a, b, c] = co_await actors::gather(grow(levels - 1, live, leaves), grow(levels - 1, live, leaves),
                                                     grow(levels - 1, live, leaves));
      co_return a + b + c;
    }
  };

  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::atomic<int> leaves{0};
    const auto handle = spawn(tree::grow(5, live, leaves));
    while (leaves < 243)
      co_await actors::yield();
    EXPECT_EQ(live, 364);
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, takes_a_task_group_with_it) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    auto waiting = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
    auto body = [&](actors::task_group& group) -> task<> {
      for (int i = 0; i < 20; ++i)
        group.spawn(waiting(counted{live}));
      begun.open();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(actors::with_task_group(body));
    co_await begun;
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, does_not_touch_a_task_that_is_only_waited_for) {
  on_every_runtime([]() -> task<> {
    gate door;
    gate begun;
    auto patient = [](gate& until) -> task<int> {
      co_await until;
      co_return 8;
    };
    const auto other = spawn(patient(door));
    auto waiter = [](task_handle<int> handle, gate& ready) -> task<int> {
      ready.open();
      co_return co_await handle;
    };
    const auto victim = spawn(waiter(other, begun));
    co_await begun;
    kill(victim);
    static_cast<void>(co_await error_of(victim));
    EXPECT_FALSE(other.done());
    door.open();
    const int value = co_await other;
    EXPECT_EQ(value, 8);
  });
}

TEST(kill, waits_for_a_blocking_call_that_uses_the_frame) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    std::promise<void> release;
    auto victim = [&](counted mark) -> task<> {
      std::string local = "in the frame";
      co_await actors::to_thread([&] {
        begun.open();
        release.get_future().wait();
        local += " still";
      });
      static_cast<void>(mark);
    };
    const auto handle = spawn(victim(counted{live}));
    co_await begun;
    kill(handle);
    for (int i = 0; i < 10; ++i)
      co_await actors::yield();
    EXPECT_FALSE(handle.done());
    EXPECT_EQ(live, 1);
    release.set_value();
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, of_a_task_in_its_cleanup_ends_the_cleanup) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    std::atomic<int> live{0};
    auto slow = [](gate& ready, gate& in_cleanup, counted) -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      in_cleanup.open();
      co_await actors::sleep(actors::forever);
    };
    const auto handle = spawn(slow(begun, cleaning, counted{live}));
    co_await begun;
    handle.cancel();
    co_await cleaning;
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, of_a_task_that_has_returned_and_waits_for_its_children_keeps_its_result) {
  on_every_runtime([]() -> task<> {
    gate begun;
    gate cleaning;
    auto child = [](gate& ready, gate& in_cleanup) -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      in_cleanup.open();
      co_await actors::sleep(actors::forever);
    };
    auto parent = [&]() -> task<int> {
      static_cast<void>(spawn(child(begun, cleaning)));
      co_await begun;
      co_return 12;
    };
    const auto handle = spawn(parent());
    co_await cleaning;
    EXPECT_FALSE(handle.done());
    kill(handle);
    const int value = co_await handle;
    EXPECT_EQ(value, 12);
  });
}

TEST(kill, a_deep_stack_of_calls_is_destroyed) {
  struct descend {
    static task<> to(int levels, std::atomic<int>& live) {
      const counted mark{live};
      if (levels == 0)
        co_await actors::sleep(actors::forever);
      else
        co_await to(levels - 1, live);
    }
  };

  on_every_runtime([]() -> task<> {
    constexpr int levels = 2'000;
    std::atomic<int> live{0};
    const auto handle = spawn(descend::to(levels, live));
    while (live < levels + 1)
      co_await actors::yield();
    kill(handle);
    static_cast<void>(co_await error_of(handle));
    EXPECT_EQ(live, 0);
  });
}

TEST(kill, in_a_race_with_everything_else_neither_leaks_nor_hangs) {
  // Trees of tasks with every kind of wait are killed at random moments: most of them while children end.
  struct tree {
    static task<int> sleeper(unsigned microseconds, counted) {
      co_await actors::sleep(std::chrono::microseconds(microseconds));
      co_return 1;
    }

    static task<int> node(int levels, unsigned seed, std::atomic<int>& live) {
      const counted mark{live};
      if (levels == 0)
        co_return co_await sleeper(seed % 60, counted{live});
      const auto child = spawn(node(levels - 1, seed * 7 + 1, live));
      if (seed % 3 == 0) {
        const auto [a, b] =
            co_await actors::gather(node(levels - 1, seed * 5 + 2, live), node(levels - 1, seed * 3 + 1, live));
        static_cast<void>(a);
        static_cast<void>(b);
      } else if (seed % 3 == 1) {
        co_await actors::to_thread([] {});
      }
      if (seed % 2 == 0)
        co_return co_await child;
      co_return 2;
    }
  };

  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const std::size_t workers : {1, 3}) {
    actors::run(
        [&]() -> task<> {
          std::mt19937 random{seed};
          for (int round = 0; round < 300; ++round) {
            std::atomic<int> live{0};
            const auto handle = spawn(tree::node(4, random(), live));
            const auto pause = random() % 200;
            if (pause > 0)
              co_await actors::sleep(std::chrono::microseconds(pause));
            if (random() % 4 == 0)
              handle.cancel("first the polite way");
            kill(handle);
            static_cast<void>(co_await error_of(handle));
            EXPECT_EQ(live, 0);
          }
        }(),
        actors::runtime_options{}.workers(workers));
  }
}
