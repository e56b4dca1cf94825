#include <actors/core/spawn.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/unix_stream.hpp>
#include <tests/net/stream_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

std::string path_in(const fs::temp_directory& folder) {
  return (folder.path() / "socket").string();
}

/// The text of the error that a task ends with.
template <class T>
task<std::string> error_of(task<T> operation) {
  try {
    static_cast<void>(co_await std::move(operation));
  } catch (const net_error& e) {
    co_return std::string{e.what()};
  }
  co_return std::string{"no error"};
}

TEST(unix_stream, clients_are_served_and_the_file_goes_with_the_listener) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = path_in(folder);
    auto source = co_await listen_unix(path);
    EXPECT_EQ(source->local(), "unix:" + path);
    auto* listening = source.get();
    auto serving = spawn([listening]() -> task<void> { co_await serve(*listening, echo); });
    auto client = co_await connect_unix(path);
    EXPECT_EQ(client->peer(), "unix:" + path);
    co_await client->write_all("hello");
    client->shutdown_write();
    EXPECT_EQ(co_await read_to_end(*client), "hello");
    EXPECT_TRUE(std::filesystem::exists(path));
    source->close();
    EXPECT_FALSE(std::filesystem::exists(path));
    co_await serving;
  });
}

TEST(unix_stream, the_file_of_an_ended_process_is_replaced_and_that_of_a_living_one_is_not) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = path_in(folder);
    const int left = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(left);
    EXPECT_TRUE(std::filesystem::exists(path));
    auto source = co_await listen_unix(path);
    EXPECT_EQ(co_await error_of(listen_unix(path)), "listen on unix:" + path + ": Address already in use");
    auto [client, server] = co_await gather(connect_unix(path), source->accept());
    co_await client->write_all("x");
    EXPECT_EQ(co_await read_exactly(*server, 1), "x");
  });
}

/// How many clients may come to a listener that takes none.
int clients_until_full(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  for (int count = 0;; ++count) {
    const int handle = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int result = ::connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address);
    const int problem = errno;
    ::close(handle); // it waits in the queue all the same
    if (result != 0) {
      EXPECT_EQ(problem, EAGAIN);
      return count;
    }
  }
}

TEST(unix_stream, as_many_clients_wait_as_the_backlog_and_the_system_allow) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    int allowed = 0;
    std::ifstream{"/proc/sys/net/core/somaxconn"} >> allowed;
    const auto path = path_in(folder);
    {
      const auto source = co_await listen_unix(path);
      const auto most = std::min(default_backlog, allowed);
      EXPECT_THAT(clients_until_full(path), ::testing::AnyOf(most, most + 1)); // Linux lets one more in
    }
    const auto source = co_await listen_unix(path, 10);
    EXPECT_THAT(clients_until_full(path), ::testing::AnyOf(10, 11));
  });
}

TEST(unix_stream, a_file_that_is_no_socket_is_left_alone) {
  const fs::temp_directory folder;
  const auto path = path_in(folder);
  std::ofstream{path} << "precious";
  run_in_runtime([&]() -> task<void> {
    EXPECT_EQ(co_await error_of(listen_unix(path)), "listen on unix:" + path + ": Address already in use");
  });
  std::string content;
  std::ifstream{path} >> content;
  EXPECT_EQ(content, "precious");
}

TEST(unix_stream, a_listener_removes_only_its_own_file) {
  const fs::temp_directory folder;
  const auto path = path_in(folder);
  run_in_runtime([&]() -> task<void> {
    auto source = co_await listen_unix(path);
    std::filesystem::remove(path);
    std::ofstream{path} << "somebody else's";
    source->close();
  });
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(unix_stream, abstract_names_leave_no_file) {
  const fs::temp_directory folder;
  const auto name = "@" + folder.path().filename().string();
  run_in_runtime([&]() -> task<void> {
    auto source = co_await listen_unix(name);
    auto [client, server] = co_await gather(connect_unix(name), source->accept());
    co_await client->write_all("x");
    EXPECT_EQ(co_await read_exactly(*server, 1), "x");
    EXPECT_FALSE(std::filesystem::exists(name));
    EXPECT_NE(co_await error_of(listen_unix(name)), "no error");
  });
}

TEST(unix_stream, errors_name_the_path) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = path_in(folder);
    EXPECT_EQ(co_await error_of(connect_unix(path)), "connect to unix:" + path + ": No such file or directory");
    EXPECT_TRUE((co_await error_of(connect_unix(""))).starts_with("use unix:: not a usable path"));
    EXPECT_TRUE((co_await error_of(listen_unix(std::string(200, 'x')))).ends_with("(1 to 107 bytes)"));
    EXPECT_TRUE((co_await error_of(listen_unix(std::string("a\0b", 3)))).ends_with("(it holds a NUL)"));
    // The longest that fits: no room for an end.
    EXPECT_TRUE((co_await error_of(connect_unix("/" + std::string(106, 'x')))).ends_with("No such file or directory"));
  });
}

TEST(unix_stream, a_client_that_waits_in_front_of_a_full_queue_can_be_cancelled_and_the_listener_goes_on) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = path_in(folder);
    auto source = co_await listen_unix(path, 0);
    // With such a queue the system takes one or two.
    std::vector<std::unique_ptr<stream>> taken;
    for (;;) {
      const auto attempt = spawn(connect_unix(path));
      for (int i = 0; i < 20 && !attempt.done(); ++i)
        co_await sleep(1ms);
      if (!attempt.done()) {
        EXPECT_TRUE(attempt.cancel());
        bool was_cancelled = false;
        try {
          static_cast<void>(co_await attempt);
        } catch (const cancelled&) {
          was_cancelled = true;
        }
        EXPECT_TRUE(was_cancelled);
        break;
      }
      taken.push_back(co_await attempt);
    }
    EXPECT_FALSE(taken.empty());
    for (std::size_t i = 0; i < taken.size(); ++i)
      static_cast<void>(co_await source->accept());
    const auto again = spawn(connect_unix(path));
    static_cast<void>(co_await source->accept());
    EXPECT_TRUE((co_await again)->is_open());
  });
}

TEST(unix_stream, a_full_queue_makes_clients_wait_and_not_fail) {
  const fs::temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = path_in(folder);
    auto source = co_await listen_unix(path, 0);
    std::vector<task<std::unique_ptr<stream>>> attempts;
    for (int i = 0; i < 10; ++i)
      attempts.push_back(connect_unix(path));
    auto* listening = source.get();
    auto accepting = spawn([listening]() -> task<void> {
      for (int i = 0; i < 10; ++i)
        static_cast<void>(co_await listening->accept());
    });
    EXPECT_EQ((co_await gather(std::move(attempts))).size(), 10U);
    co_await accepting;
  });
}

} // namespace
