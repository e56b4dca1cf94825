#include "../patience.hpp"
#include "../wake_recorder.hpp"

#include <actors/core/internal/timer_thread.hpp>
#include <actors/core/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::runtime;
using actors::runtime_options;
using actors::detail::timer;
using namespace core_test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Who was woken and when.
class wake_log {
public:
  struct entry {
    std::uint64_t id;
    steady_clock::time_point when;
  };

  void add(std::uint64_t id) {
    const auto now = steady_clock::now();
    const std::scoped_lock guard{mutex_};
    entries_.push_back({id, now});
  }

  [[nodiscard]] std::vector<entry> entries() const {
    const std::scoped_lock guard{mutex_};
    return entries_;
  }

  [[nodiscard]] bool comes_to(std::size_t count) const {
    return becomes_true([&] { return entries().size() >= count; });
  }

private:
  mutable std::mutex mutex_;
  std::vector<entry> entries_;
};

class timer_thread : public testing::Test {
protected:
  runtime home_{runtime_options{}.workers(1)};
  wake_log log_;
  alarmed_actor target_{home_, [this](std::uint64_t id) { log_.add(id); }};
};

} // namespace

TEST_F(timer_thread, wakes_when_the_time_has_come_and_not_before) {
  actors::internal::timer_thread queue;
  timer later;
  timer sooner;
  timer past;
  target_.aim(later, 3);
  target_.aim(sooner, 2);
  target_.aim(past, 1);
  const auto now = steady_clock::now();
  queue.add(later, now + 4ms);
  queue.add(past, now - 1h);
  queue.add(sooner, now + 2ms);
  EXPECT_TRUE(log_.comes_to(3));
  const auto woken = log_.entries();
  ASSERT_EQ(woken.size(), 3U);
  EXPECT_EQ(woken[0].id, 1U);
  EXPECT_EQ(woken[1].id, 2U);
  EXPECT_GE(woken[1].when, now + 2ms);
  EXPECT_EQ(woken[2].id, 3U);
  EXPECT_GE(woken[2].when, now + 4ms);
}

TEST_F(timer_thread, that_sleeps_until_a_late_timer_gets_up_for_an_earlier_one) {
  actors::internal::timer_thread queue;
  timer late;
  target_.aim(late, 1);
  queue.add(late, steady_clock::now() + 24h);
  // Each comes while the thread is on its way to sleep again, or asleep.
  for (std::size_t i = 1; i <= 200; ++i) {
    timer early;
    target_.aim(early, 2);
    queue.add(early, steady_clock::now() + std::chrono::microseconds(i % 50));
    ASSERT_TRUE(log_.comes_to(i));
  }
  EXPECT_EQ(queue.size(), 1U);
}

TEST_F(timer_thread, stop_does_not_wait_for_timers_and_may_be_repeated) {
  actors::internal::timer_thread queue;
  timer far;
  target_.aim(far, 1);
  queue.add(far, steady_clock::now() + 24h);
  queue.stop();
  queue.stop();
  EXPECT_TRUE(log_.entries().empty());
  EXPECT_EQ(queue.size(), 1U);
}

TEST_F(timer_thread, stop_waits_for_the_wake_up_that_is_under_way_and_none_follows) {
  std::binary_semaphore begun{0};
  std::atomic<bool> stopping{false};
  std::atomic<bool> stopped{false};
  std::atomic<bool> was_waited_for{false};
  std::atomic<int> wake_ups{0};
  const alarmed_actor slow{home_, [&](std::uint64_t) {
                             ++wake_ups;
                             begun.release();
                             // Goes on once the other has begun to stop, and gives it every chance to come back early.
                             bool early = !becomes_true([&] { return stopping.load(); });
                             for (int i = 0; i < 2'000; ++i) {
                               early = early || stopped;
                               std::this_thread::yield();
                             }
                             was_waited_for = !early;
                           }};
  actors::internal::timer_thread queue;
  timer due;
  timer too_late;
  slow.aim(due, 1);
  slow.aim(too_late, 2);
  queue.add(due, steady_clock::now());
  ASSERT_TRUE(begun.try_acquire_for(patience));
  stopping = true;
  queue.stop();
  stopped = true;
  EXPECT_TRUE(was_waited_for);
  queue.add(too_late, steady_clock::now() - 1s);
  for (int i = 0; i < 1'000; ++i)
    std::this_thread::yield();
  EXPECT_EQ(wake_ups, 1);
  EXPECT_EQ(queue.size(), 1U);
}
