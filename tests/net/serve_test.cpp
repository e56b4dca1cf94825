#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/serve.hpp>
#include <actors/net/tcp_listener.hpp>
#include <tests/net/stream_support.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

namespace {

using namespace actors;
using namespace actors::net;
using namespace actors::net::test;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

TEST(serve, a_thousand_connections_at_once_are_all_answered) {
  const auto before = open_descriptors();
  run_in_runtime(
      []() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0, listen_options{}.backlog(4096));
        auto* listening = source.get();
        auto serving = spawn([listening]() -> task<void> { co_await serve(*listening, echo); });
        const auto target = source->local_endpoint();
        std::vector<task<std::unique_ptr<stream>>> attempts;
        for (int i = 0; i < 1'000; ++i)
          attempts.push_back(connect_tcp(target));
        const auto clients = co_await gather(std::move(attempts));
        // All are open now; each says something of its own, in several rounds.
        std::vector<task<void>> talks;
        for (std::size_t i = 0; i < clients.size(); ++i) {
          talks.push_back([](stream& client, std::size_t number) -> task<void> {
            for (int round = 0; round < 5; ++round) {
              const auto text = std::to_string(number) + "/" + std::to_string(round);
              co_await client.write_all(text);
              EXPECT_EQ(co_await read_exactly(client, text.size()), text);
            }
            client.shutdown_write();
            EXPECT_EQ(co_await read_to_end(client), "");
          }(*clients[i], i));
        }
        co_await gather(std::move(talks));
        source->close();
        co_await with_timeout(30s, serving);
      },
      runtime_options{}.workers(2));
  EXPECT_EQ(open_descriptors(), before);
}

/// The reactor of the worker that the running task is bound to, null if it is bound to none.
task<const void*> bound_to() {
  auto& context = co_await actors::detail::current_context{};
  co_return context.host().home() != nullptr ? &actors::detail::choose_io_context(context) : nullptr;
}

/// Serves some connections and counts them by the worker that each was bound to. Threads would tell less: a worker may
/// be handed to another one.
task<std::map<const void*, int>> workers_of_connections(int connections, affinity server) {
  std::map<const void*, int> result;
  std::mutex mutex;
  auto source = co_await listen_tcp("127.0.0.1", 0);
  auto* listening = source.get();
  const connection_handler handler = [&](std::unique_ptr<stream> connection) -> task<void> {
    const auto* home = co_await bound_to();
    {
      const std::scoped_lock guard{mutex};
      ++result[home];
    }
    auto child = spawn(bound_to());
    EXPECT_EQ(co_await child, home);
    co_await connection->write_all("hello");
  };
  auto serving = spawn([listening, &handler]() -> task<void> { co_await serve(*listening, handler); },
                       spawn_options{}.run_on(server));
  for (int i = 0; i < connections; ++i) {
    auto client = co_await connect_tcp(source->local_endpoint());
    EXPECT_EQ(co_await read_to_end(*client), "hello");
  }
  source->close();
  co_await with_timeout(30s, serving);
  co_return result;
}

TEST(serve, connections_are_bound_to_all_workers_in_turn) {
  run_in_runtime(
      []() -> task<void> {
        const auto connections = co_await workers_of_connections(30, affinity::inherit);
        EXPECT_EQ(connections.size(), 3U);
        for (const auto& [worker, count] : connections) {
          EXPECT_NE(worker, nullptr);
          EXPECT_EQ(count, 10);
        }
      },
      runtime_options{}.workers(3));
}

TEST(serve, a_bound_server_keeps_all_connections_on_its_worker) {
  run_in_runtime(
      []() -> task<void> {
        const auto connections = co_await workers_of_connections(10, affinity::same_worker);
        EXPECT_EQ(connections.size(), 1U);
        EXPECT_NE(connections.begin()->first, nullptr);
      },
      runtime_options{}.workers(3));
}

TEST(serve, no_more_connections_than_allowed_are_served_at_a_time) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::atomic<int> all{0};
  run_in_runtime(
      [&]() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto* listening = source.get();
        const connection_handler handler = [&](std::unique_ptr<stream> connection) -> task<void> {
          const int count = ++now;
          for (int seen = most; count > seen && !most.compare_exchange_weak(seen, count);) {
          }
          ++all;
          co_await yield();
          co_await connection->write_all("x");
          --now;
        };
        auto serving = spawn([listening, &handler]() -> task<void> {
          co_await serve(*listening, handler, serve_options{}.max_connections(3));
        });
        std::vector<task<void>> clients;
        for (int i = 0; i < 50; ++i) {
          clients.push_back([](endpoint target) -> task<void> {
            auto client = co_await connect_tcp(target);
            EXPECT_EQ(co_await read_to_end(*client), "x");
          }(source->local_endpoint()));
        }
        co_await gather(std::move(clients));
        source->close();
        co_await with_timeout(30s, serving);
      },
      runtime_options{}.workers(2));
  EXPECT_LE(most, 3);
  EXPECT_EQ(all, 50);
}

TEST(serve, calls_can_share_a_limit_and_somebody_may_be_asked_to_make_room) {
  run_in_runtime(
      []() -> task<void> {
        const auto first = co_await listen_tcp("127.0.0.1", 0);
        const auto second = co_await listen_tcp("127.0.0.1", 0);
        const auto room = std::make_shared<sync::semaphore>(1);
        std::weak_ptr<const void> token; // of who waits
        int asked = 0;
        const auto options = serve_options{}.room(room).on_full([&asked, &token]() -> std::shared_ptr<const void> {
          const auto made = std::make_shared<int>(++asked);
          token = made;
          return made;
        });
        const auto serve_on = [&options](listener& source) -> task<void> { co_await serve(source, echo, options); };
        const auto serving_first = spawn(serve_on(*first));
        const auto serving_second = spawn(serve_on(*second));
        const auto one = co_await connect_tcp(first->local_endpoint());
        co_await one->write_all("a");
        EXPECT_EQ(co_await read_exactly(*one, 1), "a");
        EXPECT_EQ(room->value(), 0);
        const auto other = co_await connect_tcp(second->local_endpoint());
        co_await other->write_all("b");
        while (room->waiting() == 0)
          co_await yield();
        EXPECT_EQ(asked, 1);
        EXPECT_FALSE(token.expired());
        one->close();
        EXPECT_EQ(co_await with_timeout(30s, read_exactly(*other, 1)), "b");
        EXPECT_TRUE(token.expired());
        other->close();
        while (room->value() == 0)
          co_await yield();
        first->close();
        second->close();
        co_await with_timeout(30s, serving_first);
        co_await with_timeout(30s, serving_second);
      },
      runtime_options{}.workers(1));
}

TEST(serve, closing_the_listener_lets_connections_finish) {
  run_in_runtime(
      []() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto* listening = source.get();
        auto serving = spawn([listening]() -> task<void> { co_await serve(*listening, echo); });
        auto client = co_await connect_tcp(source->local_endpoint());
        co_await client->write_all("a");
        EXPECT_EQ(co_await read_exactly(*client, 1), "a");
        source->close();
        co_await settle();
        EXPECT_FALSE(serving.done());
        co_await client->write_all("b");
        EXPECT_EQ(co_await read_exactly(*client, 1), "b");
        client->close();
        co_await with_timeout(30s, serving);
      },
      runtime_options{}.workers(1));
}

TEST(serve, connections_that_go_on_for_too_long_after_the_listener_was_closed_are_cancelled_and_joined) {
  std::atomic<bool> cleaned{false};
  run_in_runtime([&cleaned]() -> task<void> {
    auto source = co_await listen_tcp("127.0.0.1", 0);
    auto* listening = source.get();
    const connection_handler handler = [&cleaned](std::unique_ptr<stream> connection) -> task<void> {
      std::exception_ptr why;
      try {
        co_await echo(std::move(connection));
      } catch (...) {
        why = std::current_exception();
      }
      if (!why)
        co_return;
      EXPECT_TRUE(is_cancelled(why));
      co_await sleep(1ms); // cleanup may wait
      cleaned = true;
      std::rethrow_exception(why);
    };
    auto serving = spawn([listening, &handler]() -> task<void> {
      co_await serve(*listening, handler, serve_options{}.drain_timeout(20ms));
    });
    auto ends = co_await connect_tcp(source->local_endpoint());
    auto stays = co_await connect_tcp(source->local_endpoint());
    co_await ends->write_all("a");
    co_await stays->write_all("b");
    EXPECT_EQ(co_await read_exactly(*ends, 1), "a");
    EXPECT_EQ(co_await read_exactly(*stays, 1), "b");
    source->close();
    ends->shutdown_write();
    EXPECT_EQ(co_await read_to_end(*ends), "");
    co_await with_timeout(30s, serving);
    EXPECT_TRUE(cleaned);
    EXPECT_EQ(co_await read_to_end(*stays), "");
  });
}

TEST(serve, cancelling_ends_the_connections_before_it_returns) {
  std::atomic<int> ended{0};
  run_in_runtime(
      [&]() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto* listening = source.get();
        const connection_handler handler = [&](std::unique_ptr<stream> connection) -> task<void> {
          co_await connection->write_all("x");
          std::exception_ptr why;
          try {
            static_cast<void>(co_await read_to_end(*connection));
          } catch (...) {
            why = std::current_exception();
          }
          EXPECT_TRUE(is_cancelled(why));
          co_await sleep(5ms); // cleanup may wait
          ++ended;
          std::rethrow_exception(why);
        };
        std::vector<std::unique_ptr<stream>> clients;
        bool timed_out = false;
        // The clients are there before the server, in the system's queue, so none comes too late.
        for (int i = 0; i < 5; ++i)
          clients.push_back(co_await connect_tcp(source->local_endpoint()));
        auto greeted = spawn([&clients]() -> task<void> {
          for (const auto& client : clients)
            EXPECT_EQ(co_await read_exactly(*client, 1), "x");
        });
        const auto serve_until_greeted = [listening, &handler, greeted]() -> task<void> {
          auto serving = spawn([listening, &handler]() -> task<void> { co_await serve(*listening, handler); });
          co_await greeted;
          co_await with_timeout(1ms, serving);
        };
        try {
          co_await serve_until_greeted();
        } catch (const timeout_error&) {
          timed_out = true;
        }
        EXPECT_TRUE(timed_out);
        EXPECT_EQ(ended, 5);
        EXPECT_TRUE(source->is_open());
      },
      runtime_options{}.workers(2));
}

TEST(serve, a_connection_that_fails_is_reported_and_harms_nobody) {
  std::mutex mutex;
  std::vector<std::string> reports;
  run_in_runtime(
      [&]() -> task<void> {
        auto source = co_await listen_tcp("127.0.0.1", 0);
        auto* listening = source.get();
        const connection_handler handler = [](std::unique_ptr<stream> connection) -> task<void> {
          const auto order = co_await read_exactly(*connection, 1);
          if (order == "f")
            throw std::runtime_error("broken handler");
          if (order == "n")
            throw net_error("read from", "somebody", std::make_error_code(std::errc::connection_reset));
          co_await connection->write_all("ok");
        };
        const auto options = serve_options{}.on_error([&](const std::string&, const std::exception_ptr& error) {
          const std::scoped_lock guard{mutex};
          reports.push_back(describe(error));
        });
        auto serving =
            spawn([listening, &handler, &options]() -> task<void> { co_await serve(*listening, handler, options); });
        for (const std::string order : {"f", "n", "g"}) {
          auto client = co_await connect_tcp(source->local_endpoint());
          co_await client->write_all(order);
          EXPECT_EQ(co_await read_to_end(*client), order == "g" ? "ok" : "");
        }
        source->close();
        co_await with_timeout(30s, serving);
      },
      runtime_options{}.workers(2));
  EXPECT_EQ(reports, std::vector<std::string>(1, "broken handler"));
}

TEST(serve, a_runtime_stops_within_its_deadline_while_it_serves) {
  runtime rt{runtime_options{}.workers(2).log_to(make_null_log_sink())};
  auto source = rt.block_on(listen_tcp("127.0.0.1", 0));
  auto* listening = source.get();
  static_cast<void>(rt.spawn([listening]() -> task<void> { co_await serve(*listening, echo); }));
  std::vector<std::unique_ptr<stream>> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(rt.block_on(connect_tcp(source->local_endpoint())));
  auto* last = clients.back().get();
  rt.block_on([last]() -> task<void> {
    co_await last->write_all("x");
    EXPECT_EQ(co_await read_exactly(*last, 1), "x");
  });
  EXPECT_TRUE(rt.stop(10s).empty());
}

} // namespace
