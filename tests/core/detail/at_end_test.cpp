#include "../errors.hpp"
#include "../every_runtime.hpp"
#include "../gate.hpp"

#include <actors/core/detail/at_end.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace {

using actors::detail::at_end;
using namespace core_test;

actors::task<> wait_for_ever(gate& ready, std::atomic<int>& ends) {
  const at_end count([&ends] { ++ends; });
  ready.open();
  co_await actors::sleep(actors::forever);
}

} // namespace

TEST(at_end, runs_once_when_a_scope_is_left) {
  int ends = 0;
  {
    const at_end count([&ends] { ++ends; });
    EXPECT_EQ(ends, 0);
  }
  EXPECT_EQ(ends, 1);
  const auto thrown = thrown_by([&ends] {
    const at_end count([&ends] { ++ends; });
    throw std::runtime_error("left");
  });
  EXPECT_TRUE(is_a<std::runtime_error>(thrown));
  EXPECT_EQ(ends, 2);
}

TEST(at_end, runs_when_a_task_is_cancelled_or_killed) {
  on_every_runtime([]() -> actors::task<> {
    std::atomic<int> ends{0};
    gate cancelled_one;
    const auto cancelled = spawn(wait_for_ever(cancelled_one, ends));
    co_await cancelled_one;
    static_cast<void>(cancelled.cancel());
    EXPECT_TRUE(is_a<actors::cancelled>(co_await error_of(cancelled)));
    EXPECT_EQ(ends, 1);
    gate killed_one;
    const auto killed = spawn(wait_for_ever(killed_one, ends));
    co_await killed_one;
    caf::anon_send_exit(killed.address(), caf::exit_reason::kill);
    EXPECT_TRUE(co_await error_of(killed) != nullptr);
    EXPECT_EQ(ends, 2);
  });
}
