#include "process_support.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/wait.hpp>
#include <actors/process/child_actor.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace actors;
using namespace process_test;
using actors::process::command;
using actors::process::end_input_atom_v;
using actors::process::exit_report;
using actors::process::pid_atom_v;
using actors::process::read_errors_atom_v;
using actors::process::read_output_atom_v;
using actors::process::redirection;
using actors::process::signal_atom_v;
using actors::process::spawn_child_actor;
using actors::process::wait_exit_atom_v;
using actors::process::write_input_atom_v;
using ::testing::HasSubstr;

command piped(std::string script) {
  return shell(std::move(script)).input(redirection::pipe()).output(redirection::pipe()).errors(redirection::pipe());
}

constexpr std::uint64_t plenty = 65536;

/// All that the child writes on its standard output.
task<std::string> all_output(service_ref from) {
  std::string result;
  for (;;) {
    const auto part = co_await ask<std::string>(from, read_output_atom_v, plenty);
    if (part.empty())
      co_return result;
    result += part;
  }
}

template <class Pending>
task<std::exception_ptr> error_of(Pending pending) {
  try {
    static_cast<void>(co_await std::move(pending));
  } catch (...) {
    co_return std::current_exception();
  }
  co_return nullptr;
}

class silent_log final : public log_sink {
public:
  void write(const log_record&) noexcept override {}
};

} // namespace

TEST(child_actor, passes_input_output_errors_and_exit_as_messages) {
  run_in_runtime([]() -> task<> {
    const auto child = spawn_child_actor(piped("read line; echo \"got $line\"; echo complaint >&2; exit 3"));
    co_await ask<void>(child, write_input_atom_v, std::string{"a line\n"});
    co_await ask<void>(child, end_input_atom_v);
    EXPECT_EQ(co_await all_output(child), "got a line\n");
    EXPECT_EQ(co_await ask<std::string>(child, read_errors_atom_v, plenty), "complaint\n");
    const auto report = co_await ask<exit_report>(child, wait_exit_atom_v);
    EXPECT_EQ(report.code, 3);
    EXPECT_EQ(report.signal, 0);
    EXPECT_EQ(report.text, "exit code 3");
    // Still there, to be asked.
    EXPECT_EQ(co_await ask<std::string>(child, read_output_atom_v, plenty), "");
    EXPECT_FALSE(co_await ask<bool>(child, signal_atom_v, std::int32_t{SIGTERM}));
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, writes_that_the_pipe_does_not_take_wait_and_a_flood_of_them_is_refused) {
  run_in_runtime([]() -> task<> {
    const auto child = spawn_child_actor(piped("exec sleep 1000"));
    // Each is far more than a pipe holds, the two are more than may wait, and the child reads nothing.
    auto write = [](service_ref to) -> task<> {
      co_await ask<void>(to, write_input_atom_v, std::string(std::size_t{10} << 20, 'x'));
    };
    std::vector<task_handle<void>> writes{spawn(write(child)), spawn(write(child))};
    const auto first = co_await wait(writes, until::first_completed);
    EXPECT_EQ(first.done.size(), 1u);
    EXPECT_EQ(first.pending.size(), 1u);
    EXPECT_THAT(describe(co_await error_of(first.done[0])), HasSubstr("buffer space"));
    EXPECT_TRUE(co_await ask<bool>(child, signal_atom_v, std::int32_t{SIGKILL}));
    EXPECT_EQ((co_await ask<exit_report>(child, wait_exit_atom_v)).signal, SIGKILL);
    EXPECT_TRUE(co_await error_of(first.pending[0])) << "nobody reads any more";
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, what_nobody_reads_waits_in_the_child) {
  run_in_runtime([]() -> task<> {
    const auto child = spawn_child_actor(piped("yes | head -c 1000000; echo done >&2"));
    auto complaint = [](service_ref from) -> task<std::string> {
      co_return co_await ask<std::string>(from, read_errors_atom_v, plenty);
    };
    const auto done = spawn(complaint(child));
    EXPECT_EQ((co_await ask<std::string>(child, read_output_atom_v, std::uint64_t{2})), "y\n");
    EXPECT_FALSE(done.done());
    EXPECT_EQ((co_await all_output(child)).size(), 999'998u);
    EXPECT_EQ(co_await done, "done\n");
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, a_caller_that_gives_up_on_a_read_or_the_exit_loses_nothing) {
  run_in_runtime([]() -> task<> {
    const auto child = spawn_child_actor(piped("read line; echo late"));
    auto read = [](service_ref from) -> task<> {
      static_cast<void>(co_await ask<std::string>(from, read_output_atom_v, plenty).within(10ms));
    };
    auto wait = [](service_ref from) -> task<> {
      static_cast<void>(co_await ask<exit_report>(from, wait_exit_atom_v).within(10ms));
    };
    EXPECT_THAT(describe(co_await error_of(read(child))), HasSubstr("timed out"));
    EXPECT_THAT(describe(co_await error_of(wait(child))), HasSubstr("timed out"));
    co_await ask<void>(child, write_input_atom_v, std::string{"\n"});
    EXPECT_EQ(co_await all_output(child), "late\n");
    EXPECT_EQ((co_await ask<exit_report>(child, wait_exit_atom_v)).code, 0);
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, a_write_that_is_given_up_half_way_makes_further_ones_fail_and_the_child_sees_its_beginning) {
  run_in_runtime([]() -> task<> {
    // Reads the beginning, and nothing more before it is told to.
    const auto child =
        spawn_child_actor(piped("head -c 10; trap 'cat >/dev/null; exit 0' USR1; echo; while :; do sleep 0.01; done"));
    auto write = [](service_ref to, std::string data) -> task<> {
      co_await ask<void>(to, write_input_atom_v, std::move(data));
    };
    const auto given_up = spawn(write(child, std::string(std::size_t{12} << 20, 'x'))); // more than a pipe takes
    std::string output;
    while (!output.ends_with('\n'))
      output += co_await ask<std::string>(child, read_output_atom_v, plenty);
    EXPECT_EQ(output, "xxxxxxxxxx\n");
    EXPECT_TRUE(given_up.cancel("given up"));
    EXPECT_THAT(describe(co_await error_of(given_up)), HasSubstr("given up"));
    EXPECT_THAT(describe(co_await error_of(write(child, "garbage"))), HasSubstr("cancelled half-way"));
    co_await ask<void>(child, end_input_atom_v);
    EXPECT_TRUE(co_await ask<bool>(child, signal_atom_v, std::int32_t{SIGUSR1}));
    EXPECT_EQ(co_await all_output(child), "");
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, kills_the_child_when_it_ends) {
  run_in_runtime([]() -> task<> {
    const auto closed = spawn_child_actor(piped("exec sleep 1000"));
    EXPECT_GT(co_await ask<std::int32_t>(closed, pid_atom_v), 0);
    co_await ask<void>(closed, caf::close_atom_v);
    // The other ends with this task.
    const auto left = spawn_child_actor(piped("exec sleep 1000"));
    EXPECT_GT(co_await ask<std::int32_t>(left, pid_atom_v), 0);
  });
  EXPECT_TRUE(no_children_left());
}

TEST(child_actor, a_program_that_cannot_be_run_and_a_stream_without_a_pipe_are_told) {
  actors::runtime home{actors::runtime_options{}.workers(2).log_to(std::make_shared<silent_log>())};
  home.block_on([]() -> task<> {
    const auto piped_none = spawn_child_actor(shell("exec sleep 1000"));
    auto read = [](service_ref from) -> task<> {
      static_cast<void>(co_await ask<std::string>(from, read_output_atom_v, plenty));
    };
    EXPECT_THAT(describe(co_await error_of(read(piped_none))), HasSubstr("pipe"));
  });
  caf::scoped_actor self{home.system()};
  const auto missing = spawn_child_actor(home, command{"/no/such/program"});
  self->monitor(missing.actor());
  std::string reason;
  self->receive([&](const caf::down_msg& down) { reason = caf::to_string(down.reason); });
  EXPECT_THAT(reason, HasSubstr("/no/such/program"));
}
