#pragma once

#include <actors/core/detail/blocking_job.hpp>
#include <actors/core/fwd.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace actors::internal {

/// Threads for calls that block. They are started when needed, up to a limit, and stay until the pool stops.
///
/// Threads: all members may be called from any thread.
class blocking_pool {
public:
  /// `on_quiet` is called, on a pool thread, each time the last job has ended.
  explicit blocking_pool(std::size_t max_threads, std::function<void()> on_quiet = {});
  ~blocking_pool();

  /// Queues a job. False if the pool has stopped; the job will not run.
  [[nodiscard]] bool submit(detail::blocking_job_ptr job);

  /// Drops queued jobs, waits for running ones until `deadline`. The names of those that are still running then.
  [[nodiscard]] std::vector<std::string> stop(std::chrono::steady_clock::time_point deadline);

  /// Jobs queued or running.
  [[nodiscard]] std::size_t active() const;

  struct state {
    std::size_t threads = 0;
    std::size_t idle = 0;
    std::size_t limit = 0;
    std::size_t queued = 0;
    std::size_t running = 0;
  };

  [[nodiscard]] state look() const;

private:
  struct shared;

  static void run(const std::shared_ptr<shared>& state);

  std::shared_ptr<shared> state_;
};

} // namespace actors::internal
