#pragma once

#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/outcome.hpp>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

/// `task_handle<T>`: the hold on a task that was spawned.
///
/// Handles copy; all copies stand for the same task, and dropping them changes nothing: a task is owned by its parent
/// or the runtime. `co_await handle` copies the result out, `co_await std::move(handle)` moves it (the next one to ask
/// finds it moved from). An error that nobody asked for is logged when the last handle goes, with the task's name and
/// where it was spawned.
///
/// Threads: everything but `co_await` may be called from any thread.
///
/// Cancellation: cancelling a task that awaits a handle cancels the awaited task, and the wait goes on until that has
/// ended; wrap the handle in `shield` to prevent it. Awaiting oneself, or a handle of another runtime, throws
/// `misuse_error`.
///
/// @snippet examples/tasks.cpp wait
namespace actors {

namespace detail {

/// Throws `misuse_error` if `context` cannot wait for `target`.
void check_awaitable(const task_context& context, const task_actor& target);

void describe_completion(wait_view& view, const caf::strong_actor_ptr& target);

/// Common to handles of all types: subscribes to the end of one task.
template <class Derived>
class completion_awaiter : public leaf_awaiter<Derived>, private completion_watcher {
public:
  static constexpr bool looks_first = true;

  explicit completion_awaiter(caf::strong_actor_ptr target) noexcept
      : completion_watcher(&completed), target_(std::move(target)) {}

  completion_awaiter(completion_awaiter&&) noexcept = default;
  completion_awaiter& operator=(completion_awaiter&&) = delete;

  ~completion_awaiter() {
    if (target_)
      target().unwatch(*this);
  }

  [[nodiscard]] bool start(task_context& context) {
    check_awaitable(context, target());
    if (target().done())
      return false;
    this->arm(context);
    waiting_ = caf::strong_actor_ptr{context.host().ctrl()};
    return target().watch(*this);
  }

protected:
  [[nodiscard]] task_actor& target() const noexcept { return static_cast<task_actor&>(*target_->get()); }

  void describe_wait(wait_view& view) const override { describe_completion(view, target_); }

private:
  static caf::strong_actor_ptr completed(completion_watcher& watcher, task_actor&, std::uint64_t& id) noexcept {
    auto& self = static_cast<completion_awaiter&>(watcher);
    id = self.id();
    return std::move(self.waiting_);
  }

  caf::strong_actor_ptr target_;
  caf::strong_actor_ptr waiting_;
};

} // namespace detail

template <class T>
class task_handle {
public:
  using value_type = T;

  /// Stands for no task.
  task_handle() noexcept = default;

  explicit task_handle(detail::task_ref<T> task) noexcept : task_(std::move(task)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(task_); }

  /// True once the task has ended in any way and its children are joined.
  [[nodiscard]] bool done() const { return task().done(); }

  /// Asks the task to cancel: its pending `co_await` throws `cancelled` with this reason. Each call counts. False if it
  /// is done.
  bool cancel(std::string_view reason = {}) const { return task().cancel(reason); }

  /// The result of a task that is done: throws its error, `misuse_error` if it is not done.
  [[nodiscard]] const outcome<T>& result() const {
    auto& target = task();
    if (!target.done())
      throw misuse_error("the result of a task that is not done was asked for");
    target.mark_retrieved();
    return target.result();
  }

  /// The name given at the spawn, else the function that spawned it.
  [[nodiscard]] std::string_view name() const { return task().name(); }

  /// The id of the actor.
  [[nodiscard]] std::uint64_t id() const { return task().id(); }

  /// The task's actor, for CAF code: monitor it, link to it, send it an exit.
  [[nodiscard]] caf::actor address() const { return caf::actor_cast<caf::actor>(task_.actor()); }

  class awaiter : public detail::completion_awaiter<awaiter> {
  public:
    awaiter(const detail::task_ref<T>& task, bool move) noexcept
        : detail::completion_awaiter<awaiter>(task.actor()), task_(task), move_(move) {}

    T await_resume() {
      this->check_cancelled();
      task_->mark_retrieved();
      auto& result = task_->result();
      if constexpr (std::is_void_v<T>) {
        static_cast<void>(result.value());
      } else if constexpr (std::is_copy_constructible_v<T>) {
        if (!move_)
          return result.value();
        return std::move(result).value();
      } else {
        return std::move(result).value();
      }
    }

  private:
    detail::cancel_action on_cancel() override {
      return task_->cancel(this->context()->cancel_reason().reason()) ? detail::cancel_action::wait
                                                                      : detail::cancel_action::resume;
    }

    detail::task_ref<T> task_;
    bool move_;
  };

  /// Waits for the end and copies the result (a type that cannot be copied is moved).
  [[nodiscard]] awaiter operator co_await() const& { return awaiter{checked(), false}; }

  /// Waits for the end and moves the result out.
  [[nodiscard]] awaiter operator co_await() && { return awaiter{checked(), true}; }

  friend bool operator==(const task_handle& a, const task_handle& b) noexcept { return a.task_ == b.task_; }

  /// For the verbs that take handles.
  [[nodiscard]] const detail::task_ref<T>& ref() const noexcept { return task_; }

private:
  [[nodiscard]] detail::typed_task<T>& task() const { return *checked(); }

  [[nodiscard]] const detail::task_ref<T>& checked() const {
    if (!task_)
      throw misuse_error("an empty task handle was used");
    return task_;
  }

  detail::task_ref<T> task_;
};

} // namespace actors
