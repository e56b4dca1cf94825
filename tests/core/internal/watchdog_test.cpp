#include "../every_runtime.hpp"
#include "../patience.hpp"
#include "pipe_end.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/leave_worker.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/reactor_worker.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A worker whose thread is late in a job goes to another thread with all that it has; the late job is named, and when
/// it ends at last, it goes on like any other.
namespace {

using actors::affinity;
using actors::runtime;
using actors::runtime_options;
using actors::spawn;
using actors::spawn_options;
using actors::task;
using actors::detail::reactor_worker;
using namespace core_test;

/// Not bound, also where there is one worker only.
spawn_options unbound() {
  return spawn_options{}.run_on(affinity::any_worker);
}

spawn_options bound() {
  return spawn_options{}.run_on(affinity::same_reactor);
}

/// Holds the thread of whoever runs into it until the test lets it go.
class obstacle {
public:
  void hold() {
    held_.release();
    free_.acquire();
  }

  /// True once somebody is held.
  [[nodiscard]] bool holds() { return held_.try_acquire_for(patience); }

  void let_go(int many = 1) { free_.release(many); }

private:
  std::counting_semaphore<> held_{0};
  std::counting_semaphore<> free_{0};
};

/// True on a thread that drives another worker. A thread that has lost its worker is nowhere.
bool is_elsewhere(const reactor_worker* home) {
  const auto* const here = reactor_worker::current();
  return here != nullptr && here != home;
}

task<int> give(int value) {
  co_await actors::sleep(1ms);
  co_return value;
}

caf::behavior answering_actor(caf::event_based_actor*, std::promise<void>* asked) {
  return {[asked](caf::tick_atom) { asked->set_value(); }};
}

caf::behavior blocking_actor(caf::event_based_actor* self, obstacle* wall) {
  return {[self, wall](caf::tick_atom) {
    wall->hold();
    self->quit();
  }};
}

} // namespace

TEST(watchdog, others_go_on_while_a_job_holds_the_only_worker) {
  const auto log = std::make_shared<recording_log>();
  runtime home{runtime_options{}.workers(1).log_to(log).stall_threshold(1h)};
  obstacle wall;
  pipe_ends pipe;
  std::promise<void> asked;
  auto actor = home.system().spawn(answering_actor, &asked);
  const auto reader = home.spawn_future(wait_for_pipe(pipe), unbound());
  const auto sleeper = home.spawn_future(give(1), unbound());
  auto late = home.spawn_future(
      [](obstacle& in_the_way) -> task<int> {
        in_the_way.hold();
        co_return 5;
      }(wall),
      unbound());
  ASSERT_TRUE(wall.holds());
  EXPECT_TRUE(comes(sleeper)) << "a timer";
  EXPECT_TRUE(comes(home.spawn_future(give(2), unbound()))) << "a new task";
  EXPECT_TRUE(comes(home.spawn_future(give(3), bound()))) << "a bound task";
  pipe.write_byte();
  EXPECT_TRUE(comes(reader)) << "a descriptor";
  caf::anon_send(actor, caf::tick_atom_v);
  EXPECT_TRUE(comes(asked.get_future())) << "a plain CAF actor";
  // CAF's own handles must not outlive the system.
  actor = nullptr;
  EXPECT_EQ(late.wait_for(0s), std::future_status::timeout);
  wall.let_go();
  ASSERT_TRUE(comes(late));
  EXPECT_EQ(late.get(), 5);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  // Late, but not late enough for a report.
  EXPECT_THAT(log->lines(), testing::IsEmpty());
}

TEST(watchdog, a_job_may_leave_its_worker_at_once) {
  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
  obstacle wall;
  std::atomic<bool> has_left{false};
  auto late = home.spawn_future(
      [](obstacle& in_the_way, std::atomic<bool>& is_away) -> task<int> {
        actors::detail::leave_worker();
        is_away = reactor_worker::current() == nullptr;
        actors::detail::leave_worker(); // nothing is left to leave
        const auto before = spawn(give(1));
        in_the_way.hold();
        const auto after = spawn(give(2));
        int sum = co_await before;
        sum += co_await after;
        co_return sum;
      }(wall, has_left),
      unbound());
  ASSERT_TRUE(wall.holds());
  EXPECT_TRUE(has_left);
  EXPECT_TRUE(comes(home.spawn_future(give(0), unbound())));
  wall.let_go();
  ASSERT_TRUE(comes(late));
  EXPECT_EQ(late.get(), 3);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(watchdog, jobs_that_leave_their_workers_again_and_again_lose_none) {
  runtime home{runtime_options{}.workers(2).stall_threshold(1h)};
  std::vector<std::future<int>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(home.spawn_future(
        []() -> task<int> {
          int sum = 0;
          for (int step = 0; step < 100; ++step) {
            actors::detail::leave_worker();
            const auto child = spawn(give(1));
            co_await actors::yield();
            sum += co_await child;
          }
          co_return sum;
        }(),
        unbound()));
  for (auto& one : all) {
    ASSERT_TRUE(comes(one));
    EXPECT_EQ(one.get(), 100);
  }
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(watchdog, what_is_no_job_has_no_worker_to_leave) {
  actors::detail::leave_worker();
  runtime home{runtime_options{}.workers(1).clock(actors::clock_kind::virtual_time)};
  const auto stays = []() -> task<bool> {
    actors::detail::leave_worker();
    const bool is_at_home = reactor_worker::current() != nullptr;
    co_return is_at_home;
  };
  EXPECT_TRUE(home.block_on(stays)) << "a second thread would let virtual time pass";
}

TEST(watchdog, a_late_job_goes_on_as_if_nothing_had_happened) {
  // After the hand-over its thread is a foreign one: whatever the rest of the step does has to find its way to a
  // worker.
  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
  obstacle wall;
  std::atomic<bool> at_home{true};
  auto late = home.spawn_future(
      [](obstacle& in_the_way, std::atomic<bool>& still_at_home) -> task<int> {
        const auto before = spawn(give(1));
        in_the_way.hold();
        still_at_home = reactor_worker::current() != nullptr;
        const auto after = spawn(give(2));
        const auto bound_after = spawn(give(4), bound());
        co_await actors::sleep(1ms);
        int sum = co_await before;
        sum += co_await after;
        sum += co_await bound_after;
        // Back on a worker, unless the machine is so busy that this very step is late as well.
        for (int i = 0; i < 100 && reactor_worker::current() == nullptr; ++i)
          co_await actors::yield();
        if (reactor_worker::current() == nullptr)
          sum += 100;
        co_return sum;
      }(wall, at_home),
      unbound());
  ASSERT_TRUE(wall.holds());
  // That another task runs shows that the worker has gone to another thread.
  ASSERT_TRUE(comes(home.spawn_future(give(0), unbound())));
  wall.let_go();
  ASSERT_TRUE(comes(late));
  EXPECT_EQ(late.get(), 7);
  EXPECT_FALSE(at_home);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

/// Counts itself in `inside` while it runs, and the most that were in it at a time.
task<int> enter_alone(std::atomic<int>& inside, std::atomic<int>& most) {
  const int now = ++inside;
  if (now > most)
    most = now;
  --inside;
  co_return now;
}

TEST(watchdog, a_late_task_bound_to_run_alone_holds_up_its_like_and_nobody_else) {
  runtime home{runtime_options{}.workers(2).stall_threshold(1h)};
  const auto alone = spawn_options{}.run_on(affinity::same_worker);
  obstacle wall;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  auto late = home.spawn_future(
      [](obstacle& in_the_way, std::atomic<int>& inside, std::atomic<int>& most) -> task<bool> {
        // Its children run where it does.
        std::vector<actors::task_handle<int>> like;
        for (int i = 0; i < 20; ++i)
          like.push_back(spawn(enter_alone(inside, most)));
        auto other = spawn(give(1), bound());
        ++inside;
        in_the_way.hold();
        const bool nobody_came = most == 0;
        --inside;
        const int answer = co_await other;
        for (const auto& each : like)
          co_await each;
        co_return nobody_came&& answer == 1;
      }(wall, inside, most),
      alone);
  ASSERT_TRUE(wall.holds());
  // Its worker has gone to another thread, and serves everybody else: two of these are on each worker.
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(comes(home.spawn_future(give(i), bound())));
  wall.let_go();
  ASSERT_TRUE(comes(late));
  EXPECT_TRUE(late.get());
  EXPECT_EQ(most, 1);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(watchdog, the_only_worker_of_a_runtime_runs_one_task_at_a_time) {
  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
  obstacle wall;
  auto late = home.spawn_future([](obstacle& in_the_way) -> task<int> {
    in_the_way.hold();
    co_return 1;
  }(wall));
  ASSERT_TRUE(wall.holds());
  auto next = home.spawn_future(give(2));
  // That this one runs shows that the worker has gone to another thread.
  ASSERT_TRUE(comes(home.spawn_future(give(3), unbound())));
  EXPECT_EQ(next.wait_for(0s), std::future_status::timeout);
  wall.let_go();
  EXPECT_TRUE(comes(late));
  EXPECT_TRUE(comes(next));
}

TEST(watchdog, a_late_bound_task_comes_back_to_its_worker) {
  runtime home{runtime_options{}.workers(3).stall_threshold(1h)};
  std::array<obstacle, 3> walls;
  std::vector<std::future<bool>> late;
  for (auto& wall : walls)
    late.push_back(home.spawn_future(
        [](obstacle& in_the_way) -> task<bool> {
          const auto& context = co_await actors::detail::current_context{};
          const auto* const worker = context.host().home();
          bool stayed = true;
          for (int round = 0; round < 2; ++round) {
            in_the_way.hold();
            co_await actors::yield();
            stayed = stayed && !is_elsewhere(worker);
            co_await actors::sleep(1us);
            stayed = stayed && !is_elsewhere(worker);
          }
          co_return stayed;
        }(wall),
        bound()));
  for (int round = 0; round < 2; ++round) {
    for (auto& wall : walls)
      ASSERT_TRUE(wall.holds());
    // One more on each worker: all three have been handed over.
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(comes(home.spawn_future(give(i), bound())));
    for (auto& wall : walls)
      wall.let_go();
  }
  for (auto& each : late) {
    ASSERT_TRUE(comes(each));
    EXPECT_TRUE(each.get());
  }
}

TEST(watchdog, a_worker_keeps_its_reactor_when_it_changes_threads) {
  runtime home{runtime_options{}.workers(2).stall_threshold(1h)};
  obstacle wall;
  pipe_ends pipe;
  std::promise<const reactor_worker*> home_of_reader;
  auto reader = home.spawn_future(
      [](pipe_ends& ends, std::promise<const reactor_worker*>& where) -> task<bool> {
        auto& context = co_await actors::detail::current_context{};
        const auto* const worker = context.host().home();
        auto& io = actors::detail::choose_io_context(context);
        boost::asio::posix::stream_descriptor end{io, ends.release_reader()};
        where.set_value(worker);
        co_await readable{end};
        const bool same_io = &actors::detail::choose_io_context(context) == &io;
        co_return same_io && !is_elsewhere(worker);
      }(pipe, home_of_reader),
      bound());
  const auto* const worker = home_of_reader.get_future().get();
  // Blocks the reader's worker and no other.
  std::atomic<int> blocked{0};
  for (int i = 0; i < 2; ++i)
    static_cast<void>(home.spawn(
        [](obstacle& in_the_way, const reactor_worker* there, std::atomic<int>& count) -> task<> {
          const auto& context = co_await actors::detail::current_context{};
          if (context.host().home() == there) {
            ++count;
            in_the_way.hold();
          }
        }(wall, worker, blocked),
        bound()));
  ASSERT_TRUE(wall.holds());
  EXPECT_EQ(blocked, 1);
  pipe.write_byte();
  EXPECT_TRUE(comes(reader));
  wall.let_go();
  EXPECT_TRUE(reader.get());
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(watchdog, many_jobs_may_be_late_at_the_same_time) {
  runtime home{runtime_options{}.workers(2).stall_threshold(1h)};
  constexpr int many = 8;
  obstacle wall;
  std::vector<std::future<int>> late;
  for (int i = 0; i < many; ++i)
    late.push_back(home.spawn_future([](obstacle& in_the_way, int value) -> task<int> {
      in_the_way.hold();
      const int more = co_await spawn(give(value));
      co_return value + more;
    }(wall, i)));
  for (int i = 0; i < many; ++i)
    ASSERT_TRUE(wall.holds()) << "only " << i << " jobs have begun";
  EXPECT_TRUE(comes(home.spawn_future(give(0))));
  wall.let_go(many);
  for (int i = 0; i < many; ++i) {
    ASSERT_TRUE(comes(late[static_cast<std::size_t>(i)]));
    EXPECT_EQ(late[static_cast<std::size_t>(i)].get(), 2 * i);
  }
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(watchdog, a_job_that_holds_its_worker_for_too_long_is_logged_by_name) {
  const auto log = std::make_shared<recording_log>();
  runtime home{runtime_options{}.workers(2).log_to(log).stall_threshold(50ms)};
  obstacle wall;
  const auto late = home.spawn(
      [](obstacle& in_the_way) -> task<> {
        in_the_way.hold();
        co_return;
      }(wall),
      spawn_options{}.name("the slow one"));
  ASSERT_TRUE(wall.holds());
  const auto expected = "the slow one (actor " + std::to_string(late.id()) + ") has held a worker for ";
  EXPECT_TRUE(log->wait_for(expected));
  wall.let_go();
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  const auto lines = log->lines();
  // Only once.
  EXPECT_EQ(std::ranges::count_if(lines, [&](const auto& line) { return line.find(expected) != std::string::npos; }),
            1);
}

/// A name to look for in a stack.
[[gnu::noinline]] void dawdle_here(const std::atomic<bool>& go_on) {
  while (go_on)
    std::this_thread::sleep_for(1ms);
}

/// What the runtime reports of a task that dawdles in a function of its own.
actors::stall_report report_of_dawdling(runtime_options options) {
  std::mutex mutex;
  actors::stall_report seen;
  std::atomic<bool> go_on{true};
  runtime home{options.stall_threshold(50ms).on_stall([&](const actors::stall_report& stall) {
    const std::scoped_lock guard{mutex};
    if (seen.actor.empty())
      seen = stall;
    go_on = false;
  })};
  home.block_on([](const std::atomic<bool>& flag) -> task<> {
    dawdle_here(flag);
    co_return;
  }(go_on));
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  const std::scoped_lock guard{mutex};
  return seen;
}

TEST(watchdog, reports_the_stack_of_a_job_while_it_still_runs) {
  // With a thread to spare, and without one: under virtual time a late worker keeps its thread.
  for (const auto& options : {runtime_options{}.workers(1), virtual_time()}) {
    const auto stall = report_of_dawdling(options);
    EXPECT_GE(stall.busy, 50ms);
    EXPECT_THAT(stall.stack, testing::Contains(testing::HasSubstr("dawdle_here")));
    EXPECT_THAT(stall.stack, testing::Not(testing::Contains(testing::HasSubstr("thread_loop"))));
  }
}

TEST(watchdog, logs_name_time_and_stack_of_a_task_and_of_a_service_by_default) {
  // The usual threshold, the usual handler; each dawdles until it is in the log.
  class dawdler final : public actors::service {
  public:
    explicit dawdler(const std::atomic<bool>& go_on) {
      on([&go_on](int value) {
        dawdle_here(go_on);
        return value;
      });
    }
  };

  const auto log = std::make_shared<recording_log>();
  runtime home{runtime_options{}.workers(2).log_to(log)};
  std::atomic<bool> task_goes_on{true};
  std::atomic<bool> service_goes_on{true};
  const auto begin = std::chrono::steady_clock::now();
  const auto late = home.spawn(
      [](const std::atomic<bool>& flag) -> task<> {
        dawdle_here(flag);
        co_return;
      }(task_goes_on),
      spawn_options{}.name("the slow task"));
  const auto service =
      actors::spawn_service(home, std::make_unique<dawdler>(service_goes_on), spawn_options{}.name("the slow service"));
  auto asking = home.spawn_future(
      [](actors::service_ref to) -> task<int> { co_return co_await actors::ask<int>(to, 1); }(service));
  const auto by_task = "the slow task (actor " + std::to_string(late.id()) + ") has held a worker for ";
  const auto by_service =
      "the slow service (actor " + std::to_string(service.actor().id()) + ") has held a worker for ";
  EXPECT_TRUE(log->wait_for(by_task));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
  EXPECT_TRUE(log->wait_for(by_service));
  task_goes_on = false;
  service_goes_on = false;
  ASSERT_TRUE(comes(asking));
  EXPECT_EQ(asking.get(), 1);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  for (const auto& name : {by_task, by_service}) {
    const auto lines = log->lines();
    const auto line =
        std::ranges::find_if(lines, [&](const auto& each) { return each.find(name) != std::string::npos; });
    ASSERT_NE(line, lines.end());
    EXPECT_THAT(*line, testing::StartsWith("warning runtime: "));
    EXPECT_THAT(*line, testing::HasSubstr("stack="));
    EXPECT_THAT(*line, testing::HasSubstr("dawdle_here"));
  }
}

TEST(watchdog, a_stall_handler_that_throws_is_logged_and_the_watch_goes_on) {
  const auto log = std::make_shared<recording_log>();
  std::counting_semaphore<> told{0};
  runtime home{runtime_options{}.workers(1).log_to(log).stall_threshold(40ms).on_stall([&](const auto&) {
    told.release();
    throw std::runtime_error("the pager is out of order");
  })};
  for (int round = 0; round < 2; ++round) {
    obstacle wall;
    const auto late = home.spawn_future([](obstacle& in_the_way) -> task<> {
      in_the_way.hold();
      co_return;
    }(wall));
    ASSERT_TRUE(wall.holds());
    EXPECT_TRUE(told.try_acquire_for(patience));
    wall.let_go();
    EXPECT_TRUE(comes(late));
  }
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  const auto line = testing::AllOf(testing::StartsWith("error runtime: "), testing::HasSubstr("stall"),
                                   testing::HasSubstr("the pager is out of order"));
  EXPECT_THAT(log->lines(), testing::ElementsAre(line, line));
}

TEST(watchdog, takes_no_stack_when_it_is_told_so) {
  const auto stall = report_of_dawdling(runtime_options{}.workers(1).stall_signal(0));
  EXPECT_FALSE(stall.actor.empty());
  EXPECT_THAT(stall.stack, testing::IsEmpty());
}

TEST(watchdog, leaves_a_signal_alone_that_the_program_uses) {
  const int number = SIGRTMIN + 3;
  static std::atomic<int> received{0};
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = [](int) { ++received; };
  ASSERT_EQ(::sigaction(number, &action, &before), 0);
  const auto stall = report_of_dawdling(runtime_options{}.workers(1).stall_signal(number));
  EXPECT_FALSE(stall.actor.empty());
  EXPECT_THAT(stall.stack, testing::IsEmpty());
  EXPECT_EQ(received, 0);
  ASSERT_EQ(::sigaction(number, &before, nullptr), 0);
}

TEST(watchdog, tells_the_stall_handler_of_plain_actors_too) {
  std::mutex mutex;
  std::vector<std::pair<std::string, actors::duration>> stalls;
  std::counting_semaphore<> told{0};
  runtime home{runtime_options{}.workers(1).stall_threshold(40ms).on_stall([&](const actors::stall_report& stall) {
    const std::scoped_lock guard{mutex};
    stalls.emplace_back(stall.actor, stall.busy);
    told.release();
  })};
  obstacle wall;
  auto late = home.system().spawn(blocking_actor, &wall);
  const auto name = "user.scheduled-actor (actor " + std::to_string(late->id()) + ")";
  caf::anon_send(std::exchange(late, nullptr), caf::tick_atom_v);
  ASSERT_TRUE(wall.holds());
  EXPECT_TRUE(told.try_acquire_for(patience));
  wall.let_go();
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  ASSERT_FALSE(stalls.empty());
  EXPECT_EQ(stalls[0].first, name);
  EXPECT_GE(stalls[0].second, 40ms);
}

TEST(watchdog, a_runtime_waits_for_late_jobs_when_it_stops) {
  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
  obstacle wall;
  std::atomic<bool> ended{false};
  caf::anon_send(home.system().spawn(blocking_actor, &wall), caf::tick_atom_v);
  ASSERT_TRUE(wall.holds());
  static_cast<void>(home.spawn(
      [](obstacle& in_the_way, std::atomic<bool>& mark) -> task<> {
        in_the_way.hold();
        mark = true;
        co_return;
      }(wall, ended),
      unbound()));
  ASSERT_TRUE(wall.holds());
  auto& core = home.core();
  std::thread helper{[&] {
    EXPECT_TRUE(becomes_true([&] { return core.stopping(); }));
    wall.let_go(2);
  }};
  EXPECT_THAT(home.stop(patience), testing::IsEmpty());
  EXPECT_TRUE(ended);
  helper.join();
}

TEST(watchdog, leaves_a_late_worker_alone_under_virtual_time) {
  // Its other thread would find nothing to do and let the clock jump.
  runtime home{virtual_time().stall_threshold(1h)};
  const auto elapsed = home.block_on([]() -> task<actors::duration> {
    const auto self = co_await actors::this_task();
    static_cast<void>(spawn([]() -> task<> { co_await actors::sleep(1h); }));
    co_await actors::yield();
    const auto before = self.now();
    // Longer than it takes the watchdog to act.
    const auto enough = std::chrono::steady_clock::now() + 80ms;
    while (std::chrono::steady_clock::now() < enough)
      std::this_thread::yield();
    co_return self.now() - before;
  });
  EXPECT_EQ(elapsed, 0s);
}
