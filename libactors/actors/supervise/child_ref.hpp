#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/task.hpp>

#include <caf/actor.hpp>

#include <memory>
#include <string>
#include <utility>

/// `child_ref`: the name of a child that stays the same while actors come and go under it.
///
/// An address stands for one incarnation of a child; a `child_ref` always leads to the current one. `up()` gives its
/// address, and waits for it while the child is being started again or is stopped. `next(old)` waits for another
/// incarnation than the one that a caller has seen fail, `down(old)` for its end.
///
/// Threads: from anywhere; what waits, in tasks. Holding one keeps nothing running.
///
/// Cancellation: the waits end at once. Errors: `timeout_error` after `within`; `child_error` with `child_errc::gone`
/// once the supervisor has ended or has forgotten the child; `misuse_error` if this stands for no child.
///
/// @snippet examples/supervision.cpp child_ref
namespace actors::supervise {

class supervisor_ref;

namespace detail {

class child_slot;

} // namespace detail

class child_ref {
public:
  /// Stands for no child.
  child_ref() noexcept = default;

  explicit child_ref(std::shared_ptr<detail::child_slot> slot) noexcept : slot_(std::move(slot)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return slot_ != nullptr; }

  [[nodiscard]] const std::string& name() const;

  /// The current incarnation, empty while there is none that has started and not ended.
  [[nodiscard]] caf::actor address() const;

  /// The same, for `ask`.
  [[nodiscard]] service_ref service() const { return service_ref{address()}; }

  /// True once there will be no further incarnation.
  [[nodiscard]] bool gone() const;

  /// The current incarnation, as soon as there is one.
  [[nodiscard]] task<caf::actor> up(duration within = forever) const;

  /// An incarnation other than `old`.
  [[nodiscard]] task<caf::actor> next(caf::actor old, duration within = forever) const;

  /// Waits until `old` is not the current incarnation any more.
  [[nodiscard]] task<void> down(caf::actor old, duration within = forever) const;

  /// The current incarnation of a child that is a supervisor. Throws `child_error` if it does not run, `misuse_error`
  /// if it is none.
  [[nodiscard]] supervisor_ref supervisor() const;

  friend bool operator==(const child_ref& a, const child_ref& b) noexcept { return a.slot_ == b.slot_; }

private:
  [[nodiscard]] const std::shared_ptr<detail::child_slot>& slot() const;

  std::shared_ptr<detail::child_slot> slot_;
};

} // namespace actors::supervise
