#pragma once

#include <actors/core/runtime_options.hpp>
#include <actors/core/task.hpp>

/// The main task of a program that a person or a service manager may end: `int main() { return run_main(work()); }`.
///
/// Runs the task in a runtime of its own, as `run` does. SIGINT (Ctrl-C) or SIGTERM cancels it, with the signal's name
/// as the reason, and waits for its cleanup. From the first signal on both have their default effect again, so a second
/// one ends the program at once, also if nothing in it moves any more.
///
/// Returns the exit status: what the task returned (0 for `task<>`), or 128 plus the signal's number, as shells have
/// it, if the task ended as cancelled because of a signal. A task that catches the cancellation and returns has the
/// last word.
///
/// Threads: call it from `main`, or any plain thread that may block. Errors: what the task throws, its own cancellation
/// included; `misuse_error` inside a task.
///
/// @snippet tests/process/main_task.cpp main
namespace actors::process {

[[nodiscard]] int run_main(task<int> main, runtime_options options = {});

[[nodiscard]] int run_main(task<> main, runtime_options options = {});

} // namespace actors::process
