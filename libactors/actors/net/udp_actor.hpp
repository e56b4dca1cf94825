#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/net/message_types.hpp>
#include <actors/net/udp_socket.hpp>

/// A UDP socket as an actor: the same operations as messages, for plain CAF code and for other nodes.
///
/// | message | answer |
/// |---|---|
/// | `read_atom` | `datagram`: the next one |
/// | `write_atom, std::string data, endpoint to` | empty, once the system has taken it |
/// | `local_atom` | `endpoint`, with the actual port |
/// | `caf::close_atom` | empty; the socket is closed and the actor ends |
///
/// Reads are served in the order in which they came. What nobody reads waits in the system's buffer, and is dropped
/// when that is full.
///
/// Ownership: the actor owns the socket and closes it when it ends, which it does on `close_atom`, when its parent
/// ends, or on an exit message. Cancellation: a caller that gives up on a read loses nothing; the next read gets the
/// datagram. Errors: as `caf::error` with the text of the `net_error`.
///
/// `register_net_messages` has to run before the first runtime.
///
/// @snippet tests/net/udp_actor_test.cpp actor
namespace actors::net {

/// Starts the actor as a child of the running task or service.
[[nodiscard]] service_ref spawn_udp_actor(udp_socket owned, const spawn_options& options = {});

/// Starts the actor as one of the runtime.
[[nodiscard]] service_ref spawn_udp_actor(const runtime& owner, udp_socket owned, const spawn_options& options = {});

} // namespace actors::net
