#include "../patience.hpp"

#include <actors/core/internal/blocking_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using actors::internal::blocking_pool;
using namespace core_test;
using namespace std::chrono_literals;

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

auto deadline() {
  return std::chrono::steady_clock::now() + patience;
}

} // namespace

TEST(blocking_pool, runs_no_more_jobs_at_once_than_it_may_and_all_in_the_end) {
  constexpr int many = 200;
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::atomic<int> ended{0};
  blocking_pool pool{3};
  for (int i = 0; i < many; ++i)
    ASSERT_TRUE(pool.submit(std::make_shared<job>([&] {
      const int here = ++now;
      for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
      }
      --now;
      ++ended;
    })));
  EXPECT_TRUE(becomes_true([&] { return ended == many; }));
  EXPECT_LE(most, 3);
  EXPECT_TRUE(becomes_true([&] { return pool.active() == 0; }));
}

TEST(blocking_pool, starts_a_thread_for_each_job_that_would_have_to_wait) {
  // All have to run at the same time to come to their end.
  std::counting_semaphore<> arrived{0};
  std::counting_semaphore<> go_on{0};
  blocking_pool pool{4};
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(pool.submit(std::make_shared<job>([&] {
      arrived.release();
      go_on.acquire();
    })));
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(arrived.try_acquire_for(patience));
  go_on.release(4);
  EXPECT_THAT(pool.stop(deadline()), testing::IsEmpty());
}

TEST(blocking_pool, a_withdrawn_job_never_runs_and_the_pool_still_says_that_it_is_quiet) {
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> go_on{0};
  std::atomic<int> quiet{0};
  std::atomic<bool> ran{false};
  blocking_pool pool{1, [&] { ++quiet; }};
  ASSERT_TRUE(pool.submit(std::make_shared<job>([&] {
    begun.release();
    go_on.acquire();
  })));
  ASSERT_TRUE(begun.try_acquire_for(patience));
  const auto second = std::make_shared<job>([&] { ran = true; });
  ASSERT_TRUE(pool.submit(second));
  EXPECT_TRUE(second->withdraw());
  EXPECT_FALSE(second->withdraw());
  go_on.release();
  EXPECT_TRUE(becomes_true([&] { return quiet == 1; }));
  EXPECT_EQ(pool.active(), 0U);
  EXPECT_FALSE(ran);
}

TEST(blocking_pool, drops_what_is_queued_when_it_stops_and_takes_no_more) {
  std::counting_semaphore<> begun{0};
  std::counting_semaphore<> go_on{0};
  blocking_pool pool{1};
  ASSERT_TRUE(pool.submit(std::make_shared<job>([&] {
    begun.release();
    go_on.acquire();
  })));
  ASSERT_TRUE(begun.try_acquire_for(patience));
  auto queued = std::make_shared<job>([] {});
  const std::weak_ptr<job> watched = queued;
  ASSERT_TRUE(pool.submit(std::move(queued)));
  go_on.release();
  EXPECT_THAT(pool.stop(deadline()), testing::IsEmpty());
  EXPECT_TRUE(watched.expired());
  EXPECT_FALSE(pool.submit(std::make_shared<job>([] {})));
  EXPECT_EQ(pool.active(), 0U);
}

namespace {

/// No thread can be started while one of these lives: its stack would not fit into any address space.
class no_more_threads {
public:
  no_more_threads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t impossible;
    ::pthread_attr_init(&impossible);
    ::pthread_attr_setstacksize(&impossible, std::size_t{1} << 47U);
    ::pthread_setattr_default_np(&impossible);
    ::pthread_attr_destroy(&impossible);
  }

  no_more_threads(const no_more_threads&) = delete;
  no_more_threads& operator=(const no_more_threads&) = delete;

  ~no_more_threads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

private:
  pthread_attr_t before_;
};

} // namespace

TEST(blocking_pool, without_a_thread_to_be_had_refuses_a_job_and_stops_in_good_order) {
  bool ran = false;
  blocking_pool pool{2};
  {
    const no_more_threads full;
    EXPECT_THROW(static_cast<void>(pool.submit(std::make_shared<job>([&] { ran = true; }))), std::system_error);
  }
  EXPECT_THAT(pool.stop(deadline()), testing::IsEmpty());
  EXPECT_FALSE(ran);
}

TEST(blocking_pool, with_too_few_threads_to_be_had_runs_all_jobs_on_those_that_are_there) {
  std::binary_semaphore go{0};
  std::atomic<int> ended{0};
  blocking_pool pool{3};
  ASSERT_TRUE(pool.submit(std::make_shared<job>([&] {
    go.acquire();
    ++ended;
  })));
  {
    const no_more_threads full;
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(pool.submit(std::make_shared<job>([&] { ++ended; })));
  }
  go.release();
  EXPECT_TRUE(becomes_true([&] { return ended == 4; }));
  EXPECT_THAT(pool.stop(deadline()), testing::IsEmpty());
}
