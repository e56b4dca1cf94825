#include "tls_support.hpp"
#include "websocket_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/http/proxy.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/http/websocket_reconnect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// WebSockets through proxies, in memory.

namespace actors::http::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Greets who connects with the fields of its request that are for proxies.
std::shared_ptr<server> greeter(std::optional<net::tls_server_settings> secured = std::nullopt) {
  const auto handle = [](server_exchange& x) -> task<void> {
    const std::string given{x.head().get("Proxy-Authorization").value_or("nothing")};
    auto socket = co_await accept_websocket(x, websocket_options{});
    static_cast<void>(co_await socket.send_text(given));
    co_await echo(socket);
  };
  auto options = server_options{}.log_to(make_null_log_sink());
  if (secured)
    options.tls(*std::move(secured));
  return std::make_shared<server>(handle, options);
}

/// A proxy, and all servers behind it.
class world {
public:
  explicit world(std::shared_ptr<server> behind) : state_(std::make_shared<state>()) {
    state_->behind = std::move(behind);
  }

  /// What the proxy answers in place of opening a tunnel.
  world& answers(std::string text) {
    state_->answer = std::move(text);
    return *this;
  }

  /// The proxy speaks TLS.
  world& secured() {
    state_->context = net::tls_server_context{good_server()};
    return *this;
  }

  [[nodiscard]] websocket_client_options options() const {
    return websocket_client_options{}.connect_with(
        [self = state_](std::string host, std::uint16_t port) { return connect(self, std::move(host), port); });
  }

  /// To whom connections were made, and what the proxy was asked.
  [[nodiscard]] const std::vector<std::string>& log() const { return state_->log; }

private:
  struct state {
    std::shared_ptr<server> behind;
    std::string answer;
    std::optional<net::tls_server_context> context;
    std::vector<std::string> log;
  };

  static task<std::unique_ptr<net::stream>> connect(std::shared_ptr<state> self, std::string host, std::uint16_t port) {
    self->log.push_back(host + ":" + std::to_string(port));
    auto ends = testing::make_memory_streams();
    if (host == "localhost" || host == "proxy")
      static_cast<void>(spawn_detached(proxy(self, std::move(ends.second))));
    else
      static_cast<void>(spawn_detached(self->behind->serve(std::move(ends.second))));
    co_return std::move(ends.first);
  }

  static task<void> proxy(std::shared_ptr<state> self, std::unique_ptr<net::stream> client) {
    try {
      if (self->context)
        client = co_await net::tls_server_handshake(std::move(client), *self->context);
      self->log.push_back(co_await read_until(*client, "\r\n\r\n"));
      if (self->answer.empty()) {
        co_await client->write_all("HTTP/1.1 200 Connection established\r\n\r\n");
        co_await self->behind->serve(std::move(client));
      } else {
        co_await client->write_all(self->answer);
      }
    } catch (const net::net_error&) {
      // The client has left, as some tests want it.
    }
  }

  std::shared_ptr<state> state_;
};

/// What the server says first.
task<std::string> greeting(std::string where, websocket_client_options options) {
  auto socket = co_await connect_websocket(where, std::move(options));
  const auto said = co_await socket.receive();
  static_cast<void>(co_await socket.send_text("back"));
  const auto echoed = co_await socket.receive();
  EXPECT_TRUE(echoed && echoed->data() == "back");
  co_await socket.close();
  co_return said ? said->data() : "closed";
}

TEST(websocket_by_proxy, goes_through_a_tunnel) {
  run_virtually([]() -> task<> {
    const world all{greeter()};
    auto options = all.options().header("User-Agent", "me").proxy(proxy_settings::all("http://user:pass@proxy:3128"));
    EXPECT_EQ(co_await greeting("ws://far.example/chat", options), "nothing");
    EXPECT_THAT(all.log(), ElementsAre("proxy:3128", "CONNECT far.example:80 HTTP/1.1\r\nHost: far.example:80\r\n"
                                                     "User-Agent: me\r\n"
                                                     "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"));
  });
}

TEST(websocket_by_proxy, speaks_tls_with_the_server_inside_of_the_tunnel_and_with_a_proxy_of_https) {
  run_virtually([]() -> task<> {
    for (const bool is_secure : {false, true}) {
      world all{greeter(good_server())};
      if (is_secure)
        all.secured();
      auto proxies = proxy_settings::all(is_secure ? "https://localhost:8443" : "http://proxy");
      proxies.tls(good_client());
      auto options = all.options().tls(good_client()).proxy(proxies);
      EXPECT_EQ(co_await greeting("wss://localhost/chat", options), "nothing");
      EXPECT_THAT(all.log(), ElementsAre(is_secure ? "localhost:8443" : "proxy:80",
                                         "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n"));
    }
  });
}

TEST(websocket_by_proxy, goes_where_the_environment_says) {
  run_virtually([]() -> task<> {
    const auto look_up = [](const char* name) -> const char* {
      const std::string asked{name};
      return asked == "http_proxy" ? "http://proxy:1" : asked == "no_proxy" ? "near.example" : nullptr;
    };
    const world all{greeter()};
    auto options = all.options().proxy(proxy_from_environment(look_up));
    EXPECT_EQ(co_await greeting("ws://far.example/", options), "nothing");
    EXPECT_EQ(co_await greeting("ws://near.example:81/", options), "nothing");
    EXPECT_THAT(all.log(), ElementsAre("proxy:1", HasSubstr("CONNECT far.example:80"), "near.example:81"));
  });
}

TEST(websocket_by_proxy, shows_the_server_no_password_that_is_for_proxies) {
  run_virtually([]() -> task<> {
    const world all{greeter()};
    const auto by_hand = all.options().header("Proxy-Authorization", "Basic x");
    EXPECT_EQ(co_await greeting("ws://near.example/", by_hand), "nothing");
  });
}

TEST(websocket_by_proxy, tells_that_there_is_no_tunnel) {
  run_virtually([]() -> task<> {
    const std::pair<std::string, std::string> answers[] = {
        {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
         "it refuses the tunnel with 407 Proxy Authentication Required"},
        {"HTTP/1.1 2", "it closed the connection instead of opening a tunnel"},
        {"SSH-2.0\r\n", "proxy proxy: "}};
    for (const auto& [answer, problem] : answers) {
      world all{greeter()};
      all.answers(answer);
      auto options = all.options().proxy(proxy_settings::all("proxy"));
      std::string what;
      EXPECT_EQ(co_await websocket_problem(connect_websocket("ws://far.example/x", options), &what), "proxy");
      EXPECT_THAT(what, HasSubstr("WebSocket ws://far.example/x: proxy proxy: "));
      EXPECT_THAT(what, HasSubstr(problem));
    }
    world all{greeter()};
    auto options = all.secured().options().proxy(proxy_settings::all("https://proxy").tls(good_client()));
    EXPECT_EQ(co_await websocket_problem(connect_websocket("ws://far.example/x", options)), "tls");
  });
}

TEST(websocket_by_proxy, waits_for_a_tunnel_as_long_as_for_a_connection) {
  run_virtually([]() -> task<> {
    const memory_peer silent{
        [](std::unique_ptr<net::stream> stream) -> task<void> { static_cast<void>(co_await read_to_end(*stream)); }};
    const auto begun = co_await now();
    auto options = websocket_client_options{}
                       .connect_with(silent.options().connect_with())
                       .connect_timeout(3s)
                       .proxy(proxy_settings::all("proxy"));
    EXPECT_EQ(co_await websocket_problem(connect_websocket("ws://far.example/", options)), "timeout");
    EXPECT_EQ(co_await now() - begun, 3s);
    const auto opening = spawn(connect_websocket("ws://far.example/", options));
    co_await sleep(1s);
    static_cast<void>(opening.cancel());
    EXPECT_THROW(static_cast<void>(co_await opening), cancelled);
  });
}

TEST(websocket_by_proxy, is_not_opened_again_if_the_proxy_will_never_let_it) {
  run_virtually([]() -> task<> {
    world all{greeter()};
    all.answers("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    const auto session = [](websocket&) -> task<bool> { co_return false; };
    const auto options = reconnect_options{}.client(all.options().proxy(proxy_settings::all("proxy")));
    EXPECT_EQ(co_await websocket_problem(keep_connected("ws://far.example/", session, options)), "proxy");
    EXPECT_EQ(all.log().size(), 2U);
  });
}

} // namespace
} // namespace actors::http::test
