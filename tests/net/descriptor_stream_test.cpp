#include "stream_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/descriptor_stream.hpp>
#include <actors/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;
using ::testing::HasSubstr;

template <class F>
void run_in(F body) {
  runtime home{runtime_options{}.workers(2)};
  home.block_on(std::move(body));
}

struct pipe_ends {
  std::unique_ptr<stream> reading;
  std::unique_ptr<stream> writing;
};

/// A pipe as two streams.
task<pipe_ends> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw net_error("make", "a pipe", last_system_error());
  pipe_ends result;
  result.reading = co_await adopt_descriptor(ends[0], "reading end");
  result.writing = co_await adopt_descriptor(ends[1], "writing end");
  co_return result;
}

TEST(descriptor_stream, carries_more_than_a_pipe_holds) {
  run_in([]() -> task<> {
    auto ends = co_await open_pipe();
    const std::string large(std::size_t{5} * 1024 * 1024, 'x');
    const auto writing = spawn(ends.writing->write_all(large));
    const auto got = co_await read_exactly(*ends.reading, large.size());
    EXPECT_TRUE(got == large);
    co_await writing;
    EXPECT_EQ(ends.reading->peer(), "reading end");
  });
}

TEST(descriptor_stream, reads_line_after_line_of_a_terminal_that_has_several) {
  run_in([]() -> task<> {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(master, 0);
    std::array<char, 64> name{};
    EXPECT_EQ(::grantpt(master), 0);
    EXPECT_EQ(::unlockpt(master), 0);
    EXPECT_EQ(::ptsname_r(master, name.data(), name.size()), 0);
    auto terminal = co_await adopt_descriptor(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), "terminal");
    EXPECT_EQ(::write(master, "one\ntwo\n", 8), 8);
    EXPECT_EQ(co_await with_timeout(std::chrono::seconds(10), read_exactly(*terminal, 4)), "one\n");
    EXPECT_EQ(co_await with_timeout(std::chrono::seconds(10), read_exactly(*terminal, 4)), "two\n");
    ::close(master);
  });
}

TEST(descriptor_stream, ends_when_the_writing_end_is_shut_down) {
  run_in([]() -> task<> {
    auto ends = co_await open_pipe();
    co_await ends.writing->write_all("last");
    ends.writing->shutdown_write();
    EXPECT_FALSE(ends.writing->is_open());
    EXPECT_EQ(co_await read_to_end(*ends.reading), "last");
    EXPECT_THROW(ends.reading->shutdown_write(), net_error) << "a reading end cannot";
    EXPECT_THROW(static_cast<void>(ends.writing->try_write_some("more")), net_error);
  });
}

TEST(descriptor_stream, a_pipe_that_nobody_reads_is_an_error_and_no_signal) {
  // Were it raised, the default effect of SIGPIPE would end this program.
  struct sigaction usual{};
  struct sigaction before{};
  usual.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &usual, &before);
  run_in([]() -> task<> {
    auto ends = co_await open_pipe();
    ends.reading->close();
    std::error_code code;
    try {
      co_await ends.writing->write_all("hello?");
    } catch (const net_error& error) {
      code = error.code();
      EXPECT_THAT(error.what(), HasSubstr("write to writing end"));
    }
    EXPECT_EQ(code, std::errc::broken_pipe);
  });
  ::sigaction(SIGPIPE, &before, nullptr);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(descriptor_stream, reads_and_writes_can_be_cancelled) {
  run_in([]() -> task<> {
    auto ends = co_await open_pipe();
    std::array<char, 8> buffer{};
    const auto reading = spawn(ends.reading->read_some(buffer));
    co_await yield();
    reading.cancel();
    int ended = 0;
    try {
      static_cast<void>(co_await reading);
    } catch (const cancelled&) {
      ++ended;
    }
    const std::string large(std::size_t{1024} * 1024, 'x');
    const auto writing = spawn(ends.writing->write_all(large));
    co_await yield();
    writing.cancel();
    try {
      co_await writing;
    } catch (const cancelled&) {
      ++ended;
    }
    EXPECT_EQ(ended, 2);
  });
}

TEST(descriptor_stream, what_cannot_be_waited_for_is_refused_and_closed) {
  run_in([]() -> task<> {
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    EXPECT_GT(file, 2);
    std::error_code code;
    try {
      static_cast<void>(co_await adopt_descriptor(file, "a file"));
    } catch (const net_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, std::errc::operation_not_permitted);
    EXPECT_EQ(::fcntl(file, F_GETFD), -1);
    try {
      static_cast<void>(co_await adopt_descriptor(-1, "nothing"));
    } catch (const net_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, std::errc::bad_file_descriptor);
  });
}

TEST(descriptor_stream, a_descriptor_whose_task_never_runs_is_closed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  static_cast<void>(adopt_descriptor(ends[0], "never awaited"));
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1);
  ::close(ends[1]);
}

} // namespace
