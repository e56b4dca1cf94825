#include <actors/sync/mutex.hpp>

#include <actors/core/error.hpp>
#include <actors/sync/internal/mutex_state.hpp>

namespace actors::sync {

namespace {

using state_ptr = std::shared_ptr<internal::mutex_state>;

task<mutex::guard> lock_of(state_ptr state) {
  co_await detail::list_awaiter<internal::mutex_state>{*state};
  co_return mutex::guard{std::move(state)};
}

} // namespace

mutex::mutex() : state_(std::make_shared<internal::mutex_state>()) {}

mutex::~mutex() {
  const std::scoped_lock guard{state_->mutex};
  state_->destroy();
}

task<mutex::guard> mutex::lock() {
  return lock_of(state_);
}

mutex::guard mutex::try_lock() {
  const std::scoped_lock guard{state_->mutex};
  return state_->take() ? mutex::guard{state_} : mutex::guard{};
}

bool mutex::locked() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->locked();
}

std::size_t mutex::waiting() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->waiting();
}

void mutex::guard::unlock() {
  if (!state_)
    throw misuse_error("an empty guard was asked to unlock a mutex");
  release();
}

void mutex::guard::release() noexcept {
  const auto state = std::exchange(state_, nullptr);
  if (!state)
    return;
  const std::scoped_lock guard{state->mutex};
  state->pass_on();
}

} // namespace actors::sync
