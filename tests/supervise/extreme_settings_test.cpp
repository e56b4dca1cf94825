#include "flock.hpp"

#include <actors/core/timeout.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>

/// Times and numbers at and beyond their ends: refused with an error that names them, or served; never a hang.
namespace {

using namespace supervise_test;

constexpr auto nearly_forever = actors::forever - actors::duration{1};
constexpr auto always_negative = actors::duration::min();
constexpr auto most = std::numeric_limits<std::size_t>::max();

task<void> end_soon(journal_ptr notes) {
  notes->add("+");
  co_await sleep(1ms);
  throw std::runtime_error("again");
}

} // namespace

TEST(extreme_settings, zero_and_negative_times_are_refused_with_their_name) {
  const auto notes = std::make_shared<journal>();
  for (const auto bad : {actors::duration::zero(), actors::duration{-1}, always_negative}) {
    EXPECT_THROW(worker(notes, "a").stop_within(bad), std::invalid_argument);
    EXPECT_THROW(worker(notes, "a").start_within(bad), std::invalid_argument);
    EXPECT_THROW(worker(notes, "a").backoff({}, bad), std::invalid_argument);
    EXPECT_THROW(quiet("s").backoff({}, bad), std::invalid_argument);
    EXPECT_THROW(quiet("s").intensity(1, bad), std::invalid_argument);
    EXPECT_THROW(quiet("s").intensity(most, bad), std::invalid_argument);
    EXPECT_THROW((sv::backoff_policy{bad, 1s}), std::invalid_argument);
    EXPECT_THROW((sv::backoff_policy{1s, bad}), std::invalid_argument);
  }
}

TEST(extreme_settings, huge_times_to_start_and_stop_neither_overflow_nor_keep_the_supervisor) {
  in_virtual_time([]() -> task<> {
    for (const auto huge : {nearly_forever, actors::forever}) {
      const auto notes = std::make_shared<journal>();
      auto spec = quiet("top");
      spec.child(worker(notes, "a").start_within(huge).stop_within(huge));
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await top.started();
      co_await sleep(24h);
      co_await top.stop();
      EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "-a"));
    }
  });
}

TEST(extreme_settings, a_huge_period_or_number_of_restarts_counts_on) {
  in_virtual_time([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto rare = quiet("rare");
    rare.intensity(3, actors::forever).child(sv::task_child("a", [notes] { return end_soon(notes); }));
    EXPECT_TRUE(is_a<sv::restart_limit_error>(co_await error_of(sv::run_supervised(std::move(rare)))));
    EXPECT_EQ(notes->count("+"), 4u);
    auto often = quiet("often");
    often.intensity(most, 1ms).child(sv::task_child("a", [notes] { return end_soon(notes); }));
    const auto top = sv::spawn_supervisor(std::move(often));
    co_await sleep(1s);
    EXPECT_GT(notes->count("+"), 900u);
    co_await top.stop();
  });
}

TEST(extreme_settings, a_huge_back_off_waits_and_can_be_cut_short) {
  in_virtual_time([]() -> task<> {
    for (const auto kind : {sv::jitter::none, sv::jitter::full, sv::jitter::equal, sv::jitter::decorrelated}) {
      const auto notes = std::make_shared<journal>();
      auto spec = quiet("top");
      spec.child(sv::task_child("a", [notes] { return end_soon(notes); }));
      spec.backoff(sv::backoff_policy{nearly_forever, actors::forever, 1e300, kind});
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await sleep(1h);
      EXPECT_EQ((co_await top.children())[0].state, sv::child_state::waiting);
      co_await top.terminate_child("a");
      static_cast<void>(co_await top.restart_child("a"));
      EXPECT_THAT(text_of(co_await error_of(top.child("a").next({}, nearly_forever))), "no error");
      co_await top.stop();
    }
  });
}

TEST(extreme_settings, a_wait_without_time_gives_what_is_there_or_times_out_at_once) {
  in_virtual_time([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto child = top.child("a");
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    for (const auto none : {actors::duration::zero(), actors::duration{-1}, always_negative}) {
      EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(child.next(child.address(), none))));
      EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(child.down(child.address(), none))));
    }
    EXPECT_EQ(self.now(), begin);
    EXPECT_THROW(static_cast<void>(top.events(0)), std::invalid_argument);
    auto events = top.events(most);
    co_await top.stop();
    const auto last = co_await events.next();
    EXPECT_TRUE(last.has_value());
    EXPECT_FALSE((co_await events.next()).has_value());
  });
}
