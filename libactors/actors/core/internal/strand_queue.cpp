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

  /// A pool that stops drops what waits in its queue: nobody will come for the jobs any more.
  ~drain() override {
    if (has_turn_)
      queue_->drop_all();
  }

  void run() noexcept override {
    has_turn_ = false;
    // A pool that stops takes no more: then this thread finishes what is left.
    while (queue_->run_some()) {
      const auto next = std::make_shared<drain>(queue_, *pool_);
      if (pool_->submit(next))
        return;
      next->has_turn_ = false;
    }
  }

  [[nodiscard]] std::string name() const override { return queue_->name_of_current(); }

private:
  std::shared_ptr<strand_queue> queue_;
  internal::blocking_pool* pool_;
  bool has_turn_ = true;
};

bool strand_queue::submit(internal::blocking_pool& pool, blocking_job_ptr job) {
  {
    const std::scoped_lock guard{mutex_};
    jobs_.push_back(std::move(job));
    if (std::exchange(draining_, true))
      return true;
  }
  return pool.submit(std::make_shared<drain>(shared_from_this(), pool));
}

void strand_queue::drop_all() {
  std::deque<blocking_job_ptr> dropped;
  const std::scoped_lock guard{mutex_};
  dropped.swap(jobs_);
  draining_ = false;
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
