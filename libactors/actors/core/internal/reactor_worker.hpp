#pragma once

#include <actors/core/detail/timer_queue.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/internal/action_queue.hpp>
#include <actors/core/internal/run_queue.hpp>
#include <actors/core/internal/shuffled_jobs.hpp>

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace actors::internal {

class reactor_scheduler;

} // namespace actors::internal

namespace actors::detail {

/// How a job is bound to its worker.
enum class tie : std::uint8_t {
  /// Not at all: another worker may steal it.
  none,
  /// It runs with this worker's reactor.
  here,
  /// The same, and never while another such job runs, even one that is late on a thread that has lost the worker.
  alone,
};

/// A job in a worker's own queues.
struct bound_job {
  caf::resumable* job = nullptr;
  tie kind = tie::none;
  /// The same, if it is the step of an actor that was woken.
  const host_actor* actor = nullptr;
};

/// A scheduler worker that is an Asio reactor: a stealable run queue, a queue of pinned jobs, an inbox for other
/// threads, a timer heap and an `io_context`, driven by one thread at a time.
///
/// The worker is an object and not a thread: when its thread is late in a job, the watchdog hands the whole worker to a
/// spare thread. Each hand-over starts a new generation, and code that runs in an old one finds out by a failing
/// compare-and-swap on `phase_` and goes the way of foreign threads.
///
/// Order of a wake-up (no lost ones): publish work, full fence, read the parked mask; the parker sets its bit, full
/// fence, looks at all queues again, parks. Only whoever clears the bit posts.
class reactor_worker final : public caf::execution_unit, public timer_queue {
public:
  reactor_worker(internal::reactor_scheduler& scheduler, std::size_t index);
  ~reactor_worker() override;

  // -- any thread ------------------------------------------------------------------------------------------------------------

  /// Runs a job on whichever worker gets to it first.
  void exec_later(caf::resumable* job) override;

  /// Runs a job after those that are queued; one that is not bound on whichever worker gets to it.
  void exec_in_order(bound_job job);

  /// Queues a job here if the calling thread drives this worker; false if not.
  [[nodiscard]] bool push_from_owner(caf::resumable* job);

  /// Runs a bound job on this worker and no other.
  void exec_bound(bound_job job);

  /// Runs one of CAF's own timeouts here.
  void add_action(time_point when, caf::action action, duration period);

  /// When the first timer or timeout is due.
  [[nodiscard]] time_point next_timeout() const noexcept { return std::min(next_deadline(), actions_.next_deadline()); }

  /// Gets the worker out of its park.
  void wake();

  [[nodiscard]] boost::asio::io_context& io() noexcept { return *io_; }

  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  [[nodiscard]] internal::reactor_scheduler& scheduler() const noexcept { return *scheduler_; }

  [[nodiscard]] internal::run_queue& queue() noexcept { return queue_; }

  [[nodiscard]] std::uint64_t steals() const noexcept { return steals_.load(std::memory_order_relaxed); }

  /// The system's number of the thread that drives the worker, or did last.
  [[nodiscard]] pid_t thread_id() const noexcept { return thread_id_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t jobs() const noexcept { return jobs_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t parks() const noexcept { return parks_.load(std::memory_order_relaxed); }

  /// Time without work, the current park included.
  [[nodiscard]] duration idle_time() const noexcept;

  /// The runtime's clock as last read by this worker or the watchdog: at most about 10 ms ago while it works.
  [[nodiscard]] time_point coarse_now() const noexcept { return time_point{duration{coarse_time_word() >> 2}}; }

  /// The same shifted left by two bits, as actors keep it.
  [[nodiscard]] std::int64_t coarse_time_word() const noexcept { return coarse_now_.load(std::memory_order_relaxed); }

  void set_coarse_now(time_point now) noexcept {
    coarse_now_.store(now.time_since_epoch().count() << 2, std::memory_order_relaxed);
  }

  /// CAF's own timeouts.
  [[nodiscard]] std::size_t actions() { return actions_.size(); }

  /// The worker that the calling thread drives now, null for other threads and for one whose worker was handed over.
  [[nodiscard]] static reactor_worker* current() noexcept;

  // -- the thread that drives it -----------------------------------------------------------------------------------------------

  /// Drives the worker until the scheduler stops (true) or until it has been handed to another thread (false).
  bool run(std::uint64_t generation);

  // -- the watchdog ------------------------------------------------------------------------------------------------------------

  /// What the watchdog compares from tick to tick.
  struct progress {
    std::uint64_t generation = 0;
    std::uint64_t jobs = 0;
    bool in_job = false;

    bool operator==(const progress&) const = default;
  };

  [[nodiscard]] progress sample() const noexcept;

  /// The same of the job that the calling thread is in; nothing outside of jobs.
  [[nodiscard]] static std::optional<progress> own_job() noexcept;

  /// Takes the worker from the thread that is still in the job of `seen`; the new generation, nothing if the job has
  /// ended meanwhile.
  [[nodiscard]] std::optional<std::uint64_t> take_over(const progress& seen) noexcept;

  /// The name of the actor whose step is the job of `seen`; nothing if the job has ended meanwhile.
  [[nodiscard]] std::optional<std::string> name_of_job(const progress& seen);

  struct job_actor {
    std::uint64_t id = 0;
    std::string name;
  };

  /// The plain CAF actor whose step runs now, if one does.
  [[nodiscard]] std::optional<job_actor> plain_actor_of_job();

  // -- shutdown, after the threads have been joined ----------------------------------------------------------------------------

  void drain(void (*release)(caf::resumable*));
  void destroy_io();

private:
  friend class internal::reactor_scheduler;
  class section;

  [[nodiscard]] bool enter(std::uint64_t generation) noexcept;
  void leave(std::uint64_t generation) noexcept;

  /// Calls `use` with the job of `seen`, which cannot end meanwhile; does nothing if it has ended.
  template <class F>
  void inspect_job(const progress& seen, F use);

  void push(bound_job job);
  void push_to_queue(caf::resumable* job);
  [[nodiscard]] bound_job next();
  [[nodiscard]] bound_job next_shuffled();
  [[nodiscard]] bool must_wait(bound_job job) const noexcept;
  [[nodiscard]] caf::resumable* steal();
  [[nodiscard]] caf::resumable* keep_first(internal::run_queue::batch& jobs, std::size_t count);
  void fetch_ahead() const noexcept;
  [[nodiscard]] bool execute(bound_job job);
  void put_back(bound_job job);
  void late_job_returns();
  void take_inbox();
  [[nodiscard]] bool anything_to_do();
  void park();
  void leave_park();
  void poll_io();
  [[nodiscard]] bool poll_more();
  std::size_t fire_timeouts();
  void on_earlier_deadline() override;

  internal::reactor_scheduler* scheduler_;
  std::size_t index_;
  std::unique_ptr<boost::asio::io_context> io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;

  // Owned by the thread that drives the worker.
  bound_job last_in_;
  bool pinned_first_ = false;
  std::uint32_t last_in_streak_ = 0;
  std::uint32_t tick_ = 0;
  std::uint32_t polled_ = 0;      // handlers since the last park or poll that found none
  std::uint32_t poll_pause_ = 0;  // parks without a poll before them, after one that was for nothing
  std::uint32_t pauses_left_ = 0; // of these
  std::uint64_t generation_ = 0;
  std::deque<bound_job> pinned_;
  std::deque<bound_job> held_; // wait for the end of a late job that runs alone
  std::vector<bound_job> arrivals_;
  std::optional<internal::shuffled_jobs<bound_job>> shuffled_; // only with a schedule seed
  const bool is_virtual_;                                      // so is the clock

  internal::run_queue queue_;
  internal::action_queue actions_;

  /// generation << 2 | being inspected << 1 | in a job
  alignas(64) std::atomic<std::uint64_t> phase_{0};
  std::atomic<std::uint64_t> jobs_{0};
  std::atomic<caf::resumable*> job_{nullptr};
  std::atomic<tie> job_kind_{tie::none};
  std::atomic<bool> alone_elsewhere_{false}; // a late job that runs alone has not ended
  std::atomic<std::uint64_t> steals_{0};
  std::atomic<std::uint64_t> parks_{0};
  std::atomic<pid_t> thread_id_{0};
  std::atomic<std::int64_t> coarse_now_{0}; // see coarse_time_word
  std::atomic<duration::rep> idle_ns_{0};
  std::atomic<duration::rep> parked_since_{0}; // 0: not parked

  alignas(64) std::atomic<bool> has_inbox_{false};
  std::mutex inbox_mutex_;
  std::vector<bound_job> inbox_;
};

} // namespace actors::detail
