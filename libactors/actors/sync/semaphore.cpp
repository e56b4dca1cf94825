#include <actors/sync/semaphore.hpp>

#include <actors/core/error.hpp>
#include <actors/sync/detail/wait_list.hpp>

#include <limits>
#include <mutex>
#include <string>

namespace actors::sync {

namespace internal {

class semaphore_state {
public:
  semaphore_state(std::ptrdiff_t value, std::ptrdiff_t bound) noexcept : value_(value), bound_(bound) {}

  std::mutex mutex;

  [[nodiscard]] bool admit(detail::wait_node&) {
    if (destroyed_)
      throw detail::destroyed_error("a semaphore");
    return take();
  }

  void enlist(detail::wait_node& node) noexcept { waiting_.push_back(node); }

  void settle(detail::wait_node& node) const {
    if (node.answer() == detail::reply::destroyed)
      throw detail::destroyed_error("a semaphore");
  }

  void abandon(detail::wait_node& node) noexcept {
    node.leave();
    if (node.answer() == detail::reply::granted)
      add(1);
  }

  [[nodiscard]] bool take() noexcept {
    // While somebody waits there is none: what is released goes to them.
    if (value_ == 0)
      return false;
    --value_;
    return true;
  }

  void release(std::ptrdiff_t count) {
    if (count < 0)
      throw misuse_error("a semaphore was asked to release " + std::to_string(count) + " permits");
    if (count > bound_ - value_)
      throw misuse_error("a semaphore that may have " + std::to_string(bound_) + " permits and has " +
                         std::to_string(value_) + " was asked to release " + std::to_string(count));
    add(count);
  }

  void add(std::ptrdiff_t count) noexcept {
    value_ += count;
    while (value_ > 0 && !waiting_.empty()) {
      --value_;
      waiting_.front().wake(detail::reply::granted);
    }
  }

  void destroy() noexcept {
    destroyed_ = true;
    waiting_.wake_all(detail::reply::destroyed);
  }

  [[nodiscard]] std::ptrdiff_t value() const noexcept { return value_; }

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  std::ptrdiff_t value_;
  std::ptrdiff_t bound_;
  detail::wait_list waiting_;
  bool destroyed_ = false;
};

} // namespace internal

namespace {

using state_ptr = std::shared_ptr<internal::semaphore_state>;

state_ptr make_state(std::ptrdiff_t value, std::ptrdiff_t bound) {
  if (value < 0)
    throw misuse_error("a semaphore cannot have " + std::to_string(value) + " permits");
  return std::make_shared<internal::semaphore_state>(value, bound);
}

task<> acquire_from(state_ptr state) {
  co_await detail::list_awaiter<internal::semaphore_state>{*state};
}

task<semaphore::permit> scoped_acquire_from(state_ptr state) {
  co_await detail::list_awaiter<internal::semaphore_state>{*state};
  co_return semaphore::permit{std::move(state)};
}

} // namespace

semaphore::semaphore(std::ptrdiff_t value) : semaphore(value, std::numeric_limits<std::ptrdiff_t>::max()) {}

semaphore::semaphore(std::ptrdiff_t value, std::ptrdiff_t bound) : state_(make_state(value, bound)) {}

semaphore::~semaphore() {
  const std::scoped_lock guard{state_->mutex};
  state_->destroy();
}

task<> semaphore::acquire() {
  return acquire_from(state_);
}

task<semaphore::permit> semaphore::scoped_acquire() {
  return scoped_acquire_from(state_);
}

bool semaphore::try_acquire() noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->take();
}

void semaphore::release(std::ptrdiff_t count) {
  // Those who are woken may destroy the semaphore.
  const auto state = state_;
  const std::scoped_lock guard{state->mutex};
  state->release(count);
}

std::ptrdiff_t semaphore::value() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->value();
}

std::size_t semaphore::waiting() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->waiting();
}

void semaphore::permit::release() {
  if (!state_)
    throw misuse_error("an empty permit was asked to release");
  const auto state = std::exchange(state_, nullptr);
  const std::scoped_lock guard{state->mutex};
  state->release(1);
}

void semaphore::permit::give_back() noexcept {
  const auto state = std::exchange(state_, nullptr);
  if (!state)
    return;
  const std::scoped_lock guard{state->mutex};
  state->add(1);
}

} // namespace actors::sync
