#include <actors/core/internal/strand_queue.hpp>

#include <cstddef>
#include <utility>

namespace actors::detail {

namespace {

// After so many jobs others may have the thread.
constexpr std::size_t jobs_per_turn = 16;

} // namespace

/// Works on the queue on a thread of the pool.
class strand_queue::drain final : public blocking_job {
public:
  drain(std::shared_ptr<strand_queue> queue, internal::blocking_pool& pool) : queue_(std::move(queue)), pool_(&pool) {}

  void run() noexcept override {
    // A pool that stops takes no more: then this thread finishes what is left.
    while (queue_->run_some())
      if (pool_->submit(std::make_shared<drain>(queue_, *pool_)))
        return;
  }

  [[nodiscard]] std::string name() const override { return queue_->name_of_current(); }

private:
  std::shared_ptr<strand_queue> queue_;
  internal::blocking_pool* pool_;
};

bool strand_queue::submit(internal::blocking_pool& pool, blocking_job_ptr job) {
  {
    const std::scoped_lock guard{mutex_};
    jobs_.push_back(job);
    if (std::exchange(draining_, true))
      return true;
  }
  if (pool.submit(std::make_shared<drain>(shared_from_this(), pool)))
    return true;
  const std::scoped_lock guard{mutex_};
  draining_ = false;
  std::erase(jobs_, job);
  return false;
}

bool strand_queue::run_some() {
  for (std::size_t i = 0; i < jobs_per_turn; ++i) {
    blocking_job_ptr job;
    {
      const std::scoped_lock guard{mutex_};
      if (jobs_.empty()) {
        draining_ = false;
        return false;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
      current_ = job;
    }
    if (job->claim())
      job->run();
    const std::scoped_lock guard{mutex_};
    current_.reset();
  }
  return true;
}

std::string strand_queue::name_of_current() const {
  const std::scoped_lock guard{mutex_};
  return current_ ? current_->name() : "blocking calls in order";
}

} // namespace actors::detail
