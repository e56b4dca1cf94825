// What tasks wait for each other with, one short function each. Runs in virtual time: the seconds cost nothing.

#include <actors/core/gather.hpp>
#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/sync/barrier.hpp>
#include <actors/sync/channel.hpp>
#include <actors/sync/condition.hpp>
#include <actors/sync/event.hpp>
#include <actors/sync/mutex.hpp>
#include <actors/sync/queue.hpp>
#include <actors/sync/semaphore.hpp>
#include <actors/sync/shared_mutex.hpp>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

//! [queue]
task<> work(sync::queue<int>& jobs) {
  try {
    for (;;) {
      const int job = co_await jobs.get();
      co_await sleep(1s);
      std::printf("queue: job %d is done\n", job);
      jobs.task_done();
    }
  } catch (const sync::queue_shut_down&) {
    std::printf("queue: no more jobs\n");
  }
}

task<> use_queue() {
  sync::queue<int> jobs{2}; // `put` waits while two are waiting to be done
  const auto worker = spawn(work(jobs));
  for (int job = 1; job <= 4; ++job)
    co_await jobs.put(job);
  co_await jobs.join();
  jobs.shutdown();
  co_await worker;
}

//! [queue]

//! [channel]
task<> count(sync::sender<int> out, int up_to) {
  for (int i = 1; i <= up_to; ++i)
    co_await out.send(i);
  // The sender goes, and that is the end of the channel.
}

task<> use_channel() {
  auto [out, in] = sync::make_channel<int>();
  const auto counting = spawn(count(std::move(out), 3));
  while (const auto value = co_await in.next())
    std::printf("channel: %d\n", *value);
  co_await counting;
}

//! [channel]

//! [mutex]
task<> withdraw(sync::mutex& lock, int& balance, int amount) {
  const auto guard = co_await lock.lock();
  if (balance < amount)
    co_return;
  co_await sleep(1s); // ask the bank; nobody else looks at the balance meanwhile
  balance -= amount;
}

task<> use_mutex() {
  sync::mutex lock;
  int balance = 100;
  co_await gather(withdraw(lock, balance, 70), withdraw(lock, balance, 70));
  std::printf("mutex: %d are left\n", balance);
}

//! [mutex]

//! [shared mutex]
task<> read_price(sync::shared_mutex& lock, const int& price) {
  const auto guard = co_await lock.lock_shared(); // together with other readers
  std::printf("shared_mutex: the price is %d\n", price);
}

task<> use_shared_mutex() {
  sync::shared_mutex lock;
  int price = 10;
  {
    const auto guard = co_await lock.lock(); // alone
    price = 12;
  }
  co_await gather(read_price(lock, price), read_price(lock, price));
}

//! [shared mutex]

//! [event]
task<> start_on(sync::event& signal) {
  co_await signal.wait();
  std::printf("event: off we go\n");
}

task<> use_event() {
  sync::event signal;
  const auto a = spawn(start_on(signal));
  const auto b = spawn(start_on(signal));
  co_await sleep(1s);
  signal.set();
  co_await a;
  co_await b;
}

//! [event]

//! [condition]
task<> wait_for_level(sync::mutex& lock, sync::condition& changed, const int& level) {
  auto guard = co_await lock.lock();
  co_await changed.wait(guard, [&level] { return level >= 2; });
  std::printf("condition: the level is %d\n", level);
}

task<> use_condition() {
  sync::mutex lock;
  sync::condition changed{lock};
  int level = 0;
  const auto waiting = spawn(wait_for_level(lock, changed, level));
  for (int i = 0; i < 2; ++i) {
    co_await sleep(1s);
    const auto guard = co_await lock.lock();
    ++level;
    changed.notify_all();
  }
  co_await waiting;
}

//! [condition]

//! [semaphore]
task<> fetch(sync::semaphore& limit) {
  const auto permit = co_await limit.scoped_acquire();
  co_await sleep(1s); // no more than two at a time
}

task<> use_semaphore() {
  sync::bounded_semaphore limit{2};
  std::vector<task<>> all;
  for (int i = 0; i < 6; ++i)
    all.push_back(fetch(limit));
  co_await with_timeout(3500ms, [&all](cancel_scope&) -> task<> { co_await gather(std::move(all)); });
  std::printf("semaphore: six in three seconds\n");
}

//! [semaphore]

//! [barrier]
task<> run_stages(sync::barrier& meeting) {
  for (int stage = 1; stage <= 2; ++stage) {
    const auto index = co_await meeting.wait();
    if (index == 0)
      std::printf("barrier: everybody begins stage %d\n", stage);
  }
}

task<> use_barrier() {
  sync::barrier meeting{3};
  co_await gather(run_stages(meeting), run_stages(meeting), run_stages(meeting));
}

//! [barrier]

task<> use_all() {
  co_await use_queue();
  co_await use_channel();
  co_await use_mutex();
  co_await use_shared_mutex();
  co_await use_event();
  co_await use_condition();
  co_await use_semaphore();
  co_await use_barrier();
}

} // namespace

int main() {
  run(use_all(), runtime_options{}.clock(clock_kind::virtual_time));
}
