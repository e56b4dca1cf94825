#include <actors/core/internal/action_queue.hpp>

#include <algorithm>
#include <utility>

namespace actors::internal {

bool action_queue::add(time_point when, caf::action action, duration period) {
  const std::scoped_lock guard{mutex_};
  if (heap_.size() >= sweep_at_)
    sweep();
  const bool first = heap_.empty() || when < heap_.front().when;
  heap_.push_back({when, std::move(action), period});
  std::push_heap(heap_.begin(), heap_.end(), later);
  if (first)
    publish_next();
  return first;
}

std::size_t action_queue::fire(time_point now, std::size_t budget) {
  std::size_t fired = 0;
  while (fired < budget && next_deadline() <= now) {
    entry due;
    {
      const std::scoped_lock guard{mutex_};
      if (heap_.empty() || heap_.front().when > now)
        break;
      std::pop_heap(heap_.begin(), heap_.end(), later);
      due = std::move(heap_.back());
      heap_.pop_back();
      publish_next();
    }
    ++fired;
    if (due.action.disposed())
      continue;
    const bool ran = due.action.run() == caf::action::transition::success;
    if (!ran || due.period <= duration::zero())
      continue;
    // A clock that was late skips the runs it missed.
    due.when += due.period * ((now - due.when) / due.period + 1);
    static_cast<void>(due.action.reschedule());
    static_cast<void>(add(due.when, std::move(due.action), due.period));
  }
  return fired;
}

std::size_t action_queue::size() {
  const std::scoped_lock guard{mutex_};
  return heap_.size();
}

void action_queue::clear() {
  std::vector<entry> dropped;
  {
    const std::scoped_lock guard{mutex_};
    dropped.swap(heap_);
    publish_next();
  }
}

void action_queue::sweep() {
  std::erase_if(heap_, [](const entry& x) { return x.action.disposed(); });
  std::make_heap(heap_.begin(), heap_.end(), later);
  sweep_at_ = std::max<std::size_t>(1024, heap_.size() * 2);
  // The first may have been a dead one: a worker would wait for its time in vain, or never sleep once it has come.
  publish_next();
}

void action_queue::publish_next() noexcept {
  const auto next = heap_.empty() ? time_point::max() : heap_.front().when;
  next_.store(next.time_since_epoch().count(), std::memory_order_release);
}

} // namespace actors::internal
