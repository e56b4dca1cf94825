#include "../patience.hpp"

#include <actors/core/internal/blocking_pool.hpp>
#include <actors/core/internal/strand_queue.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::detail::strand_queue;
using actors::internal::blocking_pool;
using namespace core_test;
using testing::ElementsAre;
using testing::IsEmpty;

class job final : public actors::detail::blocking_job {
public:
  explicit job(std::function<void()> work, std::string name = "work")
      : work_(std::move(work)), name_(std::move(name)) {}

  void run() noexcept override { work_(); }

  [[nodiscard]] std::string name() const override { return name_; }

private:
  std::function<void()> work_;
  std::string name_;
};

std::shared_ptr<job> work(std::function<void()> body) {
  return std::make_shared<job>(std::move(body));
}

/// Keeps the thread that runs it until it is let go.
class obstacle {
public:
  [[nodiscard]] std::shared_ptr<job> in_the_way(std::string name = "obstacle") {
    return std::make_shared<job>(
        [this] {
          begun_.release();
          go_on_.acquire();
        },
        std::move(name));
  }

  [[nodiscard]] bool reached() { return begun_.try_acquire_for(patience); }

  void remove() { go_on_.release(); }

private:
  std::counting_semaphore<> begun_{0};
  std::counting_semaphore<> go_on_{0};
};

auto deadline() {
  return std::chrono::steady_clock::now() + patience;
}

bool takes_jobs(blocking_pool& pool) {
  return pool.submit(work([] {}));
}

} // namespace

TEST(strand_queue, runs_jobs_in_order_and_one_at_a_time_on_a_pool_of_several_threads) {
  constexpr int many = 500;
  // Neither atomic nor locked: that is what the strand is for.
  std::vector<int> order;
  bool occupied = false;
  std::atomic<int> met{0};
  std::atomic<int> ended{0};
  blocking_pool pool{4};
  const auto strand = std::make_shared<strand_queue>();
  for (int i = 0; i < many; ++i)
    ASSERT_TRUE(strand->submit(pool, work([&, i] {
                                 if (occupied)
                                   ++met;
                                 occupied = true;
                                 order.push_back(i);
                                 std::this_thread::yield();
                                 occupied = false;
                                 ++ended;
                               })));
  EXPECT_TRUE(becomes_true([&] { return ended == many; }));
  EXPECT_THAT(pool.stop(deadline()), IsEmpty());
  EXPECT_EQ(met, 0);
  ASSERT_EQ(order.size(), static_cast<std::size_t>(many));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(strand_queue, keeps_the_order_of_each_thread_that_hands_in_jobs) {
  constexpr int threads = 3;
  constexpr int each = 400;
  std::array<std::vector<int>, threads> orders;
  std::atomic<int> ended{0};
  blocking_pool pool{3};
  const auto strand = std::make_shared<strand_queue>();
  std::vector<std::thread> all;
  for (auto& mine : orders)
    all.emplace_back([&] {
      for (int i = 0; i < each; ++i)
        EXPECT_TRUE(strand->submit(pool, work([&, i] {
                                     mine.push_back(i);
                                     ++ended;
                                   })));
    });
  for (auto& thread : all)
    thread.join();
  EXPECT_TRUE(becomes_true([&] { return ended == threads * each; }));
  EXPECT_THAT(pool.stop(deadline()), IsEmpty());
  for (const auto& order : orders) {
    EXPECT_EQ(order.size(), static_cast<std::size_t>(each));
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(strand_queue, different_strands_run_at_the_same_time) {
  obstacle block;
  std::promise<void> other_ran;
  blocking_pool pool{2};
  const auto first = std::make_shared<strand_queue>();
  const auto second = std::make_shared<strand_queue>();
  ASSERT_TRUE(first->submit(pool, block.in_the_way()));
  ASSERT_TRUE(block.reached());
  ASSERT_TRUE(second->submit(pool, work([&] { other_ran.set_value(); })));
  EXPECT_TRUE(comes(other_ran.get_future()));
  block.remove();
  EXPECT_THAT(pool.stop(deadline()), IsEmpty());
}

TEST(strand_queue, with_a_long_queue_leaves_the_thread_to_other_jobs_in_between) {
  constexpr int many = 100;
  obstacle block;
  std::atomic<int> done{0};
  std::promise<int> by_then;
  std::promise<int> by_then_on_other_strand;
  blocking_pool pool{1};
  const auto strand = std::make_shared<strand_queue>();
  const auto other = std::make_shared<strand_queue>();
  ASSERT_TRUE(pool.submit(block.in_the_way()));
  ASSERT_TRUE(block.reached());
  for (int i = 0; i < many; ++i)
    ASSERT_TRUE(strand->submit(pool, work([&] { ++done; })));
  ASSERT_TRUE(pool.submit(work([&] { by_then.set_value(done); })));
  ASSERT_TRUE(other->submit(pool, work([&] { by_then_on_other_strand.set_value(done); })));
  block.remove();
  auto seen = by_then.get_future();
  auto seen_on_other_strand = by_then_on_other_strand.get_future();
  ASSERT_TRUE(comes(seen));
  ASSERT_TRUE(comes(seen_on_other_strand));
  EXPECT_LT(seen.get(), many / 2);
  EXPECT_LT(seen_on_other_strand.get(), many / 2);
  EXPECT_TRUE(becomes_true([&] { return done == many; }));
}

TEST(strand_queue, skips_a_job_that_was_withdrawn) {
  obstacle block;
  std::mutex mutex;
  std::vector<int> order;
  std::promise<void> end;
  blocking_pool pool{2};
  const auto strand = std::make_shared<strand_queue>();
  ASSERT_TRUE(strand->submit(pool, block.in_the_way()));
  ASSERT_TRUE(block.reached());
  const auto note = [&](int number) {
    return work([&, number] {
      const std::scoped_lock guard{mutex};
      order.push_back(number);
    });
  };
  const auto withdrawn = note(2);
  ASSERT_TRUE(strand->submit(pool, note(1)));
  ASSERT_TRUE(strand->submit(pool, withdrawn));
  ASSERT_TRUE(strand->submit(pool, note(3)));
  ASSERT_TRUE(strand->submit(pool, work([&] { end.set_value(); })));
  EXPECT_TRUE(withdrawn->withdraw());
  block.remove();
  EXPECT_TRUE(comes(end.get_future()));
  EXPECT_THAT(order, ElementsAre(1, 3));
}

TEST(strand_queue, goes_on_after_it_has_been_empty) {
  blocking_pool pool{2};
  const auto strand = std::make_shared<strand_queue>();
  for (int round = 0; round < 300; ++round) {
    std::promise<void> ran;
    ASSERT_TRUE(strand->submit(pool, work([&] { ran.set_value(); })));
    ASSERT_TRUE(comes(ran.get_future()));
  }
}

TEST(strand_queue, takes_no_job_for_a_pool_that_has_stopped) {
  blocking_pool pool{1};
  const auto strand = std::make_shared<strand_queue>();
  EXPECT_THAT(pool.stop(deadline()), IsEmpty());
  auto refused = work([] {});
  const std::weak_ptr<job> watched = refused;
  EXPECT_FALSE(strand->submit(pool, std::move(refused)));
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(strand->submit(pool, work([] {})));
  // The strand itself is as good as new.
  blocking_pool other{1};
  std::promise<void> ran;
  EXPECT_TRUE(strand->submit(other, work([&] { ran.set_value(); })));
  EXPECT_TRUE(comes(ran.get_future()));
}

TEST(strand_queue, finishes_what_it_has_begun_when_its_pool_stops) {
  // More than one turn: the pool takes the next one no more.
  constexpr int many = 60;
  obstacle block;
  std::atomic<int> done{0};
  blocking_pool pool{1};
  const auto strand = std::make_shared<strand_queue>();
  ASSERT_TRUE(strand->submit(pool, block.in_the_way()));
  ASSERT_TRUE(block.reached());
  for (int i = 0; i < many; ++i)
    ASSERT_TRUE(strand->submit(pool, work([&] { ++done; })));
  auto stop = std::async(std::launch::async, [&] { return pool.stop(deadline()); });
  EXPECT_TRUE(becomes_true([&] { return !takes_jobs(pool); }));
  block.remove();
  EXPECT_THAT(stop.get(), IsEmpty());
  EXPECT_EQ(done, many);
  EXPECT_FALSE(strand->submit(pool, work([] {})));
}

TEST(strand_queue, drops_its_jobs_with_its_turn_when_the_pool_stops_before_it) {
  obstacle block;
  std::atomic<bool> ran{false};
  blocking_pool pool{1};
  const auto strand = std::make_shared<strand_queue>();
  ASSERT_TRUE(pool.submit(block.in_the_way()));
  ASSERT_TRUE(block.reached());
  auto dropped = work([&] { ran = true; });
  const std::weak_ptr<job> watched = dropped;
  ASSERT_TRUE(strand->submit(pool, std::move(dropped)));
  auto stop = std::async(std::launch::async, [&] { return pool.stop(deadline()); });
  EXPECT_TRUE(becomes_true([&] { return !takes_jobs(pool); }));
  block.remove();
  EXPECT_THAT(stop.get(), IsEmpty());
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(ran);
  // It says so to those who come later, and works for a pool that works.
  EXPECT_FALSE(strand->submit(pool, work([] {})));
  blocking_pool other{1};
  std::promise<void> end;
  EXPECT_TRUE(strand->submit(other, work([&] { end.set_value(); })));
  EXPECT_TRUE(comes(end.get_future()));
}

TEST(strand_queue, a_job_that_does_not_end_is_named_by_its_pool) {
  obstacle block;
  blocking_pool pool{1};
  auto strand = std::make_shared<strand_queue>();
  ASSERT_TRUE(strand->submit(pool, block.in_the_way("blocking call of reader")));
  ASSERT_TRUE(block.reached());
  EXPECT_THAT(pool.stop(std::chrono::steady_clock::now()), ElementsAre("blocking call of reader"));
  // The thread that was left behind comes to its end before the pool does.
  const std::weak_ptr<strand_queue> watched = std::exchange(strand, nullptr);
  block.remove();
  EXPECT_TRUE(becomes_true([&] { return watched.expired(); }));
}
