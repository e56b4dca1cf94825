#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/process/command.hpp>
#include <actors/process/message_types.hpp>

/// A child process as an actor: what a `child` does, as messages, for plain CAF code and for other nodes.
///
/// | message | answer |
/// |---|---|
/// | `read_output_atom, std::uint64_t most` | `std::string`: at least one byte and at most `most` (1 MiB at the most)
/// of its standard output; empty at the end | | `read_errors_atom, std::uint64_t most` | the same of its standard error
/// | | `write_input_atom, std::string data` | empty, once the pipe has taken all | | `end_input_atom` | empty; the
/// child sees the end of its input after what was written before | | `wait_exit_atom` | `exit_report`, when it has
/// ended | | `signal_atom, std::int32_t number` | `bool`: false if it has ended | | `pid_atom` | `std::int32_t` | |
/// `caf::close_atom` | empty; the child is killed if it runs, and the actor ends |
///
/// Back-pressure: nothing is read that nobody has asked for, so a child that writes more than that waits in its pipe.
/// Writes are answered when the pipe has taken them; those that wait are limited to 16 MiB together, more are refused
/// with "No buffer space available". Reads of one stream are served in the order in which they came, and so are writes.
///
/// Ownership: the actor owns the child, which is killed when the actor ends: on `close_atom`, with its parent, on an
/// exit message. It stays when the child has ended, so that what it wrote and its exit can still be asked for.
///
/// Start: the child is started before the first message is handled. If it cannot be, the actor ends with the
/// `process_error`, and those who have asked get `crashed_error` with its text.
///
/// Cancellation: a caller that gives up on a read or on the exit loses nothing; a write that was given up half-way
/// makes further ones fail. Errors: as `caf::error`; `errc::misuse` for a stream that is not piped, which is what
/// `command::input`, `output` and `errors` ask for.
///
/// `register_process_messages` has to run before the first runtime.
namespace actors::process {

/// Starts the actor as a child of the running task or service.
[[nodiscard]] service_ref spawn_child_actor(command what, const spawn_options& options = {});

/// Starts the actor as one of the runtime.
[[nodiscard]] service_ref spawn_child_actor(const runtime& owner, command what, const spawn_options& options = {});

} // namespace actors::process
