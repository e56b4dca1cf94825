#include "blocking_call.hpp"
#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "patience.hpp"

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::blocking_strand;
using actors::runtime;
using actors::runtime_options;
using actors::spawn;
using actors::task;
using actors::to_thread;
using namespace core_test;
using testing::IsEmpty;

// Functions that hold more than references are not written into a `co_await`: g++ 12 would destroy them twice.

/// Lives on the thread that destroys it, and says which one that was.
class last_thread {
public:
  explicit last_thread(std::atomic<std::thread::id>& where) noexcept : where_(&where) {}

  last_thread(last_thread&& other) noexcept : where_(std::exchange(other.where_, nullptr)) {}

  last_thread& operator=(last_thread&&) = delete;

  ~last_thread() {
    if (where_ != nullptr)
      *where_ = std::this_thread::get_id();
  }

private:
  std::atomic<std::thread::id>* where_;
};

/// A runtime with one thread for blocking calls, which must stop in good order and log nothing.
template <class F>
void with_one_thread(F body) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_in(runtime_options{kind.options}.blocking_threads(1), body);
  }
}

task<> await_call(blocking_call& blocking) {
  co_await to_thread([&blocking] { blocking(); });
}

template <class T>
void kill(const actors::task_handle<T>& handle) {
  caf::anon_send_exit(handle.address(), caf::exit_reason::kill);
}

} // namespace

// -- results and errors --------------------------------------------------------------------------------------------------------------

TEST(to_thread, gives_what_the_function_returns) {
  on_every_runtime([]() -> task<> {
    struct no_default {
      explicit no_default(int value_arg) : value(value_arg) {}

      int value;
    };

    const int number = co_await to_thread([] { return 42; });
    EXPECT_EQ(number, 42);
    const std::string text = co_await to_thread([] { return std::string(1'000, 'x'); });
    EXPECT_EQ(text, std::string(1'000, 'x'));
    const auto only_moved = co_await to_thread([] { return std::make_unique<int>(7); });
    EXPECT_EQ(*only_moved, 7);
    const auto object = co_await to_thread([] { return no_default{5}; });
    EXPECT_EQ(object.value, 5);
    bool ran = false;
    co_await to_thread([&ran] { ran = true; });
    EXPECT_TRUE(ran);
  });
}

TEST(to_thread, throws_what_the_function_throws_with_its_type) {
  on_every_runtime([]() -> task<> {
    int code = 0;
    try {
      static_cast<void>(co_await to_thread([]() -> int { throw library_error("disk full", 28); }));
    } catch (const library_error& e) {
      code = e.code;
      EXPECT_STREQ(e.what(), "disk full");
    }
    EXPECT_EQ(code, 28);
    int thrown = 0;
    try {
      co_await to_thread([] { throw 7; });
    } catch (int x) {
      thrown = x;
    }
    EXPECT_EQ(thrown, 7);
    // What a function throws is no cancellation, whatever it is.
    bool caught = false;
    try {
      co_await to_thread([] { throw actors::cancelled{"of its own"}; });
    } catch (const actors::cancelled& e) {
      caught = true;
      EXPECT_EQ(e.reason(), "of its own");
    }
    EXPECT_TRUE(caught);
  });
}

TEST(to_thread, runs_the_function_on_a_thread_that_is_no_worker) {
  on_every_runtime([]() -> task<> {
    const auto there = co_await to_thread([] { return std::this_thread::get_id(); });
    const auto workers = [&]() -> task<bool> {
      bool met = false;
      for (int i = 0; i < 50; ++i) {
        met = met || std::this_thread::get_id() == there;
        co_await actors::yield();
      }
      co_return met;
    };
    const bool met = co_await workers();
    EXPECT_FALSE(met);
  });
}

// -- the function --------------------------------------------------------------------------------------------------------------------

TEST(to_thread, moves_the_function_and_what_it_holds) {
  on_every_runtime([]() -> task<> {
    // Could not be copied.
    auto argument = std::make_unique<std::string>("moved there and back");
    auto moving = to_thread([moved = std::move(argument)]() mutable { return std::move(moved); });
    const auto back = co_await moving;
    EXPECT_EQ(*back, "moved there and back");
    // One that stays here is copied.
    std::atomic<int> live{0};
    const auto function = [mark = counted{live}] { static_cast<void>(mark); };
    auto copying = to_thread(function);
    EXPECT_EQ(live, 2);
    co_await copying;
    EXPECT_EQ(live, 1);
  });
}

TEST(to_thread, destroys_the_function_there_before_the_task_goes_on) {
  on_every_runtime([]() -> task<> {
    for (int i = 0; i < 50; ++i) {
      std::atomic<std::thread::id> destroyed;
      auto awaiter = to_thread([held = last_thread{destroyed}] { return std::this_thread::get_id(); });
      const auto there = co_await awaiter;
      EXPECT_EQ(destroyed.load(), there);
      std::atomic<std::thread::id> destroyed_by_error;
      auto failing = [](std::atomic<std::thread::id>& where) -> task<> {
        auto awaiter = to_thread([held = last_thread{where}] { throw library_error("no", 1); });
        co_await awaiter;
      };
      static_cast<void>(co_await error_of(failing(destroyed_by_error)));
      EXPECT_NE(destroyed_by_error.load(), std::thread::id{});
      EXPECT_NE(destroyed_by_error.load(), std::this_thread::get_id());
    }
  });
}

TEST(to_thread, a_function_that_never_ran_is_destroyed_before_the_cancelled_task_goes_on) {
  with_one_thread([]() -> task<> {
    blocking_call block;
    const auto busy = spawn(await_call(block));
    co_await block.begun;
    std::atomic<int> live{0};
    int live_after = -1;
    auto waits = [](std::atomic<int>& count, int& after) -> task<> {
      try {
        auto awaiter = to_thread([mark = counted{count}] { static_cast<void>(mark); });
        co_await awaiter;
      } catch (const actors::cancelled&) {
        // The thread of the pool is still busy with something else.
        after = count;
        throw;
      }
    };
    const auto queued = spawn(waits(live, live_after));
    while (live == 0)
      co_await actors::yield();
    queued.cancel();
    const auto error = co_await error_of(queued);
    EXPECT_TRUE(actors::is_cancelled(error));
    EXPECT_EQ(live_after, 0);
    block.let_go();
    co_await busy;
  });
}

// -- threads -------------------------------------------------------------------------------------------------------------------------

TEST(to_thread, leaves_the_worker_to_others_while_the_function_runs) {
  on_every_runtime([]() -> task<> {
    // On one worker: who lets the call go on needs it.
    blocking_call blocking;
    const auto waiting = spawn(await_call(blocking));
    co_await blocking.begun;
    co_await look_around();
    EXPECT_FALSE(waiting.done());
    EXPECT_FALSE(blocking.ended);
    blocking.let_go();
    co_await waiting;
    EXPECT_TRUE(blocking.ended);
  });
}

TEST(to_thread, runs_as_many_calls_at_once_as_the_options_say_and_no_more) {
  const auto body = []() -> task<> {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> begun{0};
    std::promise<void> go_on;
    const std::shared_future<void> gone_on{go_on.get_future()};
    std::vector<actors::task_handle<>> calls;
    auto blocks = [&]() -> task<> {
      co_await to_thread([&] {
        const int here = ++inside;
        for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
        }
        ++begun;
        gone_on.wait();
        --inside;
      });
    };
    for (int i = 0; i < 20; ++i)
      calls.push_back(spawn(blocks()));
    // Three have to run at the same time to come to this.
    while (begun < 3)
      co_await actors::yield();
    co_await look_around();
    EXPECT_EQ(begun, 3);
    go_on.set_value();
    for (const auto& each : calls)
      co_await each;
    EXPECT_EQ(begun, 20);
    EXPECT_EQ(most, 3);
  };
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_in(runtime_options{kind.options}.blocking_threads(3), body);
  }
}

TEST(to_thread, calls_that_have_to_wait_run_in_order) {
  // On one worker, where tasks start in the order in which they are spawned, so that there is an order.
  const auto body = []() -> task<> {
    std::vector<int> order;
    std::vector<actors::task_handle<>> calls;
    blocking_call block;
    const auto busy = spawn(await_call(block));
    co_await block.begun;
    int asked = 0;
    auto waits = [&](int number) -> task<> {
      ++asked;
      co_await to_thread([number, &order] { order.push_back(number); });
    };
    for (int i = 0; i < 30; ++i)
      calls.push_back(spawn(waits(i)));
    while (asked < 30)
      co_await actors::yield();
    block.let_go();
    co_await busy;
    for (const auto& each : calls)
      co_await each;
    EXPECT_EQ(order.size(), 30U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  };
  run_in(runtime_options{}.workers(1).blocking_threads(1), body);
  run_in(virtual_time().blocking_threads(1), body);
}

// -- cancellation --------------------------------------------------------------------------------------------------------------------

TEST(to_thread, a_call_that_has_not_started_is_withdrawn_at_once) {
  with_one_thread([]() -> task<> {
    blocking_call block;
    std::atomic<bool> ran{false};
    std::atomic<bool> interrupted{false};
    const auto busy = spawn(await_call(block));
    co_await block.begun;
    gate ready;
    auto waits = [&]() -> task<> {
      std::function<void()> interrupt = [&] { interrupted = true; };
      auto awaiter = to_thread([&] { ran = true; });
      ready.open();
      co_await std::move(awaiter).interrupt_with(std::move(interrupt));
    };
    const auto queued = spawn(waits());
    co_await ready;
    co_await look_around();
    queued.cancel("changed my mind");
    const auto error = co_await error_of(queued);
    EXPECT_EQ(actors::describe(error), "cancelled: changed my mind");
    EXPECT_FALSE(block.ended);
    block.let_go();
    co_await busy;
    // The thread has passed it by.
    co_await to_thread([] {});
    EXPECT_FALSE(ran);
    EXPECT_FALSE(interrupted) << "nothing was running";
  });
}

TEST(to_thread, a_call_that_runs_is_waited_for_and_then_the_task_is_cancelled) {
  on_every_runtime([]() -> task<> {
    for (const bool fails : {false, true}) {
      blocking_call blocking;
      std::string written;
      auto waits = [&](bool throws) -> task<int> {
        // The function refers to what the task holds.
        std::string local = "held";
        try {
          co_return co_await to_thread([&, throws] {
            blocking();
            local += " by the task";
            if (throws)
              throw library_error("unheard", 1);
            return 3;
          });
        } catch (const actors::cancelled&) {
          written = local;
          throw;
        }
      };
      const auto running = spawn(waits(fails));
      co_await blocking.begun;
      running.cancel("enough");
      running.cancel("enough, again");
      co_await look_around();
      EXPECT_FALSE(running.done());
      blocking.let_go();
      const auto error = co_await error_of(running);
      EXPECT_EQ(actors::describe(error), "cancelled: enough, again");
      EXPECT_TRUE(blocking.ended);
      EXPECT_EQ(written, "held by the task");
    }
  });
}

TEST(to_thread, a_call_that_is_abandoned_goes_on_without_the_task) {
  // run_in checks that nobody complains about the error of which nobody asked.
  on_every_runtime([]() -> task<> {
    for (const bool fails : {false, true}) {
      const auto blocking = std::make_shared<blocking_call>();
      auto waits = [](std::shared_ptr<blocking_call> owned, bool throws) -> task<> {
        auto awaiter = to_thread([own = std::move(owned), throws] {
          (*own)();
          if (throws)
            throw library_error("unheard", 1);
        });
        co_await std::move(awaiter).abandon_on_cancel();
      };
      const auto running = spawn(waits(blocking, fails));
      co_await blocking->begun;
      running.cancel("no time");
      const auto error = co_await error_of(running);
      EXPECT_EQ(actors::describe(error), "cancelled: no time");
      EXPECT_FALSE(blocking->ended);
      blocking->let_go();
      // The function finishes and what it owns goes with it.
      while (blocking.use_count() > 1)
        co_await actors::yield();
      EXPECT_TRUE(blocking->ended);
    }
  });
}

TEST(to_thread, a_call_that_may_be_abandoned_gives_its_result_if_nobody_cancels) {
  on_every_runtime([]() -> task<> {
    std::atomic<bool> interrupted{false};
    std::function<void()> interrupt = [&] { interrupted = true; };
    const int value = co_await to_thread([] { return 8; }).abandon_on_cancel().interrupt_with(std::move(interrupt));
    EXPECT_EQ(value, 8);
    EXPECT_FALSE(interrupted);
  });
}

TEST(to_thread, cancelling_interrupts_a_call_that_runs_if_it_can_be_interrupted) {
  on_every_runtime([]() -> task<> {
    blocking_call blocking;
    std::atomic<bool> ended_first{false};
    auto waits = [&]() -> task<> {
      std::function<void()> interrupt = [&] {
        ended_first = blocking.ended.load();
        blocking.let_go();
      };
      auto awaiter = to_thread([&] { blocking(); });
      co_await std::move(awaiter).interrupt_with(std::move(interrupt));
    };
    const auto running = spawn(waits());
    co_await blocking.begun;
    running.cancel("stop it");
    const auto error = co_await error_of(running);
    EXPECT_EQ(actors::describe(error), "cancelled: stop it");
    EXPECT_TRUE(blocking.ended);
    EXPECT_FALSE(ended_first);
  });
}

TEST(to_thread, a_call_that_is_abandoned_is_interrupted_too_if_it_can_be) {
  on_every_runtime([]() -> task<> {
    const auto blocking = std::make_shared<blocking_call>();
    auto waits = [](std::shared_ptr<blocking_call> owned) -> task<> {
      std::function<void()> interrupt = [owned] { owned->let_go(); };
      auto awaiter = to_thread([owned] { (*owned)(); });
      co_await std::move(awaiter).interrupt_with(std::move(interrupt)).abandon_on_cancel();
    };
    const auto running = spawn(waits(blocking));
    co_await blocking->begun;
    running.cancel();
    const auto error = co_await error_of(running);
    EXPECT_TRUE(actors::is_cancelled(error));
    while (blocking.use_count() > 1)
      co_await actors::yield();
    EXPECT_TRUE(blocking->ended);
  });
}

TEST(to_thread, a_kill_interrupts_abandons_or_withdraws_a_call_as_a_cancellation_does) {
  with_one_thread([]() -> task<> {
    // Interrupts what can be interrupted, and waits for it.
    blocking_call interruptible;
    std::atomic<int> live{0};
    auto interrupted = [&](counted) -> task<> {
      std::function<void()> interrupt = [&] { interruptible.let_go(); };
      auto awaiter = to_thread([&] { interruptible(); });
      co_await std::move(awaiter).interrupt_with(std::move(interrupt));
    };
    const auto first = spawn(interrupted(counted{live}));
    co_await interruptible.begun;
    kill(first);
    static_cast<void>(co_await error_of(first));
    EXPECT_TRUE(interruptible.ended);
    EXPECT_EQ(live, 0);
    // Leaves behind what may be left behind.
    const auto abandoned = std::make_shared<blocking_call>();
    auto leaves = [](std::shared_ptr<blocking_call> owned, counted) -> task<> {
      auto awaiter = to_thread([own = std::move(owned)] { (*own)(); });
      co_await std::move(awaiter).abandon_on_cancel();
    };
    const auto second = spawn(leaves(abandoned, counted{live}));
    co_await abandoned->begun;
    kill(second);
    static_cast<void>(co_await error_of(second));
    EXPECT_FALSE(abandoned->ended);
    EXPECT_EQ(live, 0);
    // Withdraws what has not started, as the only thread is busy.
    std::atomic<bool> ran{false};
    auto waits = [](std::atomic<int>& count, std::atomic<bool>& mark) -> task<> {
      auto awaiter = to_thread([held = counted{count}, &mark] {
        static_cast<void>(held);
        mark = true;
      });
      co_await awaiter;
    };
    const auto third = spawn(waits(live, ran));
    while (live == 0)
      co_await actors::yield();
    co_await look_around();
    kill(third);
    static_cast<void>(co_await error_of(third));
    EXPECT_EQ(live, 0);
    EXPECT_FALSE(abandoned->ended);
    abandoned->let_go();
    co_await to_thread([] {});
    EXPECT_FALSE(ran);
  });
}

// -- the end of the runtime ----------------------------------------------------------------------------------------------------------

TEST(to_thread, serves_tasks_that_clean_up_while_the_runtime_stops) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    gate ready;
    std::atomic<int> cleaned{0};
    const blocking_strand strand;
    runtime home{kind.options};
    auto cleans = [&]() -> task<> {
      ready.open();
      try {
        co_await actors::sleep(actors::forever);
      } catch (const actors::cancelled&) {
      }
      co_await to_thread([&] { ++cleaned; });
      co_await to_thread(strand, [&] { ++cleaned; });
    };
    static_cast<void>(home.spawn(cleans()));
    home.block_on([&]() -> task<> { co_await ready; });
    EXPECT_THAT(home.stop(patience), IsEmpty());
    EXPECT_EQ(cleaned, 2);
  }
}

TEST(to_thread, an_abandoned_call_ends_before_its_runtime_has_stopped) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    const auto blocking = std::make_shared<blocking_call>();
    runtime home{kind.options};
    auto waits = [](std::shared_ptr<blocking_call> owned) -> task<> {
      auto awaiter = to_thread([own = std::move(owned)] { (*own)(); });
      co_await std::move(awaiter).abandon_on_cancel();
    };
    auto leaves = [&]() -> task<> {
      const auto running = spawn(waits(blocking));
      co_await blocking->begun;
      running.cancel();
      static_cast<void>(co_await error_of(running));
    };
    home.block_on(leaves());
    EXPECT_FALSE(blocking->ended);
    std::thread releases{[&, &core = home.core()] {
      EXPECT_TRUE(becomes_true([&] { return core.stopping(); }));
      blocking->let_go();
    }};
    EXPECT_THAT(home.stop(patience), IsEmpty());
    EXPECT_TRUE(blocking->ended);
    releases.join();
  }
}

TEST(to_thread, throws_stopping_error_once_the_blocking_calls_of_the_runtime_have_ended) {
  // As a task sees it that has outlived the deadline of the stop.
  on_every_runtime([]() -> task<> {
    auto& core = (co_await actors::detail::current_context{}).host().core();
    EXPECT_THAT(core.blocking().stop(std::chrono::steady_clock::now() + patience), IsEmpty());
    std::atomic<int> live{0};
    std::atomic<bool> ran{false};
    const blocking_strand strand;
    auto late = [&]() -> task<> {
      auto awaiter = to_thread([&, mark = counted{live}] {
        static_cast<void>(mark);
        ran = true;
      });
      co_await awaiter;
    };
    auto late_in_order = [&]() -> task<> {
      auto awaiter = to_thread(strand, [&, mark = counted{live}] {
        static_cast<void>(mark);
        ran = true;
      });
      co_await awaiter;
    };
    for (int i = 0; i < 2; ++i) {
      const auto error = co_await error_of(late());
      EXPECT_TRUE(is_a<actors::stopping_error>(error));
      EXPECT_EQ(actors::describe(error), "a blocking call cannot start: the runtime is stopping");
      const auto error_in_order = co_await error_of(late_in_order());
      EXPECT_TRUE(is_a<actors::stopping_error>(error_in_order));
    }
    EXPECT_EQ(live, 0);
    EXPECT_FALSE(ran);
  });
}
