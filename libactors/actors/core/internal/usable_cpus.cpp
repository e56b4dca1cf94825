#include <actors/core/internal/usable_cpus.hpp>

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <thread>

namespace actors::internal {

namespace {

std::optional<std::size_t> ratio(long long quota, long long period) {
  if (quota <= 0 || period <= 0)
    return std::nullopt;
  // Not by adding the period first: a quota may be as large as a number can be.
  return static_cast<std::size_t>(quota / period + (quota % period == 0 ? 0 : 1));
}

std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::size_t> cgroup_cpus() {
  // Version 2: "0::/path" names the group.
  std::ifstream groups{"/proc/self/cgroup"};
  for (std::string line; std::getline(groups, line);)
    if (line.starts_with("0::"))
      if (auto limit = parse_cpu_max(first_line("/sys/fs/cgroup" + line.substr(3) + "/cpu.max")))
        return limit;
  if (auto limit = parse_cpu_max(first_line("/sys/fs/cgroup/cpu.max")))
    return limit;
  const auto quota = first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const auto period = first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  return parse_cpu_max(quota + " " + period);
}

} // namespace

std::optional<std::size_t> parse_cpu_max(std::string_view text) {
  long long quota = 0;
  const auto* const begin = text.data();
  const auto* const end = begin + text.size();
  const auto [after_quota, quota_error] = std::from_chars(begin, end, quota);
  if (quota_error != std::errc{} || after_quota == end || *after_quota != ' ')
    return std::nullopt;
  long long period = 0;
  if (std::from_chars(after_quota + 1, end, period).ec != std::errc{})
    return std::nullopt;
  return ratio(quota, period);
}

std::size_t usable_cpus() {
  std::size_t count = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0)
    count = static_cast<std::size_t>(std::max(1, CPU_COUNT(&mask)));
  if (const auto quota = cgroup_cpus())
    count = std::min(count, *quota);
  return std::max<std::size_t>(1, count);
}

} // namespace actors::internal
