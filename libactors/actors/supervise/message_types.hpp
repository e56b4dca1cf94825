#pragma once

#include <actors/core/type_ids.hpp>

#include <caf/actor.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// The message types of this folder. `register_supervise_messages` must run before the first runtime starts; again does
/// nothing.
namespace actors::supervise {

void register_supervise_messages();

/// A child at one moment, as it travels in messages.
struct child_status {
  std::string name;
  std::string state;   ///< as `to_string(child_state)`
  std::string restart; ///< "permanent", "transient" or "temporary"
  std::uint64_t restarts = 0;
  caf::actor actor;       ///< empty unless it is starting, running or stopping
  std::string last_error; ///< empty if it never failed
};

template <class Inspector>
bool inspect(Inspector& f, child_status& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("state", x.state), f.field("restart", x.restart),
                            f.field("restarts", x.restarts), f.field("actor", x.actor),
                            f.field("last_error", x.last_error));
}

/// What has happened to a child, as it travels in messages.
struct child_notice {
  std::string supervisor;
  std::string child;
  std::string what; ///< as `to_string(child_event_kind)`
  std::string exit; ///< as `to_string(exit_kind)` if `what` is "exited", else empty
  caf::actor actor; ///< the incarnation that it is about, if there is one
  std::string error;
  std::int64_t delay_ns = 0; ///< until it is started again
  std::uint64_t restarts = 0;
  std::uint64_t missed = 0; ///< how many notices were dropped so far, because the supervisor was faster
};

template <class Inspector>
bool inspect(Inspector& f, child_notice& x) {
  return f.object(x).fields(f.field("supervisor", x.supervisor), f.field("child", x.child), f.field("what", x.what),
                            f.field("exit", x.exit), f.field("actor", x.actor), f.field("error", x.error),
                            f.field("delay_ns", x.delay_ns), f.field("restarts", x.restarts),
                            f.field("missed", x.missed));
}

} // namespace actors::supervise

CAF_BEGIN_TYPE_ID_BLOCK(actors_supervise, actors::first_library_type_id + 30)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, list_children_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, find_child_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, start_child_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, terminate_child_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, restart_child_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, delete_child_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, watch_children_atom)
  CAF_ADD_ATOM(actors_supervise, actors::supervise, unwatch_children_atom)
  CAF_ADD_TYPE_ID(actors_supervise, (actors::supervise::child_status))
  CAF_ADD_TYPE_ID(actors_supervise, (std::vector<actors::supervise::child_status>))
  CAF_ADD_TYPE_ID(actors_supervise, (actors::supervise::child_notice))
CAF_END_TYPE_ID_BLOCK(actors_supervise)
