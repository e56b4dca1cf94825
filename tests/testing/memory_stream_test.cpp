#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/memory_stream.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace {

using namespace actors;
using namespace actors::net::test;
using actors::testing::cut;
using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;

/// In virtual time, which makes delays free and exact.
template <class F>
void run_virtually(F function) {
  run_in_runtime(std::move(function), runtime_options{}.clock(clock_kind::virtual_time));
}

TEST(memory_stream, a_delay_costs_virtual_time_only) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.delay(3h)));
    const auto self = co_await this_task();
    const auto start = self.now();
    co_await ends.first->write_all("late");
    EXPECT_EQ(self.now(), start);
    EXPECT_EQ(co_await read_exactly(*ends.second, 4), "late");
    EXPECT_EQ(self.now() - start, 3h);
    // The way back has none.
    co_await ends.second->write_all("at once");
    EXPECT_EQ(co_await read_exactly(*ends.first, 7), "at once");
    EXPECT_EQ(self.now() - start, 3h);
    // The end of the stream is delayed like bytes are.
    ends.first->shutdown_write();
    EXPECT_EQ(co_await read_to_end(*ends.second), "");
    EXPECT_EQ(self.now() - start, 6h);
  });
}

TEST(memory_stream, a_timeout_ends_the_wait_for_a_delayed_byte) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.both_ways(stream_faults{}.delay(10s)));
    co_await ends.first->write_all("x");
    std::array<char, 1> buffer{};
    bool timed_out = false;
    try {
      static_cast<void>(co_await with_timeout(9s, ends.second->read_some(buffer)));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(co_await with_timeout(2s, ends.second->read_some(buffer)), 1U);
  });
}

TEST(memory_stream, pieces_limit_each_read_and_each_write) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.pieces(3)));
    EXPECT_EQ(ends.first->try_write_some("12345678"), 3U);
    co_await ends.first->write_all("45678");
    std::array<char, 16> buffer{};
    EXPECT_EQ(co_await ends.second->read_some(buffer), 3U);
    EXPECT_EQ(co_await ends.second->read_some(buffer), 3U);
    EXPECT_EQ(co_await ends.second->read_some(buffer), 2U);
  });
}

TEST(memory_stream, random_pieces_have_all_sizes_and_are_the_same_for_the_same_seed) {
  const auto seed = std::random_device{}();
  const auto sizes = [seed]() -> task<std::vector<std::size_t>> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.random_pieces(seed, 4)));
    co_await ends.first->write_all(pattern(2000));
    ends.first->shutdown_write();
    std::vector<std::size_t> result;
    std::array<char, 16> buffer{};
    while (const auto count = co_await ends.second->read_some(buffer))
      result.push_back(count);
    co_return result;
  };
  run_virtually([&]() -> task<void> {
    const auto first = co_await sizes();
    const auto second = co_await sizes();
    EXPECT_EQ(first, second) << "seed " << seed;
    EXPECT_EQ(std::set<std::size_t>(first.begin(), first.end()), (std::set<std::size_t>{1, 2, 3, 4}))
        << "seed " << seed;
  });
}

TEST(memory_stream, corruption_changes_exactly_the_chosen_bytes) {
  run_virtually([]() -> task<void> {
    const auto faults = stream_faults{}.corrupt(0).corrupt(999).corrupt(500).pieces(7);
    auto ends = make_memory_streams(memory_stream_options{}.from_first(faults));
    const auto data = pattern(1000);
    co_await ends.first->write_all(data);
    ends.first->shutdown_write();
    const auto got = co_await read_to_end(*ends.second);
    EXPECT_EQ(got.size(), data.size());
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < data.size(); ++i)
      if (got[i] != data[i])
        changed.push_back(i);
    EXPECT_EQ(changed, (std::vector<std::size_t>{0, 500, 999}));
    // The other direction is not touched.
    co_await ends.second->write_all(data);
    EXPECT_TRUE(co_await read_exactly(*ends.first, data.size()) == data);
  });
}

TEST(memory_stream, a_cut_lets_the_bytes_before_it_through_and_then_resets_both_directions) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.cut_after(5)));
    std::vector<std::error_code> errors;
    try {
      co_await ends.first->write_all("1234567");
    } catch (const net::net_error& e) {
      errors.push_back(e.code());
    }
    EXPECT_EQ(co_await read_exactly(*ends.second, 5), "12345");
    for (auto* end : {ends.first.get(), ends.second.get()}) {
      std::array<char, 1> buffer{};
      try {
        static_cast<void>(co_await end->read_some(buffer));
      } catch (const net::net_error& e) {
        errors.push_back(e.code());
      }
    }
    EXPECT_EQ(errors.size(), 3U);
    for (const auto& error : errors)
      EXPECT_EQ(error, std::errc::connection_reset);
  });
}

TEST(memory_stream, a_cut_can_look_like_an_orderly_end) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.cut_after(2, cut::end)));
    bool failed = false;
    try {
      co_await ends.first->write_all("1234");
    } catch (const net::net_error& e) {
      failed = e.code() == std::errc::broken_pipe;
    }
    EXPECT_TRUE(failed);
    EXPECT_EQ(co_await read_to_end(*ends.second), "12");
    EXPECT_EQ(co_await read_to_end(*ends.first), "");
  });
}

TEST(memory_stream, a_connection_can_be_cut_before_the_first_byte) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.both_ways(stream_faults{}.cut_after(0, cut::end)));
    EXPECT_EQ(co_await with_timeout(1s, read_to_end(*ends.first)), "");
    EXPECT_EQ(co_await with_timeout(1s, read_to_end(*ends.second)), "");
  });
}

TEST(memory_stream, a_waiting_reader_learns_of_a_cut) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.cut_after(1)));
    auto* first = ends.first.get();
    auto reading = spawn([first]() -> task<void> { static_cast<void>(co_await read_to_end(*first)); });
    co_await sleep(1s);
    EXPECT_FALSE(reading.done());
    co_await ends.first->write_all("x");
    co_await sleep(1s);
    EXPECT_TRUE(reading.done());
    EXPECT_TRUE(reading.result().has_error());
  });
}

TEST(memory_stream, the_buffer_bounds_what_is_under_way) {
  run_virtually([]() -> task<void> {
    auto ends = make_memory_streams(memory_stream_options{}.buffer(10).names("alice", "bob"));
    EXPECT_EQ(ends.first->try_write_some(std::string(100, 'x')), 10U);
    EXPECT_EQ(ends.first->try_write_some("x"), 0U);
    EXPECT_EQ((co_await read_exactly(*ends.second, 4)).size(), 4U);
    EXPECT_EQ(ends.first->try_write_some(std::string(100, 'x')), 4U);
    EXPECT_EQ(ends.first->peer(), "bob");
    EXPECT_EQ(ends.second->peer(), "alice");
  });
}

TEST(memory_stream, outside_of_tasks_nothing_is_delayed) {
  auto ends = make_memory_streams(memory_stream_options{}.both_ways(stream_faults{}.delay(1h)));
  std::array<char, 16> buffer{};
  EXPECT_EQ(ends.first->try_write_some("now"), 3U);
  EXPECT_EQ(ends.second->try_read_some(buffer), 3U);
  ends.first->close();
  EXPECT_EQ(ends.second->try_read_some(buffer), 0U);
}

} // namespace
