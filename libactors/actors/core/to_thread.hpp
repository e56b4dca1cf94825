#pragma once

#include <actors/core/detail/blocking_job.hpp>
#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

/// Calls that block, off the workers: `co_await to_thread(function)` runs the function on a thread of the runtime's
/// blocking pool and gives its result.
///
/// Ownership: the function is moved to the pool and destroyed there, or here if it never ran; in both cases before the
/// task goes on, unless it was abandoned.
///
/// Cancellation: a call that has not started is withdrawn at once. One that runs cannot be interrupted, so the task
/// waits for its end and then throws `cancelled`: the function may refer to what the task holds. `abandon_on_cancel()`
/// instead leaves it behind: the task goes on at once, the function finishes unobserved, and must own all it uses.
///
/// Errors: what the function throws; `stopping_error` for a task that has outlived the end of its runtime (those that
/// clean up while it stops may still make calls).
///
/// A call that somebody can break off from outside (a database's interrupt) takes `interrupt_with(function)`:
/// cancelling then calls the function, which must be safe to call from another thread and after the end of the call.
///
/// `to_thread(strand, function)` runs functions that must not run at the same time, such as those on one database
/// connection, one after another in the order of the calls.
///
/// Threads: at most `runtime_options::blocking_threads` calls run at once, more wait in order.
///
/// @snippet examples/tasks.cpp to_thread
namespace actors {

namespace detail {

class strand_queue;

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
    /// Lets the function see what the task carries.
    [[nodiscard]] borrowed_values lend_values() const noexcept { return {values_, name_}; }

    /// The function has ended: wakes the task.
    void report() noexcept;

    /// The job was withdrawn: destroys the function.
    virtual void discard() noexcept = 0;

  private:
    friend class to_thread_awaiter_base;

    std::string name_;
    context_values values_;
    caf::strong_actor_ptr caller_;
    std::uint64_t wait_id_ = 0;
  };

  /// What to do on cancellation while the function runs.
  struct cancellation {
    std::function<void()> interrupt;
    bool abandon = false;
  };

  to_thread_awaiter_base(std::shared_ptr<job_base> job, std::shared_ptr<strand_queue> strand, cancellation how) noexcept
      : job_(std::move(job)), strand_(std::move(strand)), cancellation_(std::move(how)) {}

  [[nodiscard]] std::shared_ptr<strand_queue> take_strand() noexcept { return std::move(strand_); }

  [[nodiscard]] cancellation take_cancellation() noexcept { return std::move(cancellation_); }

  /// Throws `cancelled` if the task was cancelled.
  void check();

private:
  cancel_action on_cancel() override;
  bool on_kill() override;
  void describe_wait(wait_view& view) const override;

  /// True if the function will not run. The pool keeps the job until its turn comes, but nothing of the task's.
  [[nodiscard]] bool withdraw() noexcept;

  /// True if the task has to wait for the function, after it has asked it to end.
  [[nodiscard]] bool break_off();

  std::shared_ptr<job_base> job_;
  std::shared_ptr<strand_queue> strand_;
  cancellation cancellation_;
  bool cancel_seen_ = false;
};

} // namespace detail

template <class F>
class [[nodiscard]] to_thread_awaiter : public detail::to_thread_awaiter_base {
public:
  using result_type = std::invoke_result_t<F&>;

  explicit to_thread_awaiter(F function, std::shared_ptr<detail::strand_queue> strand = nullptr)
      : to_thread_awaiter(std::make_shared<job>(std::move(function)), std::move(strand), {}) {}

  /// On cancellation, go on at once and leave the function behind.
  to_thread_awaiter abandon_on_cancel() && {
    auto how = take_cancellation();
    how.abandon = true;
    return to_thread_awaiter{std::move(job_), take_strand(), std::move(how)};
  }

  /// On cancellation, ask the call to end early by calling `interrupt`.
  to_thread_awaiter interrupt_with(std::function<void()> interrupt) && {
    auto how = take_cancellation();
    how.interrupt = std::move(interrupt);
    return to_thread_awaiter{std::move(job_), take_strand(), std::move(how)};
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
      const auto carried = this->lend_values();
      try {
        if constexpr (std::is_void_v<result_type>) {
          (*function_)();
          result_.set_value();
        } else {
          result_.set_value((*function_)());
        }
      } catch (...) {
        result_.set_error(std::current_exception());
      }
      // What it holds may refer to what the task holds, which goes on now.
      function_.reset();
      report();
    }

    [[nodiscard]] outcome<result_type>& result() noexcept { return result_; }

  private:
    void discard() noexcept override { function_.reset(); }

    std::optional<F> function_;
    outcome<result_type> result_;
  };

  to_thread_awaiter(std::shared_ptr<job> work, std::shared_ptr<detail::strand_queue> strand, cancellation how)
      : to_thread_awaiter_base(work, std::move(strand), std::move(how)), job_(std::move(work)) {}

  std::shared_ptr<job> job_;
};

/// An order for blocking calls: of the calls that are given the same strand, one runs at a time, in the order in which
/// they were made. Copies stand for the same order.
class blocking_strand {
public:
  blocking_strand();

  [[nodiscard]] const std::shared_ptr<detail::strand_queue>& queue() const noexcept { return queue_; }

private:
  std::shared_ptr<detail::strand_queue> queue_;
};

/// Runs `function()` on a thread of the blocking pool.
template <class F>
to_thread_awaiter<std::decay_t<F>> to_thread(F&& function) {
  return to_thread_awaiter<std::decay_t<F>>{std::forward<F>(function)};
}

/// Runs `function()` on a thread of the blocking pool after the calls that were given this strand before.
template <class F>
to_thread_awaiter<std::decay_t<F>> to_thread(const blocking_strand& strand, F&& function) {
  return to_thread_awaiter<std::decay_t<F>>{std::forward<F>(function), strand.queue()};
}

} // namespace actors
