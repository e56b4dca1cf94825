#pragma once

#include <actors/core/detail/task_context.hpp>

#include <deque>
#include <utility>

namespace actors::net::internal {

/// Lets the handlers of one service do something one after the other, in the order in which they came.
///
/// Threads: for the coroutines of one actor, so without locks.
class turn_queue {
public:
  turn_queue() = default;
  turn_queue(const turn_queue&) = delete;
  turn_queue& operator=(const turn_queue&) = delete;

  /// Having the turn; it passes to the next when this goes.
  class turn {
  public:
    explicit turn(turn_queue& queue) noexcept : queue_(&queue) {}

    turn(turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}

    turn& operator=(turn&&) = delete;

    ~turn() {
      if (queue_ != nullptr)
        queue_->pass_on();
    }

  private:
    turn_queue* queue_;
  };

  class [[nodiscard]] awaiter : public actors::detail::leaf_awaiter<awaiter> {
  public:
    explicit awaiter(turn_queue& queue) noexcept : queue_(&queue) {}

    ~awaiter() override;

    [[nodiscard]] bool start(actors::detail::task_context& context);
    [[nodiscard]] turn await_resume();

  private:
    friend class turn_queue;

    turn_queue* queue_;
    bool has_turn_ = false;
  };

  /// Waits for the turn.
  [[nodiscard]] awaiter next() noexcept { return awaiter{*this}; }

private:
  void pass_on() noexcept;

  bool taken_ = false;
  std::deque<awaiter*> waiting_;
};

} // namespace actors::net::internal
