#pragma once

#include <actors/core/fwd.hpp>
#include <actors/observe/snapshot.hpp>

#include <string>

namespace actors::observe {

/// A snapshot as one JSON object: `pid`, `uptime_ns`, `counters`, `workers`, `unlisted_actors` and `nodes`, whose
/// members are named as those of `snapshot_node`. Text that is not UTF-8 is repaired. Any thread.
[[nodiscard]] std::string snapshot_json(const runtime& target);

} // namespace actors::observe
