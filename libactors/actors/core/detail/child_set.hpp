#pragma once

#include <actors/core/detail/make_task.hpp>
#include <actors/core/detail/task_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>

namespace actors::detail {

class child_range;

/// The children of one `gather`: creates them where they first run, collects their outcomes, cancels and joins them.
///
/// A gather over a million tasks would fill every queue with a million new actors. So ranges of children are scheduled
/// instead: the worker that gets a range creates a child, runs its first step at once, and goes on to the next, and a
/// range is split when another worker has nothing to do.
///
/// Lives in the frame of the gathering task, which is suspended until the last child has ended.
class child_set : public task_sink {
public:
  child_set(std::size_t size, bool fail_fast, std::source_location where);
  child_set(const child_set&) = delete;
  child_set& operator=(const child_set&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Starts the children; the end of the last one wakes the gathering task under `wait_id`.
  void begin(task_context& parent, std::uint64_t wait_id);

  /// Asks every child to cancel; those that have not started never will.
  void cancel_all(const cancelled& reason);

  /// Kills every child. The gathering task is still woken, and must keep the set until then: whoever ends the last
  /// child reads from it.
  void kill_all();

  /// The error that ended a fail-fast gather, null if there was none.
  [[nodiscard]] const std::exception_ptr& first_error() const noexcept { return first_error_; }

  /// For `waiter::describe_wait`: the children that run.
  void describe_wait(wait_view& view);

protected:
  ~child_set() = default;

  /// Creates the actor of a child, not launched.
  [[nodiscard]] virtual caf::strong_actor_ptr create(std::size_t index, runtime_core& core,
                                                     const task_origin& origin) = 0;

  /// Moves the outcome of a child that has ended into its place.
  virtual void store(std::size_t index, task_actor& child) noexcept = 0;

  /// The outcome of a child that never started.
  virtual void store_error(std::size_t index, std::exception_ptr error) noexcept = 0;

private:
  friend class child_range;

  void child_ended(task_actor& child) noexcept final;
  void run_child(std::size_t index, caf::execution_unit* unit);
  void finish_one(const std::exception_ptr& error) noexcept;
  void cancel_child(std::size_t index, const caf::error& reason, bool kill);
  [[nodiscard]] task_actor* lock_slot(std::size_t index, std::uintptr_t& bits) noexcept;

  std::size_t size_;
  bool fail_fast_;
  std::source_location where_;
  runtime_core* core_ = nullptr;
  host_actor* parent_ = nullptr;
  std::uint64_t wait_id_ = 0;
  task_origin origin_;
  std::atomic<std::size_t> left_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> failed_{false};
  spin_mutex reason_mutex_;
  caf::error stop_reason_;
  std::exception_ptr first_error_;
  /// A child's address, with two low bits for lock and "told to cancel"; 0 before it starts, `gone` after its end.
  std::unique_ptr<std::atomic<std::uintptr_t>[]> slots_;
};

/// For `waiter::describe_wait`: says that this is a gather.
void describe_gather(wait_view& view);

/// Suspends the gathering task until all children have ended. `Derived` provides `child_set& children()`.
template <class Derived>
class child_set_awaiter : public leaf_awaiter<Derived> {
public:
  child_set_awaiter() noexcept = default;
  child_set_awaiter(child_set_awaiter&&) noexcept = default;

  [[nodiscard]] bool start(task_context& context) {
    auto& children = static_cast<Derived*>(this)->children();
    if (children.size() == 0)
      return false;
    this->arm(context);
    started_ = true;
    children.begin(context, this->id());
    return true;
  }

protected:
  /// Throws `cancelled` if the gathering task was cancelled meanwhile.
  void check_children_cancelled() {
    if (cancel_seen_)
      this->awaiting_context().throw_cancelled();
    this->check_cancelled();
  }

private:
  cancel_action on_cancel() override {
    cancel_seen_ = true;
    static_cast<Derived*>(this)->children().cancel_all(this->context()->cancel_reason());
    return cancel_action::wait;
  }

  bool on_kill() override {
    if (started_)
      static_cast<Derived*>(this)->children().kill_all();
    return started_;
  }

  void describe_wait(wait_view& view) const override {
    describe_gather(view);
    // Each child is looked at under its own lock.
    const_cast<Derived*>(static_cast<const Derived*>(this))->children().describe_wait(view); // NOLINT(*-const-cast)
  }

  bool started_ = false;
  bool cancel_seen_ = false;
};

} // namespace actors::detail
