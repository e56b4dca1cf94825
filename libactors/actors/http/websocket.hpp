#pragma once

#include <actors/core/task.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/http/websocket_message.hpp>
#include <actors/http/websocket_options.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// WebSocket (RFC 6455) with compression (RFC 7692), on the server's side; `websocket_client.hpp` has the client's.
///
/// @snippet examples/ws_echo.cpp handler
///
/// Ownership: `websocket` is the owner. It may be moved out of the handler to another task; the connection counts as
/// one of the server until it has ended. Destroying it closes in order, in the background: with 1000, or with 1001 when
/// an exception or a cancellation goes by. `sender()` gives what anybody may keep and send with.
///
/// Threads: one task at a time receives; sending, pinging and closing may be done by any task and thread.
///
/// Somebody has to receive: pings are answered, pongs are heard and the peer's Close is seen inside of `receive`.
///
/// Cancellation: a `receive` that is cancelled loses nothing; a `send` that is cancelled has sent nothing, or all.
///
/// Errors: `websocket_error`. A peer that breaks the rules is told with the right close code (1002, 1007, 1009), then
/// the error comes out of `receive`. Text is checked as it comes, so that the error does not wait for its end.
///
/// The end: when the server stops in order, its WebSockets are closed with 1001 (going away).
///
/// Memory: a connection that is silent holds a buffer of 1 KB and no other; for compression see `deflate_options`.
/// Cost: messages that are queued while the connection's worker is busy leave in one write
/// (`benchmarks/http/ws_broadcast.cpp`).
namespace actors::http {

namespace internal {
class websocket_core;
}

/// What can be done with a WebSocket from anywhere. Copies stand for the same connection, and do not keep it open.
class websocket_sender {
public:
  /// Stands for no connection: everything is closed.
  websocket_sender() = default;

  /// Waits until there is room in the queue (see `when_full`) and queues the message; false if it was dropped because
  /// the peer is slow. Throws `websocket_error` (`closed`, or what has ended the connection) and `misuse_error` for a
  /// text that is not UTF-8.
  [[nodiscard]] task<bool> send(ws_message message) const;
  [[nodiscard]] task<bool> send(prepared_message message) const;

  /// Queues the message without waiting; from any thread.
  [[nodiscard]] post_result post(ws_message message) const;
  [[nodiscard]] post_result post(const prepared_message& message) const;

  /// Begins the closing handshake and does not wait for its end. See `websocket::close`.
  void begin_close(close_code code = close_code::normal, std::string reason = {}) const;

  /// Whether messages can be sent.
  [[nodiscard]] bool is_open() const;

  /// How many bytes wait to be sent.
  [[nodiscard]] std::size_t queued() const;

  /// How many messages were dropped because the peer is slow.
  [[nodiscard]] std::uint64_t dropped() const;

  /// Who is on the other side, such as `127.0.0.1:40123`.
  [[nodiscard]] std::string peer() const;

  [[nodiscard]] friend bool operator==(const websocket_sender&, const websocket_sender&) = default;

private:
  friend class websocket;

  explicit websocket_sender(std::shared_ptr<internal::websocket_core> core) noexcept : core_(std::move(core)) {}

  std::shared_ptr<internal::websocket_core> core_;
};

class websocket {
public:
  explicit websocket(std::shared_ptr<internal::websocket_core> core) noexcept : sender_(std::move(core)) {}

  websocket(websocket&&) noexcept = default;
  websocket& operator=(websocket&& other) noexcept;
  ~websocket();

  /// The next message; nothing once the connection was closed in order, by whichever side. Throws `websocket_error` if
  /// it ended in another way.
  [[nodiscard]] task<std::optional<ws_message>> receive();

  /// See `websocket_sender`.
  [[nodiscard]] task<bool> send(ws_message message) { return sender_.send(std::move(message)); }

  [[nodiscard]] task<bool> send(prepared_message message) { return sender_.send(std::move(message)); }

  [[nodiscard]] task<bool> send_text(std::string text) { return send(ws_message::text(std::move(text))); }

  [[nodiscard]] task<bool> send_binary(std::string data) { return send(ws_message::binary(std::move(data))); }

  [[nodiscard]] post_result post(ws_message message) { return sender_.post(std::move(message)); }

  [[nodiscard]] post_result post(const prepared_message& message) { return sender_.post(message); }

  /// Sends a ping with at most 125 bytes (`misuse_error`); false once the closing has begun. The heartbeat sends its
  /// own.
  bool ping(std::string payload = {});

  /// Closes: sends what is queued and a Close, waits for the peer's, and for the end of the connection, at most the
  /// `close_timeout`. What the peer still sends meanwhile is dropped, unless another task receives it. Does nothing
  /// more than wait if the closing has begun. Throws `misuse_error` for a code that cannot be sent and for a reason
  /// that is not UTF-8 of at most 123 bytes.
  [[nodiscard]] task<void> close(close_code code = close_code::normal, std::string reason = {});

  [[nodiscard]] bool is_open() const { return sender_.is_open(); }

  /// What the peer's Close said; `abnormal` (1006) as long as none has come.
  [[nodiscard]] close_status peer_status() const;

  /// The sub-protocol agreed on; empty for none.
  [[nodiscard]] const std::string& protocol() const;

  /// Whether messages may be compressed.
  [[nodiscard]] bool compresses() const;

  [[nodiscard]] std::string peer() const { return sender_.peer(); }

  [[nodiscard]] const websocket_sender& sender() const noexcept { return sender_; }

private:
  websocket_sender sender_;
};

/// Answers the request of a handler with the switch to WebSocket. A request that is none for a WebSocket, or not one
/// that the options allow, is answered with 400, 403, 405 or 426, and `websocket_error` (`refused`) is thrown, which
/// the handler need not catch.
[[nodiscard]] task<websocket> accept_websocket(server_exchange& exchange, websocket_options options = {});

} // namespace actors::http
