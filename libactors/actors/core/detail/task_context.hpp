#pragma once

#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>

#include <caf/fwd.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

/// The machinery that an awaitable sees: the context of the coroutine stack that awaits, and the waiter that it
/// suspends on.
///
/// A `task_context` is one stack of coroutines inside an actor: a task has one, a service has one for each call being
/// handled. A `waiter` is one outstanding wait, known to its actor by an id. Whatever ends the wait (a timer, a child,
/// a reply, a socket) comes to the actor as that id; an id that nobody waits for any more is dropped, so a late
/// completion can never touch a dead frame.
///
/// Threads: everything here runs on whichever thread runs the actor, one at a time.
namespace actors::detail {

/// What a waiter does when its task is asked to cancel.
enum class cancel_action {
  /// Resume now; `co_await` throws `cancelled`.
  resume,
  /// Stay suspended: the cancellation was passed on to what is awaited, and its end will resume the task.
  wait,
  /// Stay suspended: the wait has succeeded already, in a way that cannot be taken back, and its wake-up is under way.
  /// The next suspension of the task delivers the cancellation.
  later,
};

/// One outstanding wait. Lives in a coroutine frame; its destructor withdraws it.
class waiter {
public:
  waiter() noexcept = default;
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  /// Null before it is armed, and when its stack was killed although the frame that the waiter is in belongs to
  /// somebody else, who will destroy it later.
  [[nodiscard]] task_context* context() const noexcept { return context_; }

  /// Only before it is armed: an awaitable may be handed on until somebody awaits it.
  waiter(waiter&& /*not armed*/) noexcept {}

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

protected:
  virtual ~waiter();

  /// Makes the waiter known to its actor under a fresh id.
  void arm(task_context& context);

  /// Takes the waiter back; wake-ups that are still under way will be dropped.
  void disarm() noexcept;

  [[nodiscard]] bool armed() const noexcept { return armed_; }

  /// The wait is over: takes the waiter back and resumes the coroutine that is suspended on it.
  void finish();

  /// A wake-up without content (a timer, a finished child). Runs on the actor.
  virtual void on_wake() { finish(); }

  /// A reply. Runs on the actor.
  virtual void on_message(caf::message& message);

  /// The task is asked to cancel while suspended on this waiter.
  virtual cancel_action on_cancel() { return cancel_action::resume; }

  /// The actor is killed: true if the frame must stay until this waiter has been woken once more.
  virtual bool on_kill() { return false; }

  /// Says what is waited for. Runs on any thread while the task is suspended on this waiter, under the lock that
  /// `task_context` takes before it goes on: reads only what does not change meanwhile.
  virtual void describe_wait(wait_view& /*view*/) const {}

private:
  friend class task_context;
  friend class host_actor;
  friend class waiter_table;

  /// The actor is dead, but what the waiter has armed (a timer, a node in a list) still points to it: keeps it until
  /// the waiter goes.
  void orphan(host_actor& actor) noexcept;

  task_context* context_ = nullptr;

  union {
    waiter* next_ = nullptr; // in the table
    host_actor* keeper_;     // orphaned
  };

  std::uint64_t id_ = 0;
  bool armed_ = false;
  bool orphaned_ = false;
};

/// One stack of coroutines inside an actor, with its state of cancellation.
class task_context {
public:
  explicit task_context(host_actor& host) noexcept : host_(&host) {}

  task_context(const task_context&) = delete;
  task_context& operator=(const task_context&) = delete;
  virtual ~task_context() = default;

  [[nodiscard]] host_actor& host() const noexcept { return *host_; }

  /// Runs `next` and whatever it hands over to, until the stack is suspended or done. A loop and not a recursion: a
  /// million awaits that are ready at once, or a chain of calls a million deep, need no more stack than one.
  void drive(std::coroutine_handle<> next);

  /// From `await_suspend`: continue with `next` after the current coroutine has been suspended.
  void transfer(std::coroutine_handle<> next) noexcept { next_ = next; }

  // -- suspension ------------------------------------------------------------------------------------------------------------

  /// The coroutine `handle` is suspended on `leaf`.
  void suspend(waiter& leaf, std::coroutine_handle<> handle) noexcept {
    pending_handle_ = handle;
    pending_.store(&leaf, std::memory_order_release);
  }

  /// True (once) if a cancellation was requested while the task was running: the await that asks has to throw.
  [[nodiscard]] bool take_pending_cancel() noexcept {
    const bool result = must_cancel_;
    must_cancel_ = false;
    return result;
  }

  /// What `take_pending_cancel` has taken is for the next suspension.
  void keep_pending_cancel() noexcept { must_cancel_ = true; }

  /// True (once) if the last suspension was ended by a cancellation.
  [[nodiscard]] bool take_interrupted() noexcept {
    const bool result = interrupted_;
    interrupted_ = false;
    return result;
  }

  /// Throws `cancelled` with the reason of the last request.
  [[noreturn]] void throw_cancelled() const;

  // -- cancellation ----------------------------------------------------------------------------------------------------------

  /// Counts a request and delivers it: now if the task is suspended, else at its next suspension.
  void request_cancel(const cancelled& reason) {
    count_cancel_request(reason);
    deliver_cancel();
  }

  void count_cancel_request(const cancelled& reason);

  /// Runs the task if it is suspended, maybe to its end.
  void deliver_cancel();

  /// True if a request waits for the next suspension.
  [[nodiscard]] bool cancel_is_pending() const noexcept { return must_cancel_; }

  /// After `uncancel`, when what was taken back was the last request: the reason that holds again, and whether one
  /// that was there before had not been delivered.
  void restore_cancel(const cancelled& reason, bool was_pending) noexcept;

  /// Takes one request back; the number of those left. At zero a request that has not been delivered is revoked.
  std::uint32_t uncancel() noexcept;

  [[nodiscard]] std::uint32_t cancel_requests() const noexcept { return cancel_requests_; }

  /// The requests without one that still waits for the next suspension: what is entered now may see that delivered
  /// together with its own, and must not take it for its own.
  [[nodiscard]] std::uint32_t delivered_requests() const noexcept {
    return must_cancel_ && cancel_requests_ > 0 ? cancel_requests_ - 1 : cancel_requests_;
  }

  [[nodiscard]] const cancelled& cancel_reason() const noexcept { return reason_; }

  /// The scope that was entered last and not left yet, null outside of all.
  [[nodiscard]] cancel_scope* innermost_scope() const noexcept { return innermost_scope_; }

  void set_innermost_scope(cancel_scope* scope) noexcept { innermost_scope_ = scope; }

  /// The earliest deadline of the scopes that the stack is in, `time_point::max()` for none. Calls pass it on.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  void set_deadline(time_point deadline) noexcept { deadline_ = deadline; }

  /// What the stack carries and hands on to what it spawns: the trace, the fields of its log records, task locals.
  [[nodiscard]] const context_values& values() const noexcept { return values_; }

  /// Sets them; those that held before.
  [[nodiscard]] context_values exchange_values(context_values values) noexcept {
    return std::exchange(values_, std::move(values));
  }

  /// What the next step will use beside the coroutine's frame; see `fetch_ahead`.
  void set_working_memory(const void* begin, std::size_t size) noexcept {
    working_memory_ = begin;
    working_size_ = size;
  }

  /// Has the memory that the next step will use brought into the cache. Only while the stack is suspended and its actor
  /// waits for its turn.
  void fetch_ahead() const noexcept;

  /// True once the root coroutine has ended.
  [[nodiscard]] bool root_done() const noexcept { return root_done_; }

  /// Called by the final suspension of the root coroutine.
  void mark_root_done() noexcept { root_done_ = true; }

  /// From any thread: adds what the stack is suspended on to `views`, if it is. The context stays for the call.
  void look(std::vector<wait_view>& views) const;

protected:
  /// The root coroutine has ended and control is back in the actor.
  virtual void on_root_done() = 0;

  /// On the actor.
  [[nodiscard]] waiter* pending() const noexcept { return pending_.load(std::memory_order_relaxed); }

  /// Whoever looks at the waiter has done so when this returns.
  void forget_pending() noexcept {
    const std::scoped_lock guard{pending_mutex_};
    pending_.store(nullptr, std::memory_order_relaxed);
  }

  bool kill_pending() { return pending() != nullptr && pending()->on_kill(); }

private:
  friend class waiter;

  void resume_from(waiter& leaf);

  host_actor* host_;
  std::atomic<waiter*> pending_{nullptr};
  std::coroutine_handle<> pending_handle_;
  std::coroutine_handle<> next_;
  time_point deadline_ = time_point::max();
  context_values values_;
  cancel_scope* innermost_scope_ = nullptr;
  cancelled reason_;
  std::uint32_t cancel_requests_ = 0;
  bool must_cancel_ = false;
  bool interrupted_ = false;
  bool root_done_ = false;
  std::size_t working_size_ = 0;
  const void* working_memory_ = nullptr;
  mutable spin_mutex pending_mutex_; // taken to end a suspension, so that nobody looks at a waiter that is gone
};

/// Base of awaitables that suspend on one waiter. `Derived` provides `bool start()`: false if there is nothing to wait
/// for, else it has armed the waiter; and `await_resume()`, which calls `check_cancelled()` first.
///
/// A cancellation that is pending throws before `start`. With a member `looks_first` it does so only if there is
/// something to wait for, after `on_cancel` has passed it on: a result that is there is not lost, and a task that is
/// cancelled before it awaits another cancels that.
template <class Derived>
class leaf_awaiter : public waiter {
public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    task_context& context = handle.promise().context();
    context_of_cancel_ = &context;
    auto& derived = static_cast<Derived&>(*this);
    if constexpr (requires { Derived::looks_first; }) {
      if (!derived.start(context))
        return false;
      if (context.take_pending_cancel()) {
        const auto action = this->on_cancel();
        if (action == cancel_action::resume) {
          disarm();
          interrupted_ = true;
          return false;
        }
        if (action == cancel_action::later)
          context.keep_pending_cancel();
      }
    } else {
      if (context.take_pending_cancel()) {
        interrupted_ = true;
        return false;
      }
      if (!derived.start(context))
        return false;
    }
    context.suspend(*this, handle);
    return true;
  }

protected:
  /// Throws `cancelled` if a cancellation ended the wait.
  void check_cancelled() {
    if (interrupted_ || context_of_cancel_->take_interrupted())
      context_of_cancel_->throw_cancelled();
  }

  [[nodiscard]] task_context& awaiting_context() const noexcept { return *context_of_cancel_; }

private:
  task_context* context_of_cancel_ = nullptr;
  bool interrupted_ = false;
};

/// `co_await current_context{}`: the context of the awaiting coroutine, without suspending.
class current_context {
public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    context_ = &handle.promise().context();
    return false;
  }

  [[nodiscard]] task_context& await_resume() const noexcept { return *context_; }

private:
  task_context* context_ = nullptr;
};

/// The context that runs on this thread, null outside of tasks and handlers. Out of line, because a coroutine may be
/// resumed by another thread and compilers keep the address of a thread-local across a suspension.
[[nodiscard]] task_context* running_context() noexcept;

/// Makes a context the running one for a scope of plain code, so that it can spawn.
class running_scope {
public:
  explicit running_scope(task_context& context) noexcept;
  running_scope(const running_scope&) = delete;
  running_scope& operator=(const running_scope&) = delete;
  ~running_scope();

private:
  task_context* outer_;
};

} // namespace actors::detail
