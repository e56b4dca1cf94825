#include <actors/core/internal/blocking_pool.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace actors::internal {

// Shared with the threads: one that is stuck in a call when the pool stops is left behind and must find its state when
// it comes back.
struct blocking_pool::shared {
  std::mutex mutex;
  std::condition_variable work_or_stop;
  std::condition_variable thread_left;
  std::deque<detail::blocking_job_ptr> queue;
  std::vector<detail::blocking_job_ptr> running;
  std::vector<std::thread> threads;
  std::size_t max_threads = 0;
  std::function<void()> on_quiet;
  std::size_t idle = 0;
  std::size_t alive = 0;
  bool stopped = false;
};

blocking_pool::blocking_pool(std::size_t max_threads, std::function<void()> on_quiet)
    : state_(std::make_shared<shared>()) {
  state_->max_threads = std::max<std::size_t>(1, max_threads);
  state_->on_quiet = std::move(on_quiet);
}

blocking_pool::~blocking_pool() {
  static_cast<void>(stop(std::chrono::steady_clock::now()));
}

bool blocking_pool::submit(detail::blocking_job_ptr job) {
  const std::scoped_lock guard{state_->mutex};
  if (state_->stopped)
    return false;
  state_->queue.push_back(std::move(job));
  if (state_->idle >= state_->queue.size() || state_->alive >= state_->max_threads) {
    state_->work_or_stop.notify_one();
    return true;
  }
  try {
    state_->threads.emplace_back([state = state_] { run(state); });
    ++state_->alive;
  } catch (const std::system_error&) {
    // The system has no thread left for us. Those that are there will get to the job; without any it is refused.
    if (state_->alive == 0) {
      state_->queue.pop_back();
      throw;
    }
  }
  return true;
}

void blocking_pool::run(const std::shared_ptr<shared>& state) {
  std::unique_lock guard{state->mutex};
  for (;;) {
    ++state->idle;
    state->work_or_stop.wait(guard, [&] { return state->stopped || !state->queue.empty(); });
    --state->idle;
    if (state->stopped)
      break;
    auto job = std::move(state->queue.front());
    state->queue.pop_front();
    // One that was withdrawn counts as well: somebody may wait for the pool to be quiet because of it.
    if (job->claim()) {
      state->running.push_back(job);
      guard.unlock();
      job->run();
      guard.lock();
      std::erase(state->running, job);
    }
    const bool quiet = state->running.empty() && state->queue.empty() && !state->stopped;
    // The job may hold what is expensive to destroy.
    guard.unlock();
    job.reset();
    if (quiet && state->on_quiet)
      state->on_quiet();
    guard.lock();
  }
  --state->alive;
  state->thread_left.notify_all();
}

std::vector<std::string> blocking_pool::stop(std::chrono::steady_clock::time_point deadline) {
  std::deque<detail::blocking_job_ptr> dropped;
  std::vector<std::thread> threads;
  std::vector<std::string> stuck;
  {
    std::unique_lock guard{state_->mutex};
    state_->stopped = true;
    dropped.swap(state_->queue);
    state_->work_or_stop.notify_all();
    state_->thread_left.wait_until(guard, deadline, [this] { return state_->alive == 0; });
    threads.swap(state_->threads);
    for (const auto& job : state_->running)
      stuck.push_back(job->name());
    if (state_->alive > 0 && stuck.empty()) {
      // On their way out: nothing blocks them any more.
      state_->thread_left.wait(guard, [this] { return state_->alive == 0; });
    }
  }
  for (auto& thread : threads) {
    if (stuck.empty())
      thread.join();
    else
      thread.detach();
  }
  return stuck;
}

blocking_pool::state blocking_pool::look() const {
  const std::scoped_lock guard{state_->mutex};
  return {state_->alive, state_->idle, state_->max_threads, state_->queue.size(), state_->running.size()};
}

std::size_t blocking_pool::active() const {
  const std::scoped_lock guard{state_->mutex};
  return state_->queue.size() + state_->running.size();
}

} // namespace actors::internal
