#include <actors/core/internal/runtime_core.hpp>

#include <actors/core/call_context.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/tracer.hpp>
#include <actors/core/internal/usable_cpus.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace actors::internal {

bool root_family::wait_deserted(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock guard{mutex_};
  return changed_.wait_until(guard, deadline, [this] { return deserted_; });
}

caf::strong_actor_ptr root_family::owner() noexcept {
  return nullptr; // the runtime waits for `on_deserted`
}

void root_family::on_deserted() noexcept {
  // Under the lock: the one who waits may destroy the runtime as soon as it is released.
  const std::scoped_lock guard{mutex_};
  deserted_ = true;
  changed_.notify_all();
}

} // namespace actors::internal

namespace actors::detail {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

// After the deadline, how long killed tasks have to go. They run no code of their own any more, only destructors.
constexpr duration patience_after_kill = 1s;

std::size_t count_workers(const runtime_options& options) {
  if (options.clock() == clock_kind::virtual_time)
    return 1;
  constexpr std::size_t most = 64;
  return std::min(most, options.workers() > 0 ? options.workers() : internal::usable_cpus());
}

void check(const runtime_options& options) {
  if (!(options.trace_ratio() >= 0 && options.trace_ratio() <= 1))
    throw misuse_error("the ratio of traces is not between 0 and 1: " + std::to_string(options.trace_ratio()));
  if (options.clock() != clock_kind::virtual_time) {
    if (options.schedule_seed())
      throw misuse_error("a schedule seed needs virtual time: threads that run side by side cannot be replayed");
    return;
  }
  if (options.scheduler() == scheduler_kind::stock)
    throw misuse_error("virtual time needs the reactor scheduler: CAF's own has no clock to jump");
  if (options.workers() > 1)
    throw misuse_error("virtual time runs on one worker, " + std::to_string(options.workers()) + " were asked for");
}

} // namespace

runtime_core::runtime_core(runtime_options options)
    : options_(std::move(options)), worker_count_((check(options_), count_workers(options_))),
      virtual_(options_.clock() == clock_kind::virtual_time),
      log_(options_.log() ? options_.log() : make_stderr_log_sink()),
      blocking_(options_.blocking_threads(),
                virtual_ ? std::function<void()>{[this] { blocking_calls_ended(); }} : std::function<void()>{}) {
  if (options_.trace())
    tracer_ = std::make_shared<internal::tracer>(*this);
  register_core_types();
  close_type_id_table();
  config_ = std::make_unique<internal::system_config>(*this);
  config_->set("caf.scheduler.max-threads", worker_count_);
  for (const auto& hook : options_.caf_hooks())
    hook(*config_);
  if (options_.scheduler() == scheduler_kind::reactor)
    config_->module_factories.push_back([this](caf::actor_system& system) -> caf::actor_system::module* {
      return new internal::reactor_scheduler(system, *this);
    });
  else
    stock_timers_ = std::make_unique<internal::timer_thread>();
  system_ = std::make_unique<caf::actor_system>(*config_);
  // Its destructor would wait without limit; `stop` waits with one.
  system_->await_actors_before_shutdown(false);
  own_detached_actors_ = system_->detached_actors();
}

runtime_core::~runtime_core() = default;

reactor_worker* runtime_core::own_worker() const noexcept {
  // A thread may belong to another runtime of the process.
  auto* worker = reactor_worker::current();
  return worker != nullptr && &worker->scheduler() == scheduler_ ? worker : nullptr;
}

internal::counter_block& runtime_core::counters_of(caf::execution_unit* unit) noexcept {
  return metrics_[scheduler_ != nullptr && unit != nullptr ? static_cast<reactor_worker*>(unit)->index() : 0];
}

timer_queue& runtime_core::timers() noexcept {
  if (scheduler_ == nullptr)
    return *stock_timers_;
  auto* worker = own_worker();
  if (worker == nullptr)
    worker = &scheduler_->next_home();
  return *worker;
}

void runtime_core::schedule_action(time_point when, caf::action action, duration period) {
  auto* worker = own_worker();
  if (worker == nullptr)
    worker = &scheduler_->next_home();
  worker->add_action(when, std::move(action), period);
}

time_point runtime_core::before_idle(reactor_worker& worker) {
  const auto next = worker.next_timeout();
  if (!virtual_ || next == time_point::max())
    return next;
  // A blocking call takes real time; its end comes as a job.
  if (blocking_.active() > 0)
    return time_point::max();
  const auto target = std::max(next, now());
  virtual_now_.store(target.time_since_epoch().count(), std::memory_order_release);
  return target;
}

void runtime_core::blocking_calls_ended() {
  // Virtual time stood still meanwhile, and the worker may have gone to sleep after the last call had reported and
  // before it was gone.
  if (scheduler_ != nullptr)
    scheduler_->worker(0).wake();
}

void runtime_core::schedule(host_actor& job, worker_binding home) {
  if (home.worker != nullptr)
    home.worker->exec_bound({&job, home.alone ? tie::alone : tie::here, &job});
  else if (scheduler_ != nullptr)
    scheduler_->enqueue(&job);
  else
    enqueue_on_stock_scheduler(job);
}

void runtime_core::enqueue_on_stock_scheduler(caf::resumable& job) {
  const internal::visitor_count::visit inside{&stock_visitors_};
  system_->scheduler().enqueue(&job);
}

void runtime_core::schedule_in_order(caf::resumable& job, worker_binding home) {
  if (scheduler_ == nullptr)
    enqueue_on_stock_scheduler(job);
  else if (home.worker != nullptr)
    home.worker->exec_in_order({&job, home.alone ? tie::alone : tie::here});
  else if (auto* worker = own_worker(); worker != nullptr)
    worker->exec_in_order({&job, tie::none});
  else
    scheduler_->enqueue(&job);
}

void runtime_core::report_stall(const stall_report& stall) {
  stalls_.fetch_add(1, std::memory_order_relaxed);
  if (options_.on_stall()) {
    try {
      options_.on_stall()(stall);
    } catch (...) {
      // On the watchdog's thread there is nobody else to tell.
      log_->write({log_level::error, "runtime",
                   "the handler of stalls has thrown for " + stall.actor + ": " + describe(std::current_exception())});
    }
    return;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(stall.busy).count();
  const auto text =
      stall.actor + " has held a worker for " + std::to_string(ms) + " ms: move blocking work to to_thread";
  std::string stack;
  for (const auto& frame : stall.stack)
    stack += (stack.empty() ? "" : " <- ") + frame;
  const log_field field{"stack", stack};
  log_->write({log_level::warning, "runtime", text, std::span{&field, stack.empty() ? std::size_t{0} : 1}});
}

std::vector<std::string> runtime_core::end_roots(steady_clock::time_point deadline) {
  if (roots_.close())
    return {};
  const auto reason = make_caf_error(errc::cancelled, "the runtime is stopping");
  roots_.cancel_all(reason);
  if (roots_.wait_deserted(deadline))
    return {};
  std::vector<std::string> left;
  for (const auto& member : roots_.members()) {
    left.push_back(std::string{"task "} + static_cast<const host_actor&>(*member->get()).name());
  }
  roots_.kill_all();
  if (roots_.wait_deserted(steady_clock::now() + patience_after_kill)) {
    for (auto& name : left)
      log_->write({log_level::warning, "runtime", name + " did not end in time and was killed"});
    return {};
  }
  left.clear();
  for (const auto& member : roots_.members())
    left.push_back(std::string{"task "} + static_cast<const host_actor&>(*member->get()).name());
  return left;
}

std::vector<std::string> runtime_core::await_quiet_threads(steady_clock::time_point deadline) {
  std::vector<std::string> busy;
  if (scheduler_ != nullptr)
    busy = scheduler_->await_quiet(deadline);
  while (system_->detached_actors() > own_detached_actors_ && steady_clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  if (const auto detached = system_->detached_actors(); detached > own_detached_actors_)
    busy.push_back(std::to_string(detached - own_detached_actors_) + " detached CAF actors");
  return busy;
}

bool runtime_core::begin_launch() noexcept {
  // Either `stop` sees this thread or this thread sees `stop`.
  launching_.fetch_add(1, std::memory_order_seq_cst);
  if (!stopping_.load(std::memory_order_seq_cst))
    return true;
  end_launch();
  return false;
}

std::vector<std::string> runtime_core::stop(duration patience) {
  const std::scoped_lock guard{stop_mutex_};
  if (!system_)
    return {};
  stopping_.store(true, std::memory_order_seq_cst);
  while (launching_.load(std::memory_order_seq_cst) > 0)
    std::this_thread::yield();
  const auto deadline = saturating_add(steady_clock::now(), patience);
  auto left = end_roots(deadline);
  for (auto& name : blocking_.stop(std::max(deadline, steady_clock::now() + 1ms)))
    left.push_back(std::move(name));
  if (left.empty())
    for (auto& name : await_quiet_threads(std::max(deadline, steady_clock::now() + patience_after_kill)))
      left.push_back(std::move(name));
  {
    const std::unique_lock nobody_looks{standing_mutex_};
    standing_ = false;
  }
  if (left.empty()) {
    // The last task may have ended while the thread that woke it is still on its way out of the scheduler.
    if (stock_timers_)
      stock_timers_->stop();
    stock_visitors_.wait_until_none();
    system_.reset();
    config_.reset();
    return left;
  }
  // Threads that never come back hold references into the system: leaving it is the only safe thing to do.
  for (const auto& name : left)
    log_->write({log_level::error, "runtime", name + " did not stop in time; the actor system is left running"});
  static_cast<void>(system_.release());
  static_cast<void>(config_.release());
  return left;
}

} // namespace actors::detail
