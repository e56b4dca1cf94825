#include "websocket_support.hpp"

#include <actors/core/error.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/websocket_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actors::http::test {
namespace {

using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string goodbye = from_client(8, close_text(1000));
const std::string goodbye_back = from_server(8, close_text(1000));

// -- the opening handshake -----------------------------------------------------------------------------------------------

TEST(websocket_handshake, is_answered_as_in_the_rfc) {
  run_virtually([]() -> task<> {
    served echoing{echo};
    EXPECT_EQ(without_date(co_await echoing.open()),
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    co_await echoing.peer().write_all(goodbye);
    EXPECT_EQ(co_await read_to_end(echoing.peer()), goodbye_back);
  });
}

TEST(websocket_handshake, bytes_behind_the_request_belong_to_the_websocket) {
  run_virtually([]() -> task<> {
    served echoing{echo};
    co_await echoing.peer().write_all(opening() + from_client(1, "early") + goodbye);
    static_cast<void>(co_await read_until(echoing.peer(), "\r\n\r\n"));
    EXPECT_EQ(co_await read_to_end(echoing.peer()), from_server(1, "early") + goodbye_back);
  });
}

/// The status line with which a request is answered.
task<std::string> status_of(std::string text, websocket_options options = plain()) {
  served echoing{echo, std::move(options)};
  co_await echoing.peer().write_all(text);
  echoing.peer().shutdown_write();
  const auto answer = co_await read_to_end(echoing.peer());
  co_return answer.substr(0, answer.find("\r\n\r\n"));
}

std::string without(std::string text, const std::string& line) {
  const auto at = text.find(line);
  return text.erase(at, line.size());
}

TEST(websocket_handshake, is_refused_when_it_is_none) {
  run_virtually([]() -> task<> {
    const auto right = opening();
    EXPECT_THAT(co_await status_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(co_await status_of(without(right, "Upgrade: websocket\r\n")), StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(co_await status_of(without(right, "Connection: Upgrade\r\n")), StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(co_await status_of("POST" + right.substr(3)), StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(co_await status_of(without(right, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
                StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(co_await status_of(opening("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
                StartsWith("HTTP/1.1 400 "));
    auto old = right;
    old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
    EXPECT_THAT(co_await status_of(old), StartsWith("HTTP/1.1 400 "));
  });
}

TEST(websocket_handshake, another_version_is_told_the_right_one) {
  run_virtually([]() -> task<> {
    auto text = opening();
    text.replace(text.find("Version: 13"), 11, "Version: 12");
    const auto answer = co_await status_of(text);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Version: 13"));
  });
}

TEST(websocket_handshake, a_key_that_is_not_16_bytes_is_refused) {
  run_virtually([]() -> task<> {
    for (const auto* key : {"", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQ=!",
                            "dGhlIHNhbXBsZSBub25jZQAA"}) {
      auto text = opening();
      text.replace(text.find(sample_key), sample_key.size(), key);
      EXPECT_THAT(co_await status_of(text), StartsWith("HTTP/1.1 400 ")) << key;
    }
  });
}

TEST(websocket_handshake, pages_of_other_sites_are_refused_unless_they_are_allowed) {
  run_virtually([]() -> task<> {
    const auto from = [](const std::string& origin) { return opening("Origin: " + origin + "\r\n") + goodbye; };
    EXPECT_THAT(co_await status_of(from("http://example.org")), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(co_await status_of(from("http://evil.example")), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(co_await status_of(from("null")), StartsWith("HTTP/1.1 403 "));
    const auto listed = plain().allow_origin("https://app.example");
    EXPECT_THAT(co_await status_of(from("https://app.example"), listed), StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(co_await status_of(from("http://example.org"), listed), StartsWith("HTTP/1.1 403 "));
    const auto any = plain().allow_any_origin();
    EXPECT_THAT(co_await status_of(from("http://evil.example"), any), StartsWith("HTTP/1.1 101 "));
  });
}

TEST(websocket_handshake, the_first_of_our_protocols_that_is_offered_is_chosen) {
  run_virtually([]() -> task<> {
    const auto options = plain().protocols({"b", "a"});
    const auto offer = opening("Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n") + goodbye;
    EXPECT_THAT(co_await status_of(offer, options), HasSubstr("Sec-WebSocket-Protocol: b"));
    const auto other = opening("Sec-WebSocket-Protocol: c\r\n") + goodbye;
    const auto answer = co_await status_of(other, options);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(answer, Not(HasSubstr("Sec-WebSocket-Protocol")));
    auto strict = options;
    strict.require_protocol(true);
    EXPECT_THAT(co_await status_of(other, strict), StartsWith("HTTP/1.1 400 "));
  });
}

TEST(websocket_handshake, a_refusal_is_logged_once_with_its_reason) {
  run_virtually([]() -> task<> {
    const auto log = std::make_shared<recording_log>();
    served echoing{echo, plain(), {}, log};
    co_await echoing.peer().write_all("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    echoing.peer().shutdown_write();
    static_cast<void>(co_await read_to_end(echoing.peer()));
    co_await echoing.end();
    const auto text = log->text();
    EXPECT_THAT(text, StartsWith("info "));
    EXPECT_THAT(text, HasSubstr("GET /x failed: WebSocket memory:1: this is for WebSockets\n"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  });
}

// -- frames --------------------------------------------------------------------------------------------------------------

TEST(websocket_server, echoes_messages_of_every_length_class) {
  run_virtually([]() -> task<> {
    for (const std::size_t size : {0, 1, 2, 124, 125, 126, 127, 128, 4096, 65'535, 65'536, 65'537, 300'000}) {
      const std::string text(size, '*');
      for (const unsigned code : {1U, 2U})
        EXPECT_EQ(co_await echoed(from_client(code, text) + goodbye), from_server(code, text) + goodbye_back) << size;
    }
  });
}

TEST(websocket_server, does_not_care_how_the_bytes_are_split) {
  run_virtually([]() -> task<> {
    const std::string bytes = from_client(1, "Hel", false) + from_client(9, "ping") +
                              from_client(0, "lo \xc3\xa4", false) + from_client(0, "") +
                              from_client(2, std::string(200, 'x')) + goodbye;
    const std::string expected = from_server(10, "ping") + from_server(1, "Hello \xc3\xa4") +
                                 from_server(2, std::string(200, 'x')) + goodbye_back;
    for (const std::size_t piece : {1, 2, 3, 5, 7, 100}) {
      const auto streams = memory_stream_options{}.both_ways(stream_faults{}.pieces(piece));
      EXPECT_EQ(co_await echoed(bytes, plain(), {}, streams), expected) << piece;
    }
    // Two reads, cut at every byte.
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      served echoing{echo};
      static_cast<void>(co_await echoing.open());
      co_await echoing.peer().write_all(bytes.substr(0, at));
      co_await sleep(1ms);
      co_await echoing.peer().write_all(bytes.substr(at));
      EXPECT_EQ(co_await read_to_end(echoing.peer()), expected) << at;
    }
  });
}

/// What a peer that breaks the rules is told last.
task<std::string> verdict_on(std::string bytes, websocket_options options = plain(), std::string fields = {}) {
  const auto answer = co_await echoed(std::move(bytes), std::move(options), std::move(fields));
  // The Close is the last frame, and short.
  for (const unsigned code : {1002U, 1007U, 1009U}) {
    const auto at = answer.rfind(close_text(code));
    if (at != std::string::npos && at >= 2 && answer[at - 2] == '\x88')
      co_return std::to_string(code);
  }
  co_return "none: " + answer;
}

TEST(websocket_server, refuses_malformed_frames_with_1002) {
  run_virtually([]() -> task<> {
    const std::vector<std::pair<const char*, std::string>> cases{
        {"no mask", from_server(1, "x")},
        {"RSV1", from_client(1, "x", true, 4)},
        {"RSV2", from_client(1, "x", true, 2)},
        {"RSV3", from_client(1, "x", true, 1)},
        {"RSV on a ping", from_client(9, "x", true, 4)},
        {"opcode 3", from_client(3, "x")},
        {"opcode 7", from_client(7, "x")},
        {"opcode 11", from_client(11, "x")},
        {"opcode 15", from_client(15, "x")},
        {"a continuation of nothing", from_client(0, "x")},
        {"a continuation of nothing, not the last", from_client(0, "x", false)},
        {"a message inside of a message", from_client(1, "x", false) + from_client(1, "y")},
        {"a fragmented ping", from_client(9, "x", false)},
        {"a long ping", from_client(9, std::string(126, 'x'))},
        {"a long close", from_client(8, close_text(1000, std::string(124, 'x')))},
        {"a length of 5 in 16 bits", std::string("\x81\xfe\x00\x05\x00\x00\x00\x00hello", 13)},
        {"a length of 5 in 64 bits", std::string("\x81\xff\0\0\0\0\0\0\0\x05\0\0\0\0hello", 19)},
        {"a length of more than 63 bits", std::string("\x81\xff\x80\0\0\0\0\0\0\x05\0\0\0\0hello", 19)},
        {"half of a close code", from_client(8, "\x03")},
    };
    for (const auto& [name, bytes] : cases)
      EXPECT_EQ(co_await verdict_on(bytes), "1002") << name;
  });
}

TEST(websocket_server, answers_the_codes_that_may_be_sent_and_refuses_the_others) {
  run_virtually([]() -> task<> {
    for (const unsigned code :
         {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
      EXPECT_EQ(co_await echoed(from_client(8, close_text(code, "bye"))), from_server(8, close_text(code))) << code;
    for (const unsigned code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535})
      EXPECT_EQ(co_await verdict_on(from_client(8, close_text(code))), "1002") << code;
    EXPECT_EQ(co_await verdict_on(from_client(8, close_text(1000, "\xff"))), "1007");
    EXPECT_EQ(co_await echoed(from_client(8, "")), from_server(8, ""));
  });
}

TEST(websocket_server, answers_pings_between_fragments_and_ignores_pongs) {
  run_virtually([]() -> task<> {
    EXPECT_EQ(co_await echoed(from_client(1, "a", false) + from_client(9, "") + from_client(10, "unasked") +
                              from_client(0, "b") + goodbye),
              from_server(10, "") + from_server(1, "ab") + goodbye_back);
    std::string pings;
    std::string pongs;
    for (int i = 0; i < 10; ++i) {
      pings += from_client(9, std::to_string(i));
      pongs += from_server(10, std::to_string(i));
    }
    EXPECT_EQ(co_await echoed(pings + goodbye), pongs + goodbye_back);
  });
}

TEST(websocket_server, finds_text_that_is_not_utf_8_as_soon_as_that_is_certain) {
  run_virtually([]() -> task<> {
    const std::vector<std::string> wrong{"\x80",
                                         "\xbf",
                                         "\xc0\xaf",
                                         "\xc1\xbf",
                                         "\xe0\x80\xaf",
                                         "\xe0\x9f\xbf",
                                         "\xed\xa0\x80",
                                         "\xed\xbf\xbf",
                                         "\xf0\x80\x80\xaf",
                                         "\xf0\x8f\xbf\xbf",
                                         "\xf4\x90\x80\x80",
                                         "\xf5\x80\x80\x80",
                                         "\xfe",
                                         "\xff",
                                         "\xc3(",
                                         "\xe2\x82("};
    for (const auto& text : wrong) {
      EXPECT_EQ(co_await verdict_on(from_client(1, "ok " + text)), "1007");
      // The end of the message is not waited for.
      EXPECT_EQ(co_await verdict_on(from_client(1, text, false)), "1007");
      EXPECT_EQ(co_await echoed(from_client(2, text) + goodbye), from_server(2, text) + goodbye_back);
    }
    for (const std::string cut : {"\xc3", "\xe2\x82", "\xf0\x9f\x98"})
      EXPECT_EQ(co_await verdict_on(from_client(1, cut)), "1007");
    const std::vector<std::string> right{"\xc2\x80",         "\xdf\xbf",         "\xe0\xa0\x80",
                                         "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xce\xba\xe1\xbd\xb9"};
    for (const auto& text : right) {
      std::string fragments;
      for (const char byte : text)
        fragments += from_client(fragments.empty() ? 1 : 0, std::string(1, byte), false);
      fragments.append(from_client(0, "")).append(goodbye);
      EXPECT_EQ(co_await echoed(fragments), from_server(1, text) + goodbye_back);
    }
  });
}

TEST(websocket_server, refuses_messages_over_the_limit_with_1009) {
  run_virtually([]() -> task<> {
    const auto options = plain().max_message(10).max_fragments(3);
    EXPECT_EQ(co_await echoed(from_client(1, "0123456789") + goodbye, options),
              from_server(1, "0123456789") + goodbye_back);
    EXPECT_EQ(co_await verdict_on(from_client(1, "0123456789a"), options), "1009");
    EXPECT_EQ(co_await verdict_on(from_client(1, "01234", false) + from_client(0, "567890"), options), "1009");
    // By the head alone, before what it announces has come.
    EXPECT_EQ(co_await verdict_on(std::string("\x82\xff\0\0\0\1\0\0\0\0\0\0\0\0x", 15), options), "1009");
    const auto bit = [](bool fin) { return from_client(0, "x", fin); };
    EXPECT_EQ(co_await echoed(from_client(1, "x", false) + bit(false) + bit(true) + goodbye, options),
              from_server(1, "xxx") + goodbye_back);
    EXPECT_EQ(co_await verdict_on(from_client(1, "x", false) + bit(false) + bit(false) + bit(true), options), "1009");
  });
}

TEST(websocket_server, sends_long_messages_in_fragments_if_asked_to) {
  run_virtually([]() -> task<> {
    EXPECT_EQ(co_await echoed(from_client(1, "abcdefgh") + goodbye, plain().fragment_size(3)),
              from_server(1, "abc", false) + from_server(0, "def", false) + from_server(0, "gh") + goodbye_back);
  });
}

// -- the end -------------------------------------------------------------------------------------------------------------

TEST(websocket_server, says_why_it_has_ended) {
  run_virtually([]() -> task<> {
    std::string kind;
    close_status status;
    const auto note = [&](websocket& socket) -> task<void> {
      kind = co_await websocket_problem(socket.receive());
      status = socket.peer_status();
    };
    {
      served noting{note};
      static_cast<void>(co_await noting.talk(from_client(8, close_text(4001, "enough"))));
      co_await noting.end();
      EXPECT_EQ(kind, "none");
      EXPECT_EQ(status, (close_status{static_cast<close_code>(4001), "enough"}));
    }
    {
      served noting{note};
      static_cast<void>(co_await noting.open());
      co_await noting.end();
      EXPECT_EQ(kind, "disconnected");
      EXPECT_EQ(status.code(), close_code::abnormal);
    }
    {
      served noting{note};
      static_cast<void>(co_await noting.talk(from_client(3, "x")));
      co_await noting.end();
      EXPECT_EQ(kind, "protocol");
    }
  });
}

TEST(websocket_server, closes_with_a_code_and_waits_for_the_answer) {
  run_virtually([]() -> task<> {
    duration took{};
    const auto leave = [&took](websocket& socket) -> task<void> {
      static_cast<void>(co_await socket.send_text("last"));
      const auto begun = co_await now();
      co_await socket.close(static_cast<close_code>(3000), "bye");
      took = co_await now() - begun;
      EXPECT_EQ(socket.peer_status().code(), static_cast<close_code>(3000));
      EXPECT_EQ(co_await websocket_problem(socket.send_text("late")), "closed");
    };
    served leaving{leave};
    static_cast<void>(co_await leaving.open());
    EXPECT_EQ(co_await read_until(leaving.peer(), "bye"),
              from_server(1, "last") + from_server(8, close_text(3000, "bye")));
    co_await sleep(3s);
    co_await leaving.peer().write_all(from_client(1, "crossed") + from_client(8, close_text(3000)));
    EXPECT_EQ(co_await read_to_end(leaving.peer()), "");
    co_await leaving.serving();
    EXPECT_EQ(took, 3s);
  });
}

TEST(websocket_server, does_not_wait_for_ever_for_the_answer_to_a_close) {
  run_virtually([]() -> task<> {
    const auto leave = [](websocket& socket) -> task<void> { co_await socket.close(); };
    served leaving{leave, plain().close_timeout(5s)};
    static_cast<void>(co_await leaving.open());
    const auto begun = co_await now();
    EXPECT_EQ(co_await read_to_end(leaving.peer()), goodbye_back);
    EXPECT_EQ(co_await now() - begun, 5s);
  });
}

TEST(websocket_server, closes_in_order_when_the_handler_returns_or_fails) {
  run_virtually([]() -> task<> {
    served returning{[](websocket& socket) -> task<void> { static_cast<void>(co_await socket.send_text("x")); }};
    EXPECT_EQ(co_await returning.talk(goodbye), from_server(1, "x") + goodbye_back);
    served failing{[](websocket& socket) -> task<void> {
      static_cast<void>(co_await socket.send_text("x"));
      throw std::runtime_error("oops");
    }};
    EXPECT_EQ(co_await failing.talk(from_client(8, close_text(1001))),
              from_server(1, "x") + from_server(8, close_text(1001)));
  });
}

TEST(websocket_server, says_goodbye_when_the_server_stops) {
  run_really([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      auto socket = co_await accept_websocket(x, plain());
      co_await echo(socket);
    }};
    co_await site.start();
    auto socket = co_await connect_websocket(site.url() + "/", websocket_client_options{}.websocket(plain()));
    const auto stopping = spawn(site.stop(1h));
    const auto end = co_await socket.receive();
    EXPECT_FALSE(end);
    EXPECT_EQ(socket.peer_status(), (close_status{close_code::going_away, "the server stops"}));
    co_await stopping;
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(websocket_server, is_cut_when_the_server_has_no_time_left) {
  run_really([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      auto socket = co_await accept_websocket(x, plain());
      co_await sleep(1h);
    }};
    co_await site.start();
    auto socket = co_await connect_websocket(site.url() + "/", websocket_client_options{}.websocket(plain()));
    co_await site.stop(0s);
    EXPECT_EQ(site.connections(), 0U);
    static_cast<void>(co_await websocket_problem(socket.receive()));
    EXPECT_FALSE(socket.is_open());
  });
}

TEST(websocket_server, may_outlive_its_handler) {
  run_virtually([]() -> task<> {
    std::optional<websocket> kept;
    served keeping{[&kept](websocket& socket) -> task<void> {
      kept.emplace(std::move(socket));
      co_return;
    }};
    static_cast<void>(co_await keeping.open());
    co_await sleep(1s);
    EXPECT_EQ(keeping.site().connections(), 1U);
    EXPECT_EQ(kept.value().post(ws_message::text("still here")), post_result::queued);
    EXPECT_EQ(co_await read_until(keeping.peer(), "here"), from_server(1, "still here"));
    // Whoever can send does not keep the connection.
    const auto sender = kept.value().sender();
    kept.reset();
    EXPECT_EQ(sender.post(ws_message::text("late")), post_result::closed);
    co_await keeping.peer().write_all(goodbye);
    EXPECT_EQ(co_await read_to_end(keeping.peer()), goodbye_back);
    co_await keeping.serving();
    EXPECT_EQ(keeping.site().connections(), 0U);
  });
}

TEST(websocket_server, is_cancelled_where_it_receives_sends_and_closes) {
  run_virtually([]() -> task<> {
    const std::vector<session> waits{
        [](websocket& socket) -> task<void> { static_cast<void>(co_await socket.receive()); },
        [](websocket& socket) -> task<void> {
          for (;;)
            static_cast<void>(co_await socket.send_binary(std::string(100'000, 'x')));
        },
        [](websocket& socket) -> task<void> { co_await socket.close(); }};
    for (const auto& body : waits) {
      bool was_cancelled = false;
      const auto handle = [&was_cancelled, &body](websocket& socket) -> task<void> {
        try {
          co_await body(socket);
        } catch (const cancelled&) {
          was_cancelled = true;
          throw;
        }
      };
      served waiting{handle, plain().write_timeout(1h).close_timeout(1h), memory_stream_options{}.buffer(1000)};
      static_cast<void>(co_await waiting.open());
      co_await sleep(1s);
      EXPECT_FALSE(waiting.serving().done());
      waiting.serving().cancel();
      const std::vector awaited{waiting.serving()};
      co_await wait(awaited);
      EXPECT_TRUE(was_cancelled);
      EXPECT_EQ(waiting.site().connections(), 0U);
      static_cast<void>(co_await read_to_end(waiting.peer()));
    }
  });
}

// -- heartbeat and slow readers ------------------------------------------------------------------------------------------

TEST(websocket_heartbeat, pings_a_silent_peer_and_gives_up_on_one_that_does_not_answer) {
  run_virtually([]() -> task<> {
    std::string kind;
    const auto note = [&kind](websocket& socket) -> task<void> { kind = co_await websocket_problem(socket.receive()); };
    served noting{note, plain().ping_interval(10s).pong_timeout(4s)};
    static_cast<void>(co_await noting.open());
    const auto begun = co_await now();
    for (int i = 0; i < 3; ++i) {
      std::array<char, 2> ping{};
      EXPECT_EQ(co_await noting.peer().read_some(ping), 2U);
      EXPECT_EQ(std::string(ping.data(), 2), from_server(9, ""));
      co_await sleep(3s);
      co_await noting.peer().write_all(from_client(10, ""));
    }
    EXPECT_GE(co_await now() - begun, 33s);
    EXPECT_EQ(co_await read_to_end(noting.peer()), from_server(9, ""));
    co_await noting.serving();
    EXPECT_EQ(kind, "timeout");
  });
}

TEST(websocket_heartbeat, does_not_blame_the_peer_while_nobody_receives) {
  run_virtually([]() -> task<> {
    served busy{[](websocket& socket) -> task<void> {
                  co_await sleep(1h);
                  co_await echo(socket);
                },
                plain().ping_interval(10s).pong_timeout(4s)};
    static_cast<void>(co_await busy.open());
    co_await busy.peer().write_all(from_client(10, "") + from_client(1, "x"));
    EXPECT_THAT(co_await read_until(busy.peer(), from_server(1, "x")), StartsWith(from_server(9, "")));
    co_await busy.peer().write_all(goodbye);
    static_cast<void>(co_await read_to_end(busy.peer()));
  });
}

TEST(websocket_queue, makes_senders_wait_for_a_slow_reader) {
  run_virtually([]() -> task<> {
    int sent = 0;
    served sending{[&sent](websocket& socket) -> task<void> {
                     for (; sent < 100; ++sent)
                       static_cast<void>(co_await socket.send_binary(std::string(1000, 'x')));
                     co_await socket.close();
                   },
                   plain().max_queue(5000).write_timeout(1h), memory_stream_options{}.buffer(2000)};
    static_cast<void>(co_await sending.open());
    co_await sleep(1s);
    EXPECT_LT(sent, 15);
    const auto all = spawn(read_to_end(sending.peer()));
    co_await sleep(1s);
    co_await sending.peer().write_all(goodbye);
    EXPECT_EQ((co_await all).size(), 100 * 1004U + 4U);
    EXPECT_EQ(sent, 100);
  });
}

TEST(websocket_queue, drops_or_closes_as_the_policy_says) {
  run_virtually([]() -> task<> {
    for (const auto policy : {slow_reader::drop_newest, slow_reader::drop_oldest, slow_reader::close}) {
      std::vector<post_result> results;
      std::uint64_t dropped = 0;
      served sending{[&](websocket& socket) -> task<void> {
                       for (int i = 0; i < 100; ++i)
                         results.push_back(
                             socket.post(ws_message::binary(std::to_string(100 + i) + std::string(997, 'x'))));
                       dropped = socket.sender().dropped();
                       static_cast<void>(co_await websocket_problem(socket.close()));
                     },
                     plain().max_queue(5000).when_full(policy).slow_reader_code(close_code::try_again_later)};
      static_cast<void>(co_await sending.open());
      co_await sending.peer().write_all(from_client(8, close_text(1000)));
      const auto all = co_await read_to_end(sending.peer());
      if (policy == slow_reader::close) {
        EXPECT_EQ(results.back(), post_result::closed);
        EXPECT_THAT(all, HasSubstr(close_text(1013)));
      } else {
        EXPECT_EQ(dropped, 96U);
        EXPECT_EQ(results.back(), policy == slow_reader::drop_newest ? post_result::dropped : post_result::queued);
        EXPECT_EQ(all.find("100x") != std::string::npos, policy == slow_reader::drop_newest);
        EXPECT_EQ(all.find("199x") != std::string::npos, policy == slow_reader::drop_oldest);
      }
    }
  });
}

TEST(websocket_queue, gives_up_on_a_peer_that_takes_nothing) {
  run_virtually([]() -> task<> {
    std::string kind;
    served sending{[&kind](websocket& socket) -> task<void> {
                     static_cast<void>(co_await socket.send_binary(std::string(100'000, 'x')));
                     kind = co_await websocket_problem(socket.receive());
                   },
                   plain().write_timeout(7s), memory_stream_options{}.buffer(1000)};
    static_cast<void>(co_await sending.open());
    const auto begun = co_await now();
    co_await sending.serving();
    EXPECT_EQ(kind, "slow_reader");
    EXPECT_EQ(co_await now() - begun, 7s);
  });
}

} // namespace
} // namespace actors::http::test
