#include "../baton.hpp"
#include "../every_runtime.hpp"
#include "../patience.hpp"
#include "pipe_end.hpp"

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/reactor_worker.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/action.hpp>
#include <caf/actor_clock.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <semaphore>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// What the scheduler promises to everybody: a wake-up is never lost, nobody who always has work keeps others from
/// theirs, work spreads over the workers, and what is bound to a worker stays there.
namespace {

using actors::affinity;
using actors::runtime;
using actors::runtime_options;
using actors::spawn;
using actors::spawn_options;
using actors::task;
using actors::detail::reactor_worker;
using namespace core_test;

spawn_options bound() {
  return spawn_options{}.run_on(affinity::same_worker);
}

// -- wake-ups ------------------------------------------------------------------------------------------------------------------------

/// What a plain thread and a task share that answer each other.
struct conversation {
  baton question;
  std::counting_semaphore<> answers{0};
};

task<> answer_all(conversation& talk, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await talk.question;
    talk.answers.release();
  }
}

/// Answers its partner `rounds` times.
task<> rally(baton& mine, baton& other, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await mine;
    other.pass();
  }
}

} // namespace

TEST(reactor_scheduler, loses_no_wake_up_from_plain_threads) {
  // Every thread waits for each answer, so that workers fall asleep all the time, and just then the next question
  // comes.
  constexpr int rounds = 2'000;
  runtime home{runtime_options{}.workers(2)};
  std::array<conversation, 3> talks;
  std::vector<std::thread> threads;
  std::atomic<int> lost{0};
  for (std::size_t i = 0; i < talks.size(); ++i) {
    static_cast<void>(home.spawn(answer_all(talks[i], rounds), i % 2 == 0 ? spawn_options{} : bound()));
    threads.emplace_back([&talk = talks[i], &lost] {
      for (int round = 0; round < rounds; ++round) {
        talk.question.pass();
        if (!talk.answers.try_acquire_for(patience)) {
          ++lost;
          return;
        }
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(lost, 0);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(reactor_scheduler, loses_no_wake_up_that_comes_while_a_worker_falls_asleep) {
  // The thread answers at once, or a little later, to hit the moment between the worker's last look at its queues and
  // its sleep.
  constexpr int rounds = 20'000;
  for (const auto& options : {spawn_options{}, bound()}) {
    runtime home{runtime_options{}.workers(1)};
    baton question;
    std::atomic<int> answered{0};
    static_cast<void>(home.spawn(
        [](baton& asked, std::atomic<int>& count) -> task<> {
          for (int i = 0; i < rounds; ++i) {
            co_await asked;
            count.fetch_add(1, std::memory_order_release);
          }
        }(question, answered),
        options));
    const auto answers = [&](int many) {
      for (int spins = 0; spins < 100'000; ++spins)
        if (answered.load(std::memory_order_acquire) == many)
          return true;
      return becomes_true([&] { return answered == many; });
    };
    std::atomic<int> delay{0};
    for (int round = 0; round < rounds; ++round) {
      for (delay = round % 128; delay > 0; --delay) {
      }
      question.pass();
      ASSERT_TRUE(answers(round + 1)) << "lost the wake-up of round " << round;
    }
  }
}

TEST(reactor_scheduler, loses_no_wake_up_when_many_come_at_once) {
  constexpr int rounds = 100;
  constexpr std::size_t crowd = 40;
  runtime home{runtime_options{}.workers(3)};
  std::array<conversation, crowd> talks;
  for (std::size_t i = 0; i < crowd; ++i)
    static_cast<void>(home.spawn(answer_all(talks[i], rounds), i % 3 == 0 ? bound() : spawn_options{}));
  // Two threads, each with its half of the tasks.
  std::atomic<int> lost{0};
  const auto talk_to_half = [&](std::size_t half) {
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = half; i < crowd; i += 2)
        talks[i].question.pass();
      for (std::size_t i = half; i < crowd; i += 2)
        if (!talks[i].answers.try_acquire_for(patience)) {
          ++lost;
          return;
        }
    }
  };
  std::thread other{talk_to_half, 1};
  talk_to_half(0);
  other.join();
  EXPECT_EQ(lost, 0);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(reactor_scheduler, loses_no_wake_up_between_workers) {
  // Two bound tasks on different workers: one of the two always sleeps.
  constexpr int rounds = 3'000;
  runtime home{runtime_options{}.workers(2)};
  std::array<baton, 4> batons;
  std::vector<std::future<void>> ends;
  for (std::size_t i = 0; i < 4; i += 2) {
    ends.push_back(home.spawn_future(rally(batons[i], batons[i + 1], rounds), bound()));
    ends.push_back(home.spawn_future(rally(batons[i + 1], batons[i], rounds), bound()));
    batons[i].pass();
  }
  for (auto& end : ends)
    EXPECT_TRUE(comes(end));
}

TEST(reactor_scheduler, loses_no_wake_up_by_the_end_of_a_blocking_call) {
  constexpr int rounds = 500;
  runtime home{runtime_options{}.workers(2)};
  std::vector<std::future<void>> ends;
  for (int i = 0; i < 3; ++i)
    ends.push_back(home.spawn_future([]() -> task<> {
      for (int round = 0; round < rounds; ++round)
        co_await actors::to_thread([] {});
    }()));
  for (auto& end : ends)
    EXPECT_TRUE(comes(end));
}

TEST(reactor_scheduler, a_timeout_that_is_due_earlier_wakes_a_worker_that_sleeps_until_a_later_one) {
  runtime home{runtime_options{}.workers(1)};
  auto& clock = home.system().clock();
  const auto sleeper = home.spawn([]() -> task<> { co_await actors::sleep(1h); });
  std::counting_semaphore<> rung{0};
  for (int i = 0; i < 300; ++i) {
    // The next one comes while the worker is on its way to sleep again.
    static_cast<void>(
        clock.schedule(clock.now() + std::chrono::microseconds(i % 50), caf::make_action([&rung] { rung.release(); })));
    ASSERT_TRUE(rung.try_acquire_for(patience)) << "after " << i;
  }
  EXPECT_FALSE(sleeper.done());
}

// -- fairness ------------------------------------------------------------------------------------------------------------------------

namespace {

task<> sleep_often() {
  for (int i = 0; i < 20; ++i)
    co_await actors::sleep(50us);
}

task<> yield_often() {
  for (int i = 0; i < 100; ++i)
    co_await actors::yield();
}

task<> await_baton(baton& signal) {
  co_await signal;
}

task<> yield_until(const std::atomic<bool>& over) {
  while (!over)
    co_await actors::yield();
}

task<> rally_until(baton& mine, baton& other, const std::atomic<bool>& over) {
  while (!over) {
    co_await mine;
    other.pass();
  }
  other.pass();
}

caf::behavior busy_actor(caf::event_based_actor* self, const std::atomic<bool>* over) {
  self->send(self, caf::tick_atom_v);
  return {[self, over](caf::tick_atom) {
    if (!*over)
      self->send(self, caf::tick_atom_v);
  }};
}

caf::behavior patient_actor(caf::event_based_actor*, std::promise<void>* asked) {
  return {[asked](caf::tick_atom) { asked->set_value(); }};
}

/// Everybody who may need a turn gets one while `hog` keeps the only worker busy.
void expect_a_turn_for_everybody(const std::function<void(runtime&, std::atomic<bool>&)>& hog) {
  runtime home{runtime_options{}.workers(1).stall_threshold(1h)};
  std::atomic<bool> over{false};
  std::promise<void> asked;
  pipe_ends pipe;
  // Waits from the start, for what happens while the worker is busy.
  const auto reader = home.spawn_future(wait_for_pipe(pipe));
  const auto bound_reader_pipe = std::make_unique<pipe_ends>();
  const auto bound_reader = home.spawn_future(wait_for_pipe(*bound_reader_pipe), bound());
  baton signal;
  const auto signalled = home.spawn_future(await_baton(signal));
  auto actor = home.system().spawn(patient_actor, &asked);

  hog(home, over);

  EXPECT_TRUE(comes(home.spawn_future(yield_often()))) << "a task from outside";
  EXPECT_TRUE(comes(home.spawn_future(yield_often(), bound()))) << "a bound task from outside";
  EXPECT_TRUE(comes(home.spawn_future(sleep_often()))) << "a timer";
  signal.pass();
  EXPECT_TRUE(comes(signalled)) << "a wake-up from outside";
  pipe.write_byte();
  EXPECT_TRUE(comes(reader)) << "a descriptor";
  bound_reader_pipe->write_byte();
  EXPECT_TRUE(comes(bound_reader)) << "a descriptor of a bound task";
  caf::anon_send(actor, caf::tick_atom_v);
  EXPECT_TRUE(comes(asked.get_future())) << "a plain CAF actor";
  EXPECT_FALSE(over);
  over = true;
  // CAF's own handles must not outlive the system.
  actor = nullptr;
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

} // namespace

TEST(reactor_scheduler, a_task_that_yields_for_ever_leaves_everybody_a_turn) {
  expect_a_turn_for_everybody([](runtime& home, std::atomic<bool>& over) {
    for (int i = 0; i < 3; ++i)
      static_cast<void>(home.spawn(yield_until(over)));
  });
}

TEST(reactor_scheduler, bound_tasks_that_yield_for_ever_leave_everybody_a_turn) {
  expect_a_turn_for_everybody([](runtime& home, std::atomic<bool>& over) {
    for (int i = 0; i < 3; ++i)
      static_cast<void>(home.spawn(yield_until(over), bound()));
  });
}

TEST(reactor_scheduler, tasks_that_wake_each_other_for_ever_leave_everybody_a_turn) {
  // The newest job runs first, and here there always is a newest.
  const auto batons = std::make_unique<std::array<baton, 2>>();
  expect_a_turn_for_everybody([&](runtime& home, std::atomic<bool>& over) {
    auto& [one, two] = *batons;
    static_cast<void>(home.spawn(rally_until(one, two, over)));
    static_cast<void>(home.spawn(rally_until(two, one, over)));
    one.pass();
  });
}

TEST(reactor_scheduler, an_actor_that_always_has_messages_leaves_everybody_a_turn) {
  expect_a_turn_for_everybody([](runtime& home, std::atomic<bool>& over) { home.system().spawn(busy_actor, &over); });
}

TEST(reactor_scheduler, a_handler_that_is_always_ready_leaves_everybody_a_turn) {
  struct again {
    boost::asio::io_context* io;
    std::atomic<bool>* over;

    void operator()() const {
      if (!*over)
        boost::asio::post(*io, *this);
    }
  };

  expect_a_turn_for_everybody([](runtime& home, std::atomic<bool>& over) {
    auto& io = actors::detail::io_context_at(home.core(), 0);
    boost::asio::post(io, again{&io, &over});
  });
}

// -- spreading -------------------------------------------------------------------------------------------------------------------------

namespace {

std::uint64_t steals(runtime& home) {
  auto& scheduler = *home.core().reactor();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < scheduler.worker_count(); ++i)
    sum += scheduler.worker(i).steals();
  return sum;
}

} // namespace

TEST(reactor_scheduler, work_that_one_worker_was_given_is_done_by_all) {
  runtime home{runtime_options{}.workers(3).stall_threshold(1h)};
  std::set<std::size_t> seen;
  // The parent keeps its own worker until all children have run, again and again until every worker had a part in it.
  const auto seen_all = [&] { return seen.size() == 3 && steals(home) > 0; };
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!seen_all() && std::chrono::steady_clock::now() < deadline) {
    std::array<std::atomic<int>, 3> by_worker{};
    home.block_on([&]() -> task<> {
      std::atomic<int> left{60};
      for (int i = 0; i < 60; ++i)
        static_cast<void>(spawn([&]() -> task<> {
          if (const auto* worker = reactor_worker::current(); worker != nullptr)
            ++by_worker.at(worker->index());
          --left;
          co_return;
        }));
      while (left > 0)
        std::this_thread::yield();
      co_return;
    });
    for (std::size_t i = 0; i < 3; ++i)
      if (by_worker[i] > 0)
        seen.insert(i);
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_GT(steals(home), 0U);
}

TEST(reactor_scheduler, more_jobs_than_a_queue_holds_all_run_once) {
  runtime home{runtime_options{}.workers(2)};
  constexpr std::size_t many = std::size_t{20} * actors::internal::run_queue::capacity;
  std::vector<std::atomic<int>> runs(many);
  home.block_on([&]() -> task<> {
    for (std::size_t i = 0; i < many; ++i)
      static_cast<void>(spawn([&runs, i]() -> task<> {
        ++runs[i];
        co_await actors::yield();
        ++runs[i];
      }));
    // The children are joined, not cancelled: each has run to its end.
    for (std::size_t i = 0; i < many; ++i)
      while (runs[i] < 2)
        co_await actors::yield();
  });
  for (std::size_t i = 0; i < many; ++i)
    ASSERT_EQ(runs[i], 2) << "job " << i;
}

// -- staying ---------------------------------------------------------------------------------------------------------------------------

namespace {

/// True on a thread that drives another worker. On a busy machine the thread may just have lost its own worker because
/// it did not get on for too long.
bool is_elsewhere(const reactor_worker* home) {
  const auto* const here = reactor_worker::current();
  return here != nullptr && here != home;
}

/// Goes through every kind of wait; how often it woke up elsewhere.
task<int> stray(int steps, baton& to_others, baton& from_others) {
  const auto& context = co_await actors::detail::current_context{};
  const auto* const home = context.host().home();
  int strays = 0;
  for (int i = 0; i < steps; ++i) {
    switch (i % 6) {
    case 0:
      co_await actors::yield();
      break;
    case 1:
      co_await actors::sleep(1us);
      break;
    case 2:
      co_await actors::to_thread([] {});
      break;
    case 3: {
      const auto child = spawn([home]() -> task<int> {
        int result = is_elsewhere(home) ? 1 : 0;
        co_await actors::yield();
        result += is_elsewhere(home) ? 1 : 0;
        co_return result;
      });
      const int child_strays = co_await child;
      strays += child_strays;
      break;
    }
    case 4: {
      std::vector<task<int>> children;
      for (int n = 0; n < 3; ++n)
        children.push_back(
            [](const reactor_worker* expected) -> task<int> { co_return is_elsewhere(expected) ? 1 : 0; }(home));
      const auto results = co_await actors::gather(std::move(children));
      for (const int result : results)
        strays += result;
      break;
    }
    default:
      to_others.pass();
      co_await from_others;
    }
    if (is_elsewhere(home))
      ++strays;
  }
  // For the partner's last round.
  to_others.pass();
  co_return strays;
}

} // namespace

TEST(reactor_scheduler, a_bound_task_and_its_children_never_leave_their_worker) {
  std::atomic<bool> over{false};
  std::array<baton, 8> batons;
  runtime home{runtime_options{}.workers(3).stall_threshold(1h)};
  // An uneven load, so that there is something to steal.
  const auto load = home.spawn([&]() -> task<> {
    std::vector<task<>> children;
    for (int i = 0; i < 50; ++i)
      children.push_back(yield_until(over));
    co_await actors::gather(std::move(children));
  });
  std::vector<std::future<int>> ends;
  // Partners are on different workers.
  for (std::size_t i = 0; i < batons.size(); ++i)
    ends.push_back(home.spawn_future(stray(120, batons[i ^ 1], batons[i]), bound()));
  for (auto& end : ends) {
    ASSERT_TRUE(comes(end));
    EXPECT_EQ(end.get(), 0);
  }
  over = true;
}

namespace {

task<std::size_t> index_of_home() {
  const auto& context = co_await actors::detail::current_context{};
  co_return context.host().home()->index();
}

} // namespace

TEST(reactor_scheduler, tasks_from_outside_are_bound_to_the_workers_in_turn) {
  runtime home{runtime_options{}.workers(3)};
  std::multiset<std::size_t> seen;
  for (int i = 0; i < 6; ++i)
    seen.insert(home.spawn_future(index_of_home(), bound()).get());
  EXPECT_EQ(seen, (std::multiset<std::size_t>{0, 0, 1, 1, 2, 2}));
}
