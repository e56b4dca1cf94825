#include "../counted.hpp"

#include <actors/core/internal/action_queue.hpp>

#include <caf/action.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::duration;
using actors::time_point;
using actors::internal::action_queue;
using namespace core_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto all = std::numeric_limits<std::size_t>::max();
constexpr time_point start{duration{1'000'000}};

/// Makes actions that write down their name, and lets a queue run those that are due.
class log_of_actions {
public:
  [[nodiscard]] caf::action write(std::string name) {
    return caf::make_action([this, name = std::move(name)] { names_.push_back(name); });
  }

  /// What has run since the last time.
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(names_, {}); }

private:
  std::vector<std::string> names_;
};

} // namespace

TEST(action_queue, runs_actions_in_the_order_of_their_times_once_they_have_come) {
  action_queue queue;
  log_of_actions log;
  static_cast<void>(queue.add(start + 3s, log.write("third"), 0s));
  static_cast<void>(queue.add(start + 1s, log.write("first"), 0s));
  static_cast<void>(queue.add(start + 2s, log.write("second"), 0s));
  static_cast<void>(queue.add(start + 9s, log.write("much later"), 0s));
  EXPECT_EQ(queue.fire(start, all), 0U);
  EXPECT_EQ(queue.fire(start + 1s - 1ns, all), 0U);
  EXPECT_THAT(log.take(), IsEmpty());
  EXPECT_EQ(queue.fire(start + 1s, all), 1U);
  EXPECT_THAT(log.take(), ElementsAre("first"));
  EXPECT_EQ(queue.fire(start + 5s, all), 2U);
  EXPECT_THAT(log.take(), ElementsAre("second", "third"));
  EXPECT_EQ(queue.fire(start + 5s, all), 0U);
}

TEST(action_queue, says_whether_an_action_is_the_first_of_all) {
  action_queue queue;
  log_of_actions log;
  EXPECT_TRUE(queue.add(start + 5s, log.write("a"), 0s));
  EXPECT_FALSE(queue.add(start + 6s, log.write("b"), 0s));
  EXPECT_FALSE(queue.add(start + 5s, log.write("c"), 0s));
  EXPECT_TRUE(queue.add(start + 4s, log.write("d"), 0s));
}

TEST(action_queue, knows_when_the_first_action_is_due) {
  action_queue queue;
  log_of_actions log;
  EXPECT_EQ(queue.next_deadline(), time_point::max());
  static_cast<void>(queue.add(start + 5s, log.write("later"), 0s));
  EXPECT_EQ(queue.next_deadline(), start + 5s);
  static_cast<void>(queue.add(start + 7s, log.write("even later"), 0s));
  EXPECT_EQ(queue.next_deadline(), start + 5s);
  static_cast<void>(queue.add(start + 2s, log.write("soon"), 0s));
  EXPECT_EQ(queue.next_deadline(), start + 2s);
  queue.fire(start + 2s, all);
  EXPECT_EQ(queue.next_deadline(), start + 5s);
  queue.fire(start + 10s, all);
  EXPECT_EQ(queue.next_deadline(), time_point::max());
}

TEST(action_queue, runs_no_more_than_the_budget_and_the_rest_the_next_time) {
  action_queue queue;
  log_of_actions log;
  for (int i = 0; i < 5; ++i)
    static_cast<void>(queue.add(start + std::chrono::seconds(i), log.write(std::to_string(i)), 0s));
  EXPECT_EQ(queue.fire(start + 1min, 0), 0U);
  EXPECT_THAT(log.take(), IsEmpty());
  EXPECT_EQ(queue.fire(start + 1min, 2), 2U);
  EXPECT_THAT(log.take(), ElementsAre("0", "1"));
  EXPECT_EQ(queue.fire(start + 1min, 2), 2U);
  EXPECT_THAT(log.take(), ElementsAre("2", "3"));
  EXPECT_EQ(queue.fire(start + 1min, 2), 1U);
  EXPECT_THAT(log.take(), ElementsAre("4"));
}

TEST(action_queue, repeats_an_action_with_a_period_and_leaves_out_the_runs_that_it_has_missed) {
  action_queue queue;
  log_of_actions log;
  static_cast<void>(queue.add(start, log.write("tick"), 10s));
  EXPECT_EQ(queue.fire(start, all), 1U);
  EXPECT_EQ(queue.next_deadline(), start + 10s);
  EXPECT_EQ(queue.fire(start + 9s, all), 0U);
  EXPECT_EQ(queue.fire(start + 13s, all), 1U);
  // Late, but the rhythm stays.
  EXPECT_EQ(queue.next_deadline(), start + 20s);
  EXPECT_EQ(queue.fire(start + 57s, all), 1U);
  EXPECT_EQ(queue.next_deadline(), start + 60s);
  EXPECT_THAT(log.take(), ElementsAre("tick", "tick", "tick"));
}

TEST(action_queue, repeats_no_action_that_was_disposed_of_even_from_inside) {
  action_queue queue;
  log_of_actions log;
  auto outside = log.write("disposed of from outside");
  static_cast<void>(queue.add(start, outside, 1s));
  caf::action inside;
  inside = caf::make_action([&] { inside.dispose(); });
  static_cast<void>(queue.add(start, inside, 1s));
  queue.fire(start, all);
  EXPECT_EQ(queue.next_deadline(), start + 1s);
  outside.dispose();
  queue.fire(start + 1s, all);
  EXPECT_EQ(queue.next_deadline(), time_point::max());
  EXPECT_THAT(log.take(), ElementsAre("disposed of from outside"));
  inside = {};
}

TEST(action_queue, an_action_may_add_others_and_those_that_are_due_run_too) {
  action_queue queue;
  log_of_actions log;
  static_cast<void>(queue.add(start, caf::make_action([&] {
                                static_cast<void>(queue.add(start, log.write("due"), 0s));
                                static_cast<void>(queue.add(start + 1s, log.write("not due"), 0s));
                              }),
                              0s));
  EXPECT_EQ(queue.fire(start, all), 2U);
  EXPECT_THAT(log.take(), ElementsAre("due"));
  EXPECT_EQ(queue.next_deadline(), start + 1s);
}

TEST(action_queue, never_runs_an_action_that_was_disposed_of) {
  action_queue queue;
  log_of_actions log;
  auto dead = log.write("dead");
  static_cast<void>(queue.add(start, dead, 0s));
  static_cast<void>(queue.add(start, log.write("alive"), 0s));
  dead.dispose();
  queue.fire(start, all);
  EXPECT_THAT(log.take(), ElementsAre("alive"));
}

TEST(action_queue, does_not_pile_up_actions_that_were_disposed_of) {
  std::atomic<int> live{0}; // counts what the queue still holds when it is destroyed
  action_queue queue;
  std::vector<caf::action> kept;
  const auto add = [&] {
    auto result = caf::make_action([mark = counted{live}] { static_cast<void>(mark); });
    static_cast<void>(queue.add(start + 1h, result, 0s));
    return result;
  };
  for (int i = 0; i < 100; ++i)
    kept.push_back(add());
  // As request timeouts: each is set and, when the answer is there, disposed of long before its time.
  int most = 0;
  for (int i = 0; i < 20'000; ++i) {
    add().dispose();
    most = std::max(most, live.load());
  }
  EXPECT_LE(most, 2'000);
  EXPECT_GE(live, 100);
  kept.clear();
  EXPECT_EQ(queue.fire(start, all), 0U);
}

TEST(action_queue, knows_when_the_first_action_is_due_after_dead_ones_were_swept_away) {
  action_queue queue;
  log_of_actions log;
  std::vector<caf::action> dead;
  // The dead ones are due first, so the time of one of them was the next.
  for (int i = 0; i < 1'100; ++i) {
    dead.push_back(log.write("dead"));
    static_cast<void>(queue.add(start + 1s, dead.back(), 0s));
  }
  static_cast<void>(queue.add(start + 1h, log.write("alive"), 0s));
  for (auto& each : dead)
    each.dispose();
  std::size_t added = 0;
  // Whenever the queue looks: the time of a dead action may be named until then, or until it has come.
  while (queue.next_deadline() == start + 1s && added < 5'000) {
    static_cast<void>(queue.add(start + 2h, log.write("alive"), 0s));
    ++added;
  }
  EXPECT_EQ(queue.next_deadline(), start + 1h) << "after " << added << " more";
  EXPECT_EQ(queue.fire(start + 1s, all), 0U);
  EXPECT_EQ(queue.next_deadline(), start + 1h);
}

TEST(action_queue, clear_drops_all_actions_unrun) {
  action_queue queue;
  std::atomic<int> live{0};
  log_of_actions log;
  for (int i = 0; i < 10; ++i)
    static_cast<void>(queue.add(start + std::chrono::seconds(i),
                                caf::make_action([mark = counted{live}] { static_cast<void>(mark); }), 0s));
  EXPECT_EQ(live, 10);
  queue.clear();
  EXPECT_EQ(live, 0);
  EXPECT_EQ(queue.next_deadline(), time_point::max());
  EXPECT_EQ(queue.fire(start + 1min, all), 0U);
  EXPECT_TRUE(queue.add(start, log.write("new"), 0s));
  EXPECT_EQ(queue.fire(start, all), 1U);
  EXPECT_THAT(log.take(), ElementsAre("new"));
}

TEST(action_queue, runs_every_action_once_while_other_threads_add_and_dispose) {
  constexpr int threads = 3;
  constexpr int each = 3'000;
  action_queue queue;
  std::atomic<int> ran{0};
  std::atomic<int> ended{0};
  std::vector<std::thread> others;
  for (int t = 0; t < threads; ++t)
    others.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        static_cast<void>(
            queue.add(start + std::chrono::microseconds((i * 7 + t) % 100), caf::make_action([&ran] { ++ran; }), 0s));
        auto withdrawn = caf::make_action([&ran] { ran += 1'000'000; });
        static_cast<void>(queue.add(start + 1h, withdrawn, 0s));
        withdrawn.dispose();
      }
      ++ended;
    });
  while (ended < threads)
    queue.fire(start + 1s, 64);
  for (auto& other : others)
    other.join();
  queue.fire(start + 1s, all);
  EXPECT_EQ(ran, threads * each);
  queue.fire(start + 2h, all);
  EXPECT_EQ(ran, threads * each);
}
