#include <actors/observe/snapshot_json.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace actors::observe {

namespace {

using nlohmann::json;

json to_json(const snapshot_node& node) {
  json result{{"id", node.id},
              {"name", node.name},
              {"kind", to_string(node.kind)},
              {"state", to_string(node.state)},
              {"waiting_on", node.waiting_on},
              {"parent", node.parent},
              {"waits_for", node.waits_for},
              {"mailbox", node.mailbox},
              {"handled", node.handled},
              {"calls", node.calls}};
  result["state_for_ns"] = node.state_for ? json(node.state_for->count()) : json(nullptr);
  result["spawned_at"] = node.file.empty() ? json(nullptr) : json(node.file + ":" + std::to_string(node.line));
  return result;
}

void add_counters(json& result, const actors::detail::runtime_statistics& now) {
  result["uptime_ns"] = now.uptime.count();
  result["counters"] = {{"tasks_started", now.tasks_started},
                        {"tasks_completed", now.tasks_completed},
                        {"tasks_failed", now.tasks_failed},
                        {"tasks_cancelled", now.tasks_cancelled},
                        {"services_started", now.services_started},
                        {"stalls", now.stalls},
                        {"timers", now.timers},
                        {"blocking_running", now.blocking_running},
                        {"blocking_queued", now.blocking_queued}};
  auto& workers = result["workers"] = json::array();
  for (const auto& each : now.workers)
    workers.push_back({{"jobs", each.jobs},
                       {"steals", each.steals},
                       {"parks", each.parks},
                       {"idle_ns", each.idle.count()},
                       {"queued", each.queued},
                       {"parked", each.parked}});
}

} // namespace

std::string snapshot_json(const runtime& target) {
  json result{{"pid", ::getpid()}};
  actors::detail::runtime_statistics now;
  try {
    static_cast<void>(actors::detail::read_statistics(target.core(), now));
  } catch (const stopping_error&) {
    result["stopped"] = true;
  }
  add_counters(result, now);
  const auto seen = snapshot(target);
  result["unlisted_actors"] = seen.unlisted_actors;
  auto& nodes = result["nodes"] = json::array();
  for (const auto& node : seen.nodes)
    nodes.push_back(to_json(node));
  return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace actors::observe
