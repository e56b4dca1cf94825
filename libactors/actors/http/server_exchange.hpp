#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/net/stream.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace actors::net {

class tls_stream;

} // namespace actors::net

namespace actors::http {

namespace internal {
class exchange;
}

/// One request and its answer, for handlers that read or write bodies in pieces.
///
///     task<void> count(server_exchange& x) {
///       co_await x.start(response{status::ok}.set("Content-Type", "text/plain"));
///       for (int i = 0; i < 1'000'000; ++i)
///         co_await x.write(std::to_string(i) + "\n");        // waits while the client is slow
///     }
///
/// The request's body is still on its way when the handler starts; read it or leave it. The answer is `send`, or
/// `start` and any number of `write`; it ends when the handler returns. A handler that returns without an answer, or
/// throws before it began one, gives a 500; if it throws later, the connection is cut, so that the client sees that
/// something is missing.
///
/// Ownership: belongs to the connection and is valid until the handler returns. One task at a time.
///
/// Errors: `net_error` when the client is gone; `error` for a malformed or oversized body (the server answers that if
/// the handler lets it through); `misuse_error` for a second answer. Cancellation: at once; the connection is closed.
/// A client that leaves while the handler waits for something else cancels it too (but see
/// `server_options::answer_half_closed`).
class server_exchange {
public:
  explicit server_exchange(internal::exchange& under) noexcept : exchange_(&under) {}

  server_exchange(const server_exchange&) = delete;
  server_exchange& operator=(const server_exchange&) = delete;

  /// Method, target and fields; the body is empty.
  [[nodiscard]] const request& head() const noexcept;

  /// Who asks, such as `127.0.0.1:40123`. Of requests that come by a proxy see `origin_of`.
  [[nodiscard]] std::string peer() const;

  /// What TLS knows of the client, such as its certificate, and of the connection; null without TLS and after
  /// `upgrade`.
  [[nodiscard]] const net::tls_stream* tls() const noexcept;

  /// The next piece of the request's body; empty at the end. Valid until the next call.
  [[nodiscard]] task<std::string_view> read_some();

  /// All that is left of it.
  [[nodiscard]] task<std::string> read_all();

  /// The fields behind a chunked body, once it has been read to its end; empty if there are none. They belong to the
  /// client and say nothing about how the request was framed or routed: such ones are refused. Valid until the handler
  /// returns.
  [[nodiscard]] const fields& trailers() const noexcept;

  /// Sends a whole answer.
  [[nodiscard]] task<void> send(response answer);

  /// Begins an answer whose body follows in pieces: with the Content-Length that `head` has, else chunked (for HTTP/1.0
  /// until the connection's end).
  [[nodiscard]] task<void> start(response head);

  /// Sends a piece of the body and waits until the system has taken it. Nothing is sent in answer to HEAD.
  [[nodiscard]] task<void> write(std::string_view piece);

  /// Ends the body, which returning from the handler does too, with trailer fields. They are left out where they cannot
  /// be sent: bodies that are not chunked, and clients that did not say `TE: trailers` (RFC 9110 §6.5.1). Fields that
  /// frame or route a message throw `error` with `invalid_field_name`.
  [[nodiscard]] task<void> finish(fields trailers);

  /// Leaves HTTP for another protocol: sends `head` (normally a 101 with its Connection and Upgrade fields) and gives
  /// the connection's stream, which begins with what the client has sent behind the request. None of the server's
  /// limits holds from here on. The stream may outlive the handler; the connection counts as one of the server until it
  /// is closed, and is cut when the server ends. Throws `misuse_error` for a request with a body and for HTTP/1.0.
  [[nodiscard]] task<std::unique_ptr<net::stream>> upgrade(response head);

  /// What is done, on any worker and without waiting, when the server begins to stop in order: for answers without an
  /// end, and after `upgrade` for the other protocol. They have the server's grace to end; what is left then is cut.
  void on_server_stop(std::function<void()> what);

private:
  internal::exchange* exchange_;
};

} // namespace actors::http
