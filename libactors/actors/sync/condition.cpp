#include <actors/sync/condition.hpp>

#include <actors/core/error.hpp>
#include <actors/sync/detail/wait_list.hpp>
#include <actors/sync/internal/mutex_state.hpp>

#include <limits>
#include <mutex>

namespace actors::sync {

namespace internal {

/// The list of those who wait to be notified, under the lock of the mutex.
class condition_state {
public:
  explicit condition_state(std::shared_ptr<mutex_state> protects) noexcept : mutex(std::move(protects)) {}

  const std::shared_ptr<mutex_state> mutex;
  detail::wait_list waiting;
  bool destroyed = false;

  [[nodiscard]] inline std::size_t notify(std::size_t count) noexcept;
};

/// Waits to be notified first, then for the mutex.
struct condition_node : detail::wait_node {
  bool notified = false;
  bool cancelled = false;
  bool gone = false;

  /// Goes on to wait for the mutex.
  void line_up(mutex_state& mutex) noexcept {
    leave();
    if (mutex.destroyed())
      wake(detail::reply::destroyed);
    else if (mutex.take())
      wake(detail::reply::granted);
    else
      mutex.enlist(*this);
  }
};

std::size_t condition_state::notify(std::size_t count) noexcept {
  std::size_t done = 0;
  for (; done < count && !waiting.empty(); ++done) {
    auto& first = static_cast<condition_node&>(waiting.front());
    first.notified = true;
    first.line_up(*mutex);
  }
  return done;
}

} // namespace internal

using internal::condition_state;

class condition::awaiter : public actors::detail::leaf_awaiter<awaiter>, public internal::condition_node {
public:
  awaiter(condition_state& state, mutex::guard& guard) noexcept : state_(&state), guard_(&guard) {}

  ~awaiter() override {
    if (!suspended_)
      return;
    // Killed.
    const std::scoped_lock lock{state_->mutex->mutex};
    state_->mutex->abandon(*this);
    pass_notification_on();
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    if (guard_->state_ != state_->mutex)
      throw misuse_error(guard_->state_ ? "a condition was given the guard of another mutex"
                                        : "a condition was given an empty guard");
    const std::scoped_lock lock{state_->mutex->mutex};
    if (state_->destroyed)
      throw detail::destroyed_error("a condition");
    if (state_->mutex->destroyed())
      throw detail::destroyed_error("a mutex");
    arm(context);
    stand_for(context, id());
    state_->waiting.push_back(*this);
    suspended_ = true;
    guard_->state_ = nullptr; // held by `state_` too
    state_->mutex->pass_on();
    return true;
  }

  void await_resume() {
    check_cancelled();
    const std::scoped_lock lock{state_->mutex->mutex};
    suspended_ = false;
    const bool held = answer() == detail::reply::granted;
    if (held)
      guard_->state_ = state_->mutex;
    if (cancelled) {
      pass_notification_on();
      awaiting_context().throw_cancelled();
    }
    if (!held)
      throw detail::destroyed_error("a mutex");
    if (gone)
      throw detail::destroyed_error("a condition");
  }

private:
  actors::detail::cancel_action on_cancel() override {
    const std::scoped_lock lock{state_->mutex->mutex};
    cancelled = true;
    if (listed_in(state_->waiting))
      line_up(*state_->mutex);
    // Whatever it was doing, the mutex comes next, and then the exception.
    return actors::detail::cancel_action::wait;
  }

  void pass_notification_on() noexcept {
    if (notified)
      static_cast<void>(state_->notify(1));
  }

  condition_state* state_;
  mutex::guard* guard_;
  bool suspended_ = false;
};

condition::condition(mutex& protects) : state_(std::make_shared<condition_state>(protects.state_)) {}

condition::~condition() {
  const std::scoped_lock lock{state_->mutex->mutex};
  state_->destroyed = true;
  while (!state_->waiting.empty()) {
    auto& first = static_cast<internal::condition_node&>(state_->waiting.front());
    first.gone = true;
    first.line_up(*state_->mutex);
  }
}

task<> condition::wait(mutex::guard& guard) {
  return wait_in(state_, guard);
}

task<> condition::wait_in(std::shared_ptr<internal::condition_state> state, mutex::guard& guard) {
  co_await awaiter{*state, guard};
}

void condition::notify(std::size_t count) {
  const auto state = state_;
  const std::scoped_lock lock{state->mutex->mutex};
  if (!state->mutex->locked())
    throw misuse_error("a condition was notified while nobody held its mutex");
  static_cast<void>(state->notify(count));
}

void condition::notify_all() {
  notify(std::numeric_limits<std::size_t>::max());
}

std::size_t condition::waiting() const noexcept {
  const std::scoped_lock lock{state_->mutex->mutex};
  return state_->waiting.size();
}

} // namespace actors::sync
