#pragma once

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <caf/actor.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_storage.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

namespace actors::detail {

/// Told when a task has ended. The link lives with the one who waits and is removed in its destructor.
class completion_watcher {
public:
  completion_watcher(const completion_watcher&) = delete;
  completion_watcher& operator=(const completion_watcher&) = delete;

protected:
  /// Only while it watches nothing.
  completion_watcher(completion_watcher&& other) noexcept : completed_(other.completed_) {}

  /// Runs under the task's lock on the thread that ended it. Returns the actor to wake after the lock is released, and
  /// under which id. No virtual function, because a task may end while the watcher is being destroyed and has not been
  /// taken off the list yet.
  using completed_function = caf::strong_actor_ptr (*)(completion_watcher& self, task_actor& ended,
                                                       std::uint64_t& id) noexcept;

  explicit completion_watcher(completed_function completed) noexcept : completed_(completed) {}

  ~completion_watcher() = default;

private:
  friend class task_actor;

  completed_function completed_;
  completion_watcher* next_ = nullptr;
  completion_watcher* previous_ = nullptr;
};

/// A task as an actor: one stack of coroutines, its children, its outcome.
class task_actor : public host_actor, public task_context {
public:
  task_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin);
  ~task_actor() override;

  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  /// True once the task has ended: children joined, frame destroyed, outcome in place.
  [[nodiscard]] bool done() const noexcept { return done_.load(std::memory_order_acquire); }

  /// Requests a cancellation; false if the task is done.
  bool cancel(std::string_view reason);

  /// Registers a watcher; false if the task is done already and the watcher will not be told.
  [[nodiscard]] bool watch(completion_watcher& watcher) noexcept;
  void unwatch(completion_watcher& watcher) noexcept;

  void fetch_ahead() const noexcept final { task_context::fetch_ahead(); }

  /// The error of a task that is done, null if it has a value.
  [[nodiscard]] virtual std::exception_ptr error() const noexcept = 0;

  /// For whoever counts the starts of many tasks at once.
  void count_start_elsewhere() noexcept { start_counted_ = true; }

  /// Somebody has seen the outcome: an error in it need not be logged.
  void mark_retrieved() noexcept { retrieved_.store(true, std::memory_order_relaxed); }

protected:
  /// Binds the root coroutine to this context and returns it.
  [[nodiscard]] virtual std::coroutine_handle<> begin() noexcept = 0;

  /// Moves the outcome out of the root's frame and destroys the frame.
  virtual void settle() noexcept = 0;

  /// Destroys the frame unfinished; the outcome is `error`.
  virtual void abandon(std::exception_ptr error) noexcept = 0;

private:
  void on_start() override;
  void on_cancel_request(const caf::error& reason) override;
  void on_kill_request() override;
  void on_family_deserted() override;
  bool admits_wake(const waiter& target) override;
  void on_end(caf::execution_unit* unit) override;
  void on_root_done() override;
  void look_inside(actor_view& view) const override;

  void finish_when_childless();
  void finish_kill();
  void prepare_report(const std::exception_ptr& failure);

  std::size_t index_;
  struct unretrieved_error;

  std::unique_ptr<unretrieved_error> unretrieved_;
  completion_watcher* watchers_ = nullptr;
  spin_mutex watchers_mutex_;
  std::atomic<bool> done_{false};
  std::atomic<bool> retrieved_{false};
  bool start_counted_ = false;
  bool killed_ = false;
  bool settled_ = false;
  bool waits_for_pending_ = false;
  bool log_unretrieved_;
};

/// A task with the type of its result.
template <class T>
class typed_task final : public task_actor {
public:
  typed_task(caf::actor_config& config, runtime_core& core, const task_origin& origin, task<T>&& root)
      : task_actor(config, core, origin), root_(std::move(root)) {}

  [[nodiscard]] std::exception_ptr error() const noexcept override { return outcome_.error(); }

  /// The outcome; complete once `done()`.
  [[nodiscard]] outcome<T>& result() noexcept { return outcome_; }

private:
  std::coroutine_handle<> begin() noexcept override {
    auto handle = root_.release();
    root_ = task<T>{handle};
    handle.promise().start_in(*this, {});
    return handle;
  }

  void settle() noexcept override {
    auto handle = root_.release();
    outcome_ = std::move(handle.promise().result());
    handle.destroy();
  }

  void abandon(std::exception_ptr error) noexcept override {
    root_ = task<T>{};
    outcome_.set_error(std::move(error));
  }

  task<T> root_;
  outcome<T> outcome_;
};

} // namespace actors::detail
