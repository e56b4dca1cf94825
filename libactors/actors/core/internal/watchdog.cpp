#include <actors/core/internal/watchdog.hpp>

#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/internal/stack_capture.hpp>

#include <caf/actor_system.hpp>

#include <algorithm>
#include <chrono>

namespace actors::internal {

namespace {

using namespace std::chrono_literals;

// How late a neighbour may become; the price are the wake-ups.
constexpr duration tick = 2ms;

// A worker is late when it has been in one job for a whole tick: between 2 and 4 ms.
constexpr std::size_t ticks_until_hand_over = 1;

// With every worker parked for so long the watchdog sleeps until one of them wakes up.
constexpr std::size_t ticks_until_sleep = 10;

} // namespace

void watchdog::start() {
  thread_ = scheduler_->system().launch_thread("actors.watch", [this] { run(); });
}

void watchdog::stop() {
  {
    const std::scoped_lock guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void watchdog::wake_up() noexcept {
  {
    const std::scoped_lock guard{mutex_};
    if (!asleep_.load(std::memory_order_relaxed))
      return;
    asleep_.store(false, std::memory_order_relaxed);
  }
  changed_.notify_one();
}

void watchdog::hand_over_at_once(detail::reactor_worker& worker, const detail::reactor_worker::progress& seen) {
  const std::scoped_lock guard{mutex_};
  watch state{seen};
  if (!stopping_ && scheduler_->has_spare_thread())
    hand_over(worker, state);
}

void watchdog::late_job_ended(std::size_t worker, std::uint64_t generation) {
  const std::scoped_lock guard{mutex_};
  std::erase_if(late_, [&](const late_job& job) { return job.worker == worker && job.generation == generation; });
}

std::vector<std::string> watchdog::late_jobs() {
  const std::scoped_lock guard{mutex_};
  std::vector<std::string> names;
  for (const auto& job : late_)
    names.push_back(job.name);
  return names;
}

void watchdog::run() {
  std::vector<watch> watches(scheduler_->worker_count());
  std::vector<report> reports;
  std::size_t quiet_ticks = 0;
  std::unique_lock guard{mutex_};
  while (!stopping_) {
    if (quiet_ticks >= ticks_until_sleep && late_.empty()) {
      quiet_ticks = 0;
      asleep_.store(true, std::memory_order_seq_cst);
      // A worker that left its park just before has not seen the flag.
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if (scheduler_->all_parked())
        changed_.wait(guard, [this] { return stopping_ || !asleep_.load(std::memory_order_relaxed); });
      asleep_.store(false, std::memory_order_relaxed);
      continue;
    }
    changed_.wait_for(guard, tick, [this] { return stopping_; });
    if (stopping_)
      break;
    quiet_ticks = scheduler_->all_parked() ? quiet_ticks + 1 : 0;
    const duration threshold = scheduler_->core().stall_threshold();
    for (auto& job : late_) {
      ++job.ticks;
      if (!job.reported && job.ticks * tick >= threshold) {
        job.reported = true;
        // Its thread cannot go on to anything else meanwhile: the job is struck off the list under the lock.
        reports.push_back({job.name, job.ticks, stack_of(job.thread)});
      }
    }
    for (std::size_t i = 0; i < watches.size(); ++i)
      look(scheduler_->worker(i), watches[i], reports);
    if (reports.empty())
      continue;
    guard.unlock();
    for (const auto& entry : reports)
      scheduler_->core().report_stall(
          {entry.name, static_cast<duration::rep>(entry.ticks) * tick, name_frames(entry.stack)});
    reports.clear();
    guard.lock();
  }
}

void watchdog::look(detail::reactor_worker& worker, watch& state, std::vector<report>& reports) {
  const auto now = worker.sample();
  if (now.in_job)
    worker.set_coarse_now(scheduler_->now());
  // Jobs may be queued behind one that is not late yet while another worker sleeps.
  if (now.in_job && worker.queue().size() > 0)
    scheduler_->notify_one();
  if (!now.in_job || now != state.last) {
    state = watch{now};
    return;
  }
  ++state.ticks;
  if (state.ticks >= ticks_until_hand_over && scheduler_->has_spare_thread()) {
    hand_over(worker, state);
    return;
  }
  if (!state.reported && static_cast<duration::rep>(state.ticks) * tick >= scheduler_->core().stall_threshold()) {
    if (auto name = worker.name_of_job(now)) {
      state.reported = true;
      auto stack = stack_of(worker.thread_id());
      // The job may have ended in between, and the stack be that of another.
      if (worker.sample() != now)
        stack.clear();
      reports.push_back({std::move(*name), state.ticks, std::move(stack)});
    }
  }
}

std::vector<void*> watchdog::stack_of(pid_t thread) const {
  return capture_stack(thread, scheduler_->core().options().stall_signal());
}

void watchdog::hand_over(detail::reactor_worker& worker, watch& state) {
  auto name = worker.name_of_job(state.last);
  if (!name)
    return;
  // Listed first: the moment the worker is taken, the late thread may come to strike its job off the list, and waits
  // for the lock.
  late_.push_back(
      {std::move(*name), worker.index(), state.last.generation, state.ticks, state.reported, worker.thread_id()});
  const auto generation = worker.take_over(state.last);
  if (!generation) {
    late_.pop_back();
    return;
  }
  scheduler_->drive_with_spare(worker, *generation);
  state = watch{};
}

} // namespace actors::internal
