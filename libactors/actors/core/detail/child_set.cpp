#include <actors/core/detail/child_set.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/error.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/exit_reason.hpp>
#include <caf/resumable.hpp>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace actors::detail {

namespace {

constexpr std::uintptr_t lock_bit = 1;
constexpr std::uintptr_t told_bit = 2;
constexpr std::uintptr_t address_mask = ~std::uintptr_t{3};

// No actor lives at this address.
constexpr std::uintptr_t gone = 4;

// Children that a worker starts in one go before it looks at its other jobs.
constexpr std::size_t chunk = 32;

// Fewer children than this are launched one by one, so that each can run on a worker of its own.
constexpr std::size_t few = 64;

} // namespace

/// A range of children that have not started, as a job of the scheduler.
class child_range final : public caf::resumable {
public:
  child_range(child_set& set, std::size_t begin, std::size_t end) noexcept : set_(&set), begin_(begin), end_(end) {}

  [[nodiscard]] subtype_t subtype() const override { return unspecified; }

  resume_result resume(caf::execution_unit* unit, std::size_t) override {
    auto& core = *set_->core_;
    auto* reactor = core.reactor();
    // Asked once per chunk: with somebody idle the farther half goes to the common queue.
    if (reactor != nullptr && set_->origin_.home.worker == nullptr && end_ - begin_ > 2 * chunk &&
        reactor->any_parked()) {
      const auto middle = begin_ + (end_ - begin_) / 2;
      caf::resumable* rest = new child_range(*set_, middle, end_);
      end_ = middle;
      reactor->inject(&rest, 1);
      reactor->notify_one();
    }
    const auto last = std::min(end_, begin_ + chunk);
    // The set lives until its last child has ended, and after that child nothing may be touched.
    auto* const set = set_;
    auto index = begin_;
    begin_ = last;
    const bool more = begin_ < end_;
    core.counters_of(unit).tasks_started.fetch_add(last - index, std::memory_order_relaxed);
    for (; index < last; ++index)
      set->run_child(index, unit);
    return more ? resume_later : done;
  }

  void intrusive_ptr_add_ref_impl() override { references_.fetch_add(1, std::memory_order_relaxed); }

  void intrusive_ptr_release_impl() override {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete this;
  }

private:
  std::atomic<std::size_t> references_{1};
  child_set* set_;
  std::size_t begin_;
  std::size_t end_;
};

child_set::child_set(std::size_t size, bool fail_fast, std::source_location where)
    : size_(size), fail_fast_(fail_fast), where_(where), left_(size),
      slots_(std::make_unique<std::atomic<std::uintptr_t>[]>(size)) {}

void child_set::begin(task_context& parent, std::uint64_t wait_id) {
  core_ = &parent.host().core();
  parent_ = &parent.host();
  wait_id_ = wait_id;
  const spawn_options options;
  origin_ = child_origin(parent, options, where_);
  origin_.parent = nullptr;
  origin_.name = nullptr;
  origin_.sink = this;
  origin_.log_unretrieved = false;
  // The set may be gone as soon as its last range is scheduled, so what the loops need is copied.
  const auto size = size_;
  auto& core = *core_;
  const auto home = origin_.home;
  auto* const reactor = core.reactor();
  const bool one_by_one = size < few || core.options().schedule_seed();
  if (!one_by_one && reactor != nullptr) {
    const auto ranges = home.worker != nullptr ? 1 : std::min(core.worker_count(), size / chunk);
    for (std::size_t i = 1; i < ranges; ++i) {
      caf::resumable* job = new child_range(*this, size * i / ranges, size * (i + 1) / ranges);
      reactor->inject(&job, 1);
      reactor->notify_one();
    }
    core.schedule_in_order(*new child_range(*this, 0, size / ranges), home);
    return;
  }
  const std::size_t step = one_by_one ? 1 : chunk;
  for (std::size_t i = 0; i < size; i += step)
    core.schedule_in_order(*new child_range(*this, i, std::min(size, i + step)), home);
}

void child_set::run_child(std::size_t index, caf::execution_unit* unit) {
  if (stopped_.load(std::memory_order_seq_cst)) {
    std::exception_ptr reason;
    {
      const std::scoped_lock guard{reason_mutex_};
      reason = to_exception(stop_reason_);
    }
    // As a task that is cancelled before its first step.
    internal::counter_block::add(core_->counters_of(unit).tasks_cancelled);
    store_error(index, reason ? reason : std::make_exception_ptr(cancelled{}));
    finish_one(nullptr);
    return;
  }
  task_origin origin = origin_;
  origin.index = index;
  const auto actor = create(index, *core_, origin);
  auto& child = static_cast<task_actor&>(*actor->get());
  slots_[index].store(reinterpret_cast<std::uintptr_t>(&child), std::memory_order_seq_cst);
  // Stopped in between: whoever stopped has not seen the child, or has told it already.
  if (stopped_.load(std::memory_order_seq_cst)) {
    caf::error reason;
    {
      const std::scoped_lock guard{reason_mutex_};
      reason = stop_reason_;
    }
    cancel_child(index, reason, reason == caf::exit_reason::kill);
  }
  auto* const core = core_;
  const auto home = origin.home;
  child.count_start_elsewhere();
  child.launch_unscheduled();
  // From here on the set may be gone.
  if (child.resume(unit, 1) == caf::resumable::resume_later) {
    caf::intrusive_ptr_add_ref(actor.get());
    core->schedule_in_order(child, home);
  }
}

task_actor* child_set::lock_slot(std::size_t index, std::uintptr_t& bits) noexcept {
  auto& slot = slots_[index];
  auto value = slot.load(std::memory_order_seq_cst);
  for (;;) {
    if ((value & address_mask) == 0 || value == gone)
      return nullptr;
    if ((value & lock_bit) != 0) {
      std::this_thread::yield();
      value = slot.load(std::memory_order_seq_cst);
      continue;
    }
    if (slot.compare_exchange_weak(value, value | lock_bit, std::memory_order_seq_cst)) {
      bits = value;
      return reinterpret_cast<task_actor*>(value & address_mask); // NOLINT(performance-no-int-to-ptr): tagged
    }
  }
}

void child_set::cancel_child(std::size_t index, const caf::error& reason, bool kill) {
  std::uintptr_t bits = 0;
  auto* child = lock_slot(index, bits);
  if (child == nullptr)
    return;
  const caf::strong_actor_ptr reference{child->ctrl()};
  slots_[index].store(bits | told_bit, std::memory_order_seq_cst);
  // Told once: each request counts in the child.
  if (kill || (bits & told_bit) == 0)
    child->send_cancel(reason);
}

void describe_gather(wait_view& view) {
  view.kind = "gather";
}

void child_set::describe_wait(wait_view& view) {
  view.owns_targets = true;
  const auto end = std::min(size_, view.from + wait_view::batch);
  for (auto i = view.from; i < end; ++i) {
    std::uintptr_t bits = 0;
    auto* const child = lock_slot(i, bits);
    if (child == nullptr)
      continue;
    view.targets.emplace_back(child->ctrl());
    slots_[i].store(bits, std::memory_order_seq_cst);
  }
  if (end < size_)
    view.next = end;
}

void child_set::cancel_all(const cancelled& reason) {
  const auto error = make_caf_error(errc::cancelled, reason.reason());
  {
    const std::scoped_lock guard{reason_mutex_};
    if (!stopped_.load(std::memory_order_relaxed))
      stop_reason_ = error;
  }
  stopped_.store(true, std::memory_order_seq_cst);
  for (std::size_t i = 0; i < size_; ++i)
    cancel_child(i, error, false);
}

void child_set::kill_all() {
  const auto kill = caf::make_error(caf::exit_reason::kill);
  {
    const std::scoped_lock guard{reason_mutex_};
    stop_reason_ = kill;
  }
  stopped_.store(true, std::memory_order_seq_cst);
  for (std::size_t i = 0; i < size_; ++i)
    cancel_child(i, kill, true);
}

void child_set::child_ended(task_actor& child) noexcept {
  const auto index = child.index();
  std::uintptr_t bits = 0;
  static_cast<void>(lock_slot(index, bits));
  slots_[index].store(gone, std::memory_order_seq_cst);
  const auto error = child.error();
  store(index, child);
  finish_one(error);
}

void child_set::finish_one(const std::exception_ptr& error) noexcept {
  if (error && fail_fast_ && !stopped_.load(std::memory_order_acquire) &&
      !failed_.exchange(true, std::memory_order_acq_rel)) {
    first_error_ = error;
    cancel_all(cancelled{"a sibling task failed: " + describe(error)});
  }
  // Counted before the task may go on; the gathering task cannot end before it was woken, so a reference can still be
  // taken.
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const caf::strong_actor_ptr parent{parent_->ctrl()};
    static_cast<host_actor*>(parent->get())->wake(wait_id_);
  }
}

} // namespace actors::detail
