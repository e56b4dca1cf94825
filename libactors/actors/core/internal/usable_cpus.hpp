#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace actors::internal {

/// How many CPUs the process may use: its affinity mask and the quota of its control group (version 2 or 1), at least
/// one.
[[nodiscard]] std::size_t usable_cpus();

/// The CPUs that a cgroup v2 `cpu.max` grants ("200000 100000" is two), rounded up; nothing without a limit.
[[nodiscard]] std::optional<std::size_t> parse_cpu_max(std::string_view text);

} // namespace actors::internal
