#include <actors/net/internal/interleave.hpp>

#include <algorithm>

namespace actors::net::internal {

std::vector<endpoint> interleave_families(const std::vector<endpoint>& endpoints) {
  std::vector<endpoint> first;
  std::vector<endpoint> second;
  for (const auto& each : endpoints)
    (each.address().is_v6() == endpoints.front().address().is_v6() ? first : second).push_back(each);
  std::vector<endpoint> result;
  result.reserve(endpoints.size());
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size())
      result.push_back(first[i]);
    if (i < second.size())
      result.push_back(second[i]);
  }
  return result;
}

} // namespace actors::net::internal
