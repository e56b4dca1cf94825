#include <actors/app/signal_watch.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <system_error>
#include <vector>

namespace {

using actors::task;
using actors::app::signal_watch;
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

TEST(signal_watch, a_signal_ends_the_wait) {
  actors::runtime home{two_workers()};
  signal_watch watch{home, {SIGUSR1, SIGUSR2}};
  for (const int number : {SIGUSR1, SIGUSR2, SIGUSR1}) {
    const auto waiting = home.spawn(watch.next());
    ::raise(number);
    const auto result = [&]() -> task<int> { co_return co_await waiting; };
    EXPECT_EQ(home.block_on(result), number);
  }
}

TEST(signal_watch, a_signal_that_came_before_the_wait_is_kept_once) {
  actors::runtime home{two_workers()};
  signal_watch watch{home, {SIGUSR1, SIGUSR2}};
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

TEST(signal_watch, a_wait_can_be_cancelled_and_loses_no_signal) {
  actors::runtime home{two_workers()};
  signal_watch watch{home, {SIGUSR1}};
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

TEST(signal_watch, a_signal_has_its_default_effect_again_at_once_when_the_watch_goes) {
  actors::runtime home{two_workers()};
  for (int i = 0; i < 100; ++i) {
    {
      const signal_watch watch{home, {harmless}};
      EXPECT_FALSE(has_default_effect(harmless));
    }
    ASSERT_TRUE(has_default_effect(harmless)) << i;
  }
}

TEST(signal_watch, two_watches_both_see_a_signal) {
  actors::runtime home{two_workers()};
  signal_watch first{home, {SIGUSR1}};
  {
    signal_watch second{home, {SIGUSR1}};
    ::raise(SIGUSR1);
    EXPECT_EQ(home.block_on(first.next()), SIGUSR1);
    EXPECT_EQ(home.block_on(second.next()), SIGUSR1);
  }
  EXPECT_FALSE(has_default_effect(SIGUSR1));
  ::raise(SIGUSR1);
  EXPECT_EQ(home.block_on(first.next()), SIGUSR1);
}

TEST(signal_watch, a_signal_that_cannot_be_caught_is_refused) {
  actors::runtime home{two_workers()};
  EXPECT_THROW((signal_watch{home, {harmless, SIGKILL}}), std::system_error);
  EXPECT_THROW((signal_watch{home, {-1}}), std::system_error);
  EXPECT_TRUE(has_default_effect(harmless));
}

TEST(signal_watch, a_task_that_waits_when_the_watch_goes_can_still_be_cancelled) {
  actors::runtime home{two_workers()};
  auto watch = std::make_unique<signal_watch>(home, std::vector{harmless});
  const auto waiting = home.spawn(watch->next());
  watch.reset();
  EXPECT_TRUE(has_default_effect(harmless));
  EXPECT_TRUE(home.stop(10s).empty());
  EXPECT_TRUE(waiting.result().was_cancelled());
}

} // namespace
