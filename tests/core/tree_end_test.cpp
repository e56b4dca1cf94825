#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>

/// A root takes all below it along, whatever the shape of the tree.
namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace core_test;
using namespace std::chrono_literals;

struct census {
  std::atomic<int> frames = 0;
  std::atomic<std::size_t> waiting = 0;
  std::atomic<std::size_t> cleaned = 0;
};

/// A task with `size - 1` below it, in `fan` branches of much the same size. Its cleanup awaits.
task<> node(std::size_t size, std::size_t fan, census& all) {
  const counted here{all.frames};
  std::size_t left = size - 1;
  for (std::size_t branch = fan; branch > 0 && left > 0; --branch) {
    const auto share = (left + branch - 1) / branch;
    static_cast<void>(spawn(node(share, fan, all)));
    left -= share;
  }
  ++all.waiting;
  bool told = false;
  try {
    co_await actors::sleep(actors::forever);
  } catch (const actors::cancelled&) {
    told = true;
  }
  if (told) {
    co_await actors::sleep(1ns);
    ++all.cleaned;
    throw actors::cancelled{"as told"};
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t many = 10'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t many = 10'000; // each frame is several times as big
#else
constexpr std::size_t many = 100'000;
#endif
#else
constexpr std::size_t many = 100'000;
#endif

task<> end_a_tree(std::size_t size, std::size_t fan, bool kill) {
  census all;
  const auto root = spawn(node(size, fan, all));
  while (all.waiting < size)
    co_await actors::sleep(1ms);
  EXPECT_EQ(all.frames, static_cast<int>(size));
  if (kill)
    caf::anon_send_exit(root.address(), caf::exit_reason::kill);
  else
    root.cancel("the end");
  EXPECT_TRUE(actors::is_cancelled(co_await error_of(root)));
  EXPECT_EQ(all.frames, 0) << fan << " branches";
  EXPECT_EQ(all.cleaned, kill ? 0 : size) << fan << " branches";
}

constexpr std::array<std::size_t, 4> fans{1, 2, 10, many};

} // namespace

TEST(tree_end, cancelling_the_root_of_a_hundred_thousand_tasks_runs_every_cleanup) {
  for (const auto fan : fans)
    run_in({}, [&] { return end_a_tree(many, fan, false); });
}

TEST(tree_end, killing_the_root_of_a_hundred_thousand_tasks_destroys_every_frame_without_cleanup) {
  for (const auto fan : fans)
    run_in({}, [&] { return end_a_tree(many, fan, true); });
}

TEST(tree_end, trees_of_all_shapes_end_in_any_order_of_events) {
  on_every_runtime([]() -> task<> {
    for (const std::size_t fan : {1, 2, 10, 50}) {
      co_await end_a_tree(50, fan, false);
      co_await end_a_tree(50, fan, true);
    }
  });
}
