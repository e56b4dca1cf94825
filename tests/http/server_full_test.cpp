#include "support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/server.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/http/websocket.hpp>
#include <actors/net/tcp_stream.hpp>
#include <actors/net/unix_stream.hpp>
#include <actors/sync/event.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

// What becomes of clients that come when there are as many connections as there may be.

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using connection = std::unique_ptr<net::stream>;

/// Waits for the gate at `/slow`, and speaks WebSocket at `/ws`.
handler make_site(std::shared_ptr<sync::event> gate) {
  return [gate](server_exchange& x) -> task<void> {
    if (x.head().path() == "/ws") {
      auto socket = co_await accept_websocket(x);
      while (const auto message = co_await socket.receive())
        static_cast<void>(co_await socket.send_text(message->data()));
      co_return;
    }
    if (x.head().path() == "/slow")
      co_await gate->wait();
    co_await x.send(response{status::ok, "done\n", "text/plain"});
  };
}

server_options quiet() {
  return server_options{}.log_to(make_null_log_sink());
}

task<void> ask(net::stream& over, std::string target) {
  const auto text = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
  co_await over.write_all(text);
}

/// The answer to a request that was sent; the fields alone if the connection ends.
task<std::string> answer_on(net::stream& over) {
  co_return co_await with_timeout(30s, read_until(over, "done\n"));
}

task<std::string> answer_to(net::stream& over, std::string target) {
  co_await ask(over, std::move(target));
  co_return co_await answer_on(over);
}

task<connection> asked_once(std::uint16_t port) {
  auto made = co_await net::connect_tcp("127.0.0.1", port);
  const auto text = co_await answer_to(*made, "/");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(text, Not(HasSubstr("Connection: close")));
  co_return made;
}

/// Waits for the end of a connection on which nothing was asked.
task<bool> is_closed(net::stream& over) {
  co_return (co_await with_timeout(30s, read_to_end(over))).empty();
}

TEST(full_server, closes_the_connection_that_was_idle_the_longest) {
  for (const bool refuses : {false, true})
    run_really([refuses]() -> task<> {
      auto options = quiet().max_connections(3);
      if (refuses)
        options.refuse_when_full();
      server site{make_site(std::make_shared<sync::event>()), options};
      co_await site.start();
      std::vector<connection> all;
      for (int i = 0; i < 3; ++i) {
        all.push_back(co_await asked_once(site.port()));
        co_await sleep(2ms);
      }
      static_cast<void>(co_await answer_to(*all[0], "/"));
      co_await sleep(2ms);
      for (const std::size_t next : {1, 2, 0}) {
        all.push_back(co_await asked_once(site.port()));
        EXPECT_TRUE(co_await is_closed(*all[next])) << next;
        co_await sleep(2ms);
      }
      EXPECT_EQ(site.connections(), 3U);
    });
}

TEST(full_server, ends_a_busy_connection_with_its_answer_for_one_that_waits) {
  run_really([]() -> task<> {
    const auto gate = std::make_shared<sync::event>();
    server site{make_site(gate), quiet().max_connections(2)};
    co_await site.start();
    std::vector<connection> busy;
    for (int i = 0; i < 2; ++i) {
      busy.push_back(co_await asked_once(site.port()));
      co_await ask(*busy.back(), "/slow");
    }
    co_await sleep(5ms); // so that they have begun
    const auto late = co_await net::connect_tcp("127.0.0.1", site.port());
    auto answer = spawn(answer_to(*late, "/"));
    co_await sleep(20ms);
    EXPECT_FALSE(answer.done());
    gate->set();
    EXPECT_THAT(co_await answer, StartsWith("HTTP/1.1 200 "));
    // One has made room, and the other could stay.
    int closed = 0;
    for (const auto& one : busy)
      if ((co_await answer_on(*one)).find("Connection: close") != std::string::npos)
        ++closed;
    EXPECT_EQ(closed, 1);
  });
}

TEST(full_server, leaves_websockets_alone) {
  run_really([]() -> task<> {
    server site{make_site(std::make_shared<sync::event>()), quiet().max_connections(2)};
    co_await site.start();
    const auto socket = co_await net::connect_tcp("127.0.0.1", site.port());
    co_await socket->write_all("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(co_await read_until(*socket, "\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
    for (int i = 0; i < 5; ++i)
      static_cast<void>(co_await asked_once(site.port()));
    // A ping, masked with zeros, is answered.
    co_await socket->write_all(std::string{"\x89\x80\0\0\0\0", 6});
    EXPECT_EQ(co_await with_timeout(30s, read_until(*socket, std::string{"\x8a\0", 2})), (std::string{"\x8a\0", 2}));
  });
}

TEST(full_server, counts_the_connections_of_all_its_addresses) {
  const fs::temp_directory folder;
  const auto path = (folder.path() / "socket").string();
  run_really([&path]() -> task<> {
    server site{make_site(std::make_shared<sync::event>()), quiet().port(0).listen_unix(path).max_connections(1)};
    co_await site.start();
    for (int i = 0; i < 3; ++i) {
      const auto by_tcp = co_await asked_once(site.port());
      const auto by_unix = co_await net::connect_unix(path);
      EXPECT_THAT(co_await answer_to(*by_unix, "/"), StartsWith("HTTP/1.1 200 "));
      EXPECT_TRUE(co_await is_closed(*by_tcp));
      EXPECT_EQ(site.connections(), 1U);
    }
  });
}

TEST(full_server, says_so_in_the_log_once) {
  const auto log = std::make_shared<recording_log>();
  run_really([&log]() -> task<> {
    server site{make_site(std::make_shared<sync::event>()), server_options{}.log_to(log).max_connections(1)};
    co_await site.start();
    std::vector<connection> all;
    for (int i = 0; i < 5; ++i)
      all.push_back(co_await asked_once(site.port()));
  });
  EXPECT_EQ(log->text(),
            "warning http: the limit of connections, 1, is reached: those that are idle are closed for new clients\n");
}

TEST(full_server, can_refuse_clients_when_all_connections_are_busy) {
  run_really([]() -> task<> {
    const auto gate = std::make_shared<sync::event>();
    server site{make_site(gate), quiet().max_connections(2).refuse_when_full(7s)};
    co_await site.start();
    std::vector<connection> busy;
    for (int i = 0; i < 2; ++i) {
      busy.push_back(co_await asked_once(site.port()));
      co_await ask(*busy.back(), "/slow");
    }
    co_await sleep(5ms);
    {
      const auto third = co_await net::connect_tcp("127.0.0.1", site.port());
      co_await ask(*third, "/");
      const auto text = co_await with_timeout(30s, read_to_end(*third));
      EXPECT_THAT(text, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
      EXPECT_THAT(text, HasSubstr("\r\nRetry-After: 7\r\n"));
      EXPECT_THAT(text, HasSubstr("\r\nConnection: close\r\n"));
    }
    gate->set();
    for (const auto& one : busy)
      EXPECT_THAT(co_await answer_on(*one), Not(HasSubstr("Connection: close")));
    co_await sleep(5ms);
    static_cast<void>(co_await asked_once(site.port()));
  });
}

/// Clients that are told so take their time; the server does not wait for them.
TEST(full_server, can_be_stopped_while_it_refuses) {
  for (const bool in_order : {false, true})
    run_really([&]() -> task<> {
      const auto gate = std::make_shared<sync::event>();
      connection turned_away;
      const auto begun = co_await now();
      {
        server site{make_site(gate), quiet().max_connections(1).refuse_when_full()};
        co_await site.start();
        const auto busy = co_await asked_once(site.port());
        co_await ask(*busy, "/slow");
        co_await sleep(5ms);
        turned_away = co_await net::connect_tcp("127.0.0.1", site.port());
        EXPECT_THAT(co_await read_until(*turned_away, "\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
        if (in_order)
          co_await site.stop(1ms);
      }
      EXPECT_EQ(co_await read_to_end(*turned_away), "");
      EXPECT_LT(co_await now() - begun, 30s);
    });
}

TEST(full_server, can_be_stopped_while_a_client_waits) {
  run_really([]() -> task<> {
    const auto gate = std::make_shared<sync::event>();
    connection busy;
    connection late;
    server site{make_site(gate), quiet().max_connections(1)};
    co_await site.start();
    busy = co_await asked_once(site.port());
    co_await ask(*busy, "/slow");
    co_await sleep(5ms);
    late = co_await net::connect_tcp("127.0.0.1", site.port());
    co_await sleep(5ms);
    co_await site.stop(1ms);
    EXPECT_TRUE(co_await is_closed(*late));
  });
}

} // namespace
} // namespace actors::http::test
