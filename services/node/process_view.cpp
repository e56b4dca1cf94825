#include <services/node/process_view.hpp>

#include <actors/core/printable_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace services::node {

namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 60;
constexpr std::size_t most_ids = 8;

std::string name_of(const json& node) {
  return actors::printable_text(node.at("name").get<std::string>(), longest_name);
}

std::string duration_of(const json& nanoseconds) {
  if (nanoseconds.is_null())
    return "-";
  const double seconds = nanoseconds.get<double>() / 1e9;
  char text[32];
  if (seconds < 60)
    std::snprintf(text, sizeof text, "%.2fs", seconds);
  else if (seconds < 3600)
    std::snprintf(text, sizeof text, "%.0fm%02.0fs", std::floor(seconds / 60), std::fmod(std::floor(seconds), 60));
  else
    std::snprintf(text, sizeof text, "%.0fh%02.0fm", std::floor(seconds / 3600),
                  std::fmod(std::floor(seconds / 60), 60));
  return text;
}

std::string ids_of(const json& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < most_ids; ++i)
    text += (i > 0 ? "," : "") + std::to_string(ids[i].get<std::uint64_t>());
  if (ids.size() > most_ids)
    text += ",… " + std::to_string(ids.size()) + " in all";
  return text;
}

/// "waiting: ask" or "ready".
std::string state_of(const json& node) {
  auto text = node.at("state").get<std::string>();
  const auto& waits = node.at("waiting_on");
  if (waits.empty())
    return text;
  text += ": " + actors::printable_text(waits[0].get<std::string>(), longest_name);
  if (waits.size() > 1)
    text += " and " + std::to_string(waits.size() - 1) + " more";
  return text;
}

/// Columns as wide as what is in them; the first `right` of them are aligned to the right.
std::string table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size(), 0);
  // Characters and not bytes: printable text is UTF-8.
  const auto length = [](const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  };
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], length(row[i]));
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - length(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (right[i] ? gap + row[i] : row[i] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string count_of(const json& node, const char* key) {
  return std::to_string(node.at(key).get<std::uint64_t>());
}

std::string unlisted(const json& snapshot) {
  const auto count = snapshot.at("unlisted_actors").get<std::uint64_t>();
  return count == 0 ? "" : "and " + std::to_string(count) + " CAF actors without a name\n";
}

} // namespace

std::string ps_text(const json& snapshot) {
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"ID", "KIND", "PARENT", "FOR", "MAIL", "HANDLED", "STATE", "NAME", "SPAWNED AT"});
  for (const auto& node : snapshot.at("nodes"))
    rows.push_back({count_of(node, "id"), node.at("kind").get<std::string>(), count_of(node, "parent"),
                    duration_of(node.at("state_for_ns")), count_of(node, "mailbox"), count_of(node, "handled"),
                    state_of(node), name_of(node),
                    node.at("spawned_at").is_null() ? "-" : node.at("spawned_at").get<std::string>()});
  return table(rows, {true, false, true, true, true, true, false, false, false}) + unlisted(snapshot);
}

std::string tree_text(const json& snapshot, bool utf8) {
  const auto& nodes = snapshot.at("nodes");
  std::unordered_set<std::uint64_t> known;
  for (const auto& node : nodes)
    known.insert(node.at("id").get<std::uint64_t>());
  std::unordered_map<std::uint64_t, std::vector<const json*>> children;
  for (const auto& node : nodes) {
    // A parent may have ended between two looks.
    const auto parent = node.at("parent").get<std::uint64_t>();
    children[known.contains(parent) ? parent : 0].push_back(&node);
  }

  struct open_node {
    const json* node;
    std::string indent;
    bool last;
    bool root;
  };

  std::vector<open_node> open;
  const auto push = [&](std::uint64_t parent, const std::string& indent, bool roots) {
    const auto& list = children[parent];
    for (std::size_t i = list.size(); i > 0; --i)
      open.push_back({list[i - 1], indent, i == list.size(), roots});
  };
  push(0, "", true);
  std::string text;
  while (!open.empty()) {
    const auto next = std::move(open.back());
    open.pop_back();
    const auto& node = *next.node;
    std::string branch;
    if (!next.root)
      branch = next.last ? (utf8 ? "└─ " : "`- ") : (utf8 ? "├─ " : "|- ");
    text += next.indent + branch + name_of(node) + "  [" + node.at("kind").get<std::string>() + " " +
            count_of(node, "id") + "]  " + state_of(node);
    if (!node.at("state_for_ns").is_null())
      text += " for " + duration_of(node.at("state_for_ns"));
    if (!node.at("waits_for").empty())
      text += (utf8 ? "  → " : "  -> ") + ids_of(node.at("waits_for"));
    text += "\n";
    const std::string deeper = next.root ? "" : next.last ? "   " : utf8 ? "│  " : "|  ";
    push(node.at("id").get<std::uint64_t>(), next.indent + deeper, false);
  }
  return text + unlisted(snapshot);
}

std::string top_text(const json& before, const json& now, std::size_t rows) {
  const auto value = [](const json& from, const char* group, const char* key) {
    return from.is_null() ? 0.0 : from.at(group).at(key).get<double>();
  };
  const double elapsed = std::max(
      1e-3, (now.at("uptime_ns").get<double>() - (before.is_null() ? 0 : before.at("uptime_ns").get<double>())) / 1e9);
  const auto rate = [&](const char* key) {
    return (value(now, "counters", key) - value(before, "counters", key)) / elapsed;
  };
  char line[256];
  std::string text;
  const auto ended = value(now, "counters", "tasks_completed") + value(now, "counters", "tasks_failed") +
                     value(now, "counters", "tasks_cancelled");
  std::snprintf(
      line, sizeof line, "pid %lld  up %s  tasks %.0f started (%.0f/s)  %.0f ended (%.0f failed, %.0f cancelled)\n",
      now.at("pid").get<long long>(), duration_of(now.at("uptime_ns")).c_str(), value(now, "counters", "tasks_started"),
      rate("tasks_started"), ended, value(now, "counters", "tasks_failed"), value(now, "counters", "tasks_cancelled"));
  text += line;
  std::snprintf(line, sizeof line, "timers %.0f  blocking calls %.0f running, %.0f queued  stalls %.0f\n",
                value(now, "counters", "timers"), value(now, "counters", "blocking_running"),
                value(now, "counters", "blocking_queued"), value(now, "counters", "stalls"));
  text += line;
  const auto& workers = now.at("workers");
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const bool known = !before.is_null() && i < before.at("workers").size();
    const auto since = [&](const char* key) {
      return workers[i].at(key).get<double>() - (known ? before.at("workers")[i].at(key).get<double>() : 0);
    };
    std::snprintf(line, sizeof line, "worker %zu  %3.0f%% busy  %.0f steps/s  %.0f steals/s  %.0f queued\n", i,
                  std::clamp(1 - since("idle_ns") / 1e9 / elapsed, 0.0, 1.0) * 100, since("jobs") / elapsed,
                  since("steals") / elapsed, workers[i].at("queued").get<double>());
    text += line;
  }
  std::unordered_map<std::uint64_t, std::uint64_t> earlier;
  if (!before.is_null())
    for (const auto& node : before.at("nodes"))
      earlier[node.at("id").get<std::uint64_t>()] = node.at("handled").get<std::uint64_t>();
  std::vector<std::pair<std::uint64_t, const json*>> busiest;
  for (const auto& node : now.at("nodes")) {
    const auto handled = node.at("handled").get<std::uint64_t>();
    const auto first = earlier.find(node.at("id").get<std::uint64_t>());
    busiest.emplace_back(first != earlier.end() && first->second <= handled ? handled - first->second : handled, &node);
  }
  std::ranges::stable_sort(busiest, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::vector<std::string>> lines;
  lines.push_back({"ID", "KIND", "HANDLED/S", "MAIL", "STATE", "NAME"});
  for (std::size_t i = 0; i < busiest.size() && i < rows; ++i) {
    const auto& node = *busiest[i].second;
    std::snprintf(line, sizeof line, "%.0f", static_cast<double>(busiest[i].first) / elapsed);
    lines.push_back({count_of(node, "id"), node.at("kind").get<std::string>(), line, count_of(node, "mailbox"),
                     state_of(node), name_of(node)});
  }
  text += table(lines, {true, false, true, true, false, false});
  if (busiest.size() > rows)
    text += "and " + std::to_string(busiest.size() - rows) + " more\n";
  return text;
}

} // namespace services::node
