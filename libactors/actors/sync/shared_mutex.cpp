#include <actors/sync/shared_mutex.hpp>

#include <actors/core/error.hpp>
#include <actors/sync/detail/wait_list.hpp>

#include <mutex>

namespace actors::sync {

namespace internal {

struct shared_mutex_node : detail::wait_node {
  explicit shared_mutex_node(bool reads) noexcept : reader(reads) {}

  const bool reader;
};

class shared_mutex_state {
public:
  std::mutex mutex;

  [[nodiscard]] bool admit(const shared_mutex_node& node) {
    if (destroyed_)
      throw detail::destroyed_error("a shared_mutex");
    return take(node.reader);
  }

  void enlist(shared_mutex_node& node) noexcept { waiting_.push_back(node); }

  void settle(const shared_mutex_node& node) const {
    if (node.answer() == detail::reply::destroyed)
      throw detail::destroyed_error("a shared_mutex");
  }

  void abandon(shared_mutex_node& node) noexcept {
    node.leave();
    if (node.answer() == detail::reply::granted)
      release(node.reader);
    else
      let_in();
  }

  [[nodiscard]] bool take(bool reader) noexcept {
    if (!waiting_.empty() || !free_for(reader) || destroyed_)
      return false;
    enter(reader);
    return true;
  }

  void release(bool reader) noexcept {
    if (reader)
      --readers_;
    else
      writer_ = false;
    let_in();
  }

  void downgrade() noexcept {
    writer_ = false;
    ++readers_;
    let_in();
  }

  void destroy() noexcept {
    destroyed_ = true;
    waiting_.wake_all(detail::reply::destroyed);
  }

  [[nodiscard]] bool locked() const noexcept { return writer_; }

  [[nodiscard]] std::size_t readers() const noexcept { return readers_; }

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  [[nodiscard]] bool free_for(bool reader) const noexcept { return !writer_ && (reader || readers_ == 0); }

  void enter(bool reader) noexcept {
    if (reader)
      ++readers_;
    else
      writer_ = true;
  }

  void let_in() noexcept {
    while (!waiting_.empty()) {
      auto& first = static_cast<shared_mutex_node&>(waiting_.front());
      if (!free_for(first.reader))
        return;
      enter(first.reader);
      first.wake(detail::reply::granted);
    }
  }

  detail::wait_list waiting_;
  std::size_t readers_ = 0;
  bool writer_ = false;
  bool destroyed_ = false;
};

} // namespace internal

namespace {

using state_ptr = std::shared_ptr<internal::shared_mutex_state>;
using awaiter = detail::list_awaiter<internal::shared_mutex_state, internal::shared_mutex_node>;

task<shared_mutex::guard> lock_of(state_ptr state) {
  co_await awaiter{*state, false};
  co_return shared_mutex::guard{std::move(state)};
}

task<shared_mutex::shared_guard> lock_shared_of(state_ptr state) {
  co_await awaiter{*state, true};
  co_return shared_mutex::shared_guard{std::move(state)};
}

void release_of(state_ptr& held, bool reader) noexcept {
  const auto state = std::exchange(held, nullptr);
  if (!state)
    return;
  const std::scoped_lock guard{state->mutex};
  state->release(reader);
}

void require_held(const state_ptr& state) {
  if (!state)
    throw misuse_error("an empty guard was asked to unlock a shared_mutex");
}

} // namespace

shared_mutex::shared_mutex() : state_(std::make_shared<internal::shared_mutex_state>()) {}

shared_mutex::~shared_mutex() {
  const std::scoped_lock guard{state_->mutex};
  state_->destroy();
}

task<shared_mutex::guard> shared_mutex::lock() {
  return lock_of(state_);
}

task<shared_mutex::shared_guard> shared_mutex::lock_shared() {
  return lock_shared_of(state_);
}

shared_mutex::guard shared_mutex::try_lock() {
  const std::scoped_lock lock{state_->mutex};
  return state_->take(false) ? guard{state_} : guard{};
}

shared_mutex::shared_guard shared_mutex::try_lock_shared() {
  const std::scoped_lock lock{state_->mutex};
  return state_->take(true) ? shared_guard{state_} : shared_guard{};
}

bool shared_mutex::locked() const noexcept {
  const std::scoped_lock lock{state_->mutex};
  return state_->locked();
}

std::size_t shared_mutex::readers() const noexcept {
  const std::scoped_lock lock{state_->mutex};
  return state_->readers();
}

std::size_t shared_mutex::waiting() const noexcept {
  const std::scoped_lock lock{state_->mutex};
  return state_->waiting();
}

void shared_mutex::shared_guard::unlock() {
  require_held(state_);
  release();
}

void shared_mutex::shared_guard::release() noexcept {
  release_of(state_, true);
}

void shared_mutex::guard::unlock() {
  require_held(state_);
  release();
}

void shared_mutex::guard::release() noexcept {
  release_of(state_, false);
}

shared_mutex::shared_guard shared_mutex::guard::downgrade() {
  require_held(state_);
  auto state = std::exchange(state_, nullptr);
  const std::scoped_lock lock{state->mutex};
  state->downgrade();
  return shared_guard{state};
}

} // namespace actors::sync
