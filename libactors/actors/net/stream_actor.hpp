#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/net/message_types.hpp>
#include <actors/net/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

/// A stream as an actor: the same operations as messages, for plain CAF code and for other nodes.
///
/// | message | answer |
/// |---|---|
/// | `read_atom, std::uint64_t most` | `std::string`: at least one byte and at most `most` (1 MiB at the most); empty
/// at the end of the stream | | `write_atom, std::string data` | empty, once the system has taken all | | `finish_atom`
/// | empty; the peer sees the end of the stream after what was written before | | `peer_atom` | `std::string`, such as
/// `127.0.0.1:8080` | | `caf::close_atom` | empty; the stream is closed and the actor ends |
///
/// Reads are served in the order in which they came, and so are writes and the finish; a read and a write may be under
/// way together.
///
/// Ownership: the actor owns the stream and closes it when it ends, which it does on `close_atom`, when its parent
/// ends, or on an exit message; monitor it to learn of that.
///
/// Cancellation: a caller that gives up on a read gets nothing and loses nothing; the next read gets the bytes. A write
/// that was given up half-way makes further ones fail.
///
/// Errors: as `caf::error` with the text of the `net_error`. Writes that wait for a slow peer are limited to 16 MiB
/// together; more are refused with "No buffer space available", so that a sender who does not wait for answers cannot
/// fill the memory.
///
/// `register_net_messages` has to run before the first runtime.
namespace actors::net {

/// Starts the actor as a child of the running task or service.
[[nodiscard]] service_ref spawn_stream_actor(std::unique_ptr<stream> owned, const spawn_options& options = {});

/// Starts the actor as one of the runtime.
[[nodiscard]] service_ref spawn_stream_actor(const runtime& owner, std::unique_ptr<stream> owned,
                                             const spawn_options& options = {});

} // namespace actors::net
