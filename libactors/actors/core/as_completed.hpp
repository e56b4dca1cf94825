#pragma once

#include <actors/core/detail/task_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/task_handle.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

/// Handling tasks in the order in which they complete.
///
/// ```
/// auto completed = as_completed(handles);
/// while (auto handle = co_await completed.next())
///   use(handle->result());
/// ```
///
/// `next` gives the handle of the next task that has ended, nothing when all have been given; a task that was handed in
/// twice is given once. It never throws a child's
/// error and cancels nothing. With a timeout, counted from the call of `as_completed`'s first `next`, it throws
/// `timeout_error` when time is up; the iteration may be broken off and gone on with at any time.
///
/// @snippet examples/tasks.cpp as completed
namespace actors {

namespace detail {

/// The queue of ended tasks behind `as_completed`.
class completion_queue {
public:
  explicit completion_queue(std::vector<caf::strong_actor_ptr> targets);
  completion_queue(const completion_queue&) = delete;
  completion_queue& operator=(const completion_queue&) = delete;
  ~completion_queue();

  /// Starts to watch, once.
  void watch(const task_context& context);

  /// The index of the next task that has ended; nothing if the waiter was registered to be woken.
  [[nodiscard]] std::optional<std::size_t> pop_or_wait(host_actor& waiter, std::uint64_t id);
  [[nodiscard]] std::optional<std::size_t> pop() noexcept;
  void forget_waiter() noexcept;

  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  /// When time is up, from the first time this is asked.
  [[nodiscard]] time_point deadline(const task_context& context, duration timeout);

  /// For `waiter::describe_wait`.
  void describe_wait(wait_view& view) const;

private:
  class link;

  std::vector<caf::strong_actor_ptr> targets_; // null for one that was listed before
  std::size_t count_ = 0;
  std::unique_ptr<link[]> links_;
  spin_mutex mutex_;
  std::vector<std::size_t> ended_;
  std::size_t taken_ = 0;
  caf::strong_actor_ptr waiter_;
  std::uint64_t wait_id_ = 0;
  std::optional<time_point> deadline_;
};

class next_completion_awaiter_base : public leaf_awaiter<next_completion_awaiter_base> {
public:
  next_completion_awaiter_base(completion_queue& queue, duration timeout) noexcept
      : queue_(&queue), timeout_(timeout) {}

  next_completion_awaiter_base(next_completion_awaiter_base&&) noexcept = default;
  next_completion_awaiter_base& operator=(next_completion_awaiter_base&&) = delete;
  ~next_completion_awaiter_base() override;

  [[nodiscard]] bool start(task_context& context);

protected:
  /// The index of the next task; nothing when all were given. Throws `timeout_error`.
  [[nodiscard]] std::optional<std::size_t> take();

private:
  void describe_wait(wait_view& view) const override { queue_->describe_wait(view); }

  completion_queue* queue_;
  duration timeout_;
  timer timer_;
  std::optional<std::size_t> found_;
};

} // namespace detail

template <class T>
class completions {
public:
  completions(std::vector<task_handle<T>> handles, duration timeout)
      : handles_(std::move(handles)), timeout_(timeout),
        queue_(std::make_unique<detail::completion_queue>(detail::actors_of(handles_))) {}

  class [[nodiscard]] next_awaiter : public detail::next_completion_awaiter_base {
  public:
    explicit next_awaiter(completions& owner) noexcept
        : detail::next_completion_awaiter_base(*owner.queue_, owner.timeout_), owner_(&owner) {}

    std::optional<task_handle<T>> await_resume() {
      const auto index = this->take();
      if (!index)
        return std::nullopt;
      return owner_->handles_[*index];
    }

  private:
    completions* owner_;
  };

  class [[nodiscard]] next_index_awaiter : public detail::next_completion_awaiter_base {
  public:
    explicit next_index_awaiter(completions& owner) noexcept
        : detail::next_completion_awaiter_base(*owner.queue_, owner.timeout_) {}

    std::optional<std::size_t> await_resume() { return this->take(); }
  };

  /// Waits for the next task to end.
  [[nodiscard]] next_awaiter next() noexcept { return next_awaiter{*this}; }

  /// The same, and tells which of the handles it is.
  [[nodiscard]] next_index_awaiter next_index() noexcept { return next_index_awaiter{*this}; }

private:
  std::vector<task_handle<T>> handles_;
  duration timeout_;
  std::unique_ptr<detail::completion_queue> queue_;
};

/// The tasks in the order in which they end.
template <class T>
completions<T> as_completed(std::vector<task_handle<T>> handles, duration timeout = forever) {
  return completions<T>{std::move(handles), timeout};
}

} // namespace actors
