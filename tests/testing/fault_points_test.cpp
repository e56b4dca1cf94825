#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/net/error.hpp>
#include <actors/testing/co_test.hpp>
#include <actors/testing/fault_points.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using actors::testing::fault_points;
using actors::testing::injected_fault;
using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using actors::testing::under_every_fault;

/// Which of the first operations fail.
std::vector<int> failing(const fault_points& points, std::string_view name, int operations) {
  std::vector<int> result;
  for (int i = 1; i <= operations; ++i)
    if (points.hit(name))
      result.push_back(i);
  return result;
}

TEST(fault_points, let_everything_pass_unless_told_otherwise_and_count_it) {
  const fault_points points;
  EXPECT_EQ(failing(points, "a", 3), std::vector<int>{});
  points.pass("b");
  EXPECT_EQ(points.operations("a"), 3U);
  EXPECT_EQ(points.operations("b"), 1U);
  EXPECT_EQ(points.operations("c"), 0U);
  EXPECT_EQ(points.operations(), 4U);
  EXPECT_EQ(points.failures(), 0U);
  EXPECT_EQ(points.names(), (std::vector<std::string>{"a", "b"}));
}

TEST(fault_points, fail_the_nth_every_kth_or_all_from_one_on) {
  fault_points points;
  points.fail_nth("nth", 3).fail_every("kth", 2).fail_from("from", 4);
  EXPECT_EQ(failing(points, "nth", 6), (std::vector<int>{3}));
  EXPECT_EQ(failing(points, "kth", 6), (std::vector<int>{2, 4, 6}));
  EXPECT_EQ(failing(points, "from", 6), (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(points.failures("kth"), 3U);
  EXPECT_EQ(points.failures(), 7U);
}

TEST(fault_points, add_up_and_can_be_cleared) {
  fault_points points;
  points.fail_nth("a", 1).fail_nth("a", 3, std::make_error_code(std::errc::no_space_on_device)).fail_every("a", 3);
  EXPECT_EQ(points.hit("a"), fault_points::usual_error());
  EXPECT_EQ(points.hit("a"), std::nullopt);
  EXPECT_EQ(points.hit("a"), std::make_error_code(std::errc::no_space_on_device)) << "the one that was set first";
  points.clear("a");
  EXPECT_EQ(failing(points, "a", 10), std::vector<int>{});
  EXPECT_EQ(points.operations("a"), 13U);
}

TEST(fault_points, at_random_fail_the_same_for_the_same_seed_and_about_as_often_as_asked) {
  const auto draw = [](std::uint64_t seed, double probability) {
    fault_points points;
    points.fail_randomly("a", probability, seed);
    return failing(points, "a", 1000);
  };
  EXPECT_EQ(draw(1, 0.3), draw(1, 0.3));
  EXPECT_NE(draw(1, 0.3), draw(2, 0.3));
  EXPECT_NEAR(static_cast<double>(draw(3, 0.3).size()), 300, 80);
  EXPECT_EQ(draw(1, 0).size(), 0U);
  EXPECT_EQ(draw(1, 1).size(), 1000U);
}

TEST(fault_points, count_all_points_together_under_the_common_name) {
  fault_points points;
  points.fail_nth(fault_points::every_point, 3);
  points.pass("a");
  points.pass("b");
  EXPECT_THROW(points.pass("c"), injected_fault);
  points.pass("a");
  EXPECT_EQ(points.failures("c"), 1U);
}

TEST(fault_points, throw_an_error_that_says_where) {
  fault_points points;
  points.fail_nth("disk.write", 2, std::make_error_code(std::errc::no_space_on_device));
  const auto hook = points.hook();
  hook("disk.write");
  try {
    hook("disk.write");
    ADD_FAILURE() << "did not throw";
  } catch (const injected_fault& fault) {
    EXPECT_STREQ(fault.what(), "injected fault at disk.write (operation 2): No space left on device");
    EXPECT_EQ(fault.code(), std::errc::no_space_on_device);
    EXPECT_EQ(fault.point(), "disk.write");
    EXPECT_EQ(fault.operation(), 2U);
  }
}

TEST(fault_points, refuse_settings_without_a_meaning) {
  fault_points points;
  EXPECT_THROW(points.fail_nth("a", 0), misuse_error);
  EXPECT_THROW(points.fail_every("a", 0), misuse_error);
  EXPECT_THROW(points.fail_from("a", 0), misuse_error);
  for (const double probability : {-0.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW(points.fail_randomly("a", probability, 1), misuse_error) << probability;
  EXPECT_THROW(points.fail_nth("a", 1, std::error_code{}), misuse_error);
  EXPECT_EQ(points.hit("a"), std::nullopt);
}

CO_TEST(fault_points, fail_reads_and_writes_of_memory_streams) {
  fault_points points;
  points.fail_nth("link.write", 2).fail_nth("link.read", 2, std::make_error_code(std::errc::timed_out));
  auto ends = make_memory_streams(memory_stream_options{}.from_first(stream_faults{}.points(points, "link")));
  co_await ends.first->write_all("one");
  std::exception_ptr failed;
  try {
    co_await ends.first->write_all("lost");
  } catch (const net::net_error& error) {
    failed = std::current_exception();
    EXPECT_EQ(error.code(), std::errc::io_error);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("injected fault"));
  }
  EXPECT_TRUE(failed);
  std::array<char, 3> buffer{};
  EXPECT_EQ(co_await ends.second->read_some(buffer), 3U);
  EXPECT_EQ(ends.second->try_read_some(buffer), std::nullopt) << "a look that finds nothing is no operation";
  co_await ends.first->write_all("two");
  EXPECT_THROW(static_cast<void>(ends.second->try_read_some(buffer)), net::net_error);
  EXPECT_EQ(co_await ends.second->read_some(buffer), 3U) << "the bytes are still there";
  EXPECT_EQ((std::string{buffer.data(), 3}), "two");
  // The other direction has no points.
  co_await ends.second->write_all("back");
  EXPECT_EQ(points.operations("link.write"), 3U);
  EXPECT_EQ(points.operations("link.read"), 3U);
}

TEST(under_every_fault, fails_each_operation_of_a_program_once) {
  std::vector<std::string> failed;
  const auto program = [&failed](fault_points points) -> task<> {
    try {
      points.pass("open");
      co_await sleep(1s);
      for (int i = 0; i < 3; ++i)
        points.pass("write");
      points.pass("close");
    } catch (const injected_fault& fault) {
      failed.push_back(fault.point() + std::to_string(fault.operation()));
    }
  };
  EXPECT_EQ(under_every_fault(program), 5U);
  EXPECT_EQ(failed, (std::vector<std::string>{"open1", "write1", "write2", "write3", "close1"}));
}

TEST(under_every_fault, throws_what_the_program_throws) {
  const auto program = [](fault_points points) -> task<> {
    points.pass("a");
    points.pass("b");
    co_return;
  };
  EXPECT_THROW(static_cast<void>(under_every_fault(program)), injected_fault);
}

} // namespace
