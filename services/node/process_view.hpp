#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace services::node {

/// Pictures of a running program for people, from what its inspector answers. Every text ends with a line end; what a
/// name contains cannot control the terminal. Threads: any. Errors: `nlohmann::json::exception` for another document.

/// One line for each task, service and actor.
[[nodiscard]] std::string ps_text(const nlohmann::json& snapshot);

/// Who owns whom, with the ids that each waits for. `utf8`: lines are drawn with box characters.
[[nodiscard]] std::string tree_text(const nlohmann::json& snapshot, bool utf8);

/// Counters, workers and the `rows` actors that have done most since `before` (null: since their start).
[[nodiscard]] std::string top_text(const nlohmann::json& before, const nlohmann::json& now, std::size_t rows);

} // namespace services::node
