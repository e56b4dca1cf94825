#include <actors/sync/event.hpp>

#include <actors/sync/detail/wait_list.hpp>

#include <mutex>

namespace actors::sync {

namespace internal {

class event_state {
public:
  std::mutex mutex;

  [[nodiscard]] bool admit(detail::wait_node&) const {
    if (destroyed)
      throw detail::destroyed_error("an event");
    return is_set;
  }

  void enlist(detail::wait_node& node) noexcept { waiting.push_back(node); }

  void settle(detail::wait_node& node) const {
    if (node.answer() == detail::reply::destroyed)
      throw detail::destroyed_error("an event");
  }

  void abandon(detail::wait_node& node) noexcept { node.leave(); }

  detail::wait_list waiting;
  bool is_set = false;
  bool destroyed = false;
};

} // namespace internal

namespace {

task<> wait_for(std::shared_ptr<internal::event_state> state) {
  co_await detail::list_awaiter<internal::event_state>{*state};
}

} // namespace

event::event() : state_(std::make_shared<internal::event_state>()) {}

event::~event() {
  const std::scoped_lock guard{state_->mutex};
  state_->destroyed = true;
  state_->waiting.wake_all(detail::reply::destroyed);
}

task<> event::wait() {
  return wait_for(state_);
}

void event::set() noexcept {
  // Those who are woken may destroy the event.
  const auto state = state_;
  const std::scoped_lock guard{state->mutex};
  state->is_set = true;
  state->waiting.wake_all(detail::reply::granted);
}

void event::clear() noexcept {
  const std::scoped_lock guard{state_->mutex};
  state_->is_set = false;
}

bool event::is_set() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->is_set;
}

std::size_t event::waiting() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->waiting.size();
}

} // namespace actors::sync
