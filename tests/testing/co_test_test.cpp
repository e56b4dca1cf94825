#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/testing/co_test.hpp>
#include <tests/support/shell.hpp>
#include <tests/testing/environment_variable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// How the tests of this name below have to fail when this program is started once more; empty: they pass.
std::string wanted_failure() {
  const char* const set = std::getenv("ACTORS_TEST_FAILURE"); // NOLINT(concurrency-mt-unsafe)
  return set != nullptr ? set : "";
}

/// Runs tests of this program in another process.
test_support::shell_result run_tests(const std::string& filter, const std::string& failure,
                                     const std::string& seed = "") {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto seed_setting = seed.empty() ? std::string{"-u ACTORS_TEST_SEED"} : "ACTORS_TEST_SEED=" + seed;
  const auto command = "env " + seed_setting + " ACTORS_TEST_FAILURE='" + failure + "' '" + program +
                       "' --gtest_filter='" + filter + "'";
  return test_support::run_shell(command);
}

std::set<int> fixtures_seen; // NOLINT(cert-err58-cpp)
int bodies_run = 0;

class co_fixture : public ::testing::Test {
public:
  static void SetUpTestSuite() { bodies_run = 0; }

protected:
  co_fixture() : number_(++made_) {}

  ~co_fixture() override { EXPECT_TRUE(torn_down_); }

  void TearDown() override { torn_down_ = true; }

  int number_;
  int prepared_ = 0;
  bool torn_down_ = false;

private:
  void SetUp() override { prepared_ = 1; }

  static inline int made_ = 0;
};

CO_TEST(co_test, runs_a_coroutine_in_virtual_time) {
  const auto self = co_await this_task();
  const auto start = self.now();
  co_await sleep(5h);
  EXPECT_EQ(self.now() - start, 5h);
}

CO_TEST_F(co_fixture, gets_an_object_of_its_own_for_each_schedule) {
  ++bodies_run;
  CO_ASSERT_EQ(prepared_, 1);
  prepared_ = 2;
  co_await yield();
  CO_ASSERT_TRUE(fixtures_seen.insert(number_).second) << "the object of an earlier schedule";
}

TEST_F(co_fixture, may_be_shared_with_plain_tests) {
  EXPECT_EQ(prepared_, 1);
}

CO_TEST(co_test, assertions_that_hold_let_the_test_go_on) {
  int passed = 0;
  CO_ASSERT_TRUE(passed == 0);
  CO_ASSERT_FALSE(passed == 1) << "never shown";
  CO_ASSERT_EQ(passed, 0);
  CO_ASSERT_NE(passed, 1);
  CO_ASSERT_LT(passed, 1);
  CO_ASSERT_LE(passed, 0);
  CO_ASSERT_GT(passed, -1);
  CO_ASSERT_GE(passed, 0);
  CO_ASSERT_THAT("a text", HasSubstr("text"));
  ++passed;
  EXPECT_EQ(passed, 1);
  co_return;
}

task<int> assert_deep_inside() {
  co_await yield();
  CO_ASSERT_EQ(wanted_failure(), "") << "streamed text";
  co_return 1;
}

CO_TEST(co_test_on_request, stops_at_an_assertion_in_a_task_that_is_awaited) {
  const int one = co_await assert_deep_inside();
  EXPECT_EQ(one, 1);
  if (wanted_failure() == "assertion")
    std::puts("went on behind the assertion");
}

CO_TEST(co_test_on_request, fails_in_one_schedule_only) {
  if (wanted_failure() == "fifth") {
    static int runs = 0;
    EXPECT_NE(++runs, 5);
  }
  if (wanted_failure() == "exception")
    throw std::runtime_error("an exception");
  if (wanted_failure() == "left behind")
    static_cast<void>(spawn_detached([]() -> task<> {
      co_await yield();
      throw std::runtime_error("nobody asked");
    }));
  if (wanted_failure() == "fail")
    CO_FAIL() << "because of this";
  if (wanted_failure() == "skip")
    CO_SKIP() << "not today";
  co_await sleep(1s);
}

TEST(co_test_failures, name_the_seed_that_replays_them) {
  const auto result = run_tests("co_test_on_request.fails_in_one_schedule_only", "fifth");
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.output, HasSubstr("ACTORS_TEST_SEED=5 runs this schedule again"));
  EXPECT_THAT(result.output, HasSubstr("co_test_test.cpp"));
  EXPECT_THAT(result.output, Not(HasSubstr("ACTORS_TEST_SEED=6")));
  const auto replayed = run_tests("co_test_on_request.fails_in_one_schedule_only", "exception", "77");
  EXPECT_NE(replayed.status, 0);
  EXPECT_THAT(replayed.output, HasSubstr("ACTORS_TEST_SEED=77"));
}

TEST(co_test_failures, of_an_assertion_end_the_whole_test) {
  const auto result = run_tests("co_test_on_request.stops_at_*", "assertion");
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.output, HasSubstr("streamed text"));
  EXPECT_THAT(result.output, HasSubstr("wanted_failure()"));
  EXPECT_THAT(result.output, Not(HasSubstr("went on behind")));
}

TEST(co_test_failures, may_be_exceptions_or_errors_left_behind_or_asked_for) {
  const auto thrown = run_tests("co_test_on_request.fails_*", "exception");
  EXPECT_NE(thrown.status, 0);
  EXPECT_THAT(thrown.output, HasSubstr("an exception"));
  const auto left = run_tests("co_test_on_request.fails_*", "left behind");
  EXPECT_NE(left.status, 0);
  EXPECT_THAT(left.output, HasSubstr("nobody asked"));
  const auto failed = run_tests("co_test_on_request.fails_*", "fail");
  EXPECT_NE(failed.status, 0);
  EXPECT_THAT(failed.output, HasSubstr("because of this"));
}

TEST(co_test_failures, are_none_for_a_test_that_is_skipped) {
  const auto result = run_tests("co_test_on_request.fails_*", "skip");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, HasSubstr("[  SKIPPED ]"));
  EXPECT_THAT(result.output, HasSubstr("not today"));
}

TEST(co_test_failures, come_out_of_a_number_of_seeds_that_is_none) {
  const testing_test::environment_variable bad{"ACTORS_TEST_SEEDS", "many"};
  const auto result = run_tests("co_test_on_request.fails_*", "");
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.output, HasSubstr("ACTORS_TEST_SEEDS is \"many\""));
}

} // namespace
