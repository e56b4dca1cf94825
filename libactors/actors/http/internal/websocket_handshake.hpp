#pragma once

#include <actors/http/internal/websocket_core.hpp>
#include <actors/http/message.hpp>
#include <actors/http/websocket_options.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace actors::http::internal {

/// The value of Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2).
[[nodiscard]] std::string accept_key(std::string_view key);

/// A new value for Sec-WebSocket-Key.
[[nodiscard]] std::string make_key();

/// A request that opens a WebSocket: the 101 and what is agreed on, or the answer that refuses it.
struct handshake_verdict {
  response answer;
  websocket_agreement agreed;
  std::string problem; // empty: accepted
};

[[nodiscard]] handshake_verdict judge_handshake(const request& what, const websocket_options& options);

/// Sets the fields with which a client opens a WebSocket.
void set_handshake_fields(request& what, const websocket_options& options, std::string_view key);

/// Checks the server's 101. `problem` is empty if it is right.
[[nodiscard]] websocket_agreement check_answer(const response& answer, const websocket_options& options,
                                               std::string_view key, std::string& problem);

} // namespace actors::http::internal
