#pragma once

#include <actors/core/detail/spin_mutex.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/supervise/detail/wait_queue.hpp>

#include <caf/actor.hpp>

#include <memory>
#include <string>
#include <utility>

namespace actors::supervise::detail {

class supervisor_core;

/// What the holders of a `child_ref` share with the supervisor. Threads: all members may be called from any thread.
class child_slot {
public:
  child_slot(std::string supervisor, std::string name, bool holds_supervisors)
      : supervisor_(std::move(supervisor)), name_(std::move(name)), holds_supervisors_(holds_supervisors) {}

  [[nodiscard]] const std::string& supervisor() const noexcept { return supervisor_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] bool holds_supervisors() const noexcept { return holds_supervisors_; }

  // -- by the supervisor -----------------------------------------------------------------------------------------------------

  void set_up(caf::actor actor);
  void set_nested(std::shared_ptr<supervisor_core> core);
  void set_down();
  void set_gone();

  // -- by holders ------------------------------------------------------------------------------------------------------------

  /// Empty while there is none, or one that is about to be found dead.
  [[nodiscard]] caf::actor current() const;
  [[nodiscard]] bool gone() const;
  [[nodiscard]] std::shared_ptr<supervisor_core> nested() const;

  enum class wish : std::uint8_t { other_than, not_this };

  /// True if the wish is met or never will be: `other_than` is an incarnation that is not `old`, `not_this` any state
  /// but that `old` runs. Otherwise `node` waits for a change.
  [[nodiscard]] bool check(wish what, const caf::actor& old, wait_node& node,
                           const actors::detail::task_context& context, std::uint64_t id);
  void forget(wait_node& node);

private:
  [[nodiscard]] caf::actor live() const;

  const std::string supervisor_;
  const std::string name_;
  const bool holds_supervisors_;
  mutable actors::detail::spin_mutex mutex_;
  caf::actor actor_;
  std::shared_ptr<supervisor_core> nested_;
  wait_queue waiting_;
  bool gone_ = false;
};

/// Waits for a change of a slot until a wish is met, or the child is gone.
class slot_awaiter : public actors::detail::leaf_awaiter<slot_awaiter> {
public:
  slot_awaiter(child_slot& slot, child_slot::wish what, const caf::actor& old) noexcept
      : slot_(&slot), what_(what), old_(&old) {}

  ~slot_awaiter() { slot_->forget(node_); }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    return !slot_->check(what_, *old_, node_, context, id());
  }

  void await_resume() { check_cancelled(); }

private:
  child_slot* slot_;
  child_slot::wish what_;
  const caf::actor* old_;
  wait_node node_;
};

} // namespace actors::supervise::detail
