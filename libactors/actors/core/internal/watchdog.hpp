#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/internal/reactor_worker.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace actors::internal {

class reactor_scheduler;

/// Looks after workers whose thread is late in a job. After 2 to 4 ms the worker goes to a spare thread, so that its
/// sockets, timers and pinned actors do not wait; after the runtime's stall threshold the job is reported by name, with
/// the stack that its thread has at that moment.
///
/// Cost: one sample of every worker each 2 ms while anything runs: about half a percent of a processor, most of it for
/// waking up. When every worker has been parked for 20 ms the watchdog sleeps too, so an idle runtime does nothing at
/// all.
class watchdog {
public:
  explicit watchdog(reactor_scheduler& scheduler) noexcept : scheduler_(&scheduler) {}

  void start();
  void stop();

  /// A worker has left its park.
  void rouse() noexcept {
    if (asleep_.load(std::memory_order_relaxed))
      wake_up();
  }

  /// Hands over the worker of a job that does not wait until it is late, if a thread is to spare.
  void hand_over_at_once(detail::reactor_worker& worker, const detail::reactor_worker::progress& seen);

  /// The job in which a thread lost its worker has ended.
  void late_job_ended(std::size_t worker, std::uint64_t generation);

  /// The names of jobs whose threads have lost their worker and are not back yet.
  [[nodiscard]] std::vector<std::string> late_jobs();

private:
  /// What was seen of a worker at the last tick.
  struct watch {
    detail::reactor_worker::progress last;
    std::size_t ticks = 0;
    bool reported = false;
  };

  /// A job that goes on in a thread that has lost its worker.
  struct late_job {
    std::string name;
    std::size_t worker;
    std::uint64_t generation;
    std::size_t ticks;
    bool reported;
    pid_t thread;
  };

  struct report {
    std::string name;
    std::size_t ticks;
    std::vector<void*> stack;
  };

  void run();
  void look(detail::reactor_worker& worker, watch& state, std::vector<report>& reports);
  [[nodiscard]] std::vector<void*> stack_of(pid_t thread) const;
  void hand_over(detail::reactor_worker& worker, watch& state);
  void wake_up() noexcept;

  reactor_scheduler* scheduler_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<late_job> late_;
  std::atomic<bool> asleep_{false};
  bool stopping_ = false;
};

} // namespace actors::internal
