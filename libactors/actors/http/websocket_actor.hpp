#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/http/message_types.hpp>
#include <actors/http/websocket.hpp>

#include <caf/actor.hpp>

/// A WebSocket as an actor: anyone who has its address can send to it, from another node as well.
///
/// | message | answer |
/// |---|---|
/// | `say_atom, ws_message` | `bool`: true once it is queued, false if it was dropped because the peer is slow |
/// | `say_atom, std::string` | the same, for a text |
/// | `caf::close_atom, std::uint16_t code, std::string reason` | empty, once the connection has ended |
///
/// What comes goes to `listener` as `heard_atom, ws_message, service_ref self`, one at a time: the next message is read
/// when its handler, which returns nothing, has ended, so a listener that is slow makes the peer wait. At the end
/// it gets `ended_atom, std::uint16_t code, std::string reason, service_ref self`: the code of the peer's Close, 1006
/// and the error's text without one. The actor then ends; it also ends, and closes, when its listener is gone.
///
/// Ownership: the actor owns the connection. Errors: as `caf::error` with the text of the `websocket_error`.
/// `register_http_messages` has to run before the first runtime.
namespace actors::http {

/// Starts the actor as a child of the running task or service.
[[nodiscard]] service_ref spawn_websocket_actor(websocket owned, caf::actor listener,
                                                const spawn_options& options = {});

} // namespace actors::http
