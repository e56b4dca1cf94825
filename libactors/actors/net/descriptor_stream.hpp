#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>

#include <memory>
#include <string>

/// Streams over file descriptors that somebody else has made: pipes, FIFOs, terminals, character devices.
///
/// `co_await adopt_descriptor(fd, "the child's output")` gives a `stream` like any other, watched by the reactor of the
/// running task's worker. What bytes go through in one direction only (a pipe) can be used in that one;
/// `shutdown_write` of a writing end closes it, which is how the reader learns of the end.
///
/// Ownership: the descriptor belongs to the stream from the call on, also if the call throws. It is made non-blocking,
/// which concerns the open file itself: whoever shares it (a terminal that was inherited) finds it non-blocking too.
///
/// Threads and cancellation: as for every stream. A write to a pipe that nobody reads any more fails with "Broken pipe"
/// and raises no SIGPIPE.
///
/// Errors: `net_error` with the name that was given. Regular files and folders, for which the system does not report
/// readiness, are refused with "Operation not permitted": see <actors/fs/file.hpp>. Sockets work, but lose half-close.
///
/// As trio's `FdStream` (https://trio.readthedocs.io/en/stable/reference-lowlevel.html).
namespace actors::net {

/// A stream over `fd`. `name` is its peer in messages to people.
[[nodiscard]] task<std::unique_ptr<stream>> adopt_descriptor(int fd, std::string name);

} // namespace actors::net
