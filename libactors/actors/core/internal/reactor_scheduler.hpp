#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/internal/reactor_worker.hpp>
#include <actors/core/internal/visitor_count.hpp>
#include <actors/core/internal/watchdog.hpp>

#include <caf/actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace actors::internal {

/// The name of the actor behind a scheduler job.
[[nodiscard]] std::string name_of(caf::resumable& job);

/// CAF's delayed messages and timeouts on our timer heaps.
class reactor_clock final : public caf::actor_clock {
public:
  explicit reactor_clock(detail::runtime_core& core) noexcept : core_(&core) {}

  [[nodiscard]] time_point now() const noexcept override;
  caf::disposable schedule_periodically(time_point first_run, caf::action action, duration_type period) override;

private:
  detail::runtime_core* core_;
};

/// The CAF scheduler whose workers are Asio reactors; see `reactor_worker`. Loaded as the scheduler module of an actor
/// system.
class reactor_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  reactor_scheduler(caf::actor_system& system, detail::runtime_core& core);
  ~reactor_scheduler() override;

  // -- caf::scheduler::abstract_coordinator ------------------------------------------------------------------------------------

  void init(caf::actor_system_config& config) override;
  void start() override;
  void stop() override;
  void enqueue(caf::resumable* job) override;

  caf::actor_clock& clock() noexcept override { return clock_; }

  // -- workers -------------------------------------------------------------------------------------------------------------------

  [[nodiscard]] std::size_t worker_count() const noexcept { return workers_.size(); }

  [[nodiscard]] detail::reactor_worker& worker(std::size_t index) noexcept { return *workers_[index]; }

  [[nodiscard]] detail::reactor_worker& next_home() noexcept;
  [[nodiscard]] time_point now() const noexcept;

  [[nodiscard]] detail::runtime_core& core() const noexcept { return *core_; }

  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_seq_cst); }

  // -- jobs that no worker owns ----------------------------------------------------------------------------------------------------

  void inject(caf::resumable** jobs, std::size_t count);
  [[nodiscard]] std::size_t take_injected(caf::resumable** out, std::size_t max);

  /// To hold while a job is handed in: keeps the scheduler until then if the calling thread is none of its own, which
  /// it joins.
  [[nodiscard]] visitor_count::visit visit() noexcept;

  [[nodiscard]] bool has_injected() const noexcept { return injected_size_.load(std::memory_order_relaxed) > 0; }

  [[nodiscard]] std::size_t injected() const noexcept { return injected_size_.load(std::memory_order_relaxed); }

  // -- parking -----------------------------------------------------------------------------------------------------------------------

  /// Wakes one parked worker unless one is searching already.
  void notify_one();

  [[nodiscard]] bool is_parked(std::size_t index) const noexcept {
    return (parked_.load(std::memory_order_relaxed) & (std::uint64_t{1} << index)) != 0;
  }

  [[nodiscard]] bool any_parked() const noexcept { return parked_.load(std::memory_order_relaxed) != 0; }

  [[nodiscard]] bool all_parked() const noexcept;
  void set_parked(std::size_t index) noexcept;
  [[nodiscard]] bool clear_parked(std::size_t index) noexcept;

  /// Last stop before a worker sleeps: until when.
  [[nodiscard]] time_point before_idle(detail::reactor_worker& worker);

  void after_idle() noexcept { watchdog_.rouse(); }

  void begin_search() noexcept { searching_.fetch_add(1, std::memory_order_seq_cst); }

  [[nodiscard]] bool end_search() noexcept { return searching_.fetch_sub(1, std::memory_order_seq_cst) == 1; }

  /// Waits until no thread is in the same job any more or late in one; the names of the jobs that still run at
  /// `deadline`.
  [[nodiscard]] std::vector<std::string> await_quiet(std::chrono::steady_clock::time_point deadline);

  // -- threads -----------------------------------------------------------------------------------------------------------------------

  /// True if there is, or may be, one thread more than is busy. Only the watchdog asks, under its lock, so the answer
  /// holds until it acts.
  [[nodiscard]] bool has_spare_thread();

  /// Lets a thread that has no worker, or a new one, drive this worker.
  void drive_with_spare(detail::reactor_worker& worker, std::uint64_t generation);

  /// Gives the worker of a job that says itself that it is late to a spare thread, if there is one.
  void hand_over(detail::reactor_worker& worker, const detail::reactor_worker::progress& seen) {
    watchdog_.hand_over_at_once(worker, seen);
  }

  /// A thread has come back from the job in which it lost its worker.
  void late_job_ended(std::size_t worker, std::uint64_t generation) { watchdog_.late_job_ended(worker, generation); }

private:
  void thread_loop(detail::reactor_worker* worker, std::uint64_t generation);
  void release_everything();

  detail::runtime_core* core_;
  reactor_clock clock_;
  std::vector<std::unique_ptr<detail::reactor_worker>> workers_;
  std::atomic<std::size_t> next_home_{0};
  std::atomic<bool> stopping_{false};

  alignas(64) std::atomic<std::uint64_t> parked_{0};
  visitor_count visitors_;
  alignas(64) std::atomic<int> searching_{0};
  alignas(64) std::atomic<std::size_t> injected_size_{0};
  std::mutex injected_mutex_;
  std::deque<caf::resumable*> injected_;

  // Threads: each drives a worker or waits for one.
  std::mutex threads_mutex_;
  std::condition_variable threads_changed_;
  std::vector<std::thread> threads_;
  std::size_t idle_threads_ = 0;
  std::deque<std::pair<detail::reactor_worker*, std::uint64_t>> orphaned_;

  watchdog watchdog_;
};

} // namespace actors::internal
