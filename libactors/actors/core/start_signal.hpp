#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>
#include <actors/core/task.hpp>
#include <actors/core/task_handle.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

/// The handshake of a task that has to be ready before others go on: `co_await group.start(child)` returns what the
/// child passes to `started(value)`.
///
/// The child is a callable that takes a `start_signal<T>` and returns `task<>`. What it throws before it has signalled
/// comes out of `start` and does not fail the group; afterwards it is a child like any other. One that ends without a
/// signal makes `start` throw `misuse_error`.
///
/// Cancellation: cancelling the task that waits in `start` cancels the child and waits for its cleanup.
///
/// Ownership: signals copy; all copies stand for the same start. Threads: `started` may be called from any thread.
/// Source: trio's `Nursery.start`.
///
/// @snippet examples/tasks.cpp start
namespace actors {

namespace detail {

/// What a child that starts and the task that waits for it share.
class handshake_base {
public:
  /// True if the waiter was registered, false if there is no need to wait.
  [[nodiscard]] bool wait(caf::strong_actor_ptr waiter, std::uint64_t id);

  /// The child has ended; with null it has returned. True if it had not signalled: its error is for the one who waits.
  bool child_ended(std::exception_ptr error) noexcept;

  [[nodiscard]] std::exception_ptr error() const noexcept;

protected:
  ~handshake_base() = default;

  /// Throws `misuse_error` the second time.
  void claim();
  void complete() noexcept;

private:
  mutable spin_mutex mutex_;
  bool claimed_ = false;
  bool complete_ = false;
  std::exception_ptr error_;
  caf::strong_actor_ptr waiter_;
  std::uint64_t wait_id_ = 0;
};

template <class T>
class handshake final : public handshake_base {
public:
  template <class... Args>
  void signal(Args&&... value) {
    claim();
    value_.set_value(std::forward<Args>(value)...);
    complete();
  }

  [[nodiscard]] outcome<T>& value() noexcept { return value_; }

private:
  outcome<T> value_;
};

} // namespace detail

template <class T = void>
class start_signal {
public:
  using value_type = T;

  explicit start_signal(std::shared_ptr<detail::handshake<T>> shared) noexcept : shared_(std::move(shared)) {}

  /// The child is ready: `start` returns `value`. Throws `misuse_error` the second time.
  template <class... Args>
  void started(Args&&... value) const {
    shared_->signal(std::forward<Args>(value)...);
  }

private:
  std::shared_ptr<detail::handshake<T>> shared_;
};

namespace detail {

/// Waits for the signal, or for the end of a child that did not give it.
class handshake_awaiter : public leaf_awaiter<handshake_awaiter> {
public:
  static constexpr bool looks_first = true;

  handshake_awaiter(handshake_base& shared, task_handle<void> child) noexcept
      : shared_(&shared), child_(std::move(child)) {}

  [[nodiscard]] bool start(task_context& context);
  void await_resume();

private:
  cancel_action on_cancel() override;

  handshake_base* shared_;
  task_handle<void> child_;
};

/// The child's end of a handshake. A child whose coroutine is destroyed without an end of its own, because it was
/// cancelled before its first step or killed, counts as cancelled.
template <class T>
class handshake_owner {
public:
  explicit handshake_owner(std::shared_ptr<handshake<T>> shared) noexcept : shared_(std::move(shared)) {}

  handshake_owner(handshake_owner&&) noexcept = default;
  handshake_owner& operator=(handshake_owner&&) = delete;

  ~handshake_owner() {
    if (shared_)
      static_cast<void>(
          shared_->child_ended(std::make_exception_ptr(cancelled{"the task was never run to its start"})));
  }

  [[nodiscard]] const std::shared_ptr<handshake<T>>& shared() const noexcept { return shared_; }

private:
  std::shared_ptr<handshake<T>> shared_;
};

template <class T, class F>
task<void> run_with_handshake(F function, handshake_owner<T> owner) {
  std::exception_ptr error;
  try {
    co_await std::invoke(function, start_signal<T>{owner.shared()});
  } catch (...) {
    error = std::current_exception();
  }
  if (!owner.shared()->child_ended(error) && error)
    std::rethrow_exception(error);
}

} // namespace detail

} // namespace actors
