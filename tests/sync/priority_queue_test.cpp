#include "support.hpp"

#include <actors/sync/lifo_queue.hpp>
#include <actors/sync/priority_queue.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::lifo_queue;
using actors::sync::priority_queue;
using namespace sync_test;

using job = std::pair<int, std::string>;

struct by_urgency {
  bool operator()(const job& a, const job& b) const { return a.first < b.first; }
};

} // namespace

TEST(priority_queue, gives_the_smallest_first) {
  on_every_runtime([]() -> task<> {
    priority_queue<int> q;
    for (const int item : {1, 3, 2, 5, 4})
      co_await q.put(item);
    std::vector<int> items;
    while (!q.empty())
      items.push_back(co_await q.get());
    EXPECT_EQ(items, (std::vector{1, 2, 3, 4, 5}));
  });
}

TEST(priority_queue, gives_what_the_comparison_puts_first) {
  priority_queue<int, std::greater<>> q;
  for (const int item : {1, 3, 2})
    EXPECT_TRUE(q.try_put(item));
  EXPECT_EQ(q.try_get(), 3);
  EXPECT_EQ(q.try_get(), 2);
  EXPECT_EQ(q.try_get(), 1);
}

TEST(priority_queue, gives_equals_in_the_order_in_which_they_were_put) {
  priority_queue<job, by_urgency> q;
  for (const auto* name : {"a", "b", "c", "d", "e"})
    EXPECT_TRUE(q.try_put(job{1, name}));
  EXPECT_TRUE(q.try_put(job{0, "first"}));
  std::string order;
  while (const auto item = q.try_get())
    order += item->second;
  EXPECT_EQ(order, "firstabcde");
}

TEST(priority_queue, waiting_getters_get_the_best_of_what_came_in_their_order) {
  on_every_runtime([]() -> task<> {
    priority_queue<int> q;
    std::vector<task_handle<int>> getting;
    for (std::size_t i = 0; i < 3; ++i) {
      getting.push_back(spawn(q.get()));
      co_await until([&] { return q.waiting_getters() == i + 1; });
    }
    std::vector<int> got;
    for (const int item : {3, 1, 2})
      EXPECT_TRUE(q.try_put(item));
    for (const auto& each : getting)
      got.push_back(co_await each);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, (std::vector{1, 2, 3}));
  });
}

TEST(priority_queue, a_putter_that_waits_is_taken_into_the_order) {
  on_every_runtime([]() -> task<> {
    priority_queue<int> q{2};
    co_await q.put(5);
    co_await q.put(6);
    const auto putting = spawn(q.put(1));
    co_await until([&] { return q.waiting_putters() == 1; });
    EXPECT_EQ(q.try_get(), 5);
    co_await putting;
    EXPECT_EQ(q.try_get(), 1);
    EXPECT_EQ(q.try_get(), 6);
  });
}

TEST(priority_queue, a_cancelled_putter_takes_its_item_back) {
  on_every_runtime([]() -> task<> {
    priority_queue<int> q{3};
    for (const int item : {7, 5, 6})
      co_await q.put(item);
    const auto putting = spawn(q.put(1));
    co_await until([&] { return q.waiting_putters() == 1; });
    putting.cancel();
    EXPECT_EQ(q.try_get(), 5);
    const bool gave_up = co_await is_cancelled(putting);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(q.try_get(), 6);
    EXPECT_EQ(q.try_get(), 7);
    EXPECT_FALSE(q.try_get());
  });
}

TEST(priority_queue, a_comparison_that_fails_is_the_error_of_the_putter) {
  struct picky {
    bool operator()(int a, int b) const {
      if (a < 0 || b < 0)
        throw std::invalid_argument("negative");
      return a < b;
    }
  };

  on_every_runtime([]() -> task<> {
    priority_queue<int, picky> q{2};
    co_await q.put(1);
    const auto at_once = co_await error_of(q.put(-1));
    EXPECT_TRUE(is_a<std::invalid_argument>(at_once));
    EXPECT_EQ(q.size(), 1U);
    co_await q.put(2);
    const auto putting = spawn(q.put(-1));
    co_await until([&] { return q.waiting_putters() == 1; });
    const int item = co_await q.get();
    EXPECT_EQ(item, 1);
    const auto later = co_await error_of(putting);
    EXPECT_TRUE(is_a<std::invalid_argument>(later));
    EXPECT_EQ(q.size(), 1U);
    EXPECT_EQ(q.unfinished(), 2U);
  });
}

TEST(lifo_queue, gives_the_youngest_first) {
  on_every_runtime([]() -> task<> {
    lifo_queue<int> q{3};
    for (const int item : {1, 2, 3})
      co_await q.put(item);
    const auto putting = spawn(q.put(4));
    co_await until([&] { return q.waiting_putters() == 1; });
    std::vector<int> items;
    for (int i = 0; i < 4; ++i)
      items.push_back(co_await q.get());
    EXPECT_EQ(items, (std::vector{3, 4, 2, 1}));
    co_await putting;
  });
}

TEST(lifo_queue, what_a_cancelled_getter_leaves_keeps_its_order) {
  on_every_runtime([]() -> task<> {
    lifo_queue<int> q;
    const auto getting = spawn(q.get());
    co_await until([&] { return q.waiting_getters() == 1; });
    getting.cancel();
    for (const int item : {1, 2, 3})
      EXPECT_TRUE(q.try_put(item));
    const bool gave_up = co_await is_cancelled(getting);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(q.try_get(), 3);
    EXPECT_EQ(q.try_get(), 2);
    EXPECT_EQ(q.try_get(), 1);
  });
}
