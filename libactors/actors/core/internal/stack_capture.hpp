#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

/// The stack of another thread of this process, taken while it runs.
///
/// The thread is sent a signal, whose handler writes the return addresses into memory that is there already; turning
/// them into names is the business of whoever asked. System calls that the signal interrupts go on by themselves where
/// the kernel allows it (SA_RESTART); `poll`, `nanosleep` and the like return EINTR, as after any signal.
///
/// The handler is installed at the first capture and stays, because a signal may still be under way. If the program has
/// another use for the signal, that is left alone, and there are no stacks.
namespace actors::internal {

/// The calling thread will answer `capture_stack` even if its creator has blocked the signal.
void accept_stack_signal(int signal) noexcept;

/// The return addresses of a thread, innermost first; empty if it does not answer within 50 ms, or the signal is not to
/// be had.
[[nodiscard]] std::vector<void*> capture_stack(pid_t thread, int signal);

/// One text for each address: the function, or module and offset where no name is known. Ends before the scheduler's
/// own frames. Reads the symbol tables of the program's files, so it takes milliseconds.
[[nodiscard]] std::vector<std::string> name_frames(const std::vector<void*>& frames);

} // namespace actors::internal
