#include "../patience.hpp"

#include <actors/core/detail/spin_mutex.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using actors::detail::spin_mutex;
using namespace core_test;

} // namespace

TEST(spin_mutex, lets_one_thread_in_at_a_time) {
  constexpr int threads = 4;
  constexpr int rounds = 20'000;
  spin_mutex mutex;
  // Neither atomic: that is what the lock is for.
  long sum = 0;
  bool occupied = false;
  std::atomic<int> met{0};
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const std::scoped_lock guard{mutex};
        if (occupied)
          ++met;
        occupied = true;
        ++sum;
        // Now and then somebody is preempted inside.
        if (round % 1'000 == 0)
          std::this_thread::yield();
        occupied = false;
      }
    });
  for (auto& thread : all)
    thread.join();
  EXPECT_EQ(met, 0);
  EXPECT_EQ(sum, threads * rounds);
}

TEST(spin_mutex, a_thread_that_has_waited_for_long_gets_in_once_the_holder_has_left) {
  spin_mutex mutex;
  std::atomic<bool> trying{false};
  std::atomic<bool> inside{false};
  mutex.lock();
  std::thread other{[&] {
    trying = true;
    const std::scoped_lock guard{mutex};
    inside = true;
  }};
  EXPECT_TRUE(becomes_true([&] { return trying.load(); }));
  for (int i = 0; i < 2'000; ++i) {
    EXPECT_FALSE(inside);
    std::this_thread::yield();
  }
  mutex.unlock();
  other.join();
  EXPECT_TRUE(inside);
}
