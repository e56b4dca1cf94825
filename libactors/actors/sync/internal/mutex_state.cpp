#include <actors/sync/internal/mutex_state.hpp>

namespace actors::sync::internal {

using detail::reply;

bool mutex_state::admit(detail::wait_node&) {
  if (destroyed_)
    throw detail::destroyed_error("a mutex");
  return take();
}

bool mutex_state::take() noexcept {
  if (locked_ || destroyed_)
    return false;
  locked_ = true;
  return true;
}

void mutex_state::settle(detail::wait_node& node) const {
  if (node.answer() == reply::destroyed)
    throw detail::destroyed_error("a mutex");
}

void mutex_state::abandon(detail::wait_node& node) noexcept {
  if (node.answer() == reply::granted)
    pass_on();
  node.leave();
}

void mutex_state::pass_on() noexcept {
  // It stays locked when it changes hands, so that nobody can come in between.
  if (waiting_.empty())
    locked_ = false;
  else
    waiting_.front().wake(reply::granted);
}

void mutex_state::destroy() noexcept {
  destroyed_ = true;
  waiting_.wake_all(reply::destroyed);
}

} // namespace actors::sync::internal
