#include <actors/sync/barrier.hpp>

#include <actors/sync/detail/wait_list.hpp>
#include <actors/sync/error.hpp>

#include <cstdint>
#include <mutex>

namespace actors::sync {

namespace internal {

struct barrier_node : detail::wait_node {
  std::size_t index = 0;
};

class barrier_state {
public:
  explicit barrier_state(std::size_t parties) noexcept : parties(parties) {}

  std::mutex mutex;
  const std::size_t parties;

  [[nodiscard]] bool admit(barrier_node& node) {
    if (destroyed_)
      throw detail::destroyed_error("a barrier");
    if (phase_ == phase::broken)
      throw broken_barrier{};
    if (phase_ != phase::filling || filling_.size() + 1 < parties)
      return false;
    // The last to come does not wait.
    node.index = parties - 1;
    open();
    return true;
  }

  void enlist(barrier_node& node) noexcept { (phase_ == phase::filling ? filling_ : outside_).push_back(node); }

  void settle(barrier_node& node) {
    const auto answer = node.answer();
    go(node);
    if (answer == detail::reply::destroyed)
      throw detail::destroyed_error("a barrier");
    if (answer == detail::reply::refused)
      throw broken_barrier{};
  }

  void abandon(barrier_node& node) noexcept { go(node); }

  void reset() noexcept {
    refuse_inside();
    phase_ = inside_.empty() ? phase::filling : phase::resetting;
    if (phase_ == phase::filling)
      let_in();
  }

  void abort() noexcept {
    refuse_inside();
    phase_ = phase::broken;
    outside_.wake_all(detail::reply::refused);
  }

  void destroy() noexcept {
    destroyed_ = true;
    filling_.wake_all(detail::reply::destroyed);
    outside_.wake_all(detail::reply::destroyed);
  }

  [[nodiscard]] std::size_t waiting() const noexcept { return filling_.size(); }

  [[nodiscard]] bool broken() const noexcept { return phase_ == phase::broken; }

private:
  enum class phase : std::uint8_t { filling, draining, resetting, broken };

  /// Wakes one of those inside; it stays counted until it has gone.
  void send_out(detail::wait_node& node, detail::reply answer) noexcept {
    node.wake(answer);
    inside_.push_back(node);
  }

  /// All have come.
  void open() noexcept {
    std::size_t index = 0;
    while (!filling_.empty()) {
      auto& first = static_cast<barrier_node&>(filling_.front());
      first.index = index++;
      send_out(first, detail::reply::granted);
    }
    phase_ = inside_.empty() ? phase::filling : phase::draining;
  }

  void refuse_inside() noexcept {
    while (!filling_.empty())
      send_out(filling_.front(), detail::reply::refused);
    // Those who were let through and have not run yet.
    for (auto* node = inside_.empty() ? nullptr : &inside_.front(); node != nullptr; node = node->next())
      node->set_answer(detail::reply::refused);
  }

  void go(barrier_node& node) noexcept {
    const bool was_inside = node.listed_in(inside_);
    node.leave();
    if (!was_inside || !inside_.empty() || phase_ == phase::broken)
      return;
    phase_ = phase::filling;
    let_in();
  }

  /// Those who waited for the barrier to drain come in.
  void let_in() noexcept {
    while (phase_ == phase::filling && !outside_.empty()) {
      auto& first = outside_.front();
      first.leave();
      filling_.push_back(first);
      if (filling_.size() == parties)
        open();
    }
  }

  detail::wait_list filling_; // wait for the others
  detail::wait_list inside_;  // were woken, have not gone yet
  detail::wait_list outside_; // wait for the barrier to drain
  phase phase_ = phase::filling;
  bool destroyed_ = false;
};

} // namespace internal

namespace {

using state_ptr = std::shared_ptr<internal::barrier_state>;
using awaiter = detail::list_awaiter<internal::barrier_state, internal::barrier_node>;

task<std::size_t> wait_at(state_ptr state) {
  co_return (co_await awaiter{*state}).index;
}

state_ptr make_state(std::size_t parties) {
  if (parties == 0)
    throw misuse_error("a barrier needs at least one party");
  return std::make_shared<internal::barrier_state>(parties);
}

} // namespace

barrier::barrier(std::size_t parties) : state_(make_state(parties)) {}

barrier::~barrier() {
  const std::scoped_lock guard{state_->mutex};
  state_->destroy();
}

task<std::size_t> barrier::wait() {
  return wait_at(state_);
}

void barrier::reset() noexcept {
  const auto state = state_;
  const std::scoped_lock guard{state->mutex};
  state->reset();
}

void barrier::abort() noexcept {
  const auto state = state_;
  const std::scoped_lock guard{state->mutex};
  state->abort();
}

std::size_t barrier::parties() const noexcept {
  return state_->parties;
}

std::size_t barrier::n_waiting() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->waiting();
}

bool barrier::broken() const noexcept {
  const std::scoped_lock guard{state_->mutex};
  return state_->broken();
}

} // namespace actors::sync
