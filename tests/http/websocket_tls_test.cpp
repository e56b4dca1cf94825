#include "tls_support.hpp"
#include "websocket_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/http/websocket_reconnect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// WebSockets over TLS, mostly in memory.

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<server> echo_server(net::tls_server_settings settings) {
  const auto handle = [](server_exchange& x) -> task<void> {
    auto socket = co_await accept_websocket(x, websocket_options{});
    co_await echo(socket);
  };
  return std::make_shared<server>(handle, server_options{}.tls(std::move(settings)).log_to(make_null_log_sink()));
}

/// A client in memory of a server.
websocket_client_options to(std::shared_ptr<server> site) {
  return websocket_client_options{}.connect_with(
      [site = std::move(site)](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
        auto ends = testing::make_memory_streams();
        static_cast<void>(spawn_detached(site->serve(std::move(ends.second))));
        co_return std::move(ends.first);
      });
}

task<bool> echoes(websocket& socket, std::string text) {
  static_cast<void>(co_await socket.send_text(text));
  const auto answer = co_await socket.receive();
  co_return answer && answer->data() == text;
}

TEST(websocket_over_tls, carries_messages_both_ways_and_closes_in_order) {
  run_virtually([]() -> task<> {
    auto options = to(echo_server(good_server())).tls(good_client());
    auto socket = co_await connect_websocket("wss://localhost/chat", options);
    EXPECT_TRUE(socket.compresses());
    for (const std::size_t size : {0, 125, 126, 20'000, 1'000'000}) {
      const bool same = co_await echoes(socket, std::string(size, 'x'));
      EXPECT_TRUE(same) << size;
    }
    co_await socket.close();
    EXPECT_EQ(socket.peer_status().code(), close_code::normal);
  });
}

TEST(websocket_over_tls, is_not_opened_with_servers_that_are_not_trusted) {
  run_virtually([]() -> task<> {
    std::string text;
    const auto site = echo_server(good_server());
    EXPECT_EQ(co_await websocket_problem(connect_websocket("wss://localhost/", to(site)), &text), "tls");
    EXPECT_THAT(text, HasSubstr("certificate is not issued by a trusted authority"));
    EXPECT_EQ(co_await websocket_problem(connect_websocket("wss://other/", to(site).tls(good_client())), &text), "tls");
    EXPECT_THAT(text, HasSubstr("WebSocket wss://other/: TLS handshake with "));
    EXPECT_THAT(text, HasSubstr("certificate is for another host"));
  });
}

TEST(websocket_over_tls, shows_the_certificate_that_a_server_wants) {
  run_virtually([]() -> task<> {
    for (const auto version : {net::tls_version::v1_2, net::tls_version::v1_3}) {
      const auto site = echo_server(demanding_server().versions(version, version));
      EXPECT_EQ(co_await websocket_problem(connect_websocket("wss://localhost/", to(site).tls(good_client()))), "tls");
      auto options = to(site).tls(good_client().identity(client_identity()));
      auto socket = co_await connect_websocket("wss://localhost/", options);
      const bool same = co_await echoes(socket, "hello");
      EXPECT_TRUE(same);
      co_await socket.close();
    }
  });
}

TEST(websocket_over_tls, waits_for_a_handshake_no_longer_than_for_a_connection) {
  run_virtually([]() -> task<> {
    const memory_peer silent{
        [](std::unique_ptr<net::stream> stream) -> task<void> { static_cast<void>(co_await read_to_end(*stream)); }};
    const auto connect = silent.options().connect_with();
    const auto begun = co_await now();
    auto options = websocket_client_options{}.connect_with(connect).connect_timeout(3s).tls(good_client());
    EXPECT_EQ(co_await websocket_problem(connect_websocket("wss://localhost/", options)), "timeout");
    EXPECT_EQ(co_await now() - begun, 3s);
  });
}

TEST(websocket_over_tls, is_kept_connected) {
  run_virtually([]() -> task<> {
    int sessions = 0;
    const auto once = [&sessions](websocket& socket) -> task<bool> {
      const bool same = co_await echoes(socket, "hello");
      EXPECT_TRUE(same);
      co_return ++sessions < 3;
    };
    const auto options = reconnect_options{}.client(to(echo_server(good_server())).tls(good_client()));
    co_await keep_connected("wss://localhost/", once, options);
    EXPECT_EQ(sessions, 3);
  });
}

TEST(websocket_over_tls, is_closed_when_the_server_stops) {
  run_really([]() -> task<> {
    const auto site = echo_server(good_server());
    co_await site->start();
    const auto where = "wss://127.0.0.1:" + std::to_string(site->port()) + "/";
    auto socket = co_await connect_websocket(where, websocket_client_options{}.tls(good_client()));
    const bool same = co_await echoes(socket, std::string(3'000'000, 'x'));
    EXPECT_TRUE(same);
    auto stopping = spawn([](std::shared_ptr<server> what) -> task<void> { co_await what->stop(10s); }(site));
    const auto end = co_await socket.receive();
    EXPECT_FALSE(end);
    EXPECT_EQ(socket.peer_status().code(), close_code::going_away);
    co_await stopping;
  });
}

} // namespace
} // namespace actors::http::test
