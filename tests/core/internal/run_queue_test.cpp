#include <actors/core/internal/run_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using actors::internal::run_queue;

/// Jobs that are never looked into: the queue hands out addresses.
class fake_jobs {
public:
  explicit fake_jobs(std::size_t count) : places_(count) {}

  [[nodiscard]] caf::resumable* at(std::size_t number) {
    auto& where = places_[number];
    // Plain on purpose: what is written before a push is there for whoever gets the job.
    where.number = number;
    return reinterpret_cast<caf::resumable*>(&where);
  }

  /// The number of a job, as it was written before the job was pushed.
  [[nodiscard]] static std::size_t number_of(const caf::resumable* job) {
    return reinterpret_cast<const place*>(job)->number;
  }

private:
  struct alignas(std::max_align_t) place {
    std::size_t number = 0;
  };

  std::vector<place> places_;
};

/// Where a queue may begin to count, the last ones so that it soon comes to the largest number.
constexpr std::array<std::uint32_t, 4> beginnings{0, std::numeric_limits<std::uint32_t>::max(),
                                                  std::numeric_limits<std::uint32_t>::max() - 100,
                                                  std::numeric_limits<std::uint32_t>::max() - 1'000};

std::string text_of(std::uint32_t beginning) {
  return "counting from " + std::to_string(beginning);
}

} // namespace

TEST(run_queue, gives_its_owner_the_jobs_in_the_order_in_which_they_came) {
  fake_jobs jobs{2'000};
  for (const auto beginning : beginnings) {
    SCOPED_TRACE(text_of(beginning));
    run_queue queue{beginning};
    EXPECT_EQ(queue.pop(), nullptr);
    std::size_t pushed = 0;
    std::size_t popped = 0;
    while (popped < 2'000) {
      for (int i = 0; i < 7 && pushed < 2'000; ++i, ++pushed)
        ASSERT_TRUE(queue.push(jobs.at(pushed)));
      for (int i = 0; i < 6 && popped < pushed; ++i, ++popped) {
        const auto* job = queue.pop();
        ASSERT_NE(job, nullptr);
        ASSERT_EQ(fake_jobs::number_of(job), popped);
      }
      // One more comes than goes, until the queue is nearly full.
      if (queue.size() > 200) {
        for (; popped < pushed; ++popped)
          ASSERT_EQ(fake_jobs::number_of(queue.pop()), popped);
      }
    }
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_EQ(queue.size(), 0U);
  }
}

TEST(run_queue, takes_no_more_jobs_than_it_has_room_for_until_one_has_gone) {
  fake_jobs jobs{run_queue::capacity + 2};
  for (const auto beginning : beginnings) {
    SCOPED_TRACE(text_of(beginning));
    run_queue queue{beginning};
    for (std::size_t i = 0; i < run_queue::capacity; ++i) {
      EXPECT_EQ(queue.size(), i);
      ASSERT_TRUE(queue.push(jobs.at(i)));
    }
    EXPECT_FALSE(queue.push(jobs.at(run_queue::capacity)));
    EXPECT_EQ(queue.size(), run_queue::capacity);
    EXPECT_EQ(queue.pop(), jobs.at(0));
    EXPECT_TRUE(queue.push(jobs.at(run_queue::capacity)));
    EXPECT_FALSE(queue.push(jobs.at(run_queue::capacity + 1)));
    for (std::size_t i = 1; i <= run_queue::capacity; ++i)
      ASSERT_EQ(queue.pop(), jobs.at(i));
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

TEST(run_queue, a_thief_takes_the_older_half_in_order_and_the_last_job_too) {
  fake_jobs jobs{run_queue::capacity};
  for (const auto beginning : beginnings) {
    SCOPED_TRACE(text_of(beginning));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{255},
                                   std::size_t{run_queue::capacity}}) {
      run_queue queue{beginning};
      for (std::size_t i = 0; i < size; ++i)
        ASSERT_TRUE(queue.push(jobs.at(i)));
      run_queue::batch loot{};
      const std::size_t count = queue.steal(loot);
      EXPECT_EQ(count, (size + 1) / 2);
      for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(loot[i], jobs.at(i));
      EXPECT_EQ(queue.size(), size - count);
      for (std::size_t i = count; i < size; ++i)
        ASSERT_EQ(queue.pop(), jobs.at(i));
      EXPECT_EQ(queue.pop(), nullptr);
    }
  }
}

TEST(run_queue, hands_out_every_job_once_to_its_owner_or_to_one_of_several_thieves) {
  constexpr std::size_t many = 60'000;
  for (const auto beginning : {std::uint32_t{0}, std::numeric_limits<std::uint32_t>::max() - 30'000}) {
    SCOPED_TRACE(text_of(beginning));
    run_queue queue{beginning};
    fake_jobs jobs{many};
    const auto taken = std::make_unique<std::array<std::atomic<int>, many>>();
    std::atomic<bool> over{false};
    std::atomic<std::size_t> stolen{0};
    const auto take = [&](const caf::resumable* job) { ++(*taken)[fake_jobs::number_of(job)]; };
    std::vector<std::thread> thieves;
    for (int i = 0; i < 3; ++i)
      thieves.emplace_back([&] {
        run_queue::batch loot{};
        while (!over) {
          const auto count = queue.steal(loot);
          for (std::size_t n = 0; n < count; ++n)
            take(loot[n]);
          stolen += count;
          if (count == 0)
            std::this_thread::yield();
        }
      });
    // Now and then the queue is empty, and now and then full.
    for (std::size_t i = 0; i < many; ++i) {
      while (!queue.push(jobs.at(i))) {
        // Not before the thieves have come.
        if (stolen == 0)
          std::this_thread::yield();
        else if (const auto* job = queue.pop())
          take(job);
      }
      // For a while it takes what it has just queued, and the thieves want the same job.
      if (i % 2'048 < 1'500)
        while (const auto* job = queue.pop())
          take(job);
    }
    while (const auto* job = queue.pop())
      take(job);
    over = true;
    for (auto& thief : thieves)
      thief.join();
    for (std::size_t i = 0; i < many; ++i)
      ASSERT_EQ((*taken)[i], 1) << "job " << i;
    EXPECT_EQ(queue.size(), 0U);
  }
}
