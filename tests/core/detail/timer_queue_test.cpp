#include "../wake_recorder.hpp"

#include <actors/core/detail/timer_queue.hpp>
#include <actors/core/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using actors::duration;
using actors::runtime;
using actors::runtime_options;
using actors::time_point;
using actors::detail::timer;
using namespace core_test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto all = std::numeric_limits<std::size_t>::max();
constexpr time_point start{duration{1'000'000}};

/// Counts how often a timer became the first.
class queue_under_test final : public actors::detail::timer_queue {
public:
  [[nodiscard]] int earlier() const noexcept { return earlier_; }

private:
  void on_earlier_deadline() override { ++earlier_; }

  std::atomic<int> earlier_{0};
};

/// A queue, an actor, and what woke it, under one roof.
class timer_queue : public testing::Test {
protected:
  /// A timer in the queue, which wakes the actor under `id`.
  std::unique_ptr<timer> set(time_point when, std::uint64_t id) {
    auto result = std::make_unique<timer>();
    target_.aim(*result, id);
    queue_.add(*result, when);
    return result;
  }

  /// Who was woken since the last time.
  [[nodiscard]] std::vector<std::uint64_t> take_woken() { return std::exchange(woken_, {}); }

  runtime home_{runtime_options{}.workers(1)};
  std::vector<std::uint64_t> woken_;
  alarmed_actor target_{home_, [this](std::uint64_t id) { woken_.push_back(id); }};
  queue_under_test queue_;
};

std::uint64_t chosen_seed() {
  const char* given = std::getenv("ACTORS_TEST_SEED"); // NOLINT(concurrency-mt-unsafe): nobody sets variables
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

} // namespace

TEST_F(timer_queue, wakes_in_the_order_of_the_times_once_they_have_come) {
  const auto third = set(start + 3s, 3);
  const auto first = set(start + 1s, 1);
  const auto fourth = set(start + 4s, 4);
  const auto second = set(start + 2s, 2);
  EXPECT_EQ(queue_.fire(start + 1s - 1ns, all), 0U);
  EXPECT_THAT(take_woken(), IsEmpty());
  EXPECT_EQ(queue_.fire(start + 1s, all), 1U);
  EXPECT_THAT(take_woken(), ElementsAre(1));
  EXPECT_EQ(queue_.fire(start + 3s, all), 2U);
  EXPECT_THAT(take_woken(), ElementsAre(2, 3));
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(timer_queue, never_wakes_for_a_timer_that_was_disarmed_or_destroyed) {
  auto destroyed = set(start + 1s, 1);
  const auto disarmed = set(start + 2s, 2);
  const auto kept = set(start + 3s, 3);
  destroyed.reset();
  disarmed->disarm();
  disarmed->disarm();
  EXPECT_EQ(queue_.size(), 1U);
  EXPECT_EQ(queue_.fire(start + 1h, all), 1U);
  EXPECT_THAT(take_woken(), ElementsAre(3));
  // It has fired: nothing to take back.
  kept->disarm();
  EXPECT_EQ(queue_.size(), 0U);
}

TEST_F(timer_queue, a_timer_may_be_set_again_after_it_has_fired_or_was_disarmed) {
  const auto one = set(start + 1s, 1);
  queue_.fire(start + 1s, all);
  queue_.add(*one, start + 2s);
  one->disarm();
  queue_.add(*one, start + 3s);
  EXPECT_EQ(queue_.next_deadline(), start + 3s);
  EXPECT_EQ(queue_.fire(start + 3s, all), 1U);
  EXPECT_THAT(take_woken(), ElementsAre(1, 1));
}

TEST_F(timer_queue, knows_when_the_first_timer_is_due) {
  EXPECT_EQ(queue_.next_deadline(), time_point::max());
  const auto later = set(start + 5s, 5);
  EXPECT_EQ(queue_.next_deadline(), start + 5s);
  const auto latest = set(start + 7s, 7);
  EXPECT_EQ(queue_.next_deadline(), start + 5s);
  auto soon = set(start + 2s, 2);
  EXPECT_EQ(queue_.next_deadline(), start + 2s);
  soon.reset();
  EXPECT_EQ(queue_.next_deadline(), start + 5s);
  latest->disarm();
  EXPECT_EQ(queue_.next_deadline(), start + 5s);
  queue_.fire(start + 5s, all);
  EXPECT_EQ(queue_.next_deadline(), time_point::max());
  const auto never = set(time_point::max(), 9);
  EXPECT_EQ(queue_.next_deadline(), time_point::max());
  EXPECT_EQ(queue_.fire(start + 24h, all), 0U);
}

TEST_F(timer_queue, wakes_no_more_than_the_budget_and_the_rest_the_next_time) {
  std::vector<std::unique_ptr<timer>> timers;
  // More than go in one batch.
  for (std::uint64_t i = 0; i < 300; ++i)
    timers.push_back(set(start + std::chrono::milliseconds(i), i + 1));
  EXPECT_EQ(queue_.fire(start + 1h, 0), 0U);
  EXPECT_EQ(queue_.fire(start + 1h, 1), 1U);
  EXPECT_THAT(take_woken(), ElementsAre(1));
  EXPECT_EQ(queue_.fire(start + 1h, 99), 99U);
  EXPECT_EQ(take_woken().size(), 99U);
  EXPECT_EQ(queue_.next_deadline(), start + 100ms);
  EXPECT_EQ(queue_.fire(start + 150ms, all), 51U);
  EXPECT_EQ(take_woken().back(), 151U);
  EXPECT_EQ(queue_.fire(start + 1h, 1'000), 149U);
  const auto rest = take_woken();
  EXPECT_TRUE(std::is_sorted(rest.begin(), rest.end()));
  EXPECT_EQ(queue_.size(), 0U);
}

TEST_F(timer_queue, tells_its_owner_of_timers_that_are_due_before_all_others_and_of_nothing_else) {
  auto first = set(start + 5s, 1);
  EXPECT_EQ(queue_.earlier(), 1);
  const auto same = set(start + 5s, 2);
  const auto later = set(start + 6s, 3);
  EXPECT_EQ(queue_.earlier(), 1);
  const auto earlier = set(start + 4s, 4);
  EXPECT_EQ(queue_.earlier(), 2);
  earlier->disarm();
  first.reset();
  queue_.fire(start + 5s, all);
  EXPECT_EQ(queue_.earlier(), 2);
  const auto before = set(start + 5s + 500ms, 5);
  EXPECT_EQ(queue_.earlier(), 3);
  queue_.fire(start + 1h, all);
  const auto alone = set(start + 2h, 6);
  EXPECT_EQ(queue_.earlier(), 4);
}

TEST_F(timer_queue, does_at_random_what_an_ordered_map_does) {
  const auto seed = chosen_seed();
  SCOPED_TRACE("run again with ACTORS_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random{seed};
  const auto below = [&](std::uint64_t limit) { return random() % limit; };

  struct armed {
    std::unique_ptr<timer> entry;
    std::multimap<time_point, std::uint64_t>::iterator place;
  };

  std::multimap<time_point, std::uint64_t> model;
  std::map<std::uint64_t, armed> timers;
  std::map<std::uint64_t, time_point> times;
  std::uint64_t last_id = 0;
  int earlier = 0;
  auto now = start;
  for (int step = 0; step < 20'000; ++step) {
    // Grows for a while and shrinks for a while; few times, so that many are the same.
    const bool grows = step / 2'000 % 2 == 0;
    const auto what = below(100);
    if (what < (grows ? 60U : 20U)) {
      const auto when = now + std::chrono::milliseconds(below(50));
      if (model.empty() || when < model.begin()->first)
        ++earlier;
      const auto id = ++last_id;
      timers.emplace(id, armed{set(when, id), model.emplace(when, id)});
      times.emplace(id, when);
    } else if (what < 90) {
      if (timers.empty())
        continue;
      auto victim = timers.lower_bound(below(last_id + 1));
      if (victim == timers.end())
        victim = timers.begin();
      // By its destruction or before it.
      if (below(2) == 0)
        victim->second.entry->disarm();
      model.erase(victim->second.place);
      timers.erase(victim);
    } else {
      now += std::chrono::milliseconds(below(8));
      const auto budget = below(3) == 0 ? below(10) : std::uint64_t{100'000};
      const auto due = static_cast<std::uint64_t>(std::distance(model.begin(), model.upper_bound(now)));
      ASSERT_EQ(queue_.fire(now, budget), std::min(due, budget));
      const auto woken = take_woken();
      ASSERT_EQ(woken.size(), std::min(due, budget));
      for (const auto id : woken) {
        const auto found = timers.find(id);
        ASSERT_NE(found, timers.end()) << "woke for timer " << id << ", which is not set";
        // Of several that are due at the same time any may be first.
        ASSERT_EQ(times.at(id), model.begin()->first);
        model.erase(found->second.place);
        timers.erase(found);
      }
    }
    ASSERT_EQ(queue_.size(), model.size()) << "step " << step;
    ASSERT_EQ(queue_.next_deadline(), model.empty() ? time_point::max() : model.begin()->first) << "step " << step;
    ASSERT_EQ(queue_.earlier(), earlier) << "step " << step;
  }
}

TEST_F(timer_queue, timers_may_be_set_and_destroyed_on_other_threads_while_it_fires) {
  constexpr int threads = 2;
  constexpr int rounds = 4'000;
  std::atomic<int> ended{0};
  std::vector<std::thread> owners;
  for (int t = 0; t < threads; ++t)
    owners.emplace_back([&, t] {
      std::array<std::optional<timer>, 16> mine;
      for (int i = 0; i < rounds; ++i) {
        // Half of them are due and may fire in the moment in which they are destroyed.
        auto& place = mine[static_cast<std::size_t>(i) % mine.size()];
        place.emplace();
        target_.aim(*place, static_cast<std::uint64_t>(i % 2 + 1));
        queue_.add(*place, i % 2 == 0 ? start + std::chrono::microseconds(i * 7 % 50 + t) : start + 1h);
      }
      ++ended;
    });
  std::size_t fired = 0;
  while (ended < threads)
    fired += queue_.fire(start + 1s, 64);
  for (auto& owner : owners)
    owner.join();
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_EQ(queue_.next_deadline(), time_point::max());
  const auto woken = take_woken();
  EXPECT_EQ(woken.size(), fired);
  EXPECT_THAT(woken, testing::Each(1U));
}
