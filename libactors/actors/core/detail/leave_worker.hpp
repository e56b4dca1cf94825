#pragma once

namespace actors::detail {

/// Lets a spare thread drive the worker of the calling job from now on: for a job that knows that it will take its
/// time, and need not hold the worker until the watchdog sees that it is late. The rest of the job runs on a thread
/// that belongs to no worker; its later steps run on workers as before.
///
/// Does nothing outside of a job, in virtual time, on CAF's stock scheduler, and when all spare threads are in use.
/// Cost: waking a thread, some microseconds.
void leave_worker();

} // namespace actors::detail
