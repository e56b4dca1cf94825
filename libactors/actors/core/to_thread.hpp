#pragma once

#include <actors/core/detail/blocking_job.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

/// Calls that block, off the workers: `co_await to_thread(function)` runs the function on a thread of the runtime's
/// blocking pool and gives its result.
///
/// Ownership: the function is moved to the pool and destroyed there, or here if it never ran.
///
/// Cancellation: a call that has not started is withdrawn at once. One that runs cannot be interrupted, so the task
/// waits for its end and then throws `cancelled`: the function may refer to what the task holds. `abandon_on_cancel()`
/// instead leaves it behind: the task goes on at once, the function finishes unobserved, and must own all it uses.
///
/// Errors: what the function throws; `stopping_error` when the runtime is stopping.
///
/// Threads: at most `runtime_options::blocking_threads` calls run at once, more wait in order.
///
/// @snippet examples/tasks.cpp to_thread
namespace actors {

namespace detail {

/// The part of a `to_thread` that does not depend on types.
class to_thread_awaiter_base : public leaf_awaiter<to_thread_awaiter_base> {
public:
  [[nodiscard]] bool start(task_context& context);

protected:
  /// The job's half that wakes the task.
  class job_base : public blocking_job {
  public:
    [[nodiscard]] std::string name() const final { return name_; }

  protected:
    /// The function has ended: wakes the task.
    void report() noexcept;

  private:
    friend class to_thread_awaiter_base;

    std::string name_;
    caf::strong_actor_ptr caller_;
    std::uint64_t wait_id_ = 0;
  };

  explicit to_thread_awaiter_base(std::shared_ptr<job_base> job) noexcept : job_(std::move(job)) {}

  void abandon() noexcept { abandon_ = true; }

  /// Throws `cancelled` if the task was cancelled.
  void check();

private:
  cancel_action on_cancel() override;
  bool on_kill() override;

  std::shared_ptr<job_base> job_;
  bool abandon_ = false;
  bool cancel_seen_ = false;
};

} // namespace detail

template <class F>
class [[nodiscard]] to_thread_awaiter : public detail::to_thread_awaiter_base {
public:
  using result_type = std::invoke_result_t<F&>;

  explicit to_thread_awaiter(F function) : to_thread_awaiter(std::make_shared<job>(std::move(function))) {}

  /// On cancellation, go on at once and leave the function behind.
  to_thread_awaiter&& abandon_on_cancel() && noexcept {
    abandon();
    return std::move(*this);
  }

  result_type await_resume() {
    check();
    if constexpr (std::is_void_v<result_type>)
      static_cast<void>(job_->result().value());
    else
      return std::move(job_->result()).value();
  }

private:
  class job final : public job_base {
  public:
    explicit job(F function) : function_(std::move(function)) {}

    void run() noexcept override {
      try {
        if constexpr (std::is_void_v<result_type>) {
          function_();
          result_.set_value();
        } else {
          result_.set_value(function_());
        }
      } catch (...) {
        result_.set_error(std::current_exception());
      }
      report();
    }

    [[nodiscard]] outcome<result_type>& result() noexcept { return result_; }

  private:
    F function_;
    outcome<result_type> result_;
  };

  explicit to_thread_awaiter(std::shared_ptr<job> work) : to_thread_awaiter_base(work), job_(std::move(work)) {}

  std::shared_ptr<job> job_;
};

/// Runs `function()` on a thread of the blocking pool.
template <class F>
to_thread_awaiter<std::decay_t<F>> to_thread(F&& function) {
  return to_thread_awaiter<std::decay_t<F>>{std::forward<F>(function)};
}

} // namespace actors
