#include "support.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/sync/barrier.hpp>
#include <actors/sync/channel.hpp>
#include <actors/sync/condition.hpp>
#include <actors/sync/error.hpp>
#include <actors/sync/mutex.hpp>
#include <actors/sync/queue.hpp>
#include <actors/sync/semaphore.hpp>
#include <actors/sync/shared_mutex.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// Many tasks on many workers that are cancelled, killed and timed out at random: nothing is lost, nothing is owned
/// twice, nobody waits for ever.
namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace actors::sync;
using namespace sync_test;

template <class F>
void with_workers(F body) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const std::size_t workers : {1, 3})
    actors::run(body(seed), actors::runtime_options{}.workers(workers));
}

// Cancels or kills some of the tasks, at some time.
task<> disturb(const std::vector<task_handle<>>& victims, std::mt19937& random) {
  for (const auto& each : victims) {
    const auto fate = random() % 8;
    if (fate == 0)
      each.cancel();
    else if (fate == 1)
      kill(each);
    if (random() % 4 == 0)
      co_await actors::yield();
  }
  for (const auto& each : victims)
    static_cast<void>(co_await error_of(each));
}

} // namespace

TEST(sync_stress, a_mutex_has_one_owner_at_a_time) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    mutex m;
    std::atomic<int> inside{0};
    struct owner {
      std::atomic<int>& count;
      explicit owner(std::atomic<int>& live) : count(live) { EXPECT_EQ(++count, 1); }
      owner(const owner&) = delete;
      owner& operator=(const owner&) = delete;
      ~owner() { --count; }
    };
    auto work = [](mutex& lock, std::atomic<int>& live, unsigned n) -> task<> {
      for (unsigned i = 0; i < n % 20 + 1; ++i) {
        const auto guard = co_await lock.lock();
        const owner mark{live};
        if (i % 3 == 0)
          co_await actors::yield();
      }
    };
    for (int round = 0; round < 20; ++round) {
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 30; ++i)
        tasks.push_back(spawn(work(m, inside, random())));
      co_await disturb(tasks, random);
      EXPECT_FALSE(m.locked());
    }
  });
}

TEST(sync_stress, a_shared_mutex_keeps_readers_and_writers_apart) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    shared_mutex m;
    std::atomic<int> state{0}; // readers, or -1
    struct mark {
      std::atomic<int>& count;
      int change;
      mark(std::atomic<int>& live, int by) : count(live), change(by) {
        const int now = count += change;
        EXPECT_TRUE(change < 0 ? now == -1 : now > 0) << now;
      }
      mark(const mark&) = delete;
      mark& operator=(const mark&) = delete;
      ~mark() { count -= change; }
    };
    auto work = [](shared_mutex& lock, std::atomic<int>& live, unsigned n) -> task<> {
      for (unsigned i = 0; i < n % 10 + 1; ++i) {
        if ((n + i) % 4 == 0) {
          const auto guard = co_await lock.lock();
          const mark writing{live, -1};
          co_await actors::yield();
        } else {
          const auto guard = co_await lock.lock_shared();
          const mark reading{live, 1};
          co_await actors::yield();
        }
      }
    };
    for (int round = 0; round < 20; ++round) {
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 30; ++i)
        tasks.push_back(spawn(work(m, state, random())));
      co_await disturb(tasks, random);
      EXPECT_FALSE(m.locked());
      EXPECT_EQ(m.readers(), 0U);
    }
  });
}

TEST(sync_stress, a_semaphore_loses_no_permit) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    bounded_semaphore s{3};
    auto work = [](semaphore& limit, unsigned n) -> task<> {
      for (unsigned i = 0; i < n % 10 + 1; ++i) {
        const auto permit = co_await limit.scoped_acquire();
        co_await actors::yield();
      }
    };
    for (int round = 0; round < 30; ++round) {
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 30; ++i)
        tasks.push_back(spawn(work(s, random())));
      co_await disturb(tasks, random);
      EXPECT_EQ(s.value(), 3);
      EXPECT_EQ(s.waiting(), 0U);
    }
  });
}

TEST(sync_stress, a_queue_gives_every_item_once_however_its_users_end) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    // Killed tasks may take an item along; cancelled ones may not.
    for (int round = 0; round < 20; ++round) {
      queue<int> q{1 + random() % 4};
      std::atomic<long> put{0};
      std::atomic<long> got{0};
      auto produce = [](queue<int>& to, std::atomic<long>& sum, int name) -> task<> {
        for (int i = 0; i < 20; ++i) {
          co_await to.put(name * 100 + i);
          sum += name * 100 + i;
        }
      };
      auto consume = [](queue<int>& from, std::atomic<long>& sum) -> task<> {
        try {
          for (int i = 0;; ++i) {
            if (i % 5 == 0) {
              sum += co_await actors::with_timeout(20us, from.get());
            } else {
              sum += co_await from.get();
            }
          }
        } catch (const queue_shut_down&) {
        } catch (const actors::timeout_error&) {
        }
      };
      std::vector<task_handle<>> producers;
      std::vector<task_handle<>> consumers;
      for (int i = 0; i < 8; ++i) {
        producers.push_back(spawn(produce(q, put, i + 1)));
        consumers.push_back(spawn(consume(q, got)));
      }
      for (const auto& each : producers)
        if (random() % 4 == 0)
          each.cancel();
      for (const auto& each : consumers)
        if (random() % 4 == 0)
          each.cancel();
      // Whatever became of the others, this one sees to it that the producers come to their end.
      consumers.push_back(spawn([](queue<int>& from, std::atomic<long>& sum) -> task<> {
        try {
          for (;;)
            sum += co_await from.get();
        } catch (const queue_shut_down&) {
        }
      }(q, got)));
      for (const auto& each : producers)
        static_cast<void>(co_await error_of(each));
      q.shutdown();
      for (const auto& each : consumers)
        static_cast<void>(co_await error_of(each));
      EXPECT_EQ(put, got);
      EXPECT_TRUE(q.empty());
    }
  });
}

TEST(sync_stress, killed_users_of_a_queue_leave_it_working) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    for (int round = 0; round < 30; ++round) {
      queue<int> q{2};
      auto produce = [](queue<int>& to) -> task<> {
        for (;;)
          co_await to.put(1);
      };
      auto consume = [](queue<int>& from) -> task<> {
        for (;;)
          static_cast<void>(co_await from.get());
      };
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 6; ++i) {
        tasks.push_back(spawn(produce(q)));
        tasks.push_back(spawn(consume(q)));
      }
      for (int i = 0; i < 20; ++i)
        co_await actors::yield();
      for (const auto& each : tasks) {
        if (random() % 2 == 0)
          kill(each);
        else
          each.cancel();
      }
      for (const auto& each : tasks)
        static_cast<void>(co_await error_of(each));
      EXPECT_EQ(q.waiting_getters() + q.waiting_putters(), 0U);
      EXPECT_LE(q.size(), 2U);
      while (q.try_get()) {
      }
      EXPECT_TRUE(q.try_put(1));
      EXPECT_TRUE(q.try_put(2));
      EXPECT_FALSE(q.try_put(3));
      EXPECT_EQ(q.try_get(), 1);
    }
  });
}

TEST(sync_stress, a_channel_gives_every_value_once_however_its_users_end) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    for (int round = 0; round < 20; ++round) {
      std::atomic<long> sent{0};
      std::atomic<long> received{0};
      std::vector<task_handle<>> senders;
      std::vector<task_handle<>> receivers;
      {
        auto [tx, rx] = make_channel<int>(random() % 3);
        auto produce = [](sender<int> to, std::atomic<long>& sum, int name) -> task<> {
          for (int i = 0; i < 20; ++i) {
            co_await to.send(name * 100 + i);
            sum += name * 100 + i;
          }
        };
        auto consume = [](receiver<int> from, std::atomic<long>& sum) -> task<> {
          while (const auto value = co_await from.next())
            sum += *value;
        };
        for (int i = 0; i < 8; ++i) {
          senders.push_back(spawn(produce(tx.clone(), sent, i + 1)));
          receivers.push_back(spawn(consume(rx.clone(), received)));
        }
        receivers.push_back(spawn(consume(rx.clone(), received)));
      }
      for (std::size_t i = 0; i < 8; ++i) {
        if (random() % 4 == 0)
          senders[i].cancel();
        if (random() % 4 == 0)
          receivers[i].cancel();
        co_await actors::yield();
      }
      for (const auto& each : senders)
        static_cast<void>(co_await error_of(each));
      for (const auto& each : receivers)
        static_cast<void>(co_await error_of(each));
      EXPECT_EQ(sent, received);
    }
  });
}

TEST(sync_stress, conditions_lose_no_notification) {
  with_workers([](unsigned seed) -> task<> {
    std::mt19937 random{seed};
    mutex m;
    condition c{m};
    int tokens = 0;
    auto take = [](mutex& lock, condition& changed, int& count) -> task<> {
      auto guard = co_await lock.lock();
      co_await changed.wait(guard, [&count] { return count > 0; });
      --count;
    };
    for (int round = 0; round < 30; ++round) {
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 20; ++i)
        tasks.push_back(spawn(take(m, c, tokens)));
      for (int i = 0; i < 20; ++i) {
        const auto fate = random() % 6;
        const auto& victim = tasks[random() % tasks.size()];
        if (fate == 0)
          victim.cancel();
        else if (fate == 1)
          kill(victim);
        const auto guard = co_await m.lock();
        ++tokens;
        c.notify_one();
      }
      for (const auto& each : tasks)
        static_cast<void>(co_await error_of(each));
      EXPECT_FALSE(m.locked());
      EXPECT_EQ(c.waiting(), 0U);
      tokens = 0;
    }
  });
}

TEST(sync_stress, barriers_let_whole_rounds_through) {
  with_workers([](unsigned) -> task<> {
    barrier b{4};
    std::vector<task_handle<>> tasks;
    auto party = [](barrier& meeting) -> task<> {
      for (int i = 0; i < 200; ++i)
        static_cast<void>(co_await meeting.wait());
    };
    for (int i = 0; i < 4; ++i)
      tasks.push_back(spawn(party(b)));
    for (const auto& each : tasks)
      co_await each;
    EXPECT_EQ(b.n_waiting(), 0U);
  });
}
