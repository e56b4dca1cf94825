#include <actors/core/internal/reactor_scheduler.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/action.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/disposable.hpp>
#include <caf/scheduled_actor.hpp>

#include <algorithm>
#include <bit>
#include <tuple>
#include <typeinfo>
#include <utility>

namespace actors::internal {

namespace {

// CAF's default is unlimited, and an actor that is never out of messages would starve the sockets.
constexpr std::size_t max_messages_per_step = 256;

// One bit each in the parked mask.
constexpr std::size_t max_workers = 64;

// Threads beyond one a worker that may be stuck in long jobs at the same time.
constexpr std::size_t max_spare_threads = 64;

} // namespace

std::string name_of(caf::resumable& job) {
  if (auto* actor = dynamic_cast<caf::monitorable_actor*>(&job))
    return std::string{actor->name()} + " (actor " + std::to_string(actor->id()) + ")";
  return typeid(job).name();
}

// -- clock ---------------------------------------------------------------------------------------------------------------------------

reactor_clock::time_point reactor_clock::now() const noexcept {
  return core_->now();
}

caf::disposable reactor_clock::schedule_periodically(time_point first_run, caf::action action, duration_type period) {
  auto result = action.as_disposable();
  core_->schedule_action(first_run, std::move(action), period);
  return result;
}

// -- life ----------------------------------------------------------------------------------------------------------------------------

reactor_scheduler::reactor_scheduler(caf::actor_system& system, detail::runtime_core& core)
    : abstract_coordinator(system), core_(&core), clock_(core), watchdog_(*this) {}

reactor_scheduler::~reactor_scheduler() = default;

void reactor_scheduler::init(caf::actor_system_config& config) {
  abstract_coordinator::init(config);
  max_throughput_ = core_->options().schedule_seed() ? 1 : std::min(max_throughput_, max_messages_per_step);
  num_workers_ = std::min(core_->worker_count(), max_workers);
  for (std::size_t i = 0; i < num_workers_; ++i)
    workers_.push_back(std::make_unique<detail::reactor_worker>(*this, i));
  core_->attach_scheduler(*this);
}

void reactor_scheduler::start() {
  for (auto& worker : workers_)
    drive_with_spare(*worker, 0);
  watchdog_.start();
  abstract_coordinator::start();
}

void reactor_scheduler::stop() {
  // The printer is a detached actor; the workers still run while it ends.
  stop_actors();
  watchdog_.stop();
  stopping_.store(true, std::memory_order_seq_cst);
  for (auto& worker : workers_)
    worker->wake();
  threads_changed_.notify_all();
  std::vector<std::thread> threads;
  {
    const std::scoped_lock guard{threads_mutex_};
    threads.swap(threads_);
  }
  for (auto& thread : threads)
    thread.join();
  visitors_.wait_until_none();
  release_everything();
}

void reactor_scheduler::release_everything() {
  // Releasing a job may destroy an actor, whose last words are messages, which are jobs; and pending socket handlers
  // hold actors.
  const auto drain = [this] {
    for (auto& worker : workers_)
      worker->drain(&abstract_coordinator::cleanup_and_release);
    caf::resumable* job = nullptr;
    while (take_injected(&job, 1) == 1)
      cleanup_and_release(job);
  };
  drain();
  for (auto& worker : workers_)
    worker->destroy_io();
  drain();
}

// -- jobs ------------------------------------------------------------------------------------------------------------------------------

void reactor_scheduler::enqueue(caf::resumable* job) {
  if (auto* worker = detail::reactor_worker::current(); worker != nullptr && &worker->scheduler() == this) {
    if (worker->push_from_owner(job))
      return;
  }
  const auto inside = visit();
  inject(&job, 1);
  notify_one();
}

visitor_count::visit reactor_scheduler::visit() noexcept {
  const auto* worker = detail::reactor_worker::current();
  return visitor_count::visit{worker != nullptr && &worker->scheduler() == this ? nullptr : &visitors_};
}

void reactor_scheduler::inject(caf::resumable** jobs, std::size_t count) {
  const std::scoped_lock guard{injected_mutex_};
  injected_.insert(injected_.end(), jobs, jobs + count);
  injected_size_.store(injected_.size(), std::memory_order_release);
}

std::size_t reactor_scheduler::take_injected(caf::resumable** out, std::size_t max) {
  if (injected_size_.load(std::memory_order_acquire) == 0)
    return 0;
  const std::scoped_lock guard{injected_mutex_};
  const auto fair_share = injected_.size() / workers_.size() + 1;
  const auto count = std::min({max, fair_share, injected_.size()});
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = injected_.front();
    injected_.pop_front();
  }
  injected_size_.store(injected_.size(), std::memory_order_release);
  return count;
}

// -- parking ---------------------------------------------------------------------------------------------------------------------------

void reactor_scheduler::notify_one() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto mask = parked_.load(std::memory_order_relaxed);
  if (mask == 0 || searching_.load(std::memory_order_relaxed) > 0)
    return;
  workers_[static_cast<std::size_t>(std::countr_zero(mask))]->wake();
}

bool reactor_scheduler::all_parked() const noexcept {
  return static_cast<std::size_t>(std::popcount(parked_.load(std::memory_order_relaxed))) == workers_.size();
}

void reactor_scheduler::set_parked(std::size_t index) noexcept {
  parked_.fetch_or(std::uint64_t{1} << index, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool reactor_scheduler::clear_parked(std::size_t index) noexcept {
  const auto bit = std::uint64_t{1} << index;
  return (parked_.fetch_and(~bit, std::memory_order_seq_cst) & bit) != 0;
}

time_point reactor_scheduler::before_idle(detail::reactor_worker& worker) {
  return core_->before_idle(worker);
}

detail::reactor_worker& reactor_scheduler::next_home() noexcept {
  return *workers_[next_home_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

time_point reactor_scheduler::now() const noexcept {
  return core_->now();
}

std::vector<std::string> reactor_scheduler::await_quiet(std::chrono::steady_clock::time_point deadline) {
  std::vector<detail::reactor_worker::progress> last;
  for (const auto& worker : workers_)
    last.push_back(worker->sample());
  for (;;) {
    std::vector<std::string> busy;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const auto seen = workers_[i]->sample();
      // One that has gone on to another job will see that it shall stop.
      if (seen.in_job && seen == last[i])
        if (auto name = workers_[i]->name_of_job(seen))
          busy.push_back(std::move(*name));
      last[i] = seen;
    }
    // Afterwards: a job is in the list before its worker goes to another thread.
    for (auto& name : watchdog_.late_jobs())
      if (std::ranges::find(busy, name) == busy.end())
        busy.push_back(std::move(name));
    if (busy.empty() || std::chrono::steady_clock::now() >= deadline)
      return busy;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// -- threads ---------------------------------------------------------------------------------------------------------------------------

void reactor_scheduler::drive_with_spare(detail::reactor_worker& worker, std::uint64_t generation) {
  const std::scoped_lock guard{threads_mutex_};
  if (idle_threads_ > orphaned_.size()) {
    orphaned_.emplace_back(&worker, generation);
    threads_changed_.notify_one();
    return;
  }
  threads_.push_back(
      system().launch_thread("actors.worker", [this, &worker, generation] { thread_loop(&worker, generation); }));
}

bool reactor_scheduler::has_spare_thread() {
  // A second thread would find the worker idle while the late job still runs, and virtual time would jump.
  if (core_->options().clock() == clock_kind::virtual_time)
    return false;
  const std::scoped_lock guard{threads_mutex_};
  return !stopping() && (idle_threads_ > orphaned_.size() || threads_.size() < workers_.size() + max_spare_threads);
}

void reactor_scheduler::thread_loop(detail::reactor_worker* worker, std::uint64_t generation) {
  for (;;) {
    // True: the scheduler stops. False: the worker went to another thread while this one was late in a job.
    if (worker->run(generation))
      return;
    std::unique_lock guard{threads_mutex_};
    ++idle_threads_;
    threads_changed_.wait(guard, [this] { return !orphaned_.empty() || stopping(); });
    --idle_threads_;
    if (orphaned_.empty())
      return;
    std::tie(worker, generation) = orphaned_.front();
    orphaned_.pop_front();
  }
}

} // namespace actors::internal
