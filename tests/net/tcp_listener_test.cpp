#include <actors/core/log.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/tcp_listener.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <mutex>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

/// Keeps what is logged.
class kept_log final : public log_sink {
public:
  void write(const log_record& record) noexcept override {
    const std::scoped_lock guard{mutex_};
    lines_.push_back(format_log_text(record));
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock guard{mutex_};
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Leaves the process without a single free file descriptor.
class no_more_descriptors {
public:
  no_more_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto limit = before_;
    limit.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 256);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 0; fd >= 0;) {
      fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= 0)
        taken_.push_back(fd);
    }
  }

  no_more_descriptors(const no_more_descriptors&) = delete;
  no_more_descriptors& operator=(const no_more_descriptors&) = delete;

  ~no_more_descriptors() {
    for (const int fd : taken_)
      ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(tcp_listener, port_0_takes_a_free_port_and_tells_which) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    EXPECT_NE(source->local_endpoint().port(), 0);
    EXPECT_EQ(source->local(), "127.0.0.1:" + std::to_string(source->local_endpoint().port()));
    auto by_name = co_await listen_tcp("localhost", 0);
    EXPECT_TRUE(by_name->local_endpoint().address().is_loopback());
  });
}

TEST(tcp_listener, a_port_that_is_taken_is_named) {
  run_in_runtime([]() -> task<void> {
    auto first = co_await listen_tcp("127.0.0.1", 0);
    std::string text;
    try {
      static_cast<void>(co_await listen_tcp("127.0.0.1", first->local_endpoint().port()));
    } catch (const net_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "listen on " + first->local() + ": Address already in use");
  });
}

TEST(tcp_listener, a_port_can_be_shared_by_those_who_all_want_to) {
  run_in_runtime([]() -> task<void> {
    auto first = co_await listen_tcp("127.0.0.1", 0, listen_options{}.share_port(true));
    auto second = co_await listen_tcp("127.0.0.1", first->local_endpoint().port(), listen_options{}.share_port(true));
    EXPECT_EQ(first->local(), second->local());
  });
}

TEST(tcp_listener, a_port_is_free_again_after_a_server_with_connections_has_closed) {
  run_in_runtime([]() -> task<void> {
    std::uint16_t port = 0;
    for (int i = 0; i < 3; ++i) {
      auto source = co_await listen_tcp("127.0.0.1", port);
      port = source->local_endpoint().port();
      auto [client, server] = co_await gather(connect_tcp("127.0.0.1", port), source->accept());
      // The server closes first, so its side of the connection lingers in TIME_WAIT.
      server->close();
      EXPECT_EQ(co_await read_to_end(*client), "");
    }
  });
}

TEST(tcp_listener, a_cancelled_accept_loses_no_connection) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    for (int i = 0; i < 10; ++i) {
      bool timed_out = false;
      try {
        static_cast<void>(co_await with_timeout(1ms, source->accept()));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    }
    auto client = co_await connect_tcp(source->local_endpoint());
    auto server = co_await source->accept();
    co_await client->write_all("x");
    EXPECT_EQ(co_await read_exactly(*server, 1), "x");
  });
}

TEST(tcp_listener, closing_ends_a_waiting_accept_and_refuses_clients) {
  run_in_runtime(
      []() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        const auto local = source->local_endpoint();
        auto* listening = source.get();
        auto accepting = spawn([listening]() -> task<void> { static_cast<void>(co_await listening->accept()); });
        co_await settle();
        source->close();
        source->close();
        EXPECT_FALSE(source->is_open());
        std::string text;
        try {
          co_await accepting;
        } catch (const net_error& e) {
          text = e.what();
        }
        EXPECT_EQ(text, "accept on " + local.to_string() + ": closed by this side");
        std::error_code error;
        try {
          static_cast<void>(co_await connect_tcp(local));
        } catch (const net_error& e) {
          error = e.code();
        }
        EXPECT_EQ(error, std::errc::connection_refused);
      },
      runtime_options{}.workers(1));
}

TEST(tcp_listener, two_accepts_at_once_are_misuse) {
  run_in_runtime(
      []() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto* listening = source.get();
        auto accepting = spawn([listening]() -> task<void> { static_cast<void>(co_await listening->accept()); });
        co_await settle();
        bool refused = false;
        try {
          static_cast<void>(co_await source->accept());
        } catch (const misuse_error&) {
          refused = true;
        }
        EXPECT_TRUE(refused);
        accepting.cancel();
        static_cast<void>(co_await gather_outcomes(accepting));
      },
      runtime_options{}.workers(1));
}

TEST(tcp_listener, without_free_descriptors_accept_waits_says_so_once_and_goes_on_when_there_are_some) {
  const auto log = std::make_shared<kept_log>();
  run_in_runtime(
      [&log]() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto client = co_await connect_tcp(source->local_endpoint());
        auto* listening = source.get();
        auto accepting =
            spawn([listening]() -> task<std::unique_ptr<stream>> { co_return co_await listening->accept(); });
        {
          const no_more_descriptors shortage;
          // Some rounds of trying again.
          co_await sleep(100ms);
          EXPECT_FALSE(accepting.done());
        }
        auto server = co_await with_timeout(30s, std::move(accepting));
        co_await client->write_all("x");
        EXPECT_EQ(co_await read_exactly(*server, 1), "x");
        std::vector<std::string> said;
        for (const auto& line : log->lines())
          if (line.starts_with("net: "))
            said.push_back(line);
        EXPECT_EQ(said, std::vector<std::string>(1, "net: cannot accept connections on " + source->local() +
                                                        ", trying again: Too many open files"));
      },
      runtime_options{}.workers(1).log_to(log));
}

} // namespace
