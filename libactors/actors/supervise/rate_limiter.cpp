#include <actors/supervise/rate_limiter.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/make_task.hpp>
#include <actors/supervise/token_bucket.hpp>

#include <mutex>
#include <optional>
#include <utility>

namespace actors::supervise::detail {

/// The first in the queue has a timer for the moment at which its tokens are there; whoever leaves the front wakes the
/// next one, which then looks for itself.
class rate_limiter_state {
public:
  rate_limiter_state(double rate, double burst) : rate_(rate), burst_(burst) {
    // Says what is wrong with the settings now, and not at the first use.
    static_cast<void>(token_bucket{rate, burst, time_point{}});
  }

  /// The bucket begins with the clock of the first one who asks.
  token_bucket& bucket(time_point now) {
    if (!bucket_)
      bucket_.emplace(rate_, burst_, now);
    return *bucket_;
  }

  /// Takes a node off; who has to look now that it is the first.
  [[nodiscard]] wake_up leave(wait_node& node) {
    const bool was_first = queue.front() == &node;
    queue.remove(node);
    wake_up next;
    if (was_first && queue.front() != nullptr)
      next = {queue.front()->who, queue.front()->id};
    return next;
  }

  std::mutex mutex;
  wait_queue queue;

private:
  double rate_;
  double burst_;
  std::optional<token_bucket> bucket_;
};

} // namespace actors::supervise::detail

namespace actors::supervise {

rate_limiter::rate_limiter(double rate, double burst)
    : state_(std::make_shared<detail::rate_limiter_state>(rate, burst)) {}

rate_limiter::awaiter rate_limiter::acquire(double tokens) const {
  return {state_, tokens};
}

bool rate_limiter::try_acquire(double tokens) const {
  const auto& context = actors::detail::require_running_context();
  const auto now = actors::detail::now_of(actors::detail::core_of(context));
  const std::scoped_lock guard{state_->mutex};
  auto& bucket = state_->bucket(now);
  // Asked in any case, because it refuses what can never be there.
  const auto ready = bucket.ready_at(now, tokens);
  return state_->queue.empty() && ready <= now && bucket.try_take(now, tokens);
}

std::size_t rate_limiter::waiting() const {
  const std::scoped_lock guard{state_->mutex};
  return state_->queue.size();
}

rate_limiter::awaiter::awaiter(std::shared_ptr<detail::rate_limiter_state> state, double tokens) noexcept
    : state_(std::move(state)), tokens_(tokens) {}

rate_limiter::awaiter::~awaiter() {
  leave();
}

void rate_limiter::awaiter::leave() noexcept {
  detail::wake_up next;
  {
    const std::scoped_lock guard{state_->mutex};
    if (node_.queued)
      next = state_->leave(node_);
  }
  next.deliver();
}

bool rate_limiter::awaiter::start(actors::detail::task_context& context) {
  const auto now = actors::detail::now_of(actors::detail::core_of(context));
  const std::scoped_lock guard{state_->mutex};
  auto& bucket = state_->bucket(now);
  const auto ready = bucket.ready_at(now, tokens_);
  if (state_->queue.empty() && bucket.try_take(now, tokens_))
    return false;
  arm(context);
  if (state_->queue.empty())
    timer_.arm(context.host(), id(), ready);
  state_->queue.push(node_, context, id());
  return true;
}

// The timer of the first one, or the one before has left.
void rate_limiter::awaiter::on_wake() {
  if (!try_finish())
    return;
  leave();
  finish();
}

bool rate_limiter::awaiter::try_finish() {
  const auto now = actors::detail::now_of(actors::detail::core_of(*context()));
  const std::scoped_lock guard{state_->mutex};
  if (state_->queue.front() != &node_)
    return false;
  auto& bucket = state_->bucket(now);
  if (bucket.try_take(now, tokens_))
    return true;
  timer_.disarm();
  timer_.arm(context()->host(), id(), bucket.ready_at(now, tokens_));
  return false;
}

} // namespace actors::supervise
