#pragma once

#include "websocket_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/internal/websocket_handshake.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/net/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A peer that writes frames by hand and reads what comes back, of an endpoint of ours that echoes: of a server, and of
/// a client.
namespace actors::http::test {

enum class endpoint : bool { server, client };

/// How the bytes of the peer come.
enum class arrival : std::uint8_t { at_once, by_frame, by_byte };

inline raw_frame frame(unsigned code, std::string payload, bool fin = true, unsigned reserved = 0) {
  return raw_frame{fin, reserved, code, std::move(payload)};
}

inline raw_frame text(std::string payload, bool fin = true) {
  return frame(1, std::move(payload), fin);
}

inline raw_frame binary(std::string payload, bool fin = true) {
  return frame(2, std::move(payload), fin);
}

inline raw_frame more(std::string payload, bool fin = true) {
  return frame(0, std::move(payload), fin);
}

inline raw_frame ping(std::string payload = {}) {
  return frame(9, std::move(payload));
}

inline raw_frame pong(std::string payload = {}) {
  return frame(10, std::move(payload));
}

inline raw_frame close_frame(unsigned code = 1000, std::string_view reason = {}) {
  return frame(8, close_text(code, reason));
}

/// The first frame of these bytes, taken from them; nothing if it is not whole.
inline std::optional<raw_frame> take_frame(std::string& bytes) {
  const auto at = [&bytes](std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); };
  if (bytes.size() < 2)
    return std::nullopt;
  raw_frame result{(at(0) & 0x80U) != 0, (at(0) & 0x70U) >> 4U, at(0) & 0x0fU, {}};
  const bool masked = (at(1) & 0x80U) != 0;
  std::uint64_t size = at(1) & 0x7fU;
  std::size_t begin = 2;
  if (size >= 126) {
    const std::size_t width = size == 126 ? 2 : 8;
    if (bytes.size() < begin + width)
      return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < width; ++i)
      size = size << 8U | at(begin + i);
    begin += width;
  }
  const std::size_t mask = begin;
  if (masked)
    begin += 4;
  if (bytes.size() < begin + size)
    return std::nullopt;
  result.payload = bytes.substr(begin, size);
  if (masked)
    for (std::size_t i = 0; i < size; ++i)
      result.payload[i] = static_cast<char>(result.payload[i] ^ bytes[mask + i % 4]);
  bytes.erase(0, begin + size);
  return result;
}

/// A frame as the tables of the tests have it: of a Close only the code counts, of long payloads size and hash.
inline std::string label(const raw_frame& what) {
  static constexpr std::string_view names[] = {"more",  "text", "binary", "3",  "4",  "5",  "6",  "7",
                                               "close", "ping", "pong",   "11", "12", "13", "14", "15"};
  std::string result{names[what.code]};
  if (!what.fin)
    result.append("...");
  if (what.code == 8) {
    if (what.payload.size() >= 2)
      result.append(" ").append(std::to_string(static_cast<std::uint8_t>(what.payload[0]) << 8U |
                                               static_cast<std::uint8_t>(what.payload[1])));
    return result;
  }
  if (what.payload.size() <= 150)
    return result.append(" ").append(what.payload);
  return result.append(" ")
      .append(std::to_string(what.payload.size()))
      .append(" bytes #")
      .append(std::to_string(std::hash<std::string>{}(what.payload)));
}

class conversation {
public:
  explicit conversation(endpoint ours, websocket_options options = plain())
      : ours_(ours), options_(std::move(options)) {}

  conversation& arriving(arrival value) {
    arrival_ = value;
    return *this;
  }

  /// The value of Sec-WebSocket-Extensions that the peer says, as the client or as the server.
  conversation& extensions(std::string value) {
    extensions_ = std::move(value);
    return *this;
  }

  /// Every read gets so many bytes at the most.
  conversation& pieces(std::size_t value) {
    streams_.both_ways(testing::stream_faults{}.pieces(value));
    return *this;
  }

  /// What the endpoint sends to a peer that sends this, up to the end of the connection.
  [[nodiscard]] task<std::vector<raw_frame>> frames(std::vector<raw_frame> sent) {
    if (arrival_ == arrival::by_byte)
      pieces(1);
    // Where the endpoint should say something and does not, the test is not to wait for ever.
    return with_timeout(24h, ours_ == endpoint::server ? with_server(std::move(sent)) : with_client(std::move(sent)));
  }

  /// The same as labels.
  [[nodiscard]] task<std::vector<std::string>> labels(std::vector<raw_frame> sent) {
    std::vector<std::string> result;
    for (const auto& one : co_await frames(std::move(sent)))
      result.push_back(label(one));
    co_return result;
  }

private:
  task<std::vector<raw_frame>> with_server(std::vector<raw_frame> sent) {
    served echoing{echo, options_, streams_};
    std::string fields;
    if (!extensions_.empty())
      fields = "Sec-WebSocket-Extensions: " + extensions_ + "\r\n";
    static_cast<void>(co_await echoing.open(fields));
    co_return co_await talk(echoing.peer(), std::move(sent));
  }

  task<std::vector<raw_frame>> with_client(std::vector<raw_frame> sent) {
    auto ends = testing::make_memory_streams(streams_);
    auto client = spawn(echo_as_client(std::move(ends.first), options_));
    auto& peer = *ends.second;
    auto request = co_await read_until(peer, "\r\n\r\n");
    const std::string name = "Sec-WebSocket-Key: ";
    const auto key = request.substr(request.find(name) + name.size(), 24);
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: " +
                       internal::accept_key(key) + "\r\n";
    if (!extensions_.empty())
      head += "Sec-WebSocket-Extensions: " + extensions_ + "\r\n";
    co_await peer.write_all(head + "\r\n");
    auto result = co_await talk(peer, std::move(sent));
    peer.close();
    co_await client;
    co_return result;
  }

  static task<void> echo_as_client(std::unique_ptr<net::stream> stream, websocket_options options) {
    auto held = std::make_shared<std::unique_ptr<net::stream>>(std::move(stream));
    const auto connect = [held](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> {
      co_return std::move(*held);
    };
    auto client = websocket_client_options{}.websocket(std::move(options)).connect_with(connect);
    try {
      auto socket = co_await connect_websocket("ws://example.org/", client);
      co_await echo(socket);
    } catch (const websocket_error&) {
      // The peer has seen it.
    }
  }

  task<std::vector<raw_frame>> talk(net::stream& peer, std::vector<raw_frame> sent) {
    auto writing = spawn(write(peer, std::move(sent), ours_ == endpoint::server, arrival_));
    std::vector<raw_frame> result;
    std::string bytes;
    std::vector<char> buffer(64 * 1024);
    bool is_over = false;
    for (;;) {
      const auto size = co_await peer.read_some(buffer);
      if (size == 0)
        break;
      bytes.append(buffer.data(), size);
      while (auto next = take_frame(bytes)) {
        const bool closes = next->code == 8;
        result.push_back(*std::move(next));
        if (!closes || std::exchange(is_over, true))
          continue;
        writing.cancel();
        peer.shutdown_write();
      }
    }
    writing.cancel();
    const std::vector writers{writing};
    co_await wait(writers);
    co_return result;
  }

  static task<void> write(net::stream& peer, std::vector<raw_frame> sent, bool masked, arrival how) {
    try {
      std::string all;
      for (const auto& one : sent) {
        all += one.bytes(masked);
        if (how != arrival::by_frame)
          continue;
        co_await peer.write_all(std::exchange(all, {}));
        co_await sleep(1ms);
      }
      co_await peer.write_all(all);
    } catch (const net::net_error&) {
      // The endpoint has enough.
    }
  }

  endpoint ours_;
  websocket_options options_;
  arrival arrival_ = arrival::at_once;
  std::string extensions_;
  testing::memory_stream_options streams_;
};

} // namespace actors::http::test
