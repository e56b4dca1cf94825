#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>
#include <actors/process/signal_set.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <system_error>
#include <vector>

namespace {

using actors::task;
using actors::process::signal_set;
using namespace std::chrono_literals;

// SIGURG does nothing by default, so a test that goes wrong ends with a failure.
constexpr int harmless = SIGURG;

actors::runtime_options two_workers() {
  return actors::runtime_options{}.workers(2);
}

bool has_default_effect(int number) {
  struct sigaction now{};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler == SIG_DFL;
}

TEST(signal_set, a_signal_ends_the_wait) {
  actors::runtime home{two_workers()};
  signal_set watch{home, {SIGUSR1, SIGUSR2}};
  for (const int number : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    const auto waiting = home.spawn(watch.next());
    ::raise(number);
    const auto result = [&]() -> task<int> { co_return co_await waiting; };
    EXPECT_EQ(home.block_on(result), number);
  }
}

TEST(signal_set, a_signal_that_came_before_the_wait_is_kept_once) {
  actors::runtime home{two_workers()};
  signal_set watch{home, {SIGUSR1, SIGUSR2}};
  ::raise(SIGUSR1);
  ::raise(SIGUSR1);
  EXPECT_EQ(home.block_on(watch.next()), SIGUSR1);
  ::raise(SIGUSR2);
  // The second SIGUSR1 may have come before or after the first was taken.
  int number = home.block_on(watch.next());
  if (number == SIGUSR1)
    number = home.block_on(watch.next());
  EXPECT_EQ(number, SIGUSR2);
}

TEST(signal_set, a_wait_can_be_cancelled_and_loses_no_signal) {
  actors::runtime home{two_workers()};
  signal_set watch{home, {SIGUSR1}};
  const auto impatient = [&]() -> task<bool> {
    try {
      static_cast<void>(co_await actors::with_timeout(1ms, watch.next()));
    } catch (const actors::timeout_error&) {
      co_return true;
    }
    co_return false;
  };
  EXPECT_TRUE(home.block_on(impatient));
  ::raise(SIGUSR1);
  EXPECT_EQ(home.block_on(watch.next()), SIGUSR1);
}

TEST(signal_set, a_signal_has_its_default_effect_again_at_once_when_the_watch_goes) {
  actors::runtime home{two_workers()};
  for (int i = 0; i < 100; ++i) {
    {
      const signal_set watch{home, {harmless}};
      EXPECT_FALSE(has_default_effect(harmless));
    }
    ASSERT_TRUE(has_default_effect(harmless)) << i;
  }
}

TEST(signal_set, two_watches_both_see_a_signal) {
  actors::runtime home{two_workers()};
  signal_set first{home, {SIGUSR1}};
  {
    signal_set second{home, {SIGUSR1}};
    ::raise(SIGUSR1);
    EXPECT_EQ(home.block_on(first.next()), SIGUSR1);
    EXPECT_EQ(home.block_on(second.next()), SIGUSR1);
  }
  EXPECT_FALSE(has_default_effect(SIGUSR1));
  ::raise(SIGUSR1);
  EXPECT_EQ(home.block_on(first.next()), SIGUSR1);
}

TEST(signal_set, a_signal_that_cannot_be_caught_is_refused) {
  actors::runtime home{two_workers()};
  EXPECT_THROW((signal_set{home, {harmless, SIGKILL}}), std::system_error);
  EXPECT_THROW((signal_set{home, {-1}}), std::system_error);
  EXPECT_TRUE(has_default_effect(harmless));
}

TEST(signal_set, a_task_that_waits_when_the_watch_goes_can_still_be_cancelled) {
  actors::runtime home{two_workers()};
  auto watch = std::make_unique<signal_set>(home, std::vector{harmless});
  const auto waiting = home.spawn(watch->next());
  watch.reset();
  EXPECT_TRUE(has_default_effect(harmless));
  EXPECT_TRUE(home.stop(10s).empty());
  EXPECT_TRUE(waiting.result().was_cancelled());
}

TEST(signal_set, every_set_sees_every_signal_in_whatever_runtime) {
  actors::runtime one{two_workers()};
  actors::runtime other{two_workers()};
  signal_set first{one, {SIGUSR1, SIGUSR2}};
  signal_set second{one, {SIGUSR1}};
  signal_set third{other, {SIGUSR2, SIGUSR1}};
  for (int i = 0; i < 10; ++i) {
    ::raise(SIGUSR1);
    EXPECT_EQ(one.block_on(first.next()), SIGUSR1);
    EXPECT_EQ(one.block_on(second.next()), SIGUSR1);
    EXPECT_EQ(other.block_on(third.next()), SIGUSR1);
  }
}

TEST(signal_set, tasks_that_wait_for_the_same_set_get_one_signal_each) {
  actors::runtime home{actors::runtime_options{}.workers(1)};
  signal_set watch{home, {SIGUSR1, SIGUSR2}};
  const auto both = [&]() -> task<std::vector<int>> {
    const auto first = actors::spawn(watch.next());
    const auto second = actors::spawn(watch.next());
    co_await actors::yield();
    ::raise(SIGUSR1);
    std::vector<int> result;
    result.push_back(co_await first);
    ::raise(SIGUSR2);
    result.push_back(co_await second);
    co_return result;
  };
  EXPECT_EQ(home.block_on(both), (std::vector<int>{SIGUSR1, SIGUSR2}));
}

TEST(signal_set, a_signal_for_a_task_that_is_cancelled_goes_to_the_next) {
  actors::runtime home{actors::runtime_options{}.workers(1)};
  for (int i = 0; i < 50; ++i) {
    signal_set watch{home, {SIGUSR1}};
    const auto handed_on = [&]() -> task<int> {
      const auto first = actors::spawn(watch.next());
      const auto second = actors::spawn(watch.next());
      for (int turn = 0; turn < i % 5; ++turn)
        co_await actors::yield();
      ::raise(SIGUSR1);
      for (int turn = 0; turn < i % 7; ++turn)
        co_await actors::yield();
      // Either it has the signal already, or the second one gets it.
      first.cancel();
      int taken = 0;
      try {
        taken = co_await first;
      } catch (const actors::cancelled&) {
        taken = 0;
      }
      if (taken == 0)
        co_return co_await second;
      second.cancel();
      co_return taken;
    };
    EXPECT_EQ(home.block_on(handed_on), SIGUSR1);
  }
}

TEST(next_signal, watches_while_it_waits) {
  actors::runtime home{two_workers()};
  const auto body = []() -> task<int> {
    const auto waiting = actors::spawn(actors::process::next_signal(harmless, SIGUSR1));
    while (has_default_effect(SIGUSR1))
      co_await actors::yield();
    ::raise(SIGUSR1);
    co_return co_await waiting;
  };
  EXPECT_EQ(home.block_on(body), SIGUSR1);
  EXPECT_TRUE(has_default_effect(SIGUSR1));
  EXPECT_TRUE(has_default_effect(harmless));
}

TEST(next_signal, can_be_cancelled) {
  actors::runtime home{two_workers()};
  const auto body = []() -> task<bool> {
    const auto in_time = co_await actors::move_on_after(1ms, actors::process::next_signal(harmless));
    co_return in_time.has_value();
  };
  EXPECT_FALSE(home.block_on(body));
  EXPECT_TRUE(has_default_effect(harmless));
  EXPECT_THROW((signal_set{std::vector{harmless}}), actors::misuse_error) << "outside of tasks it needs a runtime";
}

} // namespace
