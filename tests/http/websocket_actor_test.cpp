#include "websocket_support.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/websocket_actor.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/http/websocket_reconnect.hpp>
#include <actors/net/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using ::testing::ElementsAre;

/// Answers what it hears, and notes how it ended.
class parrot final : public service {
public:
  explicit parrot(std::vector<std::string>& notes) {
    on([](heard_atom, ws_message message, service_ref from) {
      tell(from, say_atom_v, "you said " + message.data());
      tell(from, say_atom_v, ws_message::binary("b"));
    });
    on([&notes](ended_atom, std::uint16_t code, std::string reason, service_ref) {
      notes.push_back(std::to_string(code) + " " + reason);
    });
  }
};

TEST(websocket_actor, passes_messages_both_ways_and_tells_the_end) {
  run_virtually([]() -> task<> {
    std::vector<std::string> notes;
    const auto listener = spawn_service(std::make_unique<parrot>(notes));
    served talking{[&listener](websocket& socket) -> task<void> {
      const auto talker = spawn_websocket_actor(std::move(socket), listener.actor());
      EXPECT_TRUE(co_await ask<bool>(talker, say_atom_v, std::string{"welcome"}));
      co_await sleep(1h);
    }};
    static_cast<void>(co_await talking.open());
    co_await talking.peer().write_all(from_client(1, "a") + from_client(1, "c"));
    const auto all = from_server(1, "welcome") + from_server(1, "you said a") + from_server(2, "b") +
                     from_server(1, "you said c") + from_server(2, "b");
    std::string heard;
    while (heard.size() < all.size())
      heard += co_await read_until(talking.peer(), "b");
    EXPECT_EQ(heard, all);
    co_await talking.peer().write_all(from_client(8, close_text(4000, "bye")));
    EXPECT_EQ(co_await read_to_end(talking.peer()), from_server(8, close_text(4000)));
    co_await sleep(1s);
    EXPECT_THAT(notes, ElementsAre("4000 bye"));
    talking.serving().cancel();
    const std::vector waited{talking.serving()};
    co_await wait(waited);
  });
}

TEST(websocket_actor, closes_for_whoever_asks) {
  run_virtually([]() -> task<> {
    std::vector<std::string> notes;
    const auto listener = spawn_service(std::make_unique<parrot>(notes));
    served talking{[&listener](websocket& socket) -> task<void> {
      const auto talker = spawn_websocket_actor(std::move(socket), listener.actor());
      co_await ask<void>(talker, caf::close_atom_v, std::uint16_t{4001}, std::string{"done"});
    }};
    EXPECT_EQ(co_await talking.talk(from_client(8, close_text(4001))), from_server(8, close_text(4001, "done")));
    co_await talking.end();
  });
}

// -- a client that stays connected ---------------------------------------------------------------------------------------

TEST(keep_connected, connects_again_after_growing_waits_until_the_session_has_enough) {
  run_virtually([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
                  auto socket = co_await accept_websocket(x, plain());
                  static_cast<void>(co_await socket.send_text("hello"));
                  co_await socket.close(close_code::service_restart);
                },
                server_options{}.log_to(make_null_log_sink())};
    int connections = 0;
    const auto connect = [&](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      if (++connections <= 3)
        throw net::net_error("connect to", "x", std::make_error_code(std::errc::connection_refused));
      auto ends = make_memory_streams();
      static_cast<void>(spawn_detached(site.serve(std::move(ends.second))));
      co_return std::move(ends.first);
    };
    std::string events;
    std::vector<duration> waits;
    const auto note = [&](const reconnect_event& event) {
      events += "c+l."[static_cast<int>(event.kind)];
      if (event.kind == reconnect_event::what::waiting)
        waits.push_back(event.wait);
    };
    int sessions = 0;
    const auto listen = [&sessions](websocket& socket) -> task<bool> {
      const auto first = co_await socket.receive();
      EXPECT_EQ(first.value().data(), "hello");
      const auto end = co_await socket.receive();
      EXPECT_FALSE(end);
      co_return ++sessions < 2;
    };
    auto options = reconnect_options{}
                       .client(websocket_client_options{}.websocket(plain()).connect_with(connect))
                       .backoff(supervise::backoff_policy{100ms, 10s, 2, supervise::jitter::none})
                       .on_event(note);
    co_await keep_connected("ws://x/", listen, options);
    EXPECT_EQ(events, "cl.cl.cl.c+l.c+");
    EXPECT_THAT(waits, ElementsAre(100ms, 200ms, 400ms, 800ms));
  });
}

TEST(keep_connected, gives_up_when_it_was_told_to_or_when_it_is_no_use) {
  run_virtually([]() -> task<> {
    const auto nobody = [](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      throw net::net_error("connect to", "x", std::make_error_code(std::errc::connection_refused));
      co_return nullptr;
    };
    const auto idle = [](websocket&) -> task<bool> { co_return true; };
    auto options = reconnect_options{}.client(websocket_client_options{}.connect_with(nobody)).max_attempts(3);
    EXPECT_EQ(co_await websocket_problem(keep_connected("ws://x/", idle, options)), "connect");
    EXPECT_EQ(co_await websocket_problem(keep_connected("gopher://x/", idle)), "unsupported");
  });
}

TEST(keep_connected, is_cancelled_where_it_waits) {
  run_virtually([]() -> task<> {
    const auto nobody = [](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      throw net::net_error("connect to", "x", std::make_error_code(std::errc::connection_refused));
      co_return nullptr;
    };
    const auto idle = [](websocket&) -> task<bool> { co_return true; };
    auto options = reconnect_options{}.client(websocket_client_options{}.connect_with(nobody));
    const auto keeping = spawn(keep_connected("ws://x/", idle, options));
    co_await sleep(10s);
    EXPECT_FALSE(keeping.done());
    keeping.cancel();
    const std::vector waited{keeping};
    co_await wait(waited);
    EXPECT_TRUE(keeping.result().was_cancelled());
  });
}

} // namespace
} // namespace actors::http::test
