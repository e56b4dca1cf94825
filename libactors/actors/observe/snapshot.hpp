#pragma once

#include <actors/core/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The live view: what every task and service of a runtime is doing at this moment, who owns it and what it waits for.
///
/// `snapshot(runtime)` returns one node for each task, service and known CAF actor, each after its parent. `waits_for`
/// is the await graph: the ids of the tasks and services whose end or answer a node waits for, through `gather`,
/// groups, `shield`, timeouts, `wait`, `as_completed` and `ask`. Each actor is one node, however many wait for it.
///
/// Threads: any that is not needed to end the runtime; no worker takes part, so it answers while all of them are
/// blocked. Nothing is stopped: actors go on while they are looked at, and a node may wait for another that has ended
/// since.
///
/// Plain CAF actors are listed where they can be known: those with a registered name, and those that a worker runs now.
/// `unlisted_actors` says how many more there are.
///
/// Errors: none; a runtime that was stopped gives an empty snapshot. Cost: about half a microsecond an actor, and one
/// short lock each.
namespace actors::observe {

struct snapshot_node {
  enum class kind_type : std::uint8_t { task, service, actor };
  enum class state_type : std::uint8_t {
    ready,   ///< has something to do and waits for a worker
    running, ///< a worker runs it
    waiting, ///< suspended, see `waiting_on`
    idle,    ///< a service with nothing to do
  };

  std::uint64_t id = 0;
  std::string name;
  kind_type kind = kind_type::task;
  state_type state = state_type::ready;
  /// What it waits for: "sleep", "ask", "gather", "task", "group", "children", "blocking call", the name of a socket's
  /// or queue's operation, …; of a service, one for each call that it is handling.
  std::vector<std::string> waiting_on;
  /// How long it has been in its state, to about 10 ms; nothing if that is not known.
  std::optional<duration> state_for;
  /// The task or service that owns it; 0 if it belongs to the runtime.
  std::uint64_t parent = 0;
  /// Where it was spawned; empty and 0 for plain CAF actors.
  std::string file;
  std::uint32_t line = 0;
  /// In ascending order, each once.
  std::vector<std::uint64_t> waits_for;
  std::uint64_t mailbox = 0; ///< messages that it has not handled yet
  std::uint64_t handled = 0; ///< messages and wake-ups so far
  std::uint64_t calls = 0;   ///< calls that a service is handling
};

[[nodiscard]] const char* to_string(snapshot_node::kind_type kind) noexcept;
[[nodiscard]] const char* to_string(snapshot_node::state_type state) noexcept;

struct runtime_snapshot {
  std::vector<snapshot_node> nodes;
  /// Plain CAF actors that are not among the nodes.
  std::size_t unlisted_actors = 0;
};

[[nodiscard]] runtime_snapshot snapshot(const runtime& target);

/// The await graph from one task on: calls `visit` once for each node that `start` waits for, directly or through
/// others, nearest first, `start` itself included. False if there is no node with this id.
bool visit_await_graph(const runtime_snapshot& seen, std::uint64_t start,
                       const std::function<void(const snapshot_node& node, std::size_t distance)>& visit);

/// Asks the task or service with this id to end as if cancelled with this reason. False if there is none.
bool cancel(const runtime& target, std::uint64_t id, std::string_view reason = "cancelled from outside");

} // namespace actors::observe
