#include "process_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/process/run.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>

namespace {

using namespace actors;
using namespace process_test;
using actors::process::command;
using actors::process::completed;
using actors::process::errc;
using actors::process::exit_error;
using actors::process::exit_status;
using actors::process::process_error;
using actors::process::redirection;
using actors::process::run;
using actors::process::run_options;

TEST(run, gives_status_output_and_errors) {
  run_in_runtime([]() -> task<> {
    const auto done = co_await run(shell("cat; echo oops >&2; exit 5"), run_options{}.input("text"));
    EXPECT_EQ(done.output, "text");
    EXPECT_EQ(done.errors, "oops\n");
    EXPECT_EQ(done.status, exit_status::exited(5));
    const auto silent = co_await run(command{"cat"});
    EXPECT_EQ(silent.output, "") << "its input is empty, not this process's";
    EXPECT_TRUE(silent.status.success());
  });
}

TEST(run, throws_for_a_program_that_failed_if_asked_to) {
  run_in_runtime([]() -> task<> {
    std::string text;
    exit_status status;
    try {
      static_cast<void>(co_await run(shell("echo first >&2; echo last >&2; exit 5"), run_options{}.check()));
    } catch (const exit_error& error) {
      text = error.what();
      status = error.status();
    }
    EXPECT_EQ(text, "/bin/sh ended with exit code 5: last");
    EXPECT_EQ(status, exit_status::exited(5));
    const auto killed = co_await run(shell("kill -9 $$"));
    EXPECT_THROW(killed.check(), exit_error);
    EXPECT_EQ(to_string(killed.status), "signal 9 (Killed)");
    const auto good = co_await run(shell("exit 0"), run_options{}.check());
    good.check();
  });
}

TEST(run, limits_what_is_captured) {
  run_in_runtime([]() -> task<> {
    std::error_code code;
    try {
      static_cast<void>(co_await run(command{"yes"}, run_options{}.limit(1000)));
    } catch (const process_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, errc::output_too_large);
  });
  EXPECT_TRUE(no_children_left());
}

/// Runs a command that says on a pipe that it is there, cancels the call then, and says how the call ended.
task<bool> cancel_when_ready(std::string script, duration grace) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    co_return false;
  auto what = shell(std::move(script));
  what.errors(redirection::to_descriptor(ends[1]));
  const auto running = spawn(run(std::move(what), run_options{}.grace(grace)));
  std::array<char, 1> ready{};
  const auto wait_until_ready = [&] { return ::read(ends[0], ready.data(), 1); };
  static_cast<void>(co_await to_thread(wait_until_ready));
  running.cancel();
  bool was_cancelled = false;
  try {
    static_cast<void>(co_await running);
  } catch (const cancelled&) {
    was_cancelled = true;
  }
  ::close(ends[0]);
  ::close(ends[1]);
  co_return was_cancelled;
}

TEST(run, that_is_cancelled_ends_its_child_politely) {
  run_in_runtime([]() -> task<> {
    // A long grace: only the SIGTERM can end it in time.
    EXPECT_TRUE(co_await cancel_when_ready("echo ready >&2; exec sleep 1000", 10min));
  });
  EXPECT_TRUE(no_children_left());
}

TEST(run, that_is_cancelled_kills_a_child_that_does_not_listen) {
  run_in_runtime([]() -> task<> {
    EXPECT_TRUE(co_await cancel_when_ready("trap '' TERM; echo ready >&2; exec sleep 1000", 1ms));
  });
  EXPECT_TRUE(no_children_left());
}

TEST(run, that_is_out_of_time_leaves_no_child_behind) {
  run_in_runtime([]() -> task<> {
    std::exception_ptr error;
    try {
      static_cast<void>(co_await with_timeout(50ms, run(command{"sleep"}.argument("1000"))));
    } catch (const timeout_error&) {
      error = std::current_exception();
    }
    EXPECT_TRUE(error);
  });
  EXPECT_TRUE(no_children_left());
}

TEST(run, that_is_cancelled_twice_kills_its_child_at_once) {
  run_in_runtime([]() -> task<> {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    auto what = shell("trap 'echo got it >&2' TERM; echo ready >&2; while :; do sleep 0.01; done");
    what.errors(redirection::to_descriptor(ends[1]));
    const auto running = spawn(run(std::move(what), run_options{}.grace(10min)));
    std::array<char, 64> text{};
    const auto read_some = [&] { return ::read(ends[0], text.data(), text.size()); };
    static_cast<void>(co_await to_thread(read_some));
    // The child has its own, so that reading ends with it: one that is ready may still be on its way to `run`, which
    // then kills it at the first cancellation.
    ::close(ends[1]);
    running.cancel();
    static_cast<void>(co_await to_thread(read_some)); // it has got the SIGTERM
    running.cancel();
    std::exception_ptr error;
    try {
      static_cast<void>(co_await running);
    } catch (const cancelled&) {
      error = std::current_exception();
    }
    EXPECT_TRUE(error);
    ::close(ends[0]);
  });
  EXPECT_TRUE(no_children_left());
}

} // namespace
