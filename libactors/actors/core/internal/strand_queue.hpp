#pragma once

#include <actors/core/detail/blocking_job.hpp>
#include <actors/core/internal/blocking_pool.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace actors::detail {

/// The jobs of one `blocking_strand`: at most one thread of the pool works on them at a time, in order.
///
/// Threads: all members may be called from any thread.
class strand_queue : public std::enable_shared_from_this<strand_queue> {
public:
  /// Queues a job. False if the pool has stopped; the job will not run.
  [[nodiscard]] bool submit(internal::blocking_pool& pool, blocking_job_ptr job);

private:
  class drain;

  /// Runs some jobs; true if there are more.
  [[nodiscard]] bool run_some();

  /// Forgets the jobs: they will not run.
  void drop_all();

  [[nodiscard]] std::string name_of_current() const;

  mutable std::mutex mutex_;
  std::deque<blocking_job_ptr> jobs_;
  blocking_job_ptr current_;
  bool draining_ = false;
};

} // namespace actors::detail
