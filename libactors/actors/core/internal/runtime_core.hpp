#pragma once

#include <actors/core/detail/family.hpp>
#include <actors/core/detail/timer_queue.hpp>
#include <actors/core/detail/worker_binding.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/internal/blocking_pool.hpp>
#include <actors/core/internal/runtime_metrics.hpp>
#include <actors/core/internal/timer_thread.hpp>
#include <actors/core/internal/visitor_count.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime_options.hpp>

#include <caf/action.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace actors::internal {

class reactor_scheduler;
class tracer;

/// The configuration of the actor system, with the way back to its runtime.
class system_config final : public caf::actor_system_config {
public:
  explicit system_config(detail::runtime_core& core) noexcept : core_(&core) {}

  [[nodiscard]] detail::runtime_core& core() const noexcept { return *core_; }

private:
  detail::runtime_core* core_;
};

/// The tasks that belong to the runtime and not to another task.
class root_family final : public detail::family {
public:
  /// After `close`: true once the last root has ended, false at `deadline`.
  [[nodiscard]] bool wait_deserted(std::chrono::steady_clock::time_point deadline);

private:
  void on_deserted() noexcept override;
  [[nodiscard]] caf::strong_actor_ptr owner() noexcept override;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool deserted_ = false;
};

} // namespace actors::internal

namespace actors::detail {

/// What a runtime is made of. Everything that tasks, services and I/O need of it, and nothing global.
class runtime_core {
public:
  explicit runtime_core(runtime_options options);
  ~runtime_core();

  runtime_core(const runtime_core&) = delete;
  runtime_core& operator=(const runtime_core&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }

  [[nodiscard]] const runtime_options& options() const noexcept { return options_; }

  [[nodiscard]] std::size_t worker_count() const noexcept { return worker_count_; }

  [[nodiscard]] family& roots() noexcept { return roots_; }

  [[nodiscard]] internal::blocking_pool& blocking() noexcept { return blocking_; }

  [[nodiscard]] log_sink& log() noexcept { return *log_; }

  [[nodiscard]] const std::shared_ptr<log_sink>& shared_log() const noexcept { return log_; }

  /// Null if nobody takes spans.
  [[nodiscard]] internal::tracer* tracer() const noexcept { return tracer_.get(); }

  [[nodiscard]] internal::runtime_metrics& metrics() noexcept { return metrics_; }

  /// The counters of the worker that runs a step.
  [[nodiscard]] internal::counter_block& counters_of(caf::execution_unit* unit) noexcept;

  // -- time --------------------------------------------------------------------------------------------------------------------------

  [[nodiscard]] time_point now() const noexcept {
    return virtual_ ? time_point{duration{virtual_now_.load(std::memory_order_acquire)}}
                    : std::chrono::steady_clock::now();
  }

  /// The timer heap of the calling thread's worker, or of any.
  [[nodiscard]] timer_queue& timers() noexcept;

  void schedule_action(time_point when, caf::action action, duration period);

  /// Until when a worker may sleep. Under virtual time this is where the clock jumps.
  [[nodiscard]] time_point before_idle(reactor_worker& worker);

  // -- scheduling ----------------------------------------------------------------------------------------------------------------------

  void attach_scheduler(internal::reactor_scheduler& scheduler) noexcept { scheduler_ = &scheduler; }

  /// Null on CAF's stock scheduler.
  [[nodiscard]] internal::reactor_scheduler* reactor() const noexcept { return scheduler_; }

  void schedule(host_actor& job, worker_binding home);

  /// As `schedule`, but never before what was scheduled earlier from the same place: tasks start in the order in which
  /// they were spawned.
  void schedule_in_order(caf::resumable& job, worker_binding home);

  [[nodiscard]] duration stall_threshold() const noexcept { return options_.stall_threshold(); }

  void report_stall(const stall_report& stall);

  // -- end -----------------------------------------------------------------------------------------------------------------------------

  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }

  /// For threads from outside that are about to start something: false if the runtime is stopping, else it stays until
  /// `end_launch`.
  [[nodiscard]] bool begin_launch() noexcept;

  void end_launch() noexcept { launching_.fetch_sub(1, std::memory_order_release); }

  /// Ends everything in order; the names of what did not end in time. If there are any, the actor system was left
  /// running on purpose.
  [[nodiscard]] std::vector<std::string> stop(duration patience);

  [[nodiscard]] std::uint64_t stalls() const noexcept { return stalls_.load(std::memory_order_relaxed); }

  [[nodiscard]] duration uptime() const noexcept { return std::chrono::steady_clock::now() - started_; }

  // -- looking from outside ------------------------------------------------------------------------------------------------------------

  /// Runs `look` while the actor system is there; false if it is not any more.
  template <class F>
  [[nodiscard]] bool while_standing(F look) {
    const std::shared_lock guard{standing_mutex_};
    if (!standing_)
      return false;
    look();
    return true;
  }

private:
  void enqueue_on_stock_scheduler(caf::resumable& job);
  [[nodiscard]] reactor_worker* own_worker() const noexcept;
  void blocking_calls_ended();
  [[nodiscard]] std::vector<std::string> end_roots(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] std::vector<std::string> await_quiet_threads(std::chrono::steady_clock::time_point deadline);

  runtime_options options_;
  std::size_t worker_count_;
  bool virtual_;
  std::atomic<duration::rep> virtual_now_{0};
  std::shared_ptr<log_sink> log_;
  std::shared_ptr<internal::tracer> tracer_;
  internal::runtime_metrics metrics_;
  std::atomic<std::uint64_t> stalls_{0};
  const time_point started_ = std::chrono::steady_clock::now();
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> launching_{0};
  std::mutex stop_mutex_;
  /// Held by those who look, and by `stop` for the moment in which the actor system goes.
  std::shared_mutex standing_mutex_;
  bool standing_ = true;
  internal::root_family roots_;
  internal::blocking_pool blocking_;
  std::unique_ptr<internal::timer_thread> stock_timers_;
  /// Threads that hand a job to the stock scheduler; the reactor scheduler counts its own.
  internal::visitor_count stock_visitors_;
  internal::reactor_scheduler* scheduler_ = nullptr;
  std::unique_ptr<internal::system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  /// CAF's printer, and those of modules such as its I/O.
  std::size_t own_detached_actors_ = 0;
};

} // namespace actors::detail
