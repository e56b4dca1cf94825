#include "../core/errors.hpp"
#include "../core/every_runtime.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/net/detail/linger.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>

namespace {

using actors::spawn;
using actors::task;
using actors::net::detail::discard_input;
using actors::net::detail::linger;
using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::memory_streams;
using actors::testing::stream_faults;
using namespace core_test;

/// How long it takes to linger.
task<actors::duration> time_to_linger(actors::net::stream& over) {
  const auto self = co_await actors::this_task();
  const auto begun = self.now();
  co_await linger(over);
  co_return self.now() - begun;
}

/// Writes without end; how many bytes were taken.
task<> write_on(actors::net::stream& to, std::size_t& taken) {
  const std::string piece(1000, 'x');
  for (;;) {
    co_await to.write_all(piece);
    taken += piece.size();
  }
}

task<> write_slowly(actors::net::stream& to) {
  for (;;) {
    co_await to.write_all("x");
    co_await actors::sleep(10ms);
  }
}

} // namespace

TEST(linger, ends_its_direction_and_waits_until_the_other_has_ended_its_own) {
  in_virtual_time([]() -> task<> {
    const auto ends = make_memory_streams();
    static_cast<void>(ends.first->try_write_some("said last"));
    const auto lingering = spawn(time_to_linger(*ends.first));
    std::array<char, 100> buffer{};
    EXPECT_EQ(co_await ends.second->read_some(buffer), 9U);
    EXPECT_EQ(co_await ends.second->read_some(buffer), 0U);
    const std::string rest(200'000, 'x'); // more than is kept for who does not read
    co_await ends.second->write_all(rest);
    co_await actors::sleep(300ms);
    EXPECT_FALSE(lingering.done());
    ends.second->shutdown_write();
    EXPECT_EQ(co_await lingering, 300ms);
  });
}

TEST(linger, takes_two_seconds_with_who_is_silent_or_slow) {
  in_virtual_time([]() -> task<> {
    const auto silent = make_memory_streams();
    EXPECT_EQ(co_await time_to_linger(*silent.first), 2s);

    const auto slow = make_memory_streams();
    const auto writing = spawn(write_slowly(*slow.second));
    EXPECT_EQ(co_await time_to_linger(*slow.first), 2s);
    static_cast<void>(writing.cancel());
    EXPECT_TRUE(is_a<actors::cancelled>(co_await error_of(writing)));
  });
}

TEST(linger, reads_a_mebibyte_and_no_more) {
  in_virtual_time([]() -> task<> {
    const auto ends = make_memory_streams(memory_stream_options{}.buffer(1000));
    std::size_t taken = 0;
    const auto writing = spawn(write_on(*ends.second, taken));
    EXPECT_LT(co_await time_to_linger(*ends.first), 2s);
    static_cast<void>(writing.cancel());
    EXPECT_TRUE(is_a<actors::cancelled>(co_await error_of(writing)));
    EXPECT_NEAR(static_cast<double>(taken), 1 << 20, 8000);
  });
}

TEST(linger, ends_with_a_connection_that_breaks) {
  in_virtual_time([]() -> task<> {
    const auto reset = stream_faults{}.cut_after(5);
    const auto ends = make_memory_streams(memory_stream_options{}.from_second(reset));
    static_cast<void>(ends.second->try_write_some("more than five"));
    EXPECT_EQ(co_await time_to_linger(*ends.first), 0s);

    const auto closed = make_memory_streams();
    closed.first->close();
    EXPECT_EQ(co_await time_to_linger(*closed.first), 0s);
  });
}

TEST(linger, is_cancelled_where_it_waits) {
  in_virtual_time([]() -> task<> {
    const auto ends = make_memory_streams();
    for (const bool is_limited : {true, false}) {
      const auto waiting = is_limited ? spawn(linger(*ends.first)) : spawn(discard_input(*ends.first));
      co_await actors::sleep(1s);
      EXPECT_FALSE(waiting.done());
      static_cast<void>(waiting.cancel());
      EXPECT_TRUE(is_a<actors::cancelled>(co_await error_of(waiting)));
    }
  });
}
