#include <actors/core/internal/reactor_worker.hpp>

#include <actors/core/detail/fetch_ahead.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>
#include <actors/core/internal/stack_capture.hpp>

#include <caf/scheduled_actor.hpp>

#include <boost/asio/post.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <thread>
#include <utility>

namespace actors::detail {

namespace {

// Every so many jobs a worker looks at its sockets, timers and inbox, even if it has more jobs than it can run. A
// prime, so that it does not fall into step with a regular load (as in Go's scheduler).
constexpr std::uint32_t jobs_between_polls = 61;

// Never an unbounded poll: a handler may make the next one ready.
constexpr int handlers_per_poll = 16;

constexpr std::size_t timers_per_poll = 64;

// A poll that finds nothing costs a system call: after some in vain so many parks go without.
constexpr std::uint32_t longest_poll_pause = 32;

// The newest job runs first, because its data is in the cache, but not so often that the queue waits.
constexpr std::uint32_t max_streak = 16;

// Waking a worker for a single job costs more than the job: the owner will be there first.
constexpr std::uint32_t notify_depth = 2;

constexpr std::uint64_t in_job_bit = 1;
constexpr std::uint64_t inspected_bit = 2;

constexpr std::uint64_t phase_word(std::uint64_t generation, bool in_job) noexcept {
  return (generation << 2) | (in_job ? in_job_bit : 0);
}

/// Real time, also under a virtual clock: for how busy a worker is.
duration::rep steady_now() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// What the scheduler knows of the calling thread.
struct thread_state {
  reactor_worker* worker = nullptr;
  std::uint64_t generation = 0;
  bool in_job = false;
};

// Out of line: a coroutine that calls this may have moved to another thread since its last call.
[[gnu::noinline]] thread_state& this_thread() noexcept {
  thread_local thread_state state;
  return state;
}

} // namespace

/// Owner-only access from code that runs inside a job.
class reactor_worker::section {
public:
  explicit section(reactor_worker& worker) noexcept {
    auto& state = this_thread();
    if (state.worker != &worker)
      return;
    if (!state.in_job) {
      owned_ = true;
    } else if (worker.enter(state.generation)) {
      owned_ = true;
      entered_ = &state;
      state.in_job = false;
    } else {
      // Handed over in the middle of this job: from now on this is a foreign thread.
      state.worker = nullptr;
    }
  }

  section(const section&) = delete;
  section& operator=(const section&) = delete;

  ~section() {
    if (entered_ == nullptr)
      return;
    entered_->in_job = true;
    entered_->worker->leave(entered_->generation);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return owned_; }

private:
  thread_state* entered_ = nullptr; // of this thread, which no section outlives
  bool owned_ = false;
};

reactor_worker::reactor_worker(internal::reactor_scheduler& scheduler, std::size_t index)
    : execution_unit(&scheduler.system()), scheduler_(&scheduler), index_(index),
      io_(std::make_unique<boost::asio::io_context>(1)), work_(boost::asio::make_work_guard(*io_)),
      is_virtual_(scheduler.core().options().clock() == clock_kind::virtual_time) {
  if (const auto seed = scheduler.core().options().schedule_seed())
    shuffled_.emplace(*seed);
}

reactor_worker::~reactor_worker() = default;

reactor_worker* reactor_worker::current() noexcept {
  auto& state = this_thread();
  if (state.worker == nullptr)
    return nullptr;
  if (state.in_job && (state.worker->phase_.load(std::memory_order_acquire) >> 2) != state.generation)
    state.worker = nullptr;
  return state.worker;
}

// -- ownership -------------------------------------------------------------------------------------------------------------------

bool reactor_worker::enter(std::uint64_t generation) noexcept {
  auto expected = phase_word(generation, true);
  while (!phase_.compare_exchange_weak(expected, phase_word(generation, false), std::memory_order_acq_rel)) {
    if ((expected >> 2) != generation)
      return false;
    // The watchdog reads the name of our job, which must not end meanwhile.
    if ((expected & inspected_bit) != 0)
      std::this_thread::yield();
    expected = phase_word(generation, true);
  }
  return true;
}

void reactor_worker::leave(std::uint64_t generation) noexcept {
  phase_.store(phase_word(generation, true), std::memory_order_release);
}

reactor_worker::progress reactor_worker::sample() const noexcept {
  const auto phase = phase_.load(std::memory_order_acquire);
  return {phase >> 2, jobs_.load(std::memory_order_relaxed), (phase & in_job_bit) != 0};
}

std::optional<reactor_worker::progress> reactor_worker::own_job() noexcept {
  const auto& state = this_thread();
  if (state.worker == nullptr || !state.in_job)
    return std::nullopt;
  // If the worker is gone meanwhile, the generation is the one that is over.
  return progress{state.generation, state.worker->jobs_.load(std::memory_order_relaxed), true};
}

std::optional<std::uint64_t> reactor_worker::take_over(const progress& seen) noexcept {
  if (!seen.in_job || jobs_.load(std::memory_order_relaxed) != seen.jobs)
    return std::nullopt;
  auto expected = phase_word(seen.generation, true);
  if (!phase_.compare_exchange_strong(expected, phase_word(seen.generation + 1, false), std::memory_order_acq_rel))
    return std::nullopt;
  // Nobody drives the worker at this moment: the late thread waits in `late_job_ended` if its job ends now.
  if (job_kind_.load(std::memory_order_relaxed) == tie::alone)
    alone_elsewhere_.store(true, std::memory_order_relaxed);
  return seen.generation + 1;
}

template <class F>
void reactor_worker::inspect_job(const progress& seen, F use) {
  auto expected = phase_word(seen.generation, true);
  const auto inspecting = expected | inspected_bit;
  if (!seen.in_job || !phase_.compare_exchange_strong(expected, inspecting, std::memory_order_acq_rel))
    return;
  if (jobs_.load(std::memory_order_relaxed) == seen.jobs)
    use(*job_.load(std::memory_order_relaxed));
  phase_.store(phase_word(seen.generation, true), std::memory_order_release);
}

std::optional<std::string> reactor_worker::name_of_job(const progress& seen) {
  std::optional<std::string> name;
  inspect_job(seen, [&](caf::resumable& job) { name = internal::name_of(job); });
  return name;
}

std::optional<reactor_worker::job_actor> reactor_worker::plain_actor_of_job() {
  std::optional<job_actor> result;
  inspect_job(sample(), [&](caf::resumable& job) {
    if (auto* const actor = dynamic_cast<caf::monitorable_actor*>(&job);
        actor != nullptr && dynamic_cast<host_actor*>(&job) == nullptr)
      result = job_actor{actor->id(), actor->name()};
  });
  return result;
}

// -- pushing work ------------------------------------------------------------------------------------------------------------------

void reactor_worker::exec_later(caf::resumable* job) {
  // `context()` of an actor goes stale when it is stolen, so the caller may be any thread.
  if (const section mine{*this})
    push({job, tie::none});
  else
    scheduler_->enqueue(job);
}

bool reactor_worker::push_from_owner(caf::resumable* job) {
  const section mine{*this};
  if (mine)
    push({job, tie::none});
  return static_cast<bool>(mine);
}

void reactor_worker::exec_bound(bound_job job) {
  if (const section mine{*this}) {
    push(job);
    return;
  }
  const auto inside = scheduler_->visit();
  {
    const std::scoped_lock guard{inbox_mutex_};
    inbox_.push_back(job);
    has_inbox_.store(true, std::memory_order_release);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake();
}

void reactor_worker::exec_in_order(bound_job job) {
  {
    const section mine{*this};
    if (mine) {
      put_back(job);
      return;
    }
  }
  if (job.kind != tie::none) {
    exec_bound(job);
  } else {
    const auto inside = scheduler_->visit();
    scheduler_->inject(&job.job, 1);
    scheduler_->notify_one();
  }
}

void reactor_worker::push(bound_job job) {
  const auto displaced = std::exchange(last_in_, job);
  if (displaced.job != nullptr)
    put_back(displaced);
}

void reactor_worker::put_back(bound_job job) {
  if (job.kind != tie::none)
    pinned_.push_back(job);
  else
    push_to_queue(job.job);
}

void reactor_worker::push_to_queue(caf::resumable* job) {
  if (!queue_.push(job)) {
    // Full: half of it goes where the others look first.
    internal::run_queue::batch half;
    auto count = queue_.steal(half);
    scheduler_->inject(half.data(), count);
    if (!queue_.push(job))
      scheduler_->inject(&job, 1);
  }
  if (queue_.size() >= notify_depth)
    scheduler_->notify_one();
}

// -- the loop ----------------------------------------------------------------------------------------------------------------------

bool reactor_worker::run(std::uint64_t generation) {
  generation_ = generation;
  auto& state = this_thread();
  state = {this, generation, false};
  thread_id_.store(static_cast<pid_t>(::syscall(SYS_gettid)), std::memory_order_relaxed);
  internal::accept_stack_signal(scheduler_->core().options().stall_signal());
  set_coarse_now(scheduler_->now());
  for (;;) {
    if (++tick_ % jobs_between_polls == 0) {
      set_coarse_now(scheduler_->now());
      poll_io();
      take_inbox();
      static_cast<void>(fire_timeouts());
      // Plain actors that are never out of messages would keep the worker for ever.
      if (scheduler_->stopping())
        break;
      internal::run_queue::batch one;
      if (scheduler_->take_injected(one.data(), 1) == 1) {
        if (!execute({one[0], tie::none}))
          return false;
        continue;
      }
    }
    if (const auto job = next(); job.job != nullptr) {
      if (!execute(job))
        return false;
      continue;
    }
    take_inbox();
    if (!pinned_.empty())
      continue;
    if (auto* job = steal()) {
      if (!execute({job, tie::none}))
        return false;
      continue;
    }
    if (poll_more())
      continue;
    if (fire_timeouts() > 0)
      continue;
    if (scheduler_->stopping())
      break;
    park();
  }
  this_thread() = {};
  return true;
}

bool reactor_worker::must_wait(bound_job job) const noexcept {
  return job.kind == tie::alone && alone_elsewhere_.load(std::memory_order_acquire);
}

bound_job reactor_worker::next() {
  if (shuffled_)
    return next_shuffled();
  if (last_in_.job != nullptr) {
    const auto job = std::exchange(last_in_, {});
    if (!must_wait(job) && (++last_in_streak_ < max_streak || (pinned_.empty() && queue_.size() == 0)))
      return job;
    // The queues have a turn; the slot's job goes to the back.
    put_back(job);
  }
  last_in_streak_ = 0;
  // Turn by turn, and not by the tick: a load whose period is even would let always the same one win.
  pinned_first_ = !pinned_first_;
  if (!pinned_first_) {
    if (auto* job = queue_.pop())
      return {job, tie::none};
  }
  while (!pinned_.empty()) {
    const auto job = pinned_.front();
    pinned_.pop_front();
    if (!must_wait(job))
      return job;
    held_.push_back(job);
  }
  if (auto* job = queue_.pop())
    return {job, tie::none};
  // How often a worker has found nothing to do depends on the threads, what it does next must not.
  pinned_first_ = false;
  return {};
}

bound_job reactor_worker::next_shuffled() {
  if (const auto job = std::exchange(last_in_, {}); job.job != nullptr)
    shuffled_->add(job);
  for (; !pinned_.empty(); pinned_.pop_front())
    shuffled_->add(pinned_.front());
  while (auto* job = queue_.pop())
    shuffled_->add({job, tie::none});
  internal::run_queue::batch injected;
  while (const auto count = scheduler_->take_injected(injected.data(), injected.size()))
    for (std::size_t i = 0; i < count; ++i)
      shuffled_->add({injected[i], tie::none});
  return shuffled_->size() > 0 ? shuffled_->take() : bound_job{};
}

caf::resumable* reactor_worker::keep_first(internal::run_queue::batch& jobs, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    if (!queue_.push(jobs[i])) {
      scheduler_->inject(jobs.data() + i, count - i);
      break;
    }
  }
  return jobs[0];
}

caf::resumable* reactor_worker::steal() {
  internal::run_queue::batch jobs;
  if (const auto count = scheduler_->take_injected(jobs.data(), 32); count > 0) {
    auto* first = keep_first(jobs, count);
    if (count > 1 || scheduler_->has_injected())
      scheduler_->notify_one();
    return first;
  }
  const auto workers = scheduler_->worker_count();
  bool any = false;
  for (std::size_t i = 1; i < workers && !any; ++i)
    any = scheduler_->worker((index_ + i) % workers).queue().size() > 0;
  if (!any)
    return nullptr;
  scheduler_->begin_search();
  caf::resumable* first = nullptr;
  for (std::size_t i = 1; i < workers && first == nullptr; ++i) {
    auto& victim = scheduler_->worker((index_ + i) % workers);
    if (const auto count = victim.queue().steal(jobs); count > 0) {
      steals_.fetch_add(1, std::memory_order_relaxed);
      first = keep_first(jobs, count);
    }
  }
  // While somebody searches nobody else is woken, so the last one who found something passes the wake-up on.
  if (scheduler_->end_search() && first != nullptr)
    scheduler_->notify_one();
  return first;
}

/// While this job runs, the memory of those behind it comes into the cache: with many connections each is cold. First
/// the actor, a step later what it says that it will use.
inline void reactor_worker::fetch_ahead() const noexcept {
  // Up to where the members that a wake-up uses end.
  constexpr std::size_t actor_size = 448;
  if (pinned_.empty())
    return;
  if (const auto* const next = pinned_[0].actor)
    next->fetch_ahead();
  if (pinned_.size() > 1)
    detail::fetch_ahead(pinned_[1].actor, actor_size);
}

bool reactor_worker::execute(bound_job job) {
  fetch_ahead();
  auto& state = this_thread();
  const auto generation = state.generation;
  jobs_.store(jobs_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  job_.store(job.job, std::memory_order_relaxed);
  job_kind_.store(job.kind, std::memory_order_relaxed);
  state.in_job = true;
  leave(generation);
  const auto result = job.job->resume(this, scheduler_->max_throughput());
  state.in_job = false;
  const bool still_ours = enter(generation);
  if (!still_ours) {
    state.worker = nullptr;
    scheduler_->late_job_ended(index_, generation);
    if (job.kind == tie::alone)
      late_job_returns();
  }
  if (result != caf::resumable::resume_later)
    intrusive_ptr_release(job.job);
  else if (still_ours)
    put_back(job);
  else if (job.kind != tie::none)
    exec_bound(job);
  else
    scheduler_->enqueue(job.job);
  return still_ours;
}

void reactor_worker::late_job_returns() {
  alone_elsewhere_.store(false, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  wake();
}

void reactor_worker::take_inbox() {
  if (!held_.empty() && !must_wait(held_.front())) {
    pinned_.insert(pinned_.begin(), held_.begin(), held_.end());
    held_.clear();
  }
  if (!has_inbox_.load(std::memory_order_acquire))
    return;
  {
    const std::scoped_lock guard{inbox_mutex_};
    arrivals_.swap(inbox_);
    has_inbox_.store(false, std::memory_order_relaxed);
  }
  pinned_.insert(pinned_.end(), arrivals_.begin(), arrivals_.end());
  arrivals_.clear();
}

void reactor_worker::poll_io() {
  for (int budget = handlers_per_poll; budget > 0 && io_->poll_one() > 0; --budget) {
  }
}

/// Runs one of the handlers that the last look at the sockets has found: where many are busy each look finds many, and
/// to park for each would cost more than what most of them do. Under a virtual clock parking is what moves the time.
bool reactor_worker::poll_more() {
  if (is_virtual_)
    return false;
  if (pauses_left_ > 0) {
    --pauses_left_;
    return false;
  }
  if (io_->poll_one() > 0) {
    ++polled_;
    return true;
  }
  poll_pause_ = polled_ > 0 ? 0 : std::min(2 * poll_pause_ + 1, longest_poll_pause);
  pauses_left_ = poll_pause_;
  polled_ = 0;
  return false;
}

std::size_t reactor_worker::fire_timeouts() {
  // Reading the clock costs more than asking whether there is any timer.
  if (next_timeout() == time_point::max())
    return 0;
  const auto now = scheduler_->now();
  return fire(now, timers_per_poll) + actions_.fire(now, timers_per_poll);
}

void reactor_worker::add_action(time_point when, caf::action action, duration period) {
  if (actions_.add(when, std::move(action), period))
    on_earlier_deadline();
}

// -- parking -----------------------------------------------------------------------------------------------------------------------

bool reactor_worker::anything_to_do() {
  if (last_in_.job != nullptr || !pinned_.empty() || (!held_.empty() && !must_wait(held_.front())) ||
      queue_.size() > 0 || (shuffled_ && shuffled_->size() > 0) || has_inbox_.load(std::memory_order_relaxed) ||
      scheduler_->has_injected() || scheduler_->stopping())
    return true;
  for (std::size_t i = 0; i < scheduler_->worker_count(); ++i)
    if (scheduler_->worker(i).queue().size() > 0)
      return true;
  return false;
}

duration reactor_worker::idle_time() const noexcept {
  const auto since = parked_since_.load(std::memory_order_relaxed);
  const auto before = idle_ns_.load(std::memory_order_relaxed);
  return duration{since == 0 ? before : before + steady_now() - since};
}

void reactor_worker::park() {
  tick_ = 0; // for the same reason
  const auto begin = steady_now();
  parked_since_.store(begin, std::memory_order_relaxed);
  parks_.store(parks_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  scheduler_->set_parked(index_);
  if (!anything_to_do()) {
    const auto deadline = scheduler_->before_idle(*this);
    if (deadline == time_point::max())
      io_->run_one();
    else if (deadline > (is_virtual_ ? scheduler_->now() : time_point{duration{begin}}))
      io_->run_one_until(deadline);
    else
      io_->poll_one();
  }
  leave_park();
  const auto end = steady_now();
  idle_ns_.store(idle_ns_.load(std::memory_order_relaxed) + end - begin, std::memory_order_relaxed);
  parked_since_.store(0, std::memory_order_relaxed);
  set_coarse_now(is_virtual_ ? scheduler_->now() : time_point{duration{end}});
}

void reactor_worker::leave_park() {
  if (scheduler_->is_parked(index_))
    static_cast<void>(scheduler_->clear_parked(index_));
  scheduler_->after_idle();
}

void reactor_worker::wake() {
  if (scheduler_->is_parked(index_) && scheduler_->clear_parked(index_))
    boost::asio::post(*io_, [] {});
}

void reactor_worker::on_earlier_deadline() {
  // The owner may be about to sleep until what was the first deadline before. The fence comes first: if the worker is
  // handed over after the question, its new thread will see the new deadline.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (current() != this)
    wake();
}

// -- shutdown ------------------------------------------------------------------------------------------------------------------------

void reactor_worker::drain(void (*release)(caf::resumable*)) {
  take_inbox();
  if (const auto job = std::exchange(last_in_, {}); job.job != nullptr)
    release(job.job);
  for (auto* jobs : {&pinned_, &held_})
    for (const auto& job : std::exchange(*jobs, {}))
      release(job.job);
  while (auto* job = queue_.pop())
    release(job);
  while (shuffled_ && shuffled_->size() > 0)
    release(shuffled_->take().job);
}

void reactor_worker::destroy_io() {
  actions_.clear();
  work_.reset();
  io_.reset();
}

} // namespace actors::detail
