#pragma once

#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/family.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/detail/worker_binding.hpp>
#include <actors/core/fwd.hpp>

#include <caf/intrusive/lifo_inbox.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <unordered_map>

namespace actors::internal {

struct counter_block;

} // namespace actors::internal

namespace actors::detail {

/// Takes the result of a child the moment it has ended, on the child's thread.
class task_sink {
public:
  virtual void child_ended(task_actor& child) noexcept = 0;

protected:
  ~task_sink() = default;
};

/// Who a new actor belongs to and what it is called.
struct task_origin {
  /// The parent's list of children; null if the sink looks after the task.
  family* parent = nullptr;
  task_sink* sink = nullptr;
  std::size_t index = 0;
  const std::string* name = nullptr;
  std::source_location where{};
  worker_binding home;
  /// What the child inherits from its parent.
  time_point deadline = time_point::max();
  context_values values;
  /// Whether an error is logged if nobody ever asks for the outcome.
  bool log_unretrieved = true;
  bool eager = false;
};

/// The waits of an actor by id: a list while they are few, a hash map when there are many.
class waiter_table {
public:
  void insert(waiter& entry);
  void erase(waiter& entry) noexcept;

  /// The waiter with this id, null if nobody waits for it any more.
  [[nodiscard]] waiter* find(std::uint64_t id) const noexcept;

  /// Leaves the waits that are left to the frames that they are in.
  void orphan_all(host_actor& actor) noexcept;

private:
  using map = std::unordered_map<std::uint64_t, waiter*>;

  waiter* first_ = nullptr;
  std::uint32_t listed_ = 0;
  std::unique_ptr<map> map_;
};

/// A lean actor that hosts coroutines: a CAF address, id and mailbox, monitors and links, without the behaviour stack,
/// queues and metrics of `caf::event_based_actor`. Base of tasks and services.
///
/// Lifetime: an actor that is suspended may be referenced by nobody but the timer or socket that will wake it, and CAF
/// would collect it. So it keeps a reference to itself from `launch` until it has ended.
class host_actor : public caf::monitorable_actor, public caf::resumable, public family {
public:
  host_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin);
  ~host_actor() override;

  // -- from any thread -------------------------------------------------------------------------------------------------------

  using caf::abstract_actor::enqueue;
  bool enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override;

  /// Ends the wait with this id, if it is still there. The caller holds a reference.
  void wake(std::uint64_t id) noexcept;

  /// Hands the actor to the scheduler for its first step.
  void launch();

  /// Runs the first step here and now if that is possible, else as `launch`.
  void launch_eagerly();

  /// Prepares what `launch` does, for a scheduler job that calls `resume` itself.
  void launch_unscheduled() noexcept;

  [[nodiscard]] runtime_core& core() const noexcept { return *core_; }

  [[nodiscard]] reactor_worker* home() const noexcept { return home_.worker; }

  [[nodiscard]] worker_binding binding() const noexcept { return home_; }

  [[nodiscard]] task_sink* sink() const noexcept { return sink_; }

  [[nodiscard]] const std::source_location& where() const noexcept { return where_; }

  /// The name given at the spawn, else the function that spawned it.
  [[nodiscard]] const char* name() const override;

  /// Asks the actor to end as a cancelled task does.
  void send_cancel(const caf::error& reason);

  /// Asks the actor to end without running any more of its code.
  void send_kill();

  /// What can be seen of the actor.
  void look(actor_view& view) const;

  /// The name is not just the function that spawned it.
  [[nodiscard]] bool has_given_name() const noexcept { return name_ != nullptr; }

  // -- caf::resumable --------------------------------------------------------------------------------------------------------

  [[nodiscard]] subtype_t subtype() const override { return unspecified; }

  resume_result resume(caf::execution_unit* unit, std::size_t max_throughput) override;
  void intrusive_ptr_add_ref_impl() override;
  void intrusive_ptr_release_impl() override;

  /// Called by CAF's `make_actor`; a lean actor has no metrics of its own.
  void setup_metrics() noexcept {}

  // -- the worker that it waits for -------------------------------------------------------------------------------------------

  /// Has what its next step will use brought into the cache: the actor itself should be there.
  virtual void fetch_ahead() const noexcept {}

  // -- on the actor ----------------------------------------------------------------------------------------------------------

  [[nodiscard]] std::uint64_t next_wait_id() noexcept { return ++last_wait_id_; }

  [[nodiscard]] waiter_table& waiters() noexcept { return waiters_; }

  /// Ends the current step and goes to the back of the queue, with work left.
  void yield_after_step() noexcept { yield_ = true; }

  /// The execution unit of the current step, for messages to other actors.
  [[nodiscard]] caf::execution_unit* unit() const noexcept { return unit_; }

protected:
  /// Adds what only the kind of actor knows. From any thread.
  virtual void look_inside(actor_view& view) const = 0;

  /// The counters of the worker that runs the current step.
  [[nodiscard]] internal::counter_block& counters() const noexcept;

  /// The id under which the family reports that it is deserted.
  static constexpr std::uint64_t family_wait_id = 1;

  virtual void on_start() = 0;
  virtual void on_cancel_request(const caf::error& reason) = 0;
  virtual void on_kill_request() = 0;
  virtual void on_family_deserted() = 0;

  /// A message that is neither a reply nor a system message.
  virtual void on_content(caf::mailbox_element& element);

  /// A wake-up or reply has arrived for a waiter. Returns false to keep it from the waiter.
  virtual bool admits_wake(const waiter& /*target*/) { return true; }

  /// Runs after the last step: close the mailbox, report to whoever waits, tell monitors and links.
  virtual void on_end(caf::execution_unit* unit) = 0;

  /// Ends the actor after the current step.
  void end() noexcept { ended_ = true; }

  [[nodiscard]] bool started() const noexcept { return started_; }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// After a kill: a task or generator that a coroutine here awaited may belong to somebody else, and outlive it.
  void orphan_waiters() noexcept { waiters_.orphan_all(*this); }

  /// Answers what is left in the mailbox (with `answer`, or that nobody is there), tells monitors and links, leaves the
  /// parent's family.
  void shut(caf::error reason, caf::execution_unit* unit, const caf::error& answer = {});

  void on_deserted() noexcept final;
  [[nodiscard]] caf::strong_actor_ptr owner() noexcept final;

private:
  friend class family;

  struct inbox_policy {
    using mapped_type = caf::mailbox_element;
    using unique_pointer = caf::mailbox_element_ptr;
  };

  void schedule();
  void note_ready() noexcept;
  void note_running(const reactor_worker* here) noexcept;
  void note_delay() noexcept;
  void note_step_end(const reactor_worker* here, std::size_t messages) noexcept;
  [[nodiscard]] reactor_worker* worker() const noexcept;
  void deliver_wake(std::uint64_t id);
  void dispatch(caf::mailbox_element& element);
  [[nodiscard]] caf::mailbox_element_ptr next_element() noexcept;

  runtime_core* core_;
  worker_binding home_;
  family* parent_;
  task_sink* sink_;
  host_actor* next_sibling_ = nullptr;
  host_actor* previous_sibling_ = nullptr;
  std::unique_ptr<const std::string> name_;
  std::source_location where_;
  caf::intrusive::lifo_inbox<inbox_policy> inbox_;
  caf::mailbox_element* ready_ = nullptr;
  caf::execution_unit* unit_ = nullptr;
  waiter_table waiters_;
  std::uint64_t last_wait_id_ = 15;
  std::uint64_t direct_wake_ = 0;
  /// Nanoseconds of the runtime's clock at the last change << 2 | sampled for the delay << 1 | running; negative before
  /// the first.
  std::atomic<std::int64_t> activity_{-4};
  std::atomic<std::uint64_t> arrived_{0};      // messages
  std::atomic<std::uint64_t> messages_{0};     // handled
  std::atomic<std::uint64_t> direct_wakes_{0}; // that needed no message
  bool yield_ = false;
  bool started_ = false;
  bool ended_ = false;
  bool shut_ = false;
};

} // namespace actors::detail
