#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task.hpp>
#include <actors/supervise/detail/wait_queue.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

/// Bulkhead: at most so many operations at a time, at most so many that wait, an error for all others.
///
/// `co_await gate.run(operation)` runs an operation in the calling task when its turn comes; `auto permit = co_await
/// gate.acquire()` does the same for a scope. Places are handed on in the order in which the waiters came. Limit how
/// long to wait with `with_timeout`.
///
/// Copies share the places. Threads: tasks on any worker; a permit may be given back on any thread.
///
/// Cancellation: a wait ends at once, and a place that was handed to it meanwhile goes to the next. Errors:
/// `bulkhead_full_error` at once if all places are taken and the queue is full; `std::invalid_argument` for no places
/// at all. The name is Resilience4j's and Hystrix's.
///
/// @snippet examples/supervision.cpp limits
namespace actors::supervise {

/// All places of a bulkhead and of its queue are taken.
class bulkhead_full_error : public std::runtime_error {
public:
  bulkhead_full_error(std::size_t places, std::size_t queued);
};

namespace detail {

class bulkhead_state;

} // namespace detail

class bulkhead {
public:
  class awaiter;

  /// A place that is taken; given back when it is destroyed.
  class permit {
  public:
    permit() noexcept = default;

    explicit permit(std::shared_ptr<detail::bulkhead_state> state) noexcept : state_(std::move(state)) {}

    permit(permit&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

    permit& operator=(permit&& other) noexcept {
      permit moved{std::move(other)};
      std::swap(state_, moved.state_);
      return *this;
    }

    ~permit() { release(); }

    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Gives the place back now.
    void release() noexcept;

  private:
    std::shared_ptr<detail::bulkhead_state> state_;
  };

  /// `places` at a time, `queued` that may wait.
  explicit bulkhead(std::size_t places, std::size_t queued = 0);

  /// Waits for a place.
  [[nodiscard]] awaiter acquire() const;

  /// A place if there is one free, else an empty permit. From anywhere.
  [[nodiscard]] permit try_acquire() const;

  /// Runs `operation()` in a place; the callable is kept until it has ended.
  template <actors::detail::task_function F>
  [[nodiscard]] std::invoke_result_t<F&> run(F operation) const;

  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] std::size_t waiting() const;

private:
  std::shared_ptr<detail::bulkhead_state> state_;
};

class bulkhead::awaiter : public actors::detail::leaf_awaiter<awaiter> {
public:
  explicit awaiter(std::shared_ptr<detail::bulkhead_state> state) noexcept : state_(std::move(state)) {}

  ~awaiter();

  [[nodiscard]] bool start(actors::detail::task_context& context);
  [[nodiscard]] permit await_resume();

private:
  std::shared_ptr<detail::bulkhead_state> state_;
  detail::wait_node node_;
  bool entered_ = false; // a place, or a wait that ends with one
};

namespace detail {

template <class F>
std::invoke_result_t<F&> run_in_place(bulkhead where, F operation) {
  const auto place = co_await where.acquire();
  co_return co_await operation();
}

} // namespace detail

template <actors::detail::task_function F>
std::invoke_result_t<F&> bulkhead::run(F operation) const {
  return detail::run_in_place(*this, std::move(operation));
}

} // namespace actors::supervise
