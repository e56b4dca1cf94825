#include "../core/patience.hpp"
#include "support.hpp"

#include <actors/core/runtime.hpp>
#include <actors/sync/channel.hpp>
#include <actors/sync/condition.hpp>
#include <actors/sync/error.hpp>
#include <actors/sync/mutex.hpp>
#include <actors/sync/queue.hpp>
#include <actors/sync/semaphore.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

/// Between tasks and plain threads.
namespace {

using actors::task;
using actors::sync::make_channel;
using actors::sync::queue;
using namespace sync_test;

} // namespace

TEST(sync_threads, a_thread_feeds_tasks_through_a_bounded_queue) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  constexpr int count = 2000;
  queue<int> q{4};
  std::atomic<long> sum{0};
  auto consume = [](queue<int>& from, std::atomic<long>& total) -> task<> {
    try {
      for (;;)
        total += co_await from.get();
    } catch (const actors::sync::queue_shut_down&) {
    }
  };
  const auto a = home.spawn(consume(q, sum));
  const auto b = home.spawn(consume(q, sum));
  std::thread producer{[&] {
    for (int i = 1; i <= count; ++i)
      EXPECT_TRUE(q.blocking_put(i));
    q.shutdown();
  }};
  producer.join();
  EXPECT_TRUE(home.stop(30s).empty());
  EXPECT_TRUE(a.done());
  EXPECT_TRUE(b.done());
  EXPECT_EQ(sum, static_cast<long>(count) * (count + 1) / 2);
}

TEST(sync_threads, a_thread_takes_what_tasks_put) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  queue<int> q{1};
  auto produce = [](queue<int>& to) -> task<> {
    for (int i = 0; i < 1000; ++i)
      co_await to.put(i);
  };
  const auto producing = home.spawn(produce(q));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(q.blocking_get(), i);
  EXPECT_TRUE(home.stop(30s).empty());
}

TEST(sync_threads, blocking_operations_end_with_their_limit) {
  queue<int> q{1};
  EXPECT_FALSE(q.blocking_get(1ms));
  EXPECT_FALSE(q.blocking_get(0ms));
  EXPECT_FALSE(q.blocking_get(-1s));
  EXPECT_FALSE(q.blocking_get(actors::duration::min()));
  EXPECT_TRUE(q.blocking_put(1, 0ms));
  EXPECT_FALSE(q.blocking_put(2, 1ms));
  EXPECT_EQ(q.waiting_getters() + q.waiting_putters(), 0U);
  EXPECT_EQ(q.blocking_get(actors::forever), 1);
  auto [tx, rx] = make_channel<int>(0);
  EXPECT_FALSE(tx.blocking_send(1, 1ms));
  EXPECT_FALSE(rx.blocking_receive(1ms));
  EXPECT_EQ(tx.statistics().waiting_senders + tx.statistics().waiting_receivers, 0U);
}

TEST(sync_threads, blocking_operations_inside_a_task_are_misuse) {
  on_every_runtime([]() -> task<> {
    queue<int> q;
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(q.blocking_get()); })));
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(q.blocking_put(1)); })));
    auto pair = make_channel<int>(1);
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(pair.first.blocking_send(1)); })));
    EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(pair.second.blocking_receive()); })));
    co_return;
  });
}

TEST(sync_threads, blocked_threads_hear_of_shutdown_close_and_destruction) {
  auto q = std::make_unique<queue<int>>();
  std::thread shut{
      [&] { EXPECT_TRUE(is_a<actors::sync::queue_shut_down>(thrown_by([&] { std::ignore = q->blocking_get(); }))); }};
  while (q->waiting_getters() == 0)
    std::this_thread::yield();
  q->shutdown();
  shut.join();

  q = std::make_unique<queue<int>>();
  auto* const seen = q.get();
  std::thread destroyed{
      [seen] { EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { std::ignore = seen->blocking_get(); }))); }};
  while (q->waiting_getters() == 0)
    std::this_thread::yield();
  q.reset();
  destroyed.join();

  auto pair = make_channel<int>(0);
  std::thread broken{[tx = std::move(pair.first)]() mutable {
    EXPECT_TRUE(is_a<actors::sync::broken_channel>(thrown_by([&] { std::ignore = tx.blocking_send(1); })));
  }};
  while (pair.second.statistics().waiting_senders == 0)
    std::this_thread::yield();
  pair.second.close();
  broken.join();
}

TEST(sync_threads, a_thread_and_a_task_talk_through_channels) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  auto requests = make_channel<int>(0);
  auto answers = make_channel<int>(0);
  auto square = [](actors::sync::receiver<int> in, actors::sync::sender<int> out) -> task<> {
    while (const auto value = co_await in.next())
      co_await out.send(*value * *value);
  };
  const auto serving = home.spawn(square(std::move(requests.second), std::move(answers.first)));
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(requests.first.blocking_send(i, core_test::patience));
    EXPECT_EQ(answers.second.blocking_receive(core_test::patience), i * i);
  }
  requests.first.close();
  EXPECT_TRUE(is_a<actors::sync::end_of_channel>(
      thrown_by([&] { std::ignore = answers.second.blocking_receive(core_test::patience); })));
}

TEST(sync_threads, a_thread_releases_permits_and_holds_a_mutex) {
  actors::runtime home{actors::runtime_options{}.workers(2)};
  actors::sync::semaphore s{0};
  actors::sync::mutex m;
  actors::sync::condition c{m};
  bool ready = false;
  auto wait = [](actors::sync::semaphore& permits, actors::sync::mutex& lock, actors::sync::condition& changed,
                 const bool& flag) -> task<> {
    co_await permits.acquire();
    auto guard = co_await lock.lock();
    co_await changed.wait(guard, [&flag] { return flag; });
  };
  const auto waiting = home.spawn(wait(s, m, c, ready));
  s.release();
  while (c.waiting() == 0)
    std::this_thread::yield();
  {
    const auto guard = home.block_on(m.lock());
    ready = true;
    c.notify_all();
  }
  EXPECT_TRUE(home.stop(30s).empty());
  EXPECT_TRUE(waiting.done());
  EXPECT_TRUE(waiting.result().has_value());
}

TEST(sync_threads, objects_are_shared_by_tasks_of_different_runtimes) {
  actors::runtime one{actors::runtime_options{}.workers(1)};
  actors::runtime two{actors::runtime_options{}.workers(1)};
  queue<int> there{1};
  queue<int> back{1};
  auto echo = [](queue<int>& in, queue<int>& out) -> task<> {
    for (int i = 0; i < 300; ++i)
      co_await out.put(co_await in.get());
  };
  auto ask = [](queue<int>& out, queue<int>& in) -> task<int> {
    int sum = 0;
    for (int i = 0; i < 300; ++i) {
      co_await out.put(i);
      sum += co_await in.get();
    }
    co_return sum;
  };
  const auto echoing = one.spawn(echo(there, back));
  EXPECT_EQ(two.block_on(ask(there, back)), 300 * 299 / 2);
}

TEST(sync_threads, a_runtime_may_end_while_threads_wake_its_tasks) {
  for (int round = 0; round < 10; ++round) {
    queue<int> q{4};
    std::atomic<bool> stop{false};
    std::thread producer{[&] {
      while (!stop) {
        if (!q.try_put(1))
          std::this_thread::yield();
      }
    }};
    {
      actors::runtime home{actors::runtime_options{}.workers(2)};
      auto consume = [](queue<int>& from) -> task<> {
        for (;;)
          static_cast<void>(co_await from.get());
      };
      for (int i = 0; i < 4; ++i)
        static_cast<void>(home.spawn(consume(q)));
      static_cast<void>(home.stop(10s));
    }
    stop = true;
    producer.join();
    q.shutdown(actors::sync::shutdown_mode::immediate);
  }
}
