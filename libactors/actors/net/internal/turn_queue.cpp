#include <actors/net/internal/turn_queue.hpp>

#include <actors/core/detail/io_worker.hpp>

#include <algorithm>

namespace actors::net::internal {

turn_queue::awaiter::~awaiter() {
  // Cancelled or killed: either still in the queue, or with a turn that was given and not taken up.
  if (has_turn_)
    queue_->pass_on();
  else
    std::erase(queue_->waiting_, this);
}

bool turn_queue::awaiter::start(actors::detail::task_context& context) {
  if (!queue_->taken_) {
    queue_->taken_ = has_turn_ = true;
    return false;
  }
  arm(context);
  queue_->waiting_.push_back(this);
  return true;
}

turn_queue::turn turn_queue::awaiter::await_resume() {
  check_cancelled();
  has_turn_ = false;
  return turn{*queue_};
}

void turn_queue::pass_on() noexcept {
  if (waiting_.empty()) {
    taken_ = false;
    return;
  }
  auto& next = *waiting_.front();
  waiting_.pop_front();
  next.has_turn_ = true;
  actors::detail::wake(actors::detail::actor_of(*next.context()), next.id());
}

} // namespace actors::net::internal
