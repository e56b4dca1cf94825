#include "process_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/error.hpp>
#include <actors/process/child.hpp>
#include <actors/process/internal/exit_watch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace actors;
using namespace process_test;
using actors::process::child;
using actors::process::command;
using actors::process::errc;
using actors::process::exit_status;
using actors::process::group_kind;
using actors::process::process_error;
using actors::process::redirection;
using actors::process::start;
using ::testing::HasSubstr;

/// A child that runs until its input ends, and says when it is there.
command waiting_child() {
  return shell("echo ready; read line; exit 7").input(redirection::pipe()).output(redirection::pipe());
}

bool is_running(int pid) {
  return ::kill(pid, 0) == 0;
}

/// Both ways of learning of a child's end.
class child_process : public ::testing::TestWithParam<bool> {
protected:
  void SetUp() override { process::internal::use_pidfds(GetParam()); }

  void TearDown() override {
    process::internal::use_pidfds(true);
    EXPECT_TRUE(no_children_left());
  }
};

INSTANTIATE_TEST_SUITE_P(watched, child_process, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "by_pidfd" : "by_a_thread"; });

TEST_P(child_process, gives_its_exit_code_or_the_signal_that_ended_it) {
  run_in_runtime([]() -> task<> {
    const auto three = co_await start(shell("exit 3"));
    EXPECT_EQ(co_await three.wait(), exit_status::exited(3));
    EXPECT_EQ(three.status(), exit_status::exited(3));
    EXPECT_EQ(co_await three.wait(), exit_status::exited(3)) << "also when it has ended long ago";
    const auto killed = co_await start(shell("kill -9 $$"));
    EXPECT_EQ(co_await killed.wait(), exit_status::signalled(SIGKILL));
    const auto good = co_await start(shell("exit 0"));
    const auto status = co_await good.wait();
    EXPECT_TRUE(status.success());
  });
}

TEST_P(child_process, may_be_waited_for_by_many_tasks) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    std::vector<task_handle<exit_status>> waiting;
    for (int i = 0; i < 20; ++i)
      waiting.push_back(spawn(running.wait()));
    EXPECT_EQ(running.status(), std::nullopt);
    running.input().close();
    for (auto& each : waiting)
      EXPECT_EQ(co_await each, exit_status::exited(7));
  });
}

TEST_P(child_process, is_not_killed_when_a_wait_is_cancelled) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    const auto waiting = spawn(running.wait());
    EXPECT_EQ(co_await read_line(running.output()), "ready");
    waiting.cancel();
    std::exception_ptr error;
    try {
      static_cast<void>(co_await waiting);
    } catch (const cancelled&) {
      error = std::current_exception();
    }
    EXPECT_TRUE(error);
    EXPECT_EQ(running.status(), std::nullopt);
    EXPECT_TRUE(is_running(running.pid()));
    running.input().close();
    EXPECT_EQ(co_await running.wait(), exit_status::exited(7));
  });
}

TEST_P(child_process, one_of_several_waits_is_cancelled_and_the_others_hear_of_the_end) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    std::vector<task_handle<exit_status>> waiting;
    for (int i = 0; i < 4; ++i)
      waiting.push_back(spawn(running.wait()));
    EXPECT_EQ(co_await read_line(running.output()), "ready");
    waiting[1].cancel("not interested");
    std::string reason;
    try {
      static_cast<void>(co_await waiting[1]);
    } catch (const cancelled& e) {
      reason = e.reason();
    }
    EXPECT_EQ(reason, "not interested");
    EXPECT_EQ(running.status(), std::nullopt);
    running.input().close();
    for (const std::size_t i : {0U, 2U, 3U})
      EXPECT_EQ(co_await waiting[i], exit_status::exited(7));
  });
}

TEST_P(child_process, tells_its_status_again_and_again_and_its_last_words_after_its_end) {
  run_in_runtime([]() -> task<> {
    const auto ended = co_await start(shell("echo last; exit 3").output(redirection::pipe()));
    EXPECT_EQ(co_await ended.wait(), exit_status::exited(3));
    EXPECT_EQ(co_await ended.wait(), exit_status::exited(3));
    EXPECT_EQ(ended.status(), exit_status::exited(3));
    EXPECT_FALSE(ended.kill());
    EXPECT_EQ(co_await ended.wait(), exit_status::exited(3)) << "what is dead cannot be killed";
    EXPECT_EQ(co_await read_line(ended.output()), "last");
    EXPECT_EQ(co_await read_line(ended.output()), "");
  });
}

TEST_P(child_process, closed_after_its_end_keeps_the_status_of_those_who_wait) {
  run_in_runtime([]() -> task<> {
    auto ended = co_await start(shell("exit 3"));
    while (!ended.status())
      co_await sleep(1ms);
    const auto late = spawn(ended.wait());
    ended.close();
    EXPECT_EQ(co_await late, exit_status::exited(3));
  });
}

TEST_P(child_process, closing_it_ends_the_reads_of_its_pipes) {
  run_in_runtime([]() -> task<> {
    auto outer = co_await start(waiting_child());
    EXPECT_EQ(co_await read_line(outer.output()), "ready");
    const auto reading = spawn(read_line(outer.output()), spawn_options{}.eager());
    EXPECT_FALSE(reading.done());
    const auto ended = spawn(outer.wait());
    outer.close();
    std::error_code code;
    std::string line;
    try {
      line = co_await reading;
    } catch (const net::net_error& error) {
      code = error.code();
    }
    EXPECT_TRUE(code) << "a read of a stream that was closed meanwhile gave \"" << line << '"';
    EXPECT_EQ(co_await ended, exit_status::signalled(SIGKILL));
  });
}

TEST_P(child_process, is_killed_when_its_object_goes) {
  run_in_runtime([]() -> task<> {
    auto running = co_await start(waiting_child());
    EXPECT_EQ(co_await read_line(running.output()), "ready");
    const auto ended = spawn(running.wait());
    running = child{};
    EXPECT_EQ(co_await ended, exit_status::signalled(SIGKILL));
  });
}

TEST_P(child_process, is_killed_when_it_is_closed_and_with_its_runtime) {
  run_in_runtime([]() -> task<> {
    auto running = co_await start(waiting_child());
    const auto ended = spawn(running.wait());
    running.close();
    EXPECT_FALSE(running);
    EXPECT_THROW(static_cast<void>(running.pid()), misuse_error);
    running.close();
    EXPECT_EQ(co_await ended, exit_status::signalled(SIGKILL));
  });
  {
    runtime home{runtime_options{}.workers(2)};
    static_cast<void>(home.spawn([]() -> task<> {
      const auto running = co_await start(waiting_child());
      static_cast<void>(co_await running.wait());
    }));
    static_cast<void>(home.block_on(start(waiting_child())));
  } // cancels the task that waits
  EXPECT_TRUE(no_children_left());
}

TEST_P(child_process, leaves_no_zombie_though_nobody_waits) {
  run_in_runtime([]() -> task<> {
    std::vector<child> children;
    for (int i = 0; i < 20; ++i)
      children.push_back(co_await start(shell("exit 0")));
    EXPECT_TRUE(no_children_left());
  });
}

TEST_P(child_process, runs_on_and_is_collected_when_it_was_detached) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  run_in_runtime([&]() -> task<> {
    auto running = co_await start(shell("read line; exit 0").input(redirection::to_descriptor(ends[0])));
    const int pid = running.pid();
    running.detach();
    EXPECT_FALSE(running);
    EXPECT_TRUE(is_running(pid));
  });
  ::close(ends[0]);
  ::close(ends[1]); // the child finds the end of its input
  EXPECT_TRUE(no_children_left());
}

TEST_P(child_process, can_be_signalled_until_it_has_ended) {
  run_in_runtime([]() -> task<> {
    const auto polite = co_await start(shell("trap 'exit 4' TERM; echo ready; while :; do read line; done")
                                           .input(redirection::pipe())
                                           .output(redirection::pipe()));
    EXPECT_EQ(co_await read_line(polite.output()), "ready");
    EXPECT_TRUE(polite.terminate());
    polite.input().close();
    EXPECT_EQ(co_await polite.wait(), exit_status::exited(4));
    EXPECT_FALSE(polite.terminate());
    EXPECT_FALSE(polite.kill());
    const auto rude = co_await start(waiting_child());
    EXPECT_TRUE(rude.kill());
    EXPECT_EQ(co_await rude.wait(), exit_status::signalled(SIGKILL));
    EXPECT_FALSE(rude.send_signal(SIGUSR1));
    const auto other = co_await start(waiting_child());
    EXPECT_TRUE(other.send_signal(SIGUSR1));
    EXPECT_EQ(co_await other.wait(), exit_status::signalled(SIGUSR1));
  });
}

TEST_P(child_process, refuses_a_signal_that_does_not_exist) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    EXPECT_THROW(running.send_signal(1000), process_error);
  });
}

TEST_P(child_process, that_leads_a_group_is_signalled_with_its_group) {
  run_in_runtime([]() -> task<> {
    // The inner shell holds the pipe open until it ends, which it does not do by itself.
    const auto leader = co_await start(shell("sh -c 'echo inner; exec sleep 1000' & wait")
                                           .output(redirection::pipe())
                                           .group(group_kind::process_group));
    EXPECT_EQ(co_await read_line(leader.output()), "inner");
    EXPECT_EQ(::getpgid(leader.pid()), leader.pid());
    leader.kill();
    EXPECT_EQ(co_await leader.wait(), exit_status::signalled(SIGKILL));
    EXPECT_EQ(co_await read_line(leader.output()), "") << "the end, because the inner one is gone too";
    const auto session = co_await start(waiting_child().group(group_kind::session));
    EXPECT_EQ(co_await read_line(session.output()), "ready");
    EXPECT_EQ(::getsid(session.pid()), session.pid());
  });
}

TEST_P(child_process, whose_status_somebody_else_has_taken_says_so) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    EXPECT_EQ(co_await read_line(running.output()), "ready");
    // What a program does that ignores SIGCHLD, and restores it later.
    struct sigaction ignore{};
    struct sigaction before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGCHLD, &ignore, &before);
    running.input().close();
    std::error_code code;
    try {
      static_cast<void>(co_await running.wait());
    } catch (const process_error& error) {
      code = error.code();
    }
    ::sigaction(SIGCHLD, &before, nullptr);
    EXPECT_EQ(code, errc::status_lost);
    EXPECT_FALSE(running.kill());
  });
}

TEST(child_streams, carry_bytes_both_ways) {
  run_in_runtime([]() -> task<> {
    const auto cat = co_await start(command{"cat"}.input(redirection::pipe()).output(redirection::pipe()));
    co_await cat.input().write_all("first\n");
    EXPECT_EQ(co_await read_line(cat.output()), "first");
    co_await cat.input().write_all("second\n");
    EXPECT_EQ(co_await read_line(cat.output()), "second");
    cat.input().shutdown_write();
    EXPECT_FALSE(cat.input().is_open());
    EXPECT_EQ(co_await read_line(cat.output()), "");
    EXPECT_EQ(co_await cat.wait(), exit_status{});
  });
}

TEST(child_streams, that_are_no_pipes_cannot_be_used) {
  run_in_runtime([]() -> task<> {
    const auto plain = co_await start(shell("exit 0"));
    EXPECT_THROW(static_cast<void>(plain.input()), misuse_error);
    EXPECT_THROW(static_cast<void>(plain.output()), misuse_error);
    EXPECT_THROW(static_cast<void>(plain.errors()), misuse_error);
    EXPECT_THROW(static_cast<void>(co_await plain.communicate("input")), misuse_error);
    const auto result = co_await plain.communicate();
    EXPECT_TRUE(result.status.success());
  });
}

TEST(child_streams, reads_and_writes_can_be_cancelled) {
  run_in_runtime([]() -> task<> {
    const auto quiet = co_await start(shell("read line").input(redirection::pipe()).output(redirection::pipe()));
    const auto reading = spawn(read_line(quiet.output()));
    const std::string large(std::size_t{1024} * 1024, 'x');
    const auto sleeper = co_await start(command{"sleep"}.argument("1000").input(redirection::pipe()));
    const auto writing = spawn(sleeper.input().write_all(large));
    for (int turn = 0; turn < 100; ++turn)
      co_await yield();
    reading.cancel();
    writing.cancel();
    int cancelled_tasks = 0;
    try {
      static_cast<void>(co_await reading);
    } catch (const cancelled&) {
      ++cancelled_tasks;
    }
    try {
      co_await writing;
    } catch (const cancelled&) {
      ++cancelled_tasks;
    }
    EXPECT_EQ(cancelled_tasks, 2);
  });
}

TEST(child_streams, a_write_that_nobody_reads_is_an_error_and_no_signal) {
  run_in_runtime([]() -> task<> {
    const auto deaf = co_await start(shell("exit 0").input(redirection::pipe()));
    static_cast<void>(co_await deaf.wait());
    std::error_code code;
    try {
      co_await deaf.input().write_all("hello?");
    } catch (const net::net_error& error) {
      code = error.code();
      EXPECT_THAT(error.what(), HasSubstr("the input of /bin/sh"));
    }
    EXPECT_EQ(code, std::errc::broken_pipe);
  });
}

TEST(communicate, feeds_the_child_and_reads_all_that_it_writes) {
  run_in_runtime([]() -> task<> {
    // More than pipes hold, both ways at once.
    const std::string large(std::size_t{3} * 1024 * 1024, 'x');
    const auto cat = co_await start(shell("tee /dev/stderr; exit 2")
                                        .input(redirection::pipe())
                                        .output(redirection::pipe())
                                        .errors(redirection::pipe()));
    const auto result = co_await cat.communicate(large);
    EXPECT_TRUE(result.output == large);
    EXPECT_TRUE(result.errors == large);
    EXPECT_EQ(result.status, exit_status::exited(2));
  });
}

TEST(communicate, does_not_mind_a_child_that_reads_only_a_part) {
  run_in_runtime([]() -> task<> {
    const std::string large(std::size_t{3} * 1024 * 1024, 'x');
    const auto brief =
        co_await start(shell("echo done; exit 0").input(redirection::pipe()).output(redirection::pipe()));
    const auto result = co_await brief.communicate(large);
    EXPECT_EQ(result.output, "done\n");
    EXPECT_TRUE(result.status.success());
  });
}

TEST(communicate, kills_a_child_that_writes_too_much) {
  run_in_runtime([]() -> task<> {
    const auto endless = co_await start(command{"yes"}.output(redirection::pipe()));
    std::error_code code;
    try {
      static_cast<void>(co_await endless.communicate({}, 100'000));
    } catch (const process_error& error) {
      code = error.code();
      EXPECT_THAT(error.what(), HasSubstr("cannot read from yes: wrote more than allowed (the limit is 100000 bytes)"));
    }
    EXPECT_EQ(code, errc::output_too_large);
    EXPECT_EQ(co_await endless.wait(), exit_status::signalled(SIGKILL));
    const auto exact = co_await start(shell("printf 12345").output(redirection::pipe()));
    const auto result = co_await exact.communicate({}, 5);
    EXPECT_EQ(result.output, "12345");
  });
}

TEST(communicate, can_be_cancelled_and_leaves_the_child_running) {
  run_in_runtime([]() -> task<> {
    const auto running = co_await start(waiting_child());
    EXPECT_EQ(co_await read_line(running.output()), "ready");
    // Without input to write, its end is what the child would get: hold on to nothing but the output.
    const auto silent = co_await start(shell("echo ready; exec sleep 1000").output(redirection::pipe()));
    EXPECT_EQ(co_await read_line(silent.output()), "ready");
    const auto talking = spawn(silent.communicate());
    talking.cancel();
    std::exception_ptr error;
    try {
      static_cast<void>(co_await talking);
    } catch (const cancelled&) {
      error = std::current_exception();
    }
    EXPECT_TRUE(error);
    EXPECT_EQ(silent.status(), std::nullopt);
    EXPECT_TRUE(silent.output().is_open());
    running.input().close();
    EXPECT_EQ(co_await running.wait(), exit_status::exited(7));
  });
}

TEST(start, that_is_cancelled_leaves_no_child_behind) {
  run_in_runtime([]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      const auto starting = spawn(start(command{"sleep"}.argument("1000").output(redirection::pipe())));
      for (int turn = 0; turn < i % 4; ++turn)
        co_await yield();
      starting.cancel();
      try {
        static_cast<void>(co_await std::move(starting));
      } catch (const cancelled&) {
        continue;
      }
    }
  });
  EXPECT_TRUE(no_children_left());
}

TEST(start, works_from_many_tasks_at_once) {
  run_in_runtime([]() -> task<> {
    std::vector<task<int>> all;
    const auto one = [](int number) -> task<int> {
      const auto child = co_await start(shell("exit " + std::to_string(number)));
      const auto status = co_await child.wait();
      co_return status.code().value_or(-1);
    };
    for (int i = 0; i < 50; ++i)
      all.push_back(one(i));
    const auto codes = co_await gather(std::move(all));
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(codes[static_cast<std::size_t>(i)], i);
  });
  EXPECT_TRUE(no_children_left());
}

TEST(start, works_without_reactors_if_there_are_no_pipes) {
  runtime home{runtime_options{}.workers(2).scheduler(scheduler_kind::stock)};
  const auto body = []() -> task<> {
    const auto plain = co_await start(shell("exit 3"));
    EXPECT_EQ(co_await plain.wait(), exit_status::exited(3));
    std::exception_ptr error;
    try {
      static_cast<void>(co_await start(command{"cat"}.input(redirection::pipe())));
    } catch (const misuse_error&) {
      error = std::current_exception();
    }
    EXPECT_TRUE(error);
  };
  home.block_on(body);
  EXPECT_TRUE(no_children_left());
}

} // namespace
