#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace services::scraper::internal {

/// Which URL redirects to which, to tell a loop from a detour, and a site that redirects for ever from one that does so
/// twice.
///
/// A crawl fetches each target once, as a URL of its own, so a loop would end silently: this names it.
class redirect_chains {
public:
  /// More redirects in a row than any sensible site has.
  static constexpr std::size_t longest = 10;

  /// Notes a redirect; what is wrong with it, nothing if all is well.
  [[nodiscard]] std::optional<std::string> add(const std::string& from, const std::string& to);

private:
  struct step {
    std::string to;
    std::size_t length; // redirects that led here, this one included
  };

  /// Beyond this many the oldest knowledge is given up.
  static constexpr std::size_t most = 100'000;

  std::unordered_map<std::string, step> steps_;
  std::unordered_map<std::string, std::size_t> lengths_; // of chains that end here
};

} // namespace services::scraper::internal
