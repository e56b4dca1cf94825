#include <services/scraper/internal/redirect_chains.hpp>

namespace services::scraper::internal {

std::optional<std::string> redirect_chains::add(const std::string& from, const std::string& to) {
  if (steps_.size() >= most) {
    steps_.clear();
    lengths_.clear();
  }
  const auto before = lengths_.find(from);
  const auto length = (before != lengths_.end() ? before->second : 0) + 1;
  steps_[from] = {to, length};
  lengths_[to] = length;
  std::string way = from;
  auto at = to;
  for (std::size_t i = 0; i <= longest; ++i) {
    way += " -> " + at;
    if (at == from)
      return "redirect loop: " + way;
    const auto next = steps_.find(at);
    if (next == steps_.end())
      break;
    at = next->second.to;
  }
  if (length > longest)
    return "more than " + std::to_string(longest) + " redirects in a row, the last to " + to;
  return std::nullopt;
}

} // namespace services::scraper::internal
