#include "../patience.hpp"

#include <actors/core/internal/visitor_count.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::internal::visitor_count;
using namespace core_test;

} // namespace

TEST(visitor_count, nobody_is_waited_for_where_nobody_is_inside) {
  visitor_count count;
  count.wait_until_none();
  {
    const visitor_count::visit one{&count};
  }
  count.wait_until_none();
}

TEST(visitor_count, a_visit_of_nobody_counts_nowhere) {
  const visitor_count::visit nowhere{nullptr};
  visitor_count count;
  count.wait_until_none();
}

TEST(visitor_count, the_wait_ends_only_when_the_last_visit_has_ended) {
  visitor_count count;
  std::optional<visitor_count::visit> first;
  std::optional<visitor_count::visit> second;
  first.emplace(&count);
  second.emplace(&count);
  std::atomic<bool> waiting{false};
  std::atomic<bool> over{false};
  std::thread waiter{[&] {
    waiting = true;
    count.wait_until_none();
    over = true;
  }};
  const auto look = [&] {
    for (int i = 0; i < 1'000; ++i) {
      EXPECT_FALSE(over);
      std::this_thread::yield();
    }
  };
  EXPECT_TRUE(becomes_true([&] { return waiting.load(); }));
  look();
  first.reset();
  look();
  second.reset();
  waiter.join();
  EXPECT_TRUE(over);
}

TEST(visitor_count, what_visitors_have_done_is_there_for_the_one_who_has_waited) {
  // As in its use: the visitors write to an object that is destroyed after the wait.
  for (int round = 0; round < 40; ++round) {
    visitor_count count;
    auto object = std::make_unique<std::pair<int, int>>(0, 0);
    std::promise<void> first_inside;
    std::promise<void> second_inside;
    std::thread first{[&] {
      const visitor_count::visit inside{&count};
      first_inside.set_value();
      object->first = 1;
    }};
    std::thread second{[&] {
      const visitor_count::visit inside{&count};
      second_inside.set_value();
      object->second = 2;
    }};
    first_inside.get_future().wait();
    second_inside.get_future().wait();
    count.wait_until_none();
    EXPECT_EQ(*object, (std::pair{1, 2}));
    object.reset();
    first.join();
    second.join();
  }
}
