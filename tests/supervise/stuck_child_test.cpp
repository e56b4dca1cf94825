#include "../core/recording_log.hpp"
#include "flock.hpp"

#include <actors/core/runtime.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

/// Children that do not end when they are killed, because they sit in a call that blocks.
namespace {

using namespace supervise_test;

/// Blocks a thread of its own until the test lets it go: virtual time goes on meanwhile.
class blocker {
public:
  [[nodiscard]] sv::child_spec child(const std::string& name) const {
    return sv::actor_child(name, [state = state_](caf::actor_system& system) {
      return system.spawn<caf::detached>([state](caf::event_based_actor*) -> caf::behavior {
        return {[state](int) {
          state->blocks.set_value();
          state->released.wait();
        }};
      });
    });
  }

  /// Makes the child block, and waits until it does.
  void block(const caf::actor& child) const {
    caf::anon_send(child, 1);
    state_->blocks.get_future().wait();
  }

  void release() const { state_->release.set_value(); }

private:
  struct state {
    std::promise<void> blocks;
    std::promise<void> release;
    std::shared_future<void> released{release.get_future()};
  };

  std::shared_ptr<state> state_ = std::make_shared<state>();
};

bool has_ended(const caf::actor& which) {
  return caf::actor_cast<caf::abstract_actor*>(which)->getf(caf::abstract_actor::is_terminated_flag);
}

} // namespace

TEST(stuck_child, is_killed_named_and_left_behind_by_a_supervisor_that_stops) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([]() -> task<> {
    const blocker blocks;
    const auto notes = std::make_shared<journal>();
    const auto kinds = std::make_shared<std::vector<std::string>>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(blocks.child("stuck").stop_within(2s)).child(worker(notes, "b"));
    spec.on_event([kinds](const sv::child_event& event) {
      if (event.kind != sv::child_event_kind::started)
        kinds->push_back(event.child + " " + std::string{to_string(event.kind)});
    });
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto stuck = top.child("stuck");
    blocks.block(stuck.address());
    const auto self = co_await actors::this_task();
    const auto begin = self.now();
    const auto address = stuck.address();
    co_await top.stop();
    // Two seconds to stop, ten for the kill.
    EXPECT_EQ(self.now() - begin, 12s);
    EXPECT_FALSE(has_ended(address));
    EXPECT_TRUE(stuck.gone());
    EXPECT_THAT(*kinds, testing::ElementsAre("b exited", "stuck abandoned", "a exited"));
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+b", "-b", "-a"));
    blocks.release();
  });
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  EXPECT_THAT(log->lines(), testing::ElementsAre(testing::HasSubstr(
                                "'top': child 'stuck' was killed 10 s ago and has not ended; the others are stopped")));
}

TEST(stuck_child, is_waited_for_by_a_restart_and_by_those_who_terminate_it) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([&log]() -> task<> {
    const blocker blocks;
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.child(flaky(notes, "a", ending::error, 10ms)).child(blocks.child("stuck").stop_within(2s));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto old = top.child("stuck").address();
    blocks.block(old);
    co_await sleep(100s);
    const auto children = co_await top.children();
    EXPECT_EQ(children[1].state, sv::child_state::stopping);
    EXPECT_EQ(notes->count("+a"), 1u);
    // After 10, 20, 40 and 80 seconds.
    EXPECT_THAT(log->lines(), testing::SizeIs(4));
    EXPECT_THAT(log->lines().back(), testing::HasSubstr("child 'stuck' was killed 80 s ago and has not ended"));
    blocks.release();
    const auto next = co_await top.child("stuck").next(old);
    EXPECT_NE(next, old);
    EXPECT_TRUE(has_ended(old));
    co_await top.stop();
  });
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(stuck_child, is_named_ever_more_seldom_to_the_end_of_time) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([&log]() -> task<> {
    const blocker blocks;
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.child(flaky(notes, "a", ending::error, 10ms)).child(blocks.child("stuck").stop_within(2s));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto old = top.child("stuck").address();
    blocks.block(old);
    co_await sleep(std::chrono::hours(24 * 365 * 250));
    // After 10 s times each power of two below 250 years; the next one is beyond what the clock can tell.
    EXPECT_THAT(log->lines(), testing::SizeIs(30));
    blocks.release();
    EXPECT_NE(co_await top.child("stuck").next(old), old);
    co_await top.stop();
  });
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

TEST(stuck_child, does_not_keep_a_supervisor_that_gives_up_from_stopping_the_others) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([]() -> task<> {
    const blocker blocks;
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.intensity(0, 1s).stop_together();
    spec.child(worker(notes, "a"))
        .child(blocks.child("stuck").kill_at_once())
        .child(flaky(notes, "b", ending::error, 10ms));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    blocks.block(top.child("stuck").address());
    EXPECT_TRUE(is_a<sv::restart_limit_error>(co_await error_of(top.ended())));
    EXPECT_EQ(notes->count("-a"), 1u);
    blocks.release();
  });
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
  EXPECT_THAT(log->lines(), testing::SizeIs(1));
}
