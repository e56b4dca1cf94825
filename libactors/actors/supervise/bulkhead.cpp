#include <actors/supervise/bulkhead.hpp>

#include <mutex>

namespace actors::supervise::detail {

class bulkhead_state {
public:
  bulkhead_state(std::size_t places, std::size_t queued) noexcept : places_(places), room_(queued) {}

  enum class entry : std::uint8_t { taken, queued };

  [[nodiscard]] bool try_take() {
    const std::scoped_lock guard{mutex_};
    if (running_ == places_)
      return false;
    ++running_;
    return true;
  }

  [[nodiscard]] entry enter(wait_node& node, const actors::detail::task_context& context, std::uint64_t id) {
    const std::scoped_lock guard{mutex_};
    if (running_ < places_) {
      ++running_;
      return entry::taken;
    }
    if (queue_.size() == room_)
      throw bulkhead_full_error{places_, room_};
    queue_.push(node, context, id);
    return entry::queued;
  }

  /// A place is free: the first that waits has it.
  void release() noexcept {
    wake_up next;
    {
      const std::scoped_lock guard{mutex_};
      if (queue_.empty())
        --running_;
      else
        next = queue_.pop();
    }
    next.deliver();
  }

  /// A wait is over: gives back the place that it was handed and did not take.
  void leave(wait_node& node) noexcept {
    {
      const std::scoped_lock guard{mutex_};
      if (node.queued) {
        queue_.remove(node);
        return;
      }
    }
    release();
  }

  [[nodiscard]] std::size_t running() const {
    const std::scoped_lock guard{mutex_};
    return running_;
  }

  [[nodiscard]] std::size_t waiting() const {
    const std::scoped_lock guard{mutex_};
    return queue_.size();
  }

private:
  mutable std::mutex mutex_;
  wait_queue queue_;
  const std::size_t places_;
  const std::size_t room_;
  std::size_t running_ = 0;
};

} // namespace actors::supervise::detail

namespace actors::supervise {

bulkhead_full_error::bulkhead_full_error(std::size_t places, std::size_t queued)
    : std::runtime_error("bulkhead: all " + std::to_string(places) + " places and all " + std::to_string(queued) +
                         " of the queue are taken") {}

void bulkhead::permit::release() noexcept {
  if (const auto state = std::exchange(state_, nullptr))
    state->release();
}

bulkhead::bulkhead(std::size_t places, std::size_t queued) {
  if (places == 0)
    throw std::invalid_argument("bulkhead: there must be at least one place");
  state_ = std::make_shared<detail::bulkhead_state>(places, queued);
}

bulkhead::awaiter bulkhead::acquire() const {
  return awaiter{state_};
}

bulkhead::permit bulkhead::try_acquire() const {
  return state_->try_take() ? permit{state_} : permit{};
}

std::size_t bulkhead::running() const {
  return state_->running();
}

std::size_t bulkhead::waiting() const {
  return state_->waiting();
}

bulkhead::awaiter::~awaiter() {
  if (entered_)
    state_->leave(node_);
}

bool bulkhead::awaiter::start(actors::detail::task_context& context) {
  arm(context);
  const auto entry = state_->enter(node_, context, id());
  entered_ = true;
  return entry == detail::bulkhead_state::entry::queued;
}

bulkhead::permit bulkhead::awaiter::await_resume() {
  check_cancelled();
  entered_ = false;
  return permit{state_};
}

} // namespace actors::supervise
