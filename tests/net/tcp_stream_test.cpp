#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/tcp_stream.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

/// A port of 127.0.0.1 on which nobody listens: bound, so that nobody else gets it, but not listening.
class silent_port {
public:
  silent_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port");
    number_ = ntohs(address.sin_port);
  }

  silent_port(const silent_port&) = delete;
  silent_port& operator=(const silent_port&) = delete;

  ~silent_port() { ::close(fd_); }

  [[nodiscard]] std::uint16_t number() const { return number_; }

private:
  int fd_;
  std::uint16_t number_ = 0;
};

TEST(connect_tcp, a_refused_connection_names_host_and_port_and_reason) {
  const silent_port port;
  run_in_runtime([&]() -> task<void> {
    std::string text;
    std::error_code code;
    try {
      static_cast<void>(co_await connect_tcp("127.0.0.1", port.number()));
    } catch (const net_error& e) {
      text = e.what();
      code = e.code();
      EXPECT_EQ(e.operation(), "connect to");
      EXPECT_EQ(e.peer(), "127.0.0.1:" + std::to_string(port.number()));
    }
    EXPECT_EQ(text, "connect to 127.0.0.1:" + std::to_string(port.number()) + ": Connection refused");
    EXPECT_EQ(code, std::errc::connection_refused);
  });
}

TEST(connect_tcp, a_name_is_resolved_and_its_addresses_are_tried) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    const auto port = source->local_endpoint().port();
    auto [client, server] = co_await gather(connect_tcp("localhost", port), source->accept());
    EXPECT_EQ(client->peer(), "localhost:" + std::to_string(port));
    EXPECT_TRUE(server->peer().starts_with("127.0.0.1:")) << server->peer();
    co_await client->write_all("hi");
    EXPECT_EQ(co_await read_exactly(*server, 2), "hi");
  });
}

TEST(connect_tcp, an_unknown_host_is_an_error_of_the_resolver) {
  run_in_runtime([]() -> task<void> {
    std::string text;
    try {
      static_cast<void>(co_await connect_tcp("no-such-host.invalid", 80));
    } catch (const net_error& e) {
      text = e.what();
      EXPECT_EQ(e.code().category(), resolver_category());
    }
    EXPECT_TRUE(text.starts_with("resolve no-such-host.invalid: ")) << text;
  });
}

TEST(connect_tcp, an_attempt_that_hangs_can_be_cancelled) {
  run_in_runtime([]() -> task<void> {
    // A full queue makes the system drop further attempts silently.
    auto source = co_await listen_tcp("127.0.0.1", 0, listen_options{}.backlog(0));
    const auto port = source->local_endpoint().port();
    auto first = co_await connect_tcp("127.0.0.1", port);
    bool timed_out = false;
    std::vector<std::unique_ptr<stream>> more;
    for (int i = 0; i < 8 && !timed_out; ++i) {
      try {
        more.push_back(co_await with_timeout(100ms, connect_tcp("127.0.0.1", port)));
      } catch (const timeout_error&) {
        timed_out = true;
      }
    }
    EXPECT_TRUE(timed_out);
    EXPECT_TRUE(first->is_open());
  });
}

TEST(connect_tcp, the_stock_scheduler_has_no_io_and_says_so) {
  run_in_runtime(
      []() -> task<void> {
        bool refused = false;
        try {
          static_cast<void>(co_await connect_tcp("127.0.0.1", 1));
        } catch (const misuse_error&) {
          refused = true;
        }
        EXPECT_TRUE(refused);
      },
      runtime_options{}.scheduler(scheduler_kind::stock));
}

TEST(tcp_stream, a_reset_by_the_peer_is_an_error_that_names_it) {
  run_in_runtime(
      []() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(source->local_endpoint().port());
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        auto server = co_await source->accept();
        auto* stream = server.get();
        auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
        co_await settle();
        const linger at_once{1, 0};
        EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
        ::close(fd);
        std::string text;
        try {
          co_await reading;
        } catch (const net_error& e) {
          text = e.what();
          EXPECT_EQ(e.code(), std::errc::connection_reset);
        }
        EXPECT_EQ(text, "read from " + server->peer() + ": Connection reset by peer");
      },
      runtime_options{}.workers(1));
}

TEST(tcp_stream, a_hundred_megabytes_pass_with_little_under_way_at_any_time) {
  run_in_runtime(
      []() -> task<void> {
        constexpr std::size_t total = 100'000'000;
        auto s = co_await tcp_pair();
        std::atomic<std::size_t> sent{0};
        auto* to = s.client.get();
        auto sending = spawn([to, &sent]() -> task<void> {
          const auto block = pattern(100'000);
          while (sent < total) {
            co_await to->write_all(block);
            sent += block.size();
          }
          to->shutdown_write();
        });
        const auto block = pattern(100'000);
        std::string buffer(70'000, '\0');
        std::size_t got = 0;
        std::size_t most_under_way = 0;
        bool same = true;
        while (const auto count = co_await s.server->read_some(buffer)) {
          for (std::size_t i = 0; i < count && same;) {
            const auto at = (got + i) % block.size();
            const auto length = std::min(count - i, block.size() - at);
            same = std::string_view{buffer}.substr(i, length) == std::string_view{block}.substr(at, length);
            i += length;
          }
          got += count;
          most_under_way = std::max(most_under_way, sent.load() - std::min(sent.load(), got));
        }
        co_await sending;
        EXPECT_TRUE(same);
        EXPECT_EQ(got, total);
        // The buffers of the system, no more.
        EXPECT_LT(most_under_way, 20'000'000U);
      },
      runtime_options{}.workers(2));
}

TEST(tcp_stream, a_flood_on_one_stream_does_not_starve_the_others_of_its_worker) {
  run_in_runtime(
      []() -> task<void> {
        auto flood = co_await tcp_pair();
        auto* to = flood.client.get();
        auto* from = flood.server.get();
        std::atomic<std::size_t> received{0};
        auto sending = spawn([to]() -> task<void> {
          const std::string block(10'000, 'x');
          for (;;)
            co_await to->write_all(block);
        });
        auto receiving = spawn([from, &received]() -> task<void> {
          std::string buffer(1'000, '\0');
          for (;;)
            received += co_await from->read_some(buffer);
        });
        auto other = co_await tcp_pair();
        auto echoing = spawn(echo(std::move(other.server)));
        for (int i = 0; i < 100; ++i) {
          const auto before = received.load();
          co_await other.client->write_all("ping");
          EXPECT_EQ(co_await read_exactly(*other.client, 4), "ping");
          // Each round trip may have to let the flood have its turns, but only so many.
          EXPECT_LT(received.load() - before, 20'000'000U);
          co_await sleep(1ms);
        }
        EXPECT_GT(received.load(), 0U);
        sending.cancel();
        receiving.cancel();
        echoing.cancel();
        static_cast<void>(co_await gather_outcomes(sending, receiving, echoing));
      },
      runtime_options{}.workers(1));
}

TEST(tcp_stream, tasks_that_move_between_workers_read_and_write_without_loss) {
  run_in_runtime(
      []() -> task<void> {
        std::vector<task_handle<void>> conversations;
        for (int i = 0; i < 20; ++i) {
          conversations.push_back(spawn([]() -> task<void> {
            auto s = co_await tcp_pair();
            auto echoing = spawn(echo(std::move(s.server)));
            const auto data = pattern(3'000);
            for (int round = 0; round < 50; ++round) {
              co_await s.client->write_all(data);
              // To the back of the queue, from where another worker may take it.
              co_await yield();
              EXPECT_TRUE(co_await read_exactly(*s.client, data.size()) == data);
            }
            s.client->shutdown_write();
            co_await echoing;
          }));
        }
        for (auto& each : conversations)
          co_await each;
      },
      runtime_options{}.workers(4));
}

TEST(tcp_stream, many_cancelled_waits_leave_nothing_behind) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        auto* stream = s.server.get();
        for (int i = 0; i < 2'000; ++i) {
          auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
          co_await settle();
          reading.cancel();
          static_cast<void>(co_await gather_outcomes(reading));
        }
        co_await s.client->write_all("x");
        EXPECT_EQ(co_await read_exactly(*stream, 1), "x");
      },
      runtime_options{}.workers(1));
}

TEST(tcp_stream, the_end_is_seen_that_comes_together_with_the_last_bytes) {
  run_in_runtime(
      []() -> task<void> {
        for (const bool waits_first : {true, false}) {
          auto s = co_await tcp_pair();
          auto* stream = s.server.get();
          auto reading = spawn([stream]() -> task<std::string> { co_return co_await read_to_end(*stream); });
          if (waits_first)
            co_await settle();
          // Both are there before the reactor is asked again.
          EXPECT_EQ(s.client->try_write_some("last"), 4U);
          s.client->shutdown_write();
          const auto got = co_await with_timeout(
              10s, [](task_handle<std::string> from) -> task<std::string> { co_return co_await from; }(reading));
          EXPECT_EQ(got, "last");
        }
      },
      runtime_options{}.workers(1));
}

TEST(tcp_stream, bytes_that_come_when_a_wait_is_cancelled_are_for_the_next_read) {
  run_in_runtime(
      []() -> task<void> {
        auto s = co_await tcp_pair();
        auto* stream = s.server.get();
        for (int i = 0; i < 100; ++i) {
          auto reading = spawn([stream]() -> task<void> {
            // Nothing is read here: the wait ends, or is cancelled, at the same time as the byte comes.
            const auto one = co_await read_exactly(*stream, 1);
            co_await stream->write_all(one);
          });
          co_await settle();
          co_await s.client->write_all("x");
          for (int k = 0; k < i % 5; ++k)
            co_await yield();
          reading.cancel();
          const auto outcome = co_await gather_outcomes(reading);
          if (std::get<0>(outcome).has_value())
            EXPECT_EQ(co_await with_timeout(10s, read_exactly(*s.client, 1)), "x");
          else
            EXPECT_EQ(co_await with_timeout(10s, read_exactly(*stream, 1)), "x");
        }
      },
      runtime_options{}.workers(1));
}

TEST(tcp_stream, a_runtime_stops_with_connections_open_and_tasks_waiting_on_them) {
  const std::string data(10'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
  std::atomic<int> waiting{0};
  runtime rt{runtime_options{}.workers(2).log_to(make_null_log_sink())};
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(rt.spawn([&waiting, &data]() -> task<void> {
      auto source = co_await listen_tcp("127.0.0.1", 0);
      auto s = co_await tcp_pair();
      auto* listening = source.get();
      auto accepting = spawn([listening]() -> task<void> { static_cast<void>(co_await listening->accept()); });
      auto* to = s.client.get();
      auto writing = spawn([to, &data]() -> task<void> { co_await to->write_all(data); });
      ++waiting;
      std::array<char, 1> buffer{};
      static_cast<void>(co_await s.client->read_some(buffer));
    }));
  }
  rt.block_on([&waiting]() -> task<void> {
    while (waiting < 50)
      co_await yield();
  });
  EXPECT_TRUE(rt.stop(10s).empty());
}

TEST(tcp_stream, a_stream_that_outlives_its_runtime_is_closed) {
  stream_pair kept;
  std::unique_ptr<tcp_listener> source;
  {
    runtime rt;
    kept = rt.block_on(tcp_pair());
    source = rt.block_on(listen_tcp("127.0.0.1", 0));
    EXPECT_TRUE(kept.client->is_open());
  }
  EXPECT_FALSE(kept.client->is_open());
  EXPECT_FALSE(source->is_open());
  std::array<char, 1> buffer{};
  EXPECT_THROW(static_cast<void>(kept.client->try_read_some(buffer)), net_error);
  // In another runtime it is just a closed stream.
  runtime other;
  auto* stream = kept.client.get();
  EXPECT_THROW(other.block_on([stream]() -> task<void> { co_await stream->write_all("x"); }), net_error);
}

TEST(tcp_stream, a_stream_of_one_runtime_can_be_used_in_another) {
  runtime first{runtime_options{}.workers(1)};
  runtime second{runtime_options{}.workers(1)};
  auto kept = first.block_on(tcp_pair());
  auto* client = kept.client.get();
  auto* server = kept.server.get();
  second.block_on([client, server]() -> task<void> {
    auto reading = spawn([server]() -> task<std::string> { co_return co_await read_exactly(*server, 4); });
    co_await settle();
    co_await client->write_all("ping");
    EXPECT_EQ(co_await reading, "ping");
  });
}

} // namespace
