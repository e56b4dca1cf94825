#include "websocket_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/error.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/http/websocket_room.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::make_memory_streams;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A connection in memory to a server whose handler accepts and then does `what`.
class scripted_peer {
public:
  using script = std::function<task<void>(net::stream&)>;

  static websocket_client_options options(script what, websocket_options ours = plain()) {
    return websocket_client_options{}
        .websocket(std::move(ours))
        .connect_with([what = std::move(what)](std::string, std::uint16_t) { return connect(what); });
  }

private:
  static task<std::unique_ptr<net::stream>> connect(script what) {
    auto ends = make_memory_streams();
    static_cast<void>(spawn_detached(run(std::move(what), std::move(ends.second))));
    co_return std::move(ends.first);
  }

  static task<void> run(script what, std::unique_ptr<net::stream> stream) { co_await what(*stream); }
};

/// A client in memory of an echo server.
websocket_client_options options_for(std::shared_ptr<server> site, websocket_options ours,
                                     memory_stream_options streams = {}) {
  const auto connect = [site, streams](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
    auto ends = make_memory_streams(streams);
    static_cast<void>(spawn_detached(site->serve(std::move(ends.second))));
    co_return std::move(ends.first);
  };
  return websocket_client_options{}.websocket(std::move(ours)).connect_with(connect);
}

std::shared_ptr<server> echo_server(websocket_options options) {
  const auto handle = [options](server_exchange& x) -> task<void> {
    auto socket = co_await accept_websocket(x, options);
    co_await echo(socket);
  };
  return std::make_shared<server>(handle, server_options{}.log_to(make_null_log_sink()));
}

task<std::string> echo_of(websocket& socket, std::string text) {
  static_cast<void>(co_await socket.send_text(std::move(text)));
  auto answer = co_await socket.receive();
  co_return answer ? std::move(*answer).data() : "closed";
}

TEST(websocket_client, talks_with_our_server) {
  run_virtually([]() -> task<> {
    const auto site = echo_server(plain().protocols({"chat"}));
    auto options = options_for(site, plain().protocols({"other", "chat"}));
    auto socket = co_await connect_websocket("ws://example.org/chat", options);
    EXPECT_EQ(socket.protocol(), "chat");
    EXPECT_FALSE(socket.compresses());
    for (const std::size_t size : {0, 125, 126, 65'535, 65'536, 200'000})
      EXPECT_EQ(co_await echo_of(socket, std::string(size, 'x')), std::string(size, 'x'));
    co_await socket.close();
    EXPECT_EQ(socket.peer_status().code(), close_code::normal);
    const auto after = co_await socket.receive();
    EXPECT_FALSE(after);
  });
}

TEST(websocket_client, asks_for_what_the_url_says) {
  run_virtually([]() -> task<> {
    std::string request;
    const auto script = [&](net::stream& peer) -> task<void> {
      request = co_await read_until(peer, "\r\n\r\n");
      const std::string name = "Sec-WebSocket-Key: ";
      const auto at = request.find(name) + name.size();
      const auto key = request.substr(at, 24);
      EXPECT_EQ(key.substr(22), "==");
      co_await peer.write_all("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    };
    auto options = scripted_peer::options(script).header("X-Test", "1");
    EXPECT_EQ(co_await websocket_problem(connect_websocket("ws://u:p@example.org:81/a?b", options)), "refused");
    EXPECT_THAT(request, StartsWith("GET /a?b HTTP/1.1\r\nHost: example.org:81\r\n"));
    EXPECT_THAT(request, HasSubstr("X-Test: 1\r\n"));
    EXPECT_THAT(request, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
  });
}

/// Answers a handshake with this head, in which KEY stands for the right Sec-WebSocket-Accept of the sample key.
task<std::string> answered_with(std::string head, websocket_options options = plain(), std::string* what = nullptr) {
  const auto script = [head](net::stream& peer) -> task<void> {
    static_cast<void>(co_await read_until(peer, "\r\n\r\n"));
    co_await peer.write_all(head);
  };
  auto opening = connect_websocket("ws://example.org/", scripted_peer::options(script, std::move(options)));
  co_return co_await websocket_problem(std::move(opening), what);
}

TEST(websocket_client, takes_nothing_but_a_right_answer) {
  run_virtually([]() -> task<> {
    const std::string switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    EXPECT_EQ(co_await answered_with(switching + "\r\n"), "handshake");
    EXPECT_EQ(co_await answered_with(switching + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
              "handshake");
    EXPECT_EQ(co_await answered_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "refused");
    EXPECT_EQ(co_await answered_with("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"), "refused");
    EXPECT_EQ(co_await answered_with("SSH-2.0\r\n\r\n"), "handshake");
    EXPECT_EQ(co_await answered_with(""), "handshake");
  });
}

TEST(websocket_client, says_what_went_wrong) {
  run_virtually([]() -> task<> {
    std::string what;
    EXPECT_EQ(co_await answered_with("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", plain(), &what), "refused");
    EXPECT_EQ(what, "WebSocket ws://example.org/: the server answers 403 Forbidden");
    EXPECT_EQ(co_await websocket_problem(connect_websocket("gopher://x/")), "unsupported");
    bool was_invalid = false;
    try {
      auto opening = connect_websocket("nonsense");
    } catch (const error&) {
      was_invalid = true;
    }
    EXPECT_TRUE(was_invalid);
    // A server that says nothing.
    const auto silent = [](net::stream&) -> task<void> { co_await sleep(1h); };
    const auto begun = co_await now();
    auto options = scripted_peer::options(silent).handshake_timeout(7s);
    EXPECT_EQ(co_await websocket_problem(connect_websocket("ws://x/", options)), "timeout");
    EXPECT_EQ(co_await now() - begun, 7s);
  });
}

TEST(websocket_client, is_cancelled_in_the_handshake) {
  run_virtually([]() -> task<> {
    const auto silent = [](net::stream& peer) -> task<void> { static_cast<void>(co_await read_to_end(peer)); };
    const auto opening = spawn(connect_websocket("ws://x/", scripted_peer::options(silent)));
    co_await sleep(1s);
    opening.cancel();
    const std::vector waited{opening};
    co_await wait(waited);
    EXPECT_TRUE(opening.result().was_cancelled());
  });
}

// -- compression ---------------------------------------------------------------------------------------------------------

TEST(websocket_compression, works_with_every_window_and_with_and_without_takeover) {
  run_virtually([]() -> task<> {
    std::string varied;
    for (int i = 0; i < 3000; ++i)
      varied += std::to_string(i * 7919 % 1000) + ",";
    for (int bits = 8; bits <= 15; ++bits) {
      for (const bool takeover : {false, true}) {
        const auto deflate = deflate_options{}
                                 .server_max_window_bits(bits)
                                 .client_max_window_bits(23 - bits)
                                 .server_context_takeover(takeover)
                                 .client_context_takeover(takeover)
                                 .threshold(0);
        const auto options = plain().compression(deflate);
        const auto site = echo_server(options);
        auto socket = co_await connect_websocket("ws://x/", options_for(site, options));
        EXPECT_TRUE(socket.compresses());
        for (const auto& text : {std::string{"Hello"}, std::string{}, varied, std::string(70'000, 'x'), varied})
          EXPECT_EQ(co_await echo_of(socket, text), text) << bits << takeover;
        co_await socket.close();
      }
    }
  });
}

TEST(websocket_compression, understands_the_examples_of_the_rfc) {
  run_virtually([]() -> task<> {
    const auto options = plain().compression(deflate_options{}.client_context_takeover(true).threshold(1000));
    const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const std::string end = from_client(8, close_text(1000));
    const std::string end_back = from_server(8, close_text(1000));
    const std::string hello = from_server(1, "Hello");
    const std::string once{"\xf2\x48\xcd\xc9\xc9\x07\x00", 7};
    const std::string again{"\xf2\x00\x11\x00\x00", 5};
    EXPECT_EQ(co_await echoed(from_client(1, once, true, 4) + from_client(1, again, true, 4) + end, options, offer),
              hello + hello + end_back);
    const std::string fragments = from_client(1, once.substr(0, 3), false, 4) + from_client(0, once.substr(3));
    EXPECT_EQ(co_await echoed(fragments + end, options, offer), hello + end_back);
    const std::string stored{"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11};
    EXPECT_EQ(co_await echoed(from_client(1, stored, true, 4) + end, options, offer), hello + end_back);
    const std::string with_final{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8};
    EXPECT_EQ(co_await echoed(from_client(1, with_final, true, 4) + end, options, offer), hello + end_back);
    const std::string two_blocks{"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13};
    EXPECT_EQ(co_await echoed(from_client(1, two_blocks, true, 4) + end, options, offer), hello + end_back);
  });
}

/// How a server with these options answers an offer; empty for "without".
task<std::string> answer_to(std::string offer, deflate_options ours) {
  served echoing{echo, plain().compression(ours)};
  const auto head = co_await echoing.open("Sec-WebSocket-Extensions: " + offer + "\r\n");
  const std::string name = "Sec-WebSocket-Extensions: ";
  const auto at = head.find(name);
  if (at == std::string::npos)
    co_return std::string{};
  co_return head.substr(at + name.size(), head.find("\r\n", at) - at - name.size());
}

TEST(websocket_compression, is_agreed_on_as_the_rfc_says) {
  run_virtually([]() -> task<> {
    const auto both = deflate_options{}.server_context_takeover(true).client_context_takeover(true);
    EXPECT_EQ(co_await answer_to("permessage-deflate", both), "permessage-deflate");
    EXPECT_EQ(co_await answer_to("permessage-deflate", deflate_options{}),
              "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    EXPECT_EQ(co_await answer_to("permessage-deflate; server_no_context_takeover", both),
              "permessage-deflate; server_no_context_takeover");
    EXPECT_EQ(co_await answer_to("permessage-deflate; server_max_window_bits=10", both),
              "permessage-deflate; server_max_window_bits=10");
    EXPECT_EQ(co_await answer_to("permessage-deflate; server_max_window_bits=\"9\"", both),
              "permessage-deflate; server_max_window_bits=9");
    auto small = both;
    small.client_max_window_bits(10).server_max_window_bits(11);
    EXPECT_EQ(co_await answer_to("permessage-deflate; client_max_window_bits", small),
              "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10");
    EXPECT_EQ(co_await answer_to("permessage-deflate; client_max_window_bits=9", small),
              "permessage-deflate; server_max_window_bits=11; client_max_window_bits=9");
    // A client that does not offer to limit its window is not asked to.
    EXPECT_EQ(co_await answer_to("permessage-deflate", small), "permessage-deflate; server_max_window_bits=11");
    // What is malformed is declined, and the next offer is looked at.
    for (const std::string bad :
         {"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
          "server_max_window_bits=08", "client_max_window_bits=x", "server_no_context_takeover=1", "unknown",
          "client_max_window_bits; client_max_window_bits", "server_no_context_takeover; server_no_context_takeover"}) {
      EXPECT_EQ(co_await answer_to("permessage-deflate; " + bad, both), "") << bad;
      EXPECT_EQ(co_await answer_to("permessage-deflate; " + bad + ", permessage-deflate", both), "permessage-deflate");
    }
    EXPECT_EQ(co_await answer_to("x-webkit-deflate-frame", both), "");
  });
}

TEST(websocket_compression, an_answer_that_was_not_offered_is_refused) {
  run_virtually([]() -> task<> {
    // The head is right but for its extensions, for the key that the client has sent.
    const auto answer = [](std::string extensions, websocket_options ours) -> task<std::string> {
      served unlucky{[](websocket&) -> task<void> { co_return; }};
      const auto relay = [&unlucky, extensions](net::stream& peer) -> task<void> {
        auto request = co_await read_until(peer, "\r\n\r\n");
        const auto at = request.find("Sec-WebSocket-Extensions");
        if (at != std::string::npos)
          request.erase(at, request.find("\r\n", at) + 2 - at);
        co_await unlucky.peer().write_all(request);
        auto head = co_await read_until(unlucky.peer(), "\r\n\r\n");
        head.insert(head.size() - 2, "Sec-WebSocket-Extensions: " + extensions + "\r\n");
        co_await peer.write_all(head);
      };
      auto opening = connect_websocket("ws://example.org/", scripted_peer::options(relay, std::move(ours)));
      co_return co_await websocket_problem(std::move(opening));
    };
    EXPECT_EQ(co_await answer("permessage-deflate", plain()), "handshake");
    const auto ours = plain().compression(deflate_options{}.server_max_window_bits(10).server_context_takeover(true));
    EXPECT_EQ(co_await answer("permessage-deflate; server_max_window_bits=10", ours), "none");
    EXPECT_EQ(co_await answer("permessage-deflate", ours), "handshake");
    EXPECT_EQ(co_await answer("permessage-deflate; server_max_window_bits=11", ours), "handshake");
    EXPECT_EQ(co_await answer("permessage-deflate; client_max_window_bits", ours), "handshake");
    EXPECT_EQ(co_await answer("permessage-bzip2", ours), "handshake");
  });
}

TEST(websocket_compression, a_bomb_is_refused_with_bounded_memory) {
  run_virtually([]() -> task<> {
    // 10 MB of one byte, in ten kilobytes.
    const auto site = echo_server(plain().compression(deflate_options{}).max_message(1 << 20));
    auto socket = co_await connect_websocket("ws://x/", options_for(site, plain().compression(deflate_options{})));
    std::string large(10'000'000, 'x'); // NOLINT(bugprone-string-constructor): large
    static_cast<void>(co_await socket.send_binary(std::move(large)));
    const auto end = co_await socket.receive();
    EXPECT_FALSE(end);
    EXPECT_EQ(socket.peer_status().code(), close_code::too_large);
  });
}

TEST(websocket_compression, data_that_does_not_decode_is_refused) {
  run_virtually([]() -> task<> {
    const auto answer =
        co_await echoed(from_client(1, "\xff\xff\xff\xff", true, 4), plain().compression(deflate_options{}),
                        "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    EXPECT_THAT(answer, HasSubstr(close_text(1007)));
  });
}

// -- rooms ---------------------------------------------------------------------------------------------------------------

TEST(websocket_room, gives_every_member_every_message_in_order) {
  run_virtually([]() -> task<> {
    const websocket_room room;
    const auto handle = [room](server_exchange& x) -> task<void> {
      auto options = plain();
      if (x.head().target() != "/plain")
        options.compression(deflate_options{}.server_context_takeover(x.head().target() == "/kept").threshold(0));
      auto socket = co_await accept_websocket(x, options);
      auto here = websocket_room{room}.join(socket.sender());
      for (;;) {
        auto message = co_await socket.receive();
        if (!message)
          co_return;
        // Between the shared ones goes one of its own, compressed with what was before.
        static_cast<void>(co_await socket.send_text("to you: " + message->data()));
        room.broadcast(prepared_message{*std::move(message)});
      }
    };
    const auto site = std::make_shared<server>(handle, server_options{}.log_to(make_null_log_sink()));
    const auto ours = plain().compression(deflate_options{}.server_context_takeover(true));
    std::vector<websocket> members;
    for (const auto* where : {"ws://x/plain", "ws://x/small", "ws://x/kept"})
      members.push_back(co_await connect_websocket(where, options_for(site, ours)));
    EXPECT_EQ(room.size(), 3U);
    for (int i = 0; i < 5; ++i) {
      for (auto& speaker : members) {
        const auto text = "message " + std::to_string(i);
        static_cast<void>(co_await speaker.send_text(text));
        const auto own = co_await speaker.receive();
        EXPECT_EQ(own.value(), ws_message::text("to you: " + text));
        for (auto& member : members) {
          const auto heard = co_await member.receive();
          EXPECT_EQ(heard.value(), ws_message::text(text));
        }
      }
    }
    co_await members.front().close();
    co_await sleep(1s);
    EXPECT_EQ(room.size(), 2U);
    members.clear();
    co_await sleep(5s);
    EXPECT_EQ(room.size(), 0U);
    EXPECT_EQ(site->connections(), 0U);
  });
}

} // namespace
} // namespace actors::http::test
