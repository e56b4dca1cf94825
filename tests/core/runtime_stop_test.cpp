#include "child_process.hpp"
#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"
#include "patience.hpp"

#include <actors/core/as_completed.hpp>
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

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// The end of a runtime, and its beginning again.
namespace {

using actors::forever;
using actors::runtime;
using actors::runtime_options;
using actors::sleep;
using actors::spawn;
using actors::spawn_options;
using actors::task;
using namespace core_test;

// -- every kind of wait --------------------------------------------------------------------------------------------------------------

task<int> sleeper(counted) {
  co_await sleep(forever);
  co_return 1;
}

class silent final : public actors::service {
public:
  silent() {
    on([](wait_atom) -> task<int> {
      co_await sleep(forever);
      co_return 1;
    });
  }
};

/// Blocks a thread of the pool until it is interrupted.
class interruptible {
public:
  void operator()() const { flag_->wait(false); }

  void interrupt() const {
    flag_->store(true);
    flag_->notify_all();
  }

private:
  std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

using waiting = std::function<task<>(gate&, counted)>;

/// Tasks that end when they are asked to and not before, one for each thing that a task can wait for.
std::vector<std::pair<const char*, waiting>> every_wait(const actors::service_ref& service) {
  return {
      {"sleep", [](gate&, counted) -> task<> { co_await sleep(forever); }},
      {"a moment", [](gate&, counted) -> task<> { co_await actors::sleep_until(actors::time_point::max()); }},
      {"a gate", [](gate& never, counted) -> task<> { co_await never; }},
      {"yield",
       [](gate&, counted) -> task<> {
         for (;;)
           co_await actors::yield();
       }},
      {"a handle", [](gate&, counted mark) -> task<> { static_cast<void>(co_await spawn(sleeper(mark))); }},
      {"gather of tasks",
       [](gate&, counted mark) -> task<> { static_cast<void>(co_await actors::gather(sleeper(mark), sleeper(mark))); }},
      {"gather of handles",
       [](gate&, counted mark) -> task<> {
         const auto a = spawn(sleeper(mark));
         const auto b = spawn(sleeper(mark));
         static_cast<void>(co_await actors::gather(a, b));
       }},
      {"wait",
       [](gate&, counted mark) -> task<> {
         std::vector<actors::task_handle<int>> handles{spawn(sleeper(mark)), spawn(sleeper(mark))};
         static_cast<void>(co_await actors::wait(handles, actors::until::first_completed));
       }},
      {"as_completed",
       [](gate&, counted mark) -> task<> {
         std::vector<actors::task_handle<int>> handles{spawn(sleeper(mark))};
         auto ended = actors::as_completed(handles);
         static_cast<void>(co_await ended.next());
       }},
      {"a group",
       [](gate&, counted mark) -> task<> {
         auto body = [](actors::task_group& group, counted inner) -> task<> {
           static_cast<void>(group.spawn(sleeper(inner)));
           co_return;
         };
         co_await actors::with_task_group(body, mark);
       }},
      {"a timeout",
       [](gate&, counted mark) -> task<> { static_cast<void>(co_await actors::with_timeout(24h, sleeper(mark))); }},
      {"a shield", [](gate&, counted mark) -> task<> { static_cast<void>(co_await actors::shield(sleeper(mark))); }},
      {"a detached task",
       [](gate&, counted mark) -> task<> { static_cast<void>(co_await actors::spawn_detached(sleeper(mark))); }},
      {"an answer",
       [service](gate&, counted) -> task<> { static_cast<void>(co_await actors::ask<int>(service, wait_atom_v)); }},
      {"a blocking call",
       [](gate&, counted) -> task<> {
         const interruptible call;
         std::function<void()> interrupt = [call] { call.interrupt(); };
         co_await actors::to_thread(call).interrupt_with(std::move(interrupt));
       }},
      {"a blocking call in order",
       [](gate&, counted) -> task<> {
         const interruptible call;
         const actors::blocking_strand strand;
         std::function<void()> interrupt = [call] { call.interrupt(); };
         co_await actors::to_thread(strand, call).interrupt_with(std::move(interrupt));
       }},
      {"its children",
       [](gate&, counted mark) -> task<> {
         static_cast<void>(spawn(sleeper(mark)));
         co_await sleep(forever);
       }},
      {"its cleanup",
       [](gate&, counted) -> task<> {
         try {
           co_await sleep(forever);
         } catch (const actors::cancelled&) {
         }
         for (int i = 0; i < 5; ++i)
           co_await actors::yield();
         co_await sleep(1ms);
       }},
  };
}

// -- plain actors --------------------------------------------------------------------------------------------------------------------

/// Has a message to itself under way that will not come for long.
caf::behavior dormant_actor(caf::event_based_actor* self) {
  self->delayed_send(self, std::chrono::hours(24), caf::tick_atom_v);
  return {[](caf::tick_atom) {}};
}

/// Sends back what it is sent: two of them never end.
caf::behavior bouncing_actor(caf::event_based_actor* self) {
  return {[self](caf::tick_atom, const caf::actor& other) { self->send(other, caf::tick_atom_v, self); }};
}

caf::behavior stuck_actor(caf::event_based_actor*, std::promise<void>* begun) {
  return {[begun](caf::tick_atom) {
    begun->set_value();
    for (;;)
      std::this_thread::sleep_for(1h);
  }};
}

void print(const std::vector<std::string>& names) {
  for (const auto& name : names)
    std::printf("left: %s\n", name.c_str());
  std::fflush(stdout);
}

} // namespace

TEST(runtime_stop, ends_ten_thousand_actors_that_wait_for_all_kinds_of_things) {
  for (const auto& kind :
       {runtime_kind{"reactor", runtime_options{}.workers(2)},
        runtime_kind{"stock", runtime_options{}.workers(2).scheduler(actors::scheduler_kind::stock)}}) {
    SCOPED_TRACE(kind.name);
    const auto log = std::make_shared<recording_log>();
    std::atomic<int> live{0};
    gate never;
    runtime home{runtime_options{kind.options}.log_to(log).stall_threshold(1h).blocking_threads(8)};
    const auto service = actors::spawn_service(home, std::make_unique<silent>());
    std::size_t spawned = 0;
    std::vector<actors::task_handle<>> handles;
    const auto waits = every_wait(service);
    for (int i = 0; i < 420; ++i)
      for (const auto& [name, wait] : waits) {
        const auto options = spawn_options{}.name(name).run_on(i % 4 == 0 ? actors::affinity::same_worker
                                                                          : actors::affinity::any_worker);
        handles.push_back(home.spawn(wait(never, counted{live}), options));
        ++spawned;
      }
    for (int i = 0; i < 2'500; ++i)
      home.system().spawn(dormant_actor);
    EXPECT_GE(spawned + 2'500, 10'000U);
    // Some are in the middle of their work, some have not begun.
    home.block_on([]() -> task<> { co_await actors::yield(); });
    EXPECT_GT(live, 0);
    EXPECT_THAT(home.stop(patience), testing::IsEmpty());
    EXPECT_EQ(live, 0);
    for (const auto& handle : handles)
      ASSERT_TRUE(handle.done()) << handle.name();
    EXPECT_THAT(log->lines(), testing::IsEmpty());
  }
}

TEST(runtime_stop, ends_plain_actors_that_always_have_messages) {
  runtime home{runtime_options{}.workers(2).log_to(actors::make_null_log_sink())};
  for (int i = 0; i < 4; ++i)
    caf::anon_send(home.system().spawn(bouncing_actor), caf::tick_atom_v, home.system().spawn(bouncing_actor));
  home.block_on([]() -> task<> {
    for (int i = 0; i < 20; ++i)
      co_await actors::yield();
  });
  EXPECT_THAT(home.stop(patience), testing::IsEmpty());
}

TEST(runtime_stop, kills_a_task_that_ignores_its_cancellation_and_names_it) {
  const auto log = std::make_shared<recording_log>();
  std::atomic<int> live{0};
  runtime home{runtime_options{}.workers(2).log_to(log)};
  const auto stubborn = home.spawn(
      [](counted) -> task<> {
        for (;;) {
          try {
            co_await sleep(forever);
          } catch (const actors::cancelled&) {
          }
        }
      }(counted{live}),
      spawn_options{}.name("mule"));
  home.block_on([]() -> task<> { co_await actors::yield(); });
  EXPECT_THAT(home.stop(20ms), testing::IsEmpty());
  EXPECT_TRUE(stubborn.done());
  EXPECT_EQ(live, 0);
  EXPECT_THAT(log->lines(), testing::ElementsAre("warning runtime: task mule did not end in time and was killed"));
}

// -- what does not stop --------------------------------------------------------------------------------------------------------------

namespace {

const scenario blocking_call_left{"a blocking call never ends", [] {
                                    runtime home{runtime_options{}.workers(1)};
                                    std::promise<void> begun;
                                    static_cast<void>(home.spawn(
                                        [](std::promise<void>& mark) -> task<> {
                                          co_await actors::to_thread([&mark] {
                                            mark.set_value();
                                            for (;;)
                                              std::this_thread::sleep_for(1h);
                                          });
                                        }(begun),
                                        spawn_options{}.name("reader")));
                                    begun.get_future().wait();
                                    print(home.stop(20ms));
                                    print(home.stop(20ms));
                                    return 0;
                                  }};

const scenario step_left{"a step of a task never ends", [] {
                           runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
                           std::promise<void> begun;
                           static_cast<void>(home.spawn(
                               [](std::promise<void>& mark) -> task<> {
                                 mark.set_value();
                                 for (;;)
                                   std::this_thread::sleep_for(1h);
                                 co_return;
                               }(begun),
                               spawn_options{}.name("thinker")));
                           begun.get_future().wait();
                           print(home.stop(20ms));
                           return 0;
                         }};

const scenario plain_actor_left{"a plain actor never comes back", [] {
                                  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
                                  std::promise<void> begun;
                                  caf::anon_send(home.system().spawn(stuck_actor, &begun), caf::tick_atom_v);
                                  begun.get_future().wait();
                                  print(home.stop(20ms));
                                  return 0;
                                }};

const scenario detached_actor_left{"a detached actor never ends", [] {
                                     runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
                                     std::promise<void> begun;
                                     caf::anon_send(home.system().spawn<caf::detached>(stuck_actor, &begun),
                                                    caf::tick_atom_v);
                                     begun.get_future().wait();
                                     print(home.stop(20ms));
                                     return 0;
                                   }};

} // namespace

TEST(runtime_stop, names_a_blocking_call_that_does_not_end) {
  const auto child = run_in_child("a blocking call never ends", leaks::on_purpose);
  EXPECT_EQ(child.status, 0);
  EXPECT_THAT(child.output, testing::HasSubstr("left: task reader\n"));
  EXPECT_THAT(child.output, testing::HasSubstr("left: blocking call of reader\n"));
  EXPECT_THAT(child.output, testing::HasSubstr("did not stop in time; the actor system is left running"));
}

TEST(runtime_stop, names_a_task_whose_step_does_not_end) {
  const auto child = run_in_child("a step of a task never ends", leaks::on_purpose);
  EXPECT_EQ(child.status, 0);
  EXPECT_THAT(child.output, testing::HasSubstr("left: task thinker\n"));
}

TEST(runtime_stop, names_a_plain_actor_that_does_not_come_back) {
  const auto child = run_in_child("a plain actor never comes back", leaks::on_purpose);
  EXPECT_EQ(child.status, 0);
  EXPECT_THAT(child.output, testing::HasSubstr("left: user.scheduled-actor (actor "));
}

TEST(runtime_stop, counts_detached_actors_that_do_not_end) {
  const auto child = run_in_child("a detached actor never ends", leaks::on_purpose);
  EXPECT_EQ(child.status, 0);
  EXPECT_THAT(child.output, testing::HasSubstr("left: 1 detached CAF actors\n"));
}

// -- after the end -------------------------------------------------------------------------------------------------------------------

TEST(runtime_stop, a_second_time_does_nothing) {
  runtime home{runtime_options{}.workers(1)};
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  EXPECT_THAT(home.stop(), testing::IsEmpty());
}

TEST(runtime_stop, takes_no_new_work_afterwards) {
  std::atomic<int> live{0};
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    runtime home{kind.options};
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    const auto by_spawn = thrown_by([&] { static_cast<void>(home.spawn(sleeper(counted{live}))); });
    EXPECT_TRUE(is_a<actors::stopping_error>(by_spawn));
    const auto by_block_on = thrown_by([&] { static_cast<void>(home.block_on(sleeper(counted{live}))); });
    EXPECT_TRUE(is_a<actors::stopping_error>(by_block_on));
    const auto by_future = thrown_by([&] { static_cast<void>(home.spawn_future(sleeper(counted{live}))); });
    EXPECT_TRUE(is_a<actors::stopping_error>(by_future));
    const auto by_service =
        thrown_by([&] { static_cast<void>(actors::spawn_service(home, std::make_unique<silent>())); });
    EXPECT_TRUE(is_a<actors::stopping_error>(by_service));
    EXPECT_EQ(live, 0);
  }
}

TEST(runtime_stop, in_a_race_with_threads_that_spawn_takes_their_tasks_or_says_no) {
  for (int round = 0; round < 30; ++round) {
    std::atomic<int> live{0};
    runtime home{runtime_options{}.workers(2).log_to(actors::make_null_log_sink())};
    std::atomic<int> begun{0};
    std::vector<std::thread> threads;
    std::array<std::vector<actors::task_handle<int>>, 3> handles;
    for (auto& mine : handles)
      threads.emplace_back([&] {
        try {
          for (;;) {
            mine.push_back(home.spawn(sleeper(counted{live})));
            ++begun;
          }
        } catch (const actors::stopping_error&) {
          // As it should be.
        }
      });
    EXPECT_TRUE(becomes_true([&] { return begun > 20; }));
    EXPECT_THAT(home.stop(patience), testing::IsEmpty());
    for (auto& thread : threads)
      thread.join();
    EXPECT_EQ(live, 0);
    for (const auto& mine : handles)
      for (const auto& handle : mine)
        ASSERT_TRUE(handle.done());
  }
}

// -- several, and again --------------------------------------------------------------------------------------------------------------

namespace {

/// Threads of this process, and open descriptors.
std::size_t entries(const char* folder) {
  const std::filesystem::directory_iterator all{folder};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

task<int> a_bit_of_everything(int value) {
  std::vector<task<int>> children;
  for (int i = 0; i < 10; ++i)
    children.push_back([](int x) -> task<int> {
      co_await sleep(std::chrono::microseconds(x));
      co_return x;
    }(value + i));
  int sum = 0;
  for (const int x : co_await actors::gather(std::move(children)))
    sum += x;
  sum += co_await actors::to_thread([value] { return value; });
  co_return sum;
}

} // namespace

TEST(runtime_stop, leaves_no_thread_and_no_descriptor_behind_however_often) {
  const auto once = [](int round) {
    runtime home{runtime_options{}.workers(3)};
    EXPECT_EQ(home.block_on(a_bit_of_everything(round)), 11 * round + 45);
    static_cast<void>(home.spawn([]() -> task<> { co_await sleep(forever); }));
  };
  // What is opened once for the process.
  once(0);
  EXPECT_TRUE(becomes_true([] { return entries("/proc/self/task") < 4; })) << entries("/proc/self/task");
  const auto threads = entries("/proc/self/task");
  const auto descriptors = entries("/proc/self/fd");
  for (int round = 1; round <= 50; ++round)
    once(round);
  // A thread that was joined may be listed for a moment yet.
  EXPECT_TRUE(becomes_true([&] { return entries("/proc/self/task") <= threads; })) << entries("/proc/self/task");
  EXPECT_EQ(entries("/proc/self/fd"), descriptors);
}

TEST(runtime_stop, of_one_runtime_leaves_the_others_of_the_process_alone) {
  std::vector<std::unique_ptr<runtime>> homes;
  for (const auto& kind : every_kind())
    homes.push_back(std::make_unique<runtime>(kind.options));
  gate never;
  std::atomic<int> live{0};
  std::vector<actors::task_handle<int>> waiting_ones;
  for (const auto& home : homes)
    waiting_ones.push_back(home->spawn(sleeper(counted{live})));
  for (std::size_t i = 0; i < homes.size(); ++i) {
    EXPECT_THAT(homes[i]->stop(10s), testing::IsEmpty());
    for (std::size_t n = 0; n < homes.size(); ++n)
      EXPECT_EQ(waiting_ones[n].done(), n <= i);
    for (std::size_t n = i + 1; n < homes.size(); ++n)
      EXPECT_EQ(homes[n]->block_on(a_bit_of_everything(1)), 56);
  }
  EXPECT_EQ(live, 0);
}

TEST(runtime_stop, tasks_of_one_runtime_may_start_tasks_in_another) {
  // Each job runs on a worker of the one and makes work for the other, timers included.
  runtime first{runtime_options{}.workers(2)};
  runtime second{runtime_options{}.workers(2)};

  struct relay {
    static task<int> run(runtime& here, runtime& there, int levels) {
      co_await sleep(1us);
      if (levels == 0)
        co_return 1;
      auto other = there.spawn_future(run(there, here, levels - 1));
      // A future blocks, so it is waited for where blocking does no harm.
      co_return 1 + co_await actors::to_thread([&other] { return other.get(); });
    }
  };

  std::vector<std::future<int>> ends;
  for (int i = 0; i < 20; ++i)
    ends.push_back((i % 2 == 0 ? first : second)
                       .spawn_future(i % 2 == 0 ? relay::run(first, second, 5) : relay::run(second, first, 5)));
  for (auto& end : ends) {
    ASSERT_TRUE(comes(end));
    EXPECT_EQ(end.get(), 6);
  }
}

// -- idle ----------------------------------------------------------------------------------------------------------------------------

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream{file};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// How often each of the library's threads has gone to sleep by itself so far.
std::map<std::string, std::string> naps() {
  std::map<std::string, std::string> result;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    const auto name = text_of(thread.path() / "comm");
    if (!name.starts_with("actors."))
      continue;
    const auto status = text_of(thread.path() / "status");
    const auto at = status.find("\nvoluntary_ctxt_switches:");
    if (at != std::string::npos)
      result[thread.path().filename()] = name + status.substr(at + 1, status.find('\n', at + 1) - at - 1);
  }
  return result;
}

} // namespace

TEST(runtime, that_is_idle_comes_to_rest_and_no_thread_of_it_wakes_up_any_more) {
  runtime home{runtime_options{}.workers(3)};
  static_cast<void>(home.spawn([]() -> task<> { co_await sleep(forever); }));
  EXPECT_EQ(home.block_on(a_bit_of_everything(1)), 56);
  // Workers and their watchdog; a thread has its name once it has begun.
  EXPECT_TRUE(becomes_true([] { return naps().size() >= 4; }));
  // For a good while, during which the watchdog would look many times if it were awake.
  EXPECT_TRUE(becomes_true([] {
    const auto before = naps();
    std::this_thread::sleep_for(300ms);
    return naps() == before;
  }));
}
