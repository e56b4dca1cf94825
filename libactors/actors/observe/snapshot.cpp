#include <actors/observe/snapshot.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace actors::observe {

namespace {

using detail::actor_activity;
using detail::actor_kind;
using detail::actor_view;
using detail::host_actor;
using state = snapshot_node::state_type;

/// The core of a runtime that was not stopped, else null.
detail::runtime_core* core_of(const runtime& target) noexcept {
  try {
    return &target.core();
  } catch (const stopping_error&) {
    return nullptr;
  }
}

std::optional<duration> time_in_state(time_point since, time_point now) {
  if (since.time_since_epoch() < duration::zero())
    return std::nullopt;
  return std::max(duration::zero(), now - since);
}

state state_of(const actor_view& seen) {
  switch (seen.activity) {
  case actor_activity::running:
    return state::running;
  case actor_activity::waiting:
    return seen.kind == actor_kind::service && seen.waits.empty() ? state::idle : state::waiting;
  default:
    return state::ready;
  }
}

snapshot_node node_of(const actor_view& seen, const host_actor* parent, time_point now) {
  const auto& self = static_cast<const host_actor&>(*seen.self->get());
  snapshot_node node;
  node.id = seen.self->id();
  node.name = self.name();
  node.kind = seen.kind == actor_kind::task ? snapshot_node::kind_type::task : snapshot_node::kind_type::service;
  node.state = state_of(seen);
  node.state_for = time_in_state(seen.since, now);
  node.parent = parent != nullptr ? parent->id() : 0;
  const auto& where = detail::spawn_place_of(self);
  node.file = where.file_name();
  node.line = where.line();
  for (const auto& wait : seen.waits) {
    node.waiting_on.push_back(wait.kind);
    for (const auto& target : wait.targets)
      node.waits_for.push_back(target->id());
  }
  std::ranges::sort(node.waits_for);
  const auto [first, last] = std::ranges::unique(node.waits_for);
  node.waits_for.erase(first, last);
  node.mailbox = seen.mailbox;
  node.handled = seen.handled;
  node.calls = seen.calls;
  return node;
}

} // namespace

const char* to_string(snapshot_node::kind_type kind) noexcept {
  switch (kind) {
  case snapshot_node::kind_type::task:
    return "task";
  case snapshot_node::kind_type::service:
    return "service";
  default:
    return "actor";
  }
}

const char* to_string(snapshot_node::state_type value) noexcept {
  switch (value) {
  case state::ready:
    return "ready";
  case state::running:
    return "running";
  case state::waiting:
    return "waiting";
  default:
    return "idle";
  }
}

runtime_snapshot snapshot(const runtime& target) {
  runtime_snapshot result;
  auto* const core = core_of(target);
  if (core == nullptr)
    return result;
  const auto now = detail::now_of(*core);
  // A child of a gather that is just being born may be met twice.
  std::unordered_set<std::uint64_t> known;
  const bool there = detail::visit_actors(*core, [&](const actor_view& seen, const host_actor* parent) {
    if (known.insert(seen.self->id()).second)
      result.nodes.push_back(node_of(seen, parent, now));
  });
  if (!there)
    return result;
  std::size_t total = 0;
  const auto plain = detail::plain_actors(*core, total);
  for (const auto& actor : plain) {
    snapshot_node node;
    node.id = actor.id;
    node.name = actor.name;
    node.kind = snapshot_node::kind_type::actor;
    node.state = actor.running ? state::running : state::idle;
    result.nodes.push_back(std::move(node));
  }
  result.unlisted_actors = total > plain.size() ? total - plain.size() : 0;
  return result;
}

bool visit_await_graph(const runtime_snapshot& seen, std::uint64_t start,
                       const std::function<void(const snapshot_node&, std::size_t)>& visit) {
  std::unordered_map<std::uint64_t, const snapshot_node*> nodes;
  for (const auto& node : seen.nodes)
    nodes.emplace(node.id, &node);
  if (!nodes.contains(start))
    return false;
  std::unordered_set<std::uint64_t> met{start};
  std::vector<std::uint64_t> nearest{start};
  for (std::size_t distance = 0; !nearest.empty(); ++distance) {
    std::vector<std::uint64_t> next;
    for (const auto id : nearest) {
      const auto& node = *nodes.at(id);
      visit(node, distance);
      for (const auto target : node.waits_for)
        if (nodes.contains(target) && met.insert(target).second)
          next.push_back(target);
    }
    nearest = std::move(next);
  }
  return true;
}

bool cancel(const runtime& target, std::uint64_t id, std::string_view reason) {
  auto* const core = core_of(target);
  return core != nullptr && detail::cancel_actor(*core, id, reason);
}

} // namespace actors::observe
