#pragma once

#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/server.hpp>
#include <actors/http/websocket.hpp>
#include <actors/testing/memory_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of WebSockets share: a server in memory, and a peer that writes frames by hand.
namespace actors::http::test {

/// A frame by its bits, right or wrong.
struct raw_frame {
  bool fin = true;
  unsigned reserved = 0;
  unsigned code = 1;
  std::string payload;

  [[nodiscard]] std::string bytes(bool masked) const {
    std::string out;
    out.push_back(static_cast<char>((fin ? 0x80U : 0U) | (reserved << 4U) | code));
    const std::uint64_t size = payload.size();
    const unsigned mask_bit = masked ? 0x80U : 0U;
    int length_bytes = 0;
    if (size > 0xffff)
      length_bytes = 8;
    else if (size > 125)
      length_bytes = 2;
    if (length_bytes == 0)
      out.push_back(static_cast<char>(mask_bit | size));
    else
      out.push_back(static_cast<char>(mask_bit | (length_bytes == 2 ? 126U : 127U)));
    for (int i = length_bytes - 1; i >= 0; --i)
      out.push_back(static_cast<char>(size >> (8 * i)));
    if (!masked)
      return out + payload;
    constexpr std::string_view mask = "\x12\x34\x56\x78";
    out.append(mask);
    for (std::size_t i = 0; i < payload.size(); ++i)
      out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
    return out;
  }
};

/// As a client sends it.
inline std::string from_client(unsigned code, std::string payload, bool fin = true, unsigned reserved = 0) {
  return raw_frame{fin, reserved, code, std::move(payload)}.bytes(true);
}

/// As a server sends it.
inline std::string from_server(unsigned code, std::string payload, bool fin = true, unsigned reserved = 0) {
  return raw_frame{fin, reserved, code, std::move(payload)}.bytes(false);
}

/// The payload of a Close.
inline std::string close_text(unsigned code, std::string_view reason = {}) {
  std::string text{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  return text.append(reason);
}

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";

/// The request that opens a WebSocket, with further fields (each with its line end).
inline std::string opening(std::string_view fields = {}) {
  std::string text = "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  return text.append(sample_key).append("\r\n").append(fields).append("\r\n");
}

/// Without compression and heartbeat, so that what is sent is known to the byte.
inline websocket_options plain() {
  return websocket_options{}.no_compression().ping_interval(forever);
}

/// Sends back whatever comes.
inline task<void> echo(websocket& socket) {
  for (;;) {
    auto message = co_await socket.receive();
    if (!message)
      co_return;
    static_cast<void>(co_await socket.send(*std::move(message)));
  }
}

using session = std::function<task<void>(websocket&)>;

/// A connection to a server in memory whose handler accepts and then does `what`.
class served {
public:
  explicit served(session what, websocket_options options = plain(), const testing::memory_stream_options& streams = {},
                  std::shared_ptr<log_sink> log = make_null_log_sink())
      : site_([what = std::move(what),
               options = std::move(options)](server_exchange& x) { return serve(x, what, options); },
              server_options{}.server_name("").log_to(std::move(log))) {
    auto ends = testing::make_memory_streams(streams);
    peer_ = std::move(ends.first);
    serving_ = spawn(site_.serve(std::move(ends.second)));
  }

  [[nodiscard]] net::stream& peer() noexcept { return *peer_; }

  [[nodiscard]] http::server& site() noexcept { return site_; }

  [[nodiscard]] const task_handle<void>& serving() const noexcept { return serving_; }

  /// Opens; the head of the answer.
  [[nodiscard]] task<std::string> open(std::string fields = {}) {
    co_await peer_->write_all(opening(fields));
    co_return co_await read_until(*peer_, "\r\n\r\n");
  }

  /// Closes the peer's end and waits for the handler's.
  [[nodiscard]] task<void> end() {
    peer_->close();
    co_await serving_;
  }

  /// Opens, sends bytes and gives all that comes back.
  [[nodiscard]] task<std::string> talk(std::string bytes, std::string fields = {}) {
    static_cast<void>(co_await open(std::move(fields)));
    co_await peer_->write_all(bytes);
    co_return co_await read_to_end(*peer_);
  }

private:
  static task<void> serve(server_exchange& x, const session& what, const websocket_options& options) {
    auto socket = co_await accept_websocket(x, options);
    co_await what(socket);
  }

  http::server site_;
  std::unique_ptr<net::stream> peer_;
  task_handle<void> serving_;
};

/// What an echo server answers to these bytes.
inline task<std::string> echoed(std::string bytes, websocket_options options = plain(), std::string fields = {},
                                testing::memory_stream_options streams = {}) {
  served echoing{echo, std::move(options), streams};
  co_return co_await echoing.talk(std::move(bytes), std::move(fields));
}

/// The kind of the error with which a task ends, as text; "none" without an error.
template <class T>
task<std::string> websocket_problem(task<T> operation, std::string* what = nullptr) {
  try {
    static_cast<void>(co_await std::move(operation));
  } catch (const websocket_error& error) {
    if (what != nullptr)
      *what = error.what();
    co_return std::string{to_string(error.kind())};
  }
  co_return "none";
}

} // namespace actors::http::test
