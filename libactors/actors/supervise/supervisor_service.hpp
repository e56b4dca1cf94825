#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/supervise/child_spec.hpp>
#include <actors/supervise/message_types.hpp>
#include <actors/supervise/supervisor.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <utility>

/// A supervisor as an actor: what a `supervisor_ref` does, as messages, for plain CAF code and for other nodes.
///
/// | message | answer |
/// |---|---|
/// | `list_children_atom` | `std::vector<child_status>` in the order of their start |
/// | `find_child_atom, std::string name` | `caf::actor`, the current incarnation; empty while there is none |
/// | `start_child_atom, std::string offer` | `std::string name, caf::actor`: a new child as that offer says |
/// | `restart_child_atom, std::string name` | `caf::actor` of a child that was down |
/// | `terminate_child_atom, std::string name` | empty, once it has ended |
/// | `delete_child_atom, std::string name` | empty |
/// | `watch_children_atom, caf::actor listener` | empty; the listener gets a `child_notice` for all that happens from
/// now on, until it ends | | `unwatch_children_atom, caf::actor listener` | empty |
///
/// A specification holds code, which does not travel: messages start children that were offered here by name, or those
/// that the supervisor has and that are down.
///
/// Ownership: the supervisor goes on when the service ends; the service ends with its supervisor, so whoever monitors
/// it learns of that. At most 1024 listeners.
///
/// Cancellation: a caller that gives up takes nothing back. Errors: as `caf::error` with the text of the `child_error`;
/// `errc::stopping` once the supervisor stops; `errc::misuse` for an unknown offer, for an empty listener, and for one
/// listener too many.
///
/// `register_supervise_messages` has to run before the first runtime.
///
/// @snippet tests/supervise/supervisor_service_test.cpp ask a supervisor
namespace actors::supervise {

class supervisor_service_options {
public:
  /// A child that a message may start, under the name of the specification or, if that is `numbered`, any number of
  /// them.
  supervisor_service_options& offer(std::string name, child_spec what) {
    offers_.insert_or_assign(std::move(name), std::move(what));
    return *this;
  }

  /// Room for notices that are not sent yet; the oldest are dropped and counted beyond it. 1024 by default.
  supervisor_service_options& capacity(std::size_t value) noexcept {
    capacity_ = value;
    return *this;
  }

  [[nodiscard]] const std::map<std::string, child_spec>& offers() const noexcept { return offers_; }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
  std::map<std::string, child_spec> offers_;
  std::size_t capacity_ = 1024;
};

/// Starts the service as a child of the running task or service.
[[nodiscard]] service_ref spawn_supervisor_service(const supervisor_ref& target,
                                                   const supervisor_service_options& what = {},
                                                   const spawn_options& options = {});

/// Starts the service as one of the runtime.
[[nodiscard]] service_ref spawn_supervisor_service(const runtime& owner, const supervisor_ref& target,
                                                   const supervisor_service_options& what = {},
                                                   const spawn_options& options = {});

} // namespace actors::supervise
