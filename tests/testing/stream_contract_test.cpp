#include <actors/core/run.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/net/unix_stream.hpp>
#include <actors/testing/memory_stream.hpp>
#include <tests/net/stream_support.hpp>
#include <tests/net/tls_support.hpp>

#include <caf/send.hpp>

#include <gtest/gtest.h>

// What every stream promises, checked on each kind: in memory, TCP, Unix sockets, TLS over them.

namespace {

using namespace actors;
using namespace actors::net::test;
using net::net_error;

task<stream_pair> in_memory() {
  co_return memory_pair();
}

task<stream_pair> trickling_memory_pair() {
  const auto faults = actors::testing::stream_faults{}.random_pieces(7, 5).delay(1ms);
  co_return memory_pair(actors::testing::memory_stream_options{}.both_ways(faults).buffer(64));
}

task<stream_pair> unix_pair() {
  const fs::temp_directory folder;
  const auto path = (folder.path() / "s").string();
  auto source = co_await net::listen_unix(path);
  auto [client, server] = co_await gather(net::connect_unix(path), source->accept());
  stream_pair result;
  result.client = std::move(client);
  result.server = std::move(server);
  co_return result;
}

task<stream_pair> with_tls(stream_pair over, net::tls_version version) {
  net::tls_client_context client{good_client().versions(version, version)};
  net::tls_server_context server{good_server()};
  auto ends = co_await tls_over(std::move(over), std::move(client), std::move(server));
  stream_pair result;
  result.client = std::move(ends.client);
  result.server = std::move(ends.server);
  co_return result;
}

task<stream_pair> tls_1_2_over_tcp() {
  auto over = co_await tcp_pair();
  co_return co_await with_tls(std::move(over), net::tls_version::v1_2);
}

task<stream_pair> tls_1_3_over_tcp() {
  auto over = co_await tcp_pair();
  co_return co_await with_tls(std::move(over), net::tls_version::v1_3);
}

task<stream_pair> tls_1_3_over_memory() {
  co_return co_await with_tls(memory_pair(), net::tls_version::v1_3);
}

task<stream_pair> tls_1_3_over_trickling_memory() {
  // Wide enough for the tickets of a server, which stand in the way of what it writes until the client reads.
  const auto faults = actors::testing::stream_faults{}.random_pieces(7, 50).delay(1ms);
  auto over = memory_pair(actors::testing::memory_stream_options{}.both_ways(faults).buffer(2'000));
  co_return co_await with_tls(std::move(over), net::tls_version::v1_3);
}

struct kind {
  const char* name;
  task<stream_pair> (*connect)();
  bool real;
  bool slow;
};

class stream_contract : public ::testing::TestWithParam<kind> {
  using body = task<void> (*)(stream_pair);

  [[nodiscard]] static auto with_pair(body test) {
    const auto connect = GetParam().connect;
    return [connect, test]() -> task<void> {
      auto streams = co_await connect();
      co_await test(std::move(streams));
    };
  }

protected:
  /// Runs the body with a new connection: with several workers where there are any, and in virtual time for what is in
  /// memory.
  void check(body test) {
    run_in_runtime(with_pair(test), runtime_options{}.workers(2));
    check_on_one_worker(test);
  }

  /// For bodies that rely on `settle`.
  void check_on_one_worker(body test) {
    run_in_runtime(with_pair(test), runtime_options{}.workers(1));
    if (!GetParam().real)
      run_in_runtime(with_pair(test), runtime_options{}.clock(clock_kind::virtual_time));
  }
};

TEST_P(stream_contract, bytes_arrive_in_both_directions) {
  check([](stream_pair s) -> task<void> {
    co_await s.client->write_all("ping");
    EXPECT_EQ(co_await read_exactly(*s.server, 4), "ping");
    co_await s.server->write_all("pong!");
    EXPECT_EQ(co_await read_exactly(*s.client, 5), "pong!");
    EXPECT_FALSE(s.client->peer().empty());
  });
}

TEST_P(stream_contract, try_read_gives_nothing_before_and_something_after_the_peer_has_written) {
  check([](stream_pair s) -> task<void> {
    std::array<char, 16> buffer{};
    EXPECT_FALSE(s.server->try_read_some(buffer));
    co_await s.client->write_all("a");
    std::optional<std::size_t> count;
    while (!count) {
      co_await sleep(1ms);
      count = s.server->try_read_some(buffer);
    }
    EXPECT_EQ(*count, 1U);
    EXPECT_EQ(buffer[0], 'a');
    EXPECT_FALSE(s.server->try_read_some(buffer));
  });
}

TEST_P(stream_contract, half_close_ends_one_direction_only) {
  check([](stream_pair s) -> task<void> {
    co_await s.client->write_all("request");
    s.client->shutdown_write();
    EXPECT_EQ(co_await read_to_end(*s.server), "request");
    co_await s.server->write_all("answer");
    s.server->close();
    EXPECT_EQ(co_await read_to_end(*s.client), "answer");
    // The end stays the end.
    std::array<char, 1> buffer{};
    EXPECT_EQ(co_await s.client->read_some(buffer), 0U);
    EXPECT_EQ(s.client->try_read_some(buffer), 0U);
  });
}

TEST_P(stream_contract, a_cancelled_read_takes_nothing_and_the_stream_goes_on) {
  check([](stream_pair s) -> task<void> {
    for (int i = 0; i < 20; ++i) {
      std::array<char, 16> buffer{};
      bool timed_out = false;
      try {
        static_cast<void>(co_await with_timeout(1ms, s.server->read_some(buffer)));
      } catch (const timeout_error&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
      co_await s.client->write_all("x");
      EXPECT_EQ(co_await read_exactly(*s.server, 1), "x");
    }
  });
}

TEST_P(stream_contract, a_write_waits_for_a_slow_reader) {
  check_on_one_worker([](stream_pair s) -> task<void> {
    // More than any buffer holds, so the write cannot end before the reader has begun.
    const auto data = pattern(GetParam().slow ? 5'000 : 20'000'000);
    auto* writer = s.client.get();
    auto writing = spawn([writer, &data]() -> task<void> {
      co_await writer->write_all(data);
      writer->shutdown_write();
    });
    co_await settle();
    EXPECT_FALSE(writing.done());
    // No EXPECT_EQ: a difference would print all of it.
    EXPECT_TRUE(co_await read_to_end(*s.server) == data);
    co_await writing;
  });
}

TEST_P(stream_contract, try_write_stops_when_the_buffers_are_full) {
  check([](stream_pair s) -> task<void> {
    const std::string block(100'000, 'x');
    std::size_t written = 0;
    int refused = 0;
    // A refusal may also mean that others have their turn now, but only once in a while.
    while (refused < 3) {
      const auto count = s.client->try_write_some(block);
      written += count;
      refused = count == 0 ? refused + 1 : 0;
      EXPECT_LT(written, 100'000'000U);
      if (count == 0)
        co_await sleep(1ms);
    }
    EXPECT_GT(written, 0U);
    s.client->shutdown_write();
    EXPECT_EQ((co_await read_to_end(*s.server)).size(), written);
  });
}

TEST_P(stream_contract, a_write_that_was_cancelled_half_way_makes_the_stream_unfit_for_more_writes) {
  check([](stream_pair s) -> task<void> {
    const std::string data(20'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
    bool timed_out = false;
    try {
      co_await with_timeout(20ms, s.client->write_all(data));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    std::error_code error;
    try {
      co_await s.client->write_all("more");
    } catch (const net_error& e) {
      error = e.code();
    }
    EXPECT_EQ(error, net::errc::write_cut_short);
  });
}

TEST_P(stream_contract, close_ends_what_waits) {
  check_on_one_worker([](stream_pair s) -> task<void> {
    auto* stream = s.server.get();
    auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
    const std::string data(20'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
    auto writing = spawn([stream, &data]() -> task<void> { co_await stream->write_all(data); });
    co_await settle();
    stream->close();
    stream->close();
    EXPECT_FALSE(stream->is_open());
    for (auto& handle : {reading, writing}) {
      std::error_code error;
      std::string text;
      try {
        co_await handle;
      } catch (const net_error& e) {
        error = e.code();
        text = e.what();
      }
      EXPECT_EQ(error, net::errc::closed);
      EXPECT_NE(text.find(stream->peer()), std::string::npos) << text;
    }
  });
}

TEST_P(stream_contract, a_stream_may_be_destroyed_while_a_task_waits_on_it) {
  check_on_one_worker([](stream_pair s) -> task<void> {
    auto* stream = s.server.get();
    auto reading = spawn([stream]() -> task<std::size_t> {
      std::array<char, 16> buffer{};
      co_return co_await stream->read_some(buffer);
    });
    co_await settle();
    s.server.reset();
    std::error_code error;
    try {
      static_cast<void>(co_await reading);
    } catch (const net_error& e) {
      error = e.code();
    }
    EXPECT_EQ(error, net::errc::closed);
  });
}

TEST_P(stream_contract, operations_on_a_closed_stream_say_so) {
  check([](stream_pair s) -> task<void> {
    s.client->close();
    std::array<char, 16> buffer{};
    int errors = 0;
    try {
      static_cast<void>(co_await s.client->read_some(buffer));
    } catch (const net_error& e) {
      errors += e.code() == net::errc::closed;
    }
    try {
      co_await s.client->write_all("x");
    } catch (const net_error& e) {
      errors += e.code() == net::errc::closed;
    }
    try {
      static_cast<void>(s.client->try_read_some(buffer));
    } catch (const net_error& e) {
      errors += e.code() == net::errc::closed;
    }
    try {
      static_cast<void>(s.client->try_write_some("x"));
    } catch (const net_error& e) {
      errors += e.code() == net::errc::closed;
    }
    EXPECT_EQ(errors, 4);
    s.client->shutdown_write();
  });
}

TEST_P(stream_contract, two_reads_or_two_writes_at_once_are_misuse) {
  check_on_one_worker([](stream_pair s) -> task<void> {
    auto* stream = s.server.get();
    auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
    const std::string data(20'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
    auto writing = spawn([stream, &data]() -> task<void> { co_await stream->write_all(data); });
    co_await settle();
    std::array<char, 16> buffer{};
    int refused = 0;
    try {
      static_cast<void>(co_await stream->read_some(buffer));
    } catch (const misuse_error&) {
      ++refused;
    }
    try {
      static_cast<void>(stream->try_read_some(buffer));
    } catch (const misuse_error&) {
      ++refused;
    }
    try {
      co_await stream->write_all("x");
    } catch (const misuse_error&) {
      ++refused;
    }
    try {
      static_cast<void>(stream->try_write_some("x"));
    } catch (const misuse_error&) {
      ++refused;
    }
    EXPECT_EQ(refused, 4);
    // Cancelled, they give their place up.
    reading.cancel();
    static_cast<void>(co_await gather_outcomes(reading));
    co_await s.client->write_all("y");
    EXPECT_EQ(co_await read_exactly(*stream, 1), "y");
    writing.cancel();
    static_cast<void>(co_await gather_outcomes(writing));
  });
}

TEST_P(stream_contract, a_read_into_an_empty_buffer_is_misuse) {
  check([](stream_pair s) -> task<void> {
    bool refused = false;
    try {
      static_cast<void>(co_await s.client->read_some(std::span<char>{}));
    } catch (const misuse_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    co_await s.client->write_all("");
  });
}

TEST_P(stream_contract, a_killed_reader_leaves_the_stream_usable) {
  check_on_one_worker([](stream_pair s) -> task<void> {
    auto* stream = s.server.get();
    auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
    co_await settle();
    caf::anon_send_exit(reading.address(), caf::exit_reason::kill);
    static_cast<void>(co_await gather_outcomes(reading));
    EXPECT_TRUE(reading.result().was_cancelled());
    co_await s.client->write_all("x");
    EXPECT_EQ(co_await read_exactly(*stream, 1), "x");
  });
}

TEST_P(stream_contract, writing_to_a_peer_that_has_gone_fails_in_the_end) {
  check([](stream_pair s) -> task<void> {
    s.server.reset();
    std::string text;
    try {
      for (int i = 0; i < 1000; ++i) {
        co_await s.client->write_all("some bytes for nobody");
        co_await sleep(1ms);
      }
    } catch (const net_error& e) {
      text = e.what();
    }
    EXPECT_NE(text.find("write to " + s.client->peer()), std::string::npos) << text;
  });
}

TEST_P(stream_contract, reading_and_writing_at_the_same_time_from_several_workers_mixes_nothing_up) {
  check([](stream_pair s) -> task<void> {
    const auto data = pattern(GetParam().slow ? 3'000 : 3'000'000);
    const auto send = [](net::stream* to, const std::string* bytes) -> task<void> {
      std::string_view left{*bytes};
      while (!left.empty()) {
        const auto piece = left.substr(0, 10'007);
        co_await to->write_all(piece);
        left.remove_prefix(piece.size());
      }
      to->shutdown_write();
    };
    const auto receive = [](net::stream* from) -> task<std::string> { co_return co_await read_to_end(*from); };
    auto sent_there = spawn(send(s.client.get(), &data));
    auto sent_back = spawn(send(s.server.get(), &data));
    auto got_there = spawn(receive(s.server.get()));
    auto got_back = spawn(receive(s.client.get()));
    co_await sent_there;
    co_await sent_back;
    EXPECT_TRUE(co_await std::move(got_there) == data);
    EXPECT_TRUE(co_await std::move(got_back) == data);
  });
}

TEST_P(stream_contract, closing_destroying_and_cancelling_race_with_reads_and_writes_on_other_workers) {
  const auto connect = GetParam().connect;
  run_in_runtime(
      [connect]() -> task<void> {
        for (int round = 0; round < 100; ++round) {
          auto s = co_await connect();
          auto* stream = s.server.get();
          auto reading = spawn([stream]() -> task<void> { static_cast<void>(co_await read_to_end(*stream)); });
          auto writing = spawn([stream]() -> task<void> {
            const std::string block(1'000, 'x');
            for (;;)
              co_await stream->write_all(block);
          });
          auto other_end = spawn(echo(std::move(s.client)));
          for (int i = 0; i < round % 10; ++i)
            co_await yield();
          if (round % 3 == 0)
            stream->close();
          else if (round % 3 == 1)
            other_end.cancel();
          else
            writing.cancel();
          static_cast<void>(co_await gather_outcomes(writing));
          other_end.cancel();
          static_cast<void>(co_await gather_outcomes(reading, other_end));
        }
      },
      runtime_options{}.workers(3));
}

INSTANTIATE_TEST_SUITE_P(all, stream_contract,
                         ::testing::Values(kind{"memory", &in_memory, false, false},
                                           kind{"trickling_memory", &trickling_memory_pair, false, true},
                                           kind{"tcp", &tcp_pair, true, false}, kind{"unix", &unix_pair, true, false},
                                           kind{"tls_1_2_over_tcp", &tls_1_2_over_tcp, true, false},
                                           kind{"tls_1_3_over_tcp", &tls_1_3_over_tcp, true, false},
                                           kind{"tls_over_memory", &tls_1_3_over_memory, false, false},
                                           kind{"tls_over_trickling_memory", &tls_1_3_over_trickling_memory, false,
                                                true}),
                         [](const auto& info) { return std::string{info.param.name}; });

} // namespace
