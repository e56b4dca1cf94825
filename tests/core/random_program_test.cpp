#include "every_runtime.hpp"
#include "random_program.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// The same program gives the same result on every kind of runtime, and the one that the rules say.
namespace {

using actors::task;
using namespace core_test;

/// Always the same programs and some new ones; or the one that failed, given by ACTORS_TEST_SEED.
std::vector<std::uint64_t> seeds() {
  if (const char* given = std::getenv("ACTORS_TEST_SEED"); given != nullptr) // NOLINT(concurrency-mt-unsafe)
    return {std::strtoull(given, nullptr, 10)};
  std::vector<std::uint64_t> result;
  for (std::uint64_t seed = 1; seed <= 120; ++seed)
    result.push_back(seed);
  std::random_device random;
  for (int i = 0; i < 40; ++i)
    result.push_back(random());
  return result;
}

/// Errors of which a program does not ask are its own affair.
template <class F>
void run_quietly(actors::runtime_options options, F body) {
  actors::runtime home{options.log_to(actors::make_null_log_sink()).stall_threshold(1h)};
  home.block_on(body);
  EXPECT_THAT(home.stop(10s), testing::IsEmpty());
}

std::string replay(std::uint64_t seed, bool with_threads) {
  return "run again with ACTORS_TEST_SEED=" + std::to_string(seed) + ": " + to_string(make_program(seed, with_threads));
}

} // namespace

TEST(random_programs, come_to_what_the_rules_say_on_every_runtime) {
  const auto all = seeds();
  std::vector<node> programs;
  for (const auto seed : all)
    programs.push_back(make_program(seed, true));
  const auto body = [&]() -> task<> {
    surroundings around;
    around.service = spawn_oracle();
    // All at once: they also have to put up with each other.
    std::vector<task<result>> running;
    for (const auto& program : programs)
      running.push_back(run_program(program, around));
    const auto results = co_await actors::gather(std::move(running));
    for (std::size_t i = 0; i < programs.size(); ++i)
      EXPECT_EQ(to_string(results[i]), to_string(expected(programs[i]))) << replay(all[i], true);
    EXPECT_EQ(around.live, 0);
  };
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    run_quietly(kind.options, body);
  }
}

TEST(random_programs, are_repeated_step_by_step_in_virtual_time) {
  const auto trace_of = [](std::uint64_t seed) {
    const auto program = make_program(seed, false);
    std::vector<std::string> trace;
    run_quietly(virtual_time(), [&]() -> task<> {
      surroundings around;
      around.service = spawn_oracle();
      // As a task, because what a program leaves running ends with it.
      const auto x = co_await actors::spawn(run_program(program, around));
      EXPECT_EQ(to_string(x), to_string(expected(program))) << replay(seed, false);
      EXPECT_EQ(around.live, 0) << replay(seed, false);
      trace = std::move(around.trace);
    });
    return trace;
  };
  for (const auto seed : seeds())
    ASSERT_EQ(trace_of(seed), trace_of(seed)) << replay(seed, false);
}

TEST(random_programs, come_to_what_the_rules_say_under_random_schedules) {
  // ACTORS_TEST_PROGRAMS=100000 for a longer run.
  const char* wanted = std::getenv("ACTORS_TEST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
  auto all = seeds();
  if (all.size() > 1) {
    all.resize(wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 10 * actors::testing::default_seed_count());
    std::iota(all.begin(), all.end(), 1);
  }
  for (const auto seed : all) {
    const auto program = make_program(seed, false);
    run_quietly(virtual_time().schedule_seed(seed), [&]() -> task<> {
      surroundings around;
      around.service = spawn_oracle();
      // As a task, because what a program leaves running ends with it.
      const auto x = co_await actors::spawn(run_program(program, around));
      EXPECT_EQ(to_string(x), to_string(expected(program)));
      EXPECT_EQ(around.live, 0);
    });
    ASSERT_FALSE(testing::Test::HasFailure()) << replay(seed, false);
  }
}
