#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>

/// The end of a connection whose peer may still be sending: a socket that is closed with input unread has the peer's
/// system throw away what was written last, and that is what says why the connection ends (RFC 9112 §9.6).
namespace actors::net::detail {

/// Reads and throws away what still comes, to its end or the first mebibyte of it. Broken connections are ended ones.
/// The caller sees to the time.
[[nodiscard]] task<void> discard_input(stream& from);

/// Ends our direction, and discards input for two seconds at the most. It may be closed then.
[[nodiscard]] task<void> linger(stream& over);

} // namespace actors::net::detail
