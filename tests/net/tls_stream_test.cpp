#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/net/serve.hpp>
#include <tests/net/tls_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// What TLS adds to what every stream promises (tests/testing/stream_contract_test.cpp): bytes that are split, cut and
// changed on their way, and its own end.

namespace actors::net::test {
namespace {

using ::testing::HasSubstr;
using testing::memory_stream_options;
using testing::stream_faults;

template <class F>
void in_virtual_time(F body) {
  run_in_runtime(std::move(body), runtime_options{}.clock(clock_kind::virtual_time));
}

/// Client settings for both versions.
std::vector<tls_client_settings> both_versions() {
  return {good_client().versions(tls_version::v1_2, tls_version::v1_2),
          good_client().versions(tls_version::v1_3, tls_version::v1_3)};
}

// -- over TCP ----------------------------------------------------------------------------------------------------------

//! [connect]
task<std::string> ask_over_tls(std::uint16_t port, tls_client_context context) {
  auto connection = co_await connect_tls("localhost", port, std::move(context));
  const auto certificate = connection->peer_certificate();
  co_await connection->write_all("hello, " + certificate->subject);
  connection->shutdown_write();
  co_return co_await read_to_end(*connection);
}

//! [connect]

task<void> echo_over_tls(std::unique_ptr<stream> accepted, tls_server_context context) {
  auto connection = co_await tls_server_handshake(std::move(accepted), std::move(context));
  co_await echo(std::move(connection));
}

TEST(connect_tls, connects_to_a_server_by_name) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    const tls_server_context context{good_server()};
    connection_handler each = [context](std::unique_ptr<stream> accepted) {
      return echo_over_tls(std::move(accepted), context);
    };
    auto serving = spawn(serve(*source, each));
    const auto port = source->local_endpoint().port();
    const tls_client_context client{good_client()};
    EXPECT_EQ(co_await ask_over_tls(port, client), "hello, CN=test server");
    std::string text;
    try {
      static_cast<void>(co_await connect_tls("127.0.0.1", port, tls_client_context{}));
    } catch (const net_error& error) {
      text = error.what();
    }
    EXPECT_THAT(text, HasSubstr("TLS handshake with 127.0.0.1:" + std::to_string(port) +
                                ": certificate is not issued by a trusted authority"));
    source->close();
    co_await serving;
  });
}

// -- split, cut, changed -----------------------------------------------------------------------------------------------

TEST(tls_stream, does_not_care_how_its_bytes_were_split) {
  in_virtual_time([]() -> task<void> {
    const auto data = pattern(3'000);
    for (const auto& settings : both_versions()) {
      for (const std::size_t size : {1, 2, 3, 5, 6, 7, 100, 1000}) {
        auto over = memory_pair(memory_stream_options{}.both_ways(stream_faults{}.pieces(size)).buffer(2 * size));
        auto pair = co_await tls_over(std::move(over), settings, good_server());
        auto sending = spawn([to = pair.client.get(), &data]() -> task<void> {
          co_await to->write_all(data);
          to->shutdown_write();
        });
        EXPECT_TRUE(co_await read_to_end(*pair.server) == data);
        co_await sending;
        pair.server->shutdown_write();
        EXPECT_EQ(co_await read_to_end(*pair.client), "");
      }
    }
  });
}

/// Both sides of a conversation: the handshake, "ping", "pong", the end. True if all of it was as it should be.
task<bool> talk_as_client(std::unique_ptr<stream> over, tls_client_context context) {
  try {
    auto secured = co_await tls_client_handshake(std::move(over), std::move(context), "localhost");
    co_await secured->write_all("ping");
    secured->shutdown_write();
    const auto answer = co_await read_to_end(*secured);
    // Whatever else happens, nothing wrong is ever read. A server that misses the end of the question may just close.
    EXPECT_TRUE(answer == "pong" || answer.empty()) << answer;
    co_return answer == "pong";
  } catch (const net_error&) {
    co_return false;
  }
}

task<bool> talk_as_server(std::unique_ptr<stream> over, tls_server_context context) {
  try {
    auto secured = co_await tls_server_handshake(std::move(over), std::move(context));
    const auto question = co_await read_to_end(*secured);
    EXPECT_EQ(question, "ping");
    co_await secured->write_all("pong");
    secured->shutdown_write();
    co_return question == "ping";
  } catch (const net_error&) {
    co_return false;
  }
}

/// Whether both sides were content, or nothing if they were not done after a while.
task<std::pair<bool, bool>> talk(stream_pair over, tls_client_context client, tls_server_context server) {
  auto [first, second] = co_await gather(talk_as_client(std::move(over.client), std::move(client)),
                                         talk_as_server(std::move(over.server), std::move(server)));
  co_return std::pair{first, second};
}

TEST(tls_stream, notices_a_connection_that_is_cut_at_any_byte) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      const tls_client_context client{settings};
      const tls_server_context server{good_server().resumption(false)};
      for (const bool from_client : {true, false}) {
        // A handshake's length varies by some bytes, since those of signatures do.
        constexpr std::size_t variation = 8;
        std::size_t after = 0;
        std::size_t first = 5'000; // that was enough once
        for (; after < first + 2 * variation; ++after) {
          const auto faults = stream_faults{}.cut_after(after, testing::cut::end);
          auto options = memory_stream_options{};
          if (from_client)
            options.from_first(faults);
          else
            options.from_second(faults);
          const auto [client_ok, server_ok] = co_await talk(memory_pair(options), client, server);
          // A side that has had all it wanted may be content, but they never both are before the last byte.
          if (client_ok && server_ok)
            first = std::min(first, after);
          else
            EXPECT_LT(after, first + variation);
        }
        EXPECT_GT(first, 100U);
        EXPECT_LT(first, 5'000U);
      }
    }
  });
}

TEST(tls_stream, notices_any_byte_that_was_changed) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      const tls_client_context client{settings};
      const tls_server_context server{good_server().resumption(false)};
      for (const bool from_client : {true, false}) {
        for (std::uint64_t at = 0; at < 4'000; at += at < 800 ? 1 : 37) {
          const auto faults = stream_faults{}.corrupt(at);
          auto options = memory_stream_options{};
          if (from_client)
            options.from_first(faults);
          else
            options.from_second(faults);
          // Nothing wrong is ever read, see above. Bytes that do not count, such as the version in a record's head,
          // may be anything; both sides come to an end in any case.
          static_cast<void>(co_await talk(memory_pair(options), client, server));
        }
      }
    }
  });
}

// -- the end -----------------------------------------------------------------------------------------------------------

TEST(tls_stream, tells_an_end_from_a_cut) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      auto pair = co_await tls_over_memory(settings);
      co_await pair.server->write_all("all of it");
      pair.server->close();
      EXPECT_EQ(co_await read_to_end(*pair.client), "all of it");
      EXPECT_EQ(co_await code_of(pair.client->write_all("x")), std::errc::broken_pipe);
      auto over = memory_pair(memory_stream_options{}.from_second(stream_faults{}.delay(1s)));
      auto* raw = over.server.get();
      auto cut = co_await tls_over(std::move(over), settings, good_server());
      co_await cut.server->write_all("not all");
      raw->close(); // under the feet of TLS
      EXPECT_EQ(co_await read_exactly(*cut.client, 7), "not all");
      std::array<char, 16> buffer{};
      EXPECT_EQ(co_await code_of(cut.client->read_some(buffer)), tls_errc::truncated);
      EXPECT_EQ(co_await code_of(cut.client->read_some(buffer)), tls_errc::truncated);
      std::error_code code;
      try {
        static_cast<void>(cut.client->try_read_some(buffer));
      } catch (const net_error& error) {
        code = error.code();
      }
      EXPECT_EQ(code, tls_errc::truncated);
    }
  });
}

TEST(tls_stream, that_has_ended_its_direction_can_still_read_and_not_write) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      for (const bool client_first : {true, false}) {
        auto pair = co_await tls_over_memory(settings);
        auto& one = client_first ? *pair.client : *pair.server;
        auto& other = client_first ? *pair.server : *pair.client;
        one.shutdown_write();
        one.shutdown_write();
        EXPECT_EQ(co_await code_of(one.write_all("x")), std::errc::broken_pipe);
        EXPECT_EQ(co_await read_to_end(other), "");
        const auto data = pattern(200'000);
        auto sending = spawn([&other, &data]() -> task<void> {
          co_await other.write_all(data);
          other.shutdown_write();
        });
        EXPECT_TRUE(co_await read_to_end(one) == data);
        co_await sending;
        EXPECT_TRUE(one.is_open());
      }
    }
  });
}

TEST(tls_stream, sends_what_was_taken_without_waiting_even_if_it_is_closed_at_once) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      auto pair = co_await tls_over(memory_pair(memory_stream_options{}.buffer(1000)), settings, good_server());
      const auto data = pattern(5'000);
      const auto taken = pair.client->try_write_some(data);
      EXPECT_GT(taken, 0U);
      EXPECT_EQ(pair.client->try_write_some(data), 0U);
      pair.client.reset();
      EXPECT_EQ(co_await read_to_end(*pair.server), data.substr(0, taken));
    }
  });
}

TEST(tls_stream, that_was_closed_waits_for_a_slow_peer_for_ten_seconds_only) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await tls_over(memory_pair(memory_stream_options{}.buffer(1000)), good_client(), good_server());
    static_cast<void>(pair.client->try_write_some(pattern(5'000)));
    pair.client->close();
    EXPECT_FALSE(pair.client->is_open());
    co_await sleep(11s);
    EXPECT_EQ(co_await code_of(
                  [](stream& from) -> task<void> { static_cast<void>(co_await read_to_end(from)); }(*pair.server)),
              tls_errc::truncated);
  });
}

TEST(tls_stream, whose_write_was_cancelled_half_way_does_not_pretend_to_end_in_good_order) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await tls_over_memory();
    const auto data = pattern(1'000'000);
    auto writing = spawn([to = pair.client.get(), &data]() -> task<void> { co_await to->write_all(data); });
    co_await settle();
    writing.cancel();
    const std::vector<task_handle<void>> waited{writing};
    co_await wait(waited);
    EXPECT_EQ(co_await code_of(pair.client->write_all("x")), errc::write_cut_short);
    pair.client->shutdown_write();
    pair.client->close();
    std::string got;
    std::array<char, 4096> buffer{};
    std::error_code code;
    try {
      for (;;) {
        const auto count = co_await pair.server->read_some(buffer);
        EXPECT_GT(count, 0U);
        got.append(buffer.data(), count);
      }
    } catch (const net_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, tls_errc::truncated);
    EXPECT_TRUE(data.starts_with(got));
  });
}

TEST(tls_stream, whose_write_was_cancelled_before_it_took_anything_is_still_fit) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await tls_over(memory_pair(memory_stream_options{}.buffer(1000)), good_client(), good_server());
    const auto first = pattern(5'000);
    const auto taken = pair.client->try_write_some(first);
    EXPECT_EQ(taken, first.size());
    // The rest of it is on its way, and this has to wait for it.
    co_await settle();
    auto writing = spawn([to = pair.client.get()]() -> task<void> { co_await to->write_all("never"); });
    co_await settle();
    writing.cancel();
    const std::vector<task_handle<void>> waited{writing};
    co_await wait(waited);
    auto next = spawn([to = pair.client.get()]() -> task<void> {
      co_await to->write_all("and this");
      to->shutdown_write();
    });
    EXPECT_EQ(co_await read_to_end(*pair.server), first + "and this");
    co_await next;
  });
}

// -- both ways at once -------------------------------------------------------------------------------------------------

TEST(tls_stream, carries_much_in_both_directions_through_narrow_pipes_at_once) {
  run_in_runtime(
      []() -> task<void> {
        const auto data = pattern(2'000'000);
        for (const auto& settings : both_versions()) {
          const auto faults = stream_faults{}.random_pieces(3, 5'000);
          auto over = memory_pair(memory_stream_options{}.buffer(20'000).both_ways(faults));
          auto pair = co_await tls_over(std::move(over), settings, good_server());
          const auto send = [](stream* to, const std::string* bytes) -> task<void> {
            std::string_view left{*bytes};
            std::size_t size = 1;
            while (!left.empty()) {
              const auto piece = left.substr(0, size = size * 7 % 100'003);
              const auto now = to->try_write_some(piece);
              co_await to->write_all(piece.substr(now));
              left.remove_prefix(piece.size());
            }
            to->shutdown_write();
          };
          const auto receive = [](stream* from) -> task<std::string> { co_return co_await read_to_end(*from); };
          auto there = spawn(send(pair.client.get(), &data));
          auto back = spawn(send(pair.server.get(), &data));
          auto got_there = spawn(receive(pair.server.get()));
          auto got_back = spawn(receive(pair.client.get()));
          EXPECT_TRUE(co_await std::move(got_there) == data);
          EXPECT_TRUE(co_await std::move(got_back) == data);
          co_await there;
          co_await back;
        }
      },
      runtime_options{}.workers(3));
}

// -- cancelling --------------------------------------------------------------------------------------------------------

/// Cancels `body` after it was resumed `step` times, for growing `step`, until it is done before. How often it was.
template <class F>
task<int> cancel_everywhere(F body) {
  for (int step = 0; step < 1'000; ++step) {
    auto running = spawn(body());
    for (int i = 0; i < step; ++i)
      co_await sleep(1ms);
    running.cancel();
    const std::vector<task_handle<void>> waited{running};
    co_await wait(waited);
    if (!running.result().was_cancelled())
      co_return step;
  }
  co_return -1;
}

TEST(tls_handshake, can_be_cancelled_at_every_await_on_either_side) {
  in_virtual_time([]() -> task<void> {
    const tls_client_context client{good_client()};
    const tls_server_context server{good_server()};
    for (const bool cancels_client : {true, false}) {
      auto body = [&]() -> task<void> {
        const auto faults = stream_faults{}.pieces(50).delay(1ms);
        auto over = memory_pair(memory_stream_options{}.both_ways(faults).buffer(200));
        if (cancels_client) {
          auto other = spawn(result_of(tls_server_handshake(std::move(over.server), server)));
          static_cast<void>(co_await tls_client_handshake(std::move(over.client), client, "localhost"));
        } else {
          auto other = spawn(result_of(tls_client_handshake(std::move(over.client), client, "localhost")));
          static_cast<void>(co_await tls_server_handshake(std::move(over.server), server));
        }
      };
      const auto steps = co_await cancel_everywhere(body);
      EXPECT_GT(steps, 5);
    }
  });
}

TEST(connect_tls, can_be_cancelled_while_the_server_says_nothing) {
  run_in_runtime([]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    bool late = false;
    try {
      static_cast<void>(co_await with_timeout(
          50ms, connect_tls("127.0.0.1", source->local_endpoint().port(), tls_client_context{good_client()})));
    } catch (const timeout_error&) {
      late = true;
    }
    EXPECT_TRUE(late);
  });
}

TEST(tls_stream, loses_nothing_when_reads_are_cancelled_in_the_middle_of_records) {
  in_virtual_time([]() -> task<void> {
    for (const auto& settings : both_versions()) {
      const auto faults = stream_faults{}.pieces(100).delay(1ms);
      auto pair = co_await tls_over(memory_pair(memory_stream_options{}.from_first(faults).buffer(300)), settings,
                                    good_server());
      const auto data = pattern(20'000);
      auto sending = spawn([to = pair.client.get(), &data]() -> task<void> {
        co_await to->write_all(data);
        to->shutdown_write();
      });
      std::string got;
      std::array<char, 700> buffer{};
      int cancelled_reads = 0;
      for (;;) {
        std::optional<std::size_t> count;
        try {
          count = co_await with_timeout(1500us, pair.server->read_some(buffer));
        } catch (const timeout_error&) {
          ++cancelled_reads;
        }
        if (count == 0U)
          break;
        got.append(buffer.data(), count.value_or(0));
      }
      EXPECT_TRUE(got == data);
      EXPECT_GT(cancelled_reads, 10);
      co_await sending;
    }
  });
}

} // namespace
} // namespace actors::net::test
