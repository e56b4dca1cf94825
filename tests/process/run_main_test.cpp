#include <tests/support/program.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// `main_task HOW` in the folder for temporary files.
test_support::program started(const char* how) {
  return {{test_support::program_path("main_task"), how}, std::filesystem::temp_directory_path()};
}

} // namespace

TEST(run_main, a_signal_cancels_the_task_lets_it_clean_up_and_shows_in_the_exit_status) {
  for (const int number : {SIGINT, SIGTERM}) {
    auto program = started("serve");
    static_cast<void>(program.read_until("ready"));
    program.send_signal(number);
    EXPECT_EQ(program.wait(), 128 + number);
    EXPECT_THAT(program.output(), HasSubstr("cleaned up"));
  }
}

TEST(run_main, a_task_that_answers_the_cancellation_has_the_last_word) {
  auto program = started("report");
  static_cast<void>(program.read_until("ready"));
  program.send_signal(SIGTERM);
  EXPECT_EQ(program.wait(), 7);
  EXPECT_THAT(program.output(), HasSubstr("ended by SIGTERM"));
}

TEST(run_main, a_second_signal_ends_the_program_in_the_middle_of_its_cleanup) {
  for (const int second : {SIGINT, SIGTERM}) {
    auto program = started("never_done");
    static_cast<void>(program.read_until("ready"));
    program.send_signal(SIGINT);
    static_cast<void>(program.read_until("cleaning up"));
    program.send_signal(second);
    EXPECT_EQ(program.wait(), -second);
  }
}

TEST(run_main, a_task_that_is_done_or_fails_ends_the_program_without_a_signal) {
  auto done = started("done");
  EXPECT_EQ(done.wait(), 5);
  auto failed = started("fail");
  EXPECT_EQ(failed.wait(), 1);
  EXPECT_THAT(failed.output(), HasSubstr("error: broken"));
}
