#include <actors/core/detail/timer_queue.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace actors::detail {

namespace {

constexpr std::size_t arity = 4;

// Woken in batches, so that the lock is not held while actors are scheduled.
constexpr std::size_t batch_size = 64;

} // namespace

void timer::arm(host_actor& target, std::uint64_t id, time_point when) {
  target_ = &target;
  id_ = id;
  target.core().timers().add(*this, when);
}

void timer::remove() noexcept {
  queue_->remove(*this);
}

void timer_queue::place(std::size_t slot, entry value) noexcept {
  heap_[slot] = value;
  value.owner->slot_.store(static_cast<std::uint32_t>(slot), std::memory_order_relaxed);
}

void timer_queue::sift_up(std::size_t slot) noexcept {
  const entry moving = heap_[slot];
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / arity;
    if (heap_[parent].when <= moving.when)
      break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, moving);
}

void timer_queue::sift_down(std::size_t slot) noexcept {
  const entry moving = heap_[slot];
  for (;;) {
    const std::size_t first = arity * slot + 1;
    if (first >= heap_.size())
      break;
    const std::size_t last = std::min(first + arity, heap_.size());
    std::size_t earliest = first;
    for (std::size_t child = first + 1; child < last; ++child)
      if (heap_[child].when < heap_[earliest].when)
        earliest = child;
    if (moving.when <= heap_[earliest].when)
      break;
    place(slot, heap_[earliest]);
    slot = earliest;
  }
  place(slot, moving);
}

void timer_queue::erase(std::size_t slot) noexcept {
  const entry last = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size())
    return;
  heap_[slot] = last;
  if (slot > 0 && last.when < heap_[(slot - 1) / arity].when)
    sift_up(slot);
  else
    sift_down(slot);
}

void timer_queue::publish_next() noexcept {
  const auto next = heap_.empty() ? time_point::max() : heap_.front().when;
  next_.store(next.time_since_epoch().count(), std::memory_order_release);
}

void timer_queue::add(timer& entry, time_point when) {
  bool earlier = false;
  {
    const std::scoped_lock guard{mutex_};
    entry.queue_ = this;
    heap_.push_back({when, &entry});
    sift_up(heap_.size() - 1);
    earlier = heap_.front().owner == &entry;
    if (earlier)
      publish_next();
  }
  if (earlier)
    on_earlier_deadline();
}

void timer_queue::remove(timer& entry) noexcept {
  const std::scoped_lock guard{mutex_};
  const auto slot = entry.slot_.load(std::memory_order_relaxed);
  if (slot == timer::not_queued)
    return;
  erase(slot);
  entry.slot_.store(timer::not_queued, std::memory_order_relaxed);
  if (slot == 0)
    publish_next();
}

std::size_t timer_queue::fire_due(time_point now, std::size_t budget) {
  struct due {
    caf::strong_actor_ptr target;
    std::uint64_t id;
  };

  std::array<due, batch_size> batch;
  std::size_t fired = 0;
  while (fired < budget && next_deadline() <= now) {
    std::size_t count = 0;
    {
      const std::scoped_lock guard{mutex_};
      const auto limit = std::min(batch_size, budget - fired);
      while (count < limit && !heap_.empty() && heap_.front().when <= now) {
        timer& entry = *heap_.front().owner;
        // The target lives: it would have disarmed the timer before its frame was destroyed.
        batch[count] = {caf::strong_actor_ptr{entry.target_->ctrl()}, entry.id_};
        ++count;
        erase(0);
        // Last: from here on the owner may destroy the timer without taking the lock.
        entry.slot_.store(timer::not_queued, std::memory_order_release);
      }
      publish_next();
    }
    for (std::size_t i = 0; i < count; ++i) {
      static_cast<host_actor*>(batch[i].target->get())->wake(batch[i].id);
      batch[i].target = nullptr;
    }
    fired += count;
    if (count == 0)
      break;
  }
  return fired;
}

std::size_t timer_queue::size() const {
  const std::scoped_lock guard{mutex_};
  return heap_.size();
}

} // namespace actors::detail
