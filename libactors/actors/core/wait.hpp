#pragma once

#include <actors/core/detail/completion_set.hpp>
#include <actors/core/detail/timer.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/task_handle.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

/// Waiting for some of several tasks, without owning or cancelling any.
///
/// `co_await wait(handles, until, timeout)` returns the handles in two lists, those that are done and those that are
/// pending, each in the order of the arguments; one that was handed in twice is listed twice. It never throws a child's
/// error, and a timeout neither throws nor cancels. Cancelling the waiting task ends the wait and leaves the awaited
/// tasks alone.
///
/// Errors: `misuse_error` for an empty list, an empty handle, a handle of another runtime or of the waiting task
/// itself.
///
/// @snippet examples/tasks.cpp wait
namespace actors {

/// When a `wait` is over.
enum class until : std::uint8_t {
  all_completed,
  first_completed,
  /// As soon as one has failed, else when all are done. A cancelled task does not count as failed.
  first_exception,
};

/// What a `wait` found.
template <class T>
struct wait_result {
  std::vector<task_handle<T>> done;
  std::vector<task_handle<T>> pending;
};

namespace detail {

[[nodiscard]] completion_rule rule_of(until condition) noexcept;

/// The part of a `wait` that does not depend on types.
class wait_awaiter_base : public leaf_awaiter<wait_awaiter_base> {
public:
  wait_awaiter_base(std::vector<caf::strong_actor_ptr> targets, until condition, duration timeout);

  [[nodiscard]] bool start(task_context& context);

private:
  void describe_wait(wait_view& view) const override;

  std::unique_ptr<completion_set> set_;
  duration timeout_;
  timer timer_;
};

template <class T>
class [[nodiscard]] wait_awaiter : public wait_awaiter_base {
public:
  wait_awaiter(std::vector<task_handle<T>> handles, until condition, duration timeout)
      : wait_awaiter_base(actors_of(handles), condition, timeout), handles_(std::move(handles)) {}

  wait_result<T> await_resume() {
    this->check_cancelled();
    wait_result<T> result;
    for (auto& handle : handles_) {
      auto& list = handle.done() ? result.done : result.pending;
      list.push_back(std::move(handle));
    }
    return result;
  }

private:
  std::vector<task_handle<T>> handles_;
};

} // namespace detail

/// Waits for tasks until the condition is met or the time is up.
template <class T>
auto wait(std::vector<task_handle<T>> handles, until condition = until::all_completed, duration timeout = forever) {
  return detail::wait_awaiter<T>{std::move(handles), condition, timeout};
}

} // namespace actors
