#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// robots.txt: which URLs of a site a crawler may fetch (RFC 9309).
///
/// Rules are taken from every group that names the crawler's product token, or, if there is none, from the groups for
/// `*`. The longest matching rule decides, `allow` wins a tie, no match means allowed; `*` and a final `$` are
/// wildcards; percent-encoding is normalised on both sides. `Crawl-delay` and `Sitemap` are common extensions. Only the
/// first 500 KiB count, as the RFC permits.
///
/// What a response to the request for robots.txt means is decided by its status (`for_response`): 2xx gives rules, 4xx
/// allows all, and 5xx, 429 or no response at all disallows all until the file can be fetched. (The RFC lets a crawler
/// treat 429 as the other 4xx; a server that is asked too much should not be asked more.)
///
/// A value without shared state; checks are linear in the number of rules and never backtrack more than the pattern
/// times the path.
namespace services::scraper {

class robots_rules {
public:
  /// How much of a file is looked at, in bytes.
  static constexpr std::size_t size_limit = std::size_t{500} * 1024;

  /// A site without rules.
  robots_rules() = default;

  [[nodiscard]] static robots_rules allow_all() { return {}; }

  [[nodiscard]] static robots_rules disallow_all();

  /// Reads a file for the crawler with this product token, such as `actors`. Lines that make no sense are passed over.
  [[nodiscard]] static robots_rules parse(std::string_view file, std::string_view product_token);

  /// What the response to the request for robots.txt means; `status` is the last after redirects, 0 if there was no
  /// response. Up to five redirects should be followed; if there are more, pass a 404.
  [[nodiscard]] static robots_rules for_response(int status, std::string_view body, std::string_view product_token);

  /// True if a response with this status should be asked for again later: 5xx, 429 and 0.
  [[nodiscard]] static constexpr bool is_unreachable(int status) noexcept {
    return status == 0 || status == 429 || status >= 500;
  }

  /// May the crawler fetch this? `target` is path and query, as in a request line. `/robots.txt` itself is always
  /// allowed.
  [[nodiscard]] bool allowed(std::string_view target) const;

  /// The time to wait between requests that the group asks for; at most an hour.
  [[nodiscard]] std::optional<std::chrono::milliseconds> crawl_delay() const noexcept { return crawl_delay_; }

  /// The addresses in `Sitemap` lines, which belong to no group; at most 1000.
  [[nodiscard]] const std::vector<std::string>& sitemaps() const noexcept { return sitemaps_; }

  /// The number of rules that apply.
  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }

private:
  struct rule {
    std::string pattern;
    bool allow;
  };

  friend class robots_parser;

  std::vector<rule> rules_; // longest first, allow before disallow
  std::vector<std::string> sitemaps_;
  std::optional<std::chrono::milliseconds> crawl_delay_;
};

/// The product token of a User-Agent field: `actors/0.1 (+https://…)` gives `actors`.
[[nodiscard]] std::string_view product_token(std::string_view user_agent) noexcept;

} // namespace services::scraper
