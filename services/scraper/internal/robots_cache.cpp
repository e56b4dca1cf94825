#include <services/scraper/internal/robots_cache.hpp>

#include <actors/core/shield.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/error.hpp>
#include <actors/http/url.hpp>
#include <actors/supervise/retry.hpp>
#include <services/scraper/internal/page_fetch.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace services::scraper::internal {

namespace http = actors::http;

namespace {

// RFC 9309 §2.3.1.2.
constexpr std::size_t most_redirects = 5;

// What a 4xx means: no rules.
constexpr int not_found = 404;

/// One try to fetch a robots.txt.
struct robots_response {
  int status = 0;
  std::string body;
  std::string problem;
  std::optional<std::chrono::seconds> retry_after;
};

actors::task<robots_response> fetch_robots(http::client web, std::string origin) {
  robots_response result;
  try {
    auto address = http::url::parse(origin + "/robots.txt");
    for (std::size_t redirects = 0;; ++redirects) {
      auto response = co_await web.open(address);
      result.status = static_cast<int>(response.head().status());
      result.retry_after = retry_after(response.head());
      const auto location = response.head().get("Location");
      if (result.status >= 300 && result.status < 400 && location) {
        auto next = address.resolve_link(*location);
        if (!next || !next->is_http() || redirects == most_redirects) {
          result.status = not_found;
          break;
        }
        address = *next;
        continue;
      }
      if (result.status >= 200 && result.status < 300) {
        // Only the first part counts, so the rest is not read.
        while (result.body.size() < robots_rules::size_limit) {
          const auto piece = co_await response.read_some();
          if (piece.empty())
            break;
          result.body.append(piece);
        }
      } else {
        result.problem = "HTTP " + std::to_string(result.status);
      }
      break;
    }
  } catch (const http::client_error& error) {
    // A file that breaks off counts as far as it came; without a head nobody knows.
    if (result.body.empty())
      result.status = 0;
    result.problem = error.what();
  } catch (const http::error& error) {
    result.status = 0;
    result.problem = error.what();
  }
  co_return result;
}

} // namespace

robots_cache::robots_cache(actors::task_group& group, http::client web, std::string product_token,
                           std::uint32_t retries, std::uint64_t seed)
    : group_(&group), web_(std::move(web)), product_token_(std::move(product_token)), retries_(retries), seed_(seed) {}

actors::task<std::shared_ptr<const robots_cache::rules>>
robots_cache::load(http::client web, std::string origin, std::string token, std::uint32_t retries, std::uint64_t seed) {
  const auto policy = actors::supervise::retry_policy{}.attempts(retries + 1).seed(seed);
  // In a variable, because g++ 12 destroys what a lambda holds twice when it is made inside of an awaited expression.
  const auto fetch = [web = std::move(web), origin = std::move(origin)] { return fetch_robots(web, origin); };
  const auto judge = [](const robots_response& response) -> std::optional<actors::duration> {
    if (!robots_rules::is_unreachable(response.status))
      return std::nullopt;
    return response.retry_after.value_or(std::chrono::seconds::zero());
  };
  auto response = co_await actors::supervise::retry(policy, fetch, judge);
  auto result = std::make_shared<rules>();
  result->robots = robots_rules::for_response(response.status, response.body, token);
  result->reachable = !robots_rules::is_unreachable(response.status);
  result->problem = std::move(response.problem);
  co_return result;
}

bool robots_cache::knows(const std::string& origin) const {
  const std::scoped_lock guard{mutex_};
  const auto found = fetches_.find(origin);
  return found != fetches_.end() && found->second.done();
}

robots_cache::fetch robots_cache::fetch_of(const std::string& origin) {
  const std::scoped_lock guard{mutex_};
  auto found = fetches_.find(origin);
  if (found == fetches_.end()) {
    auto started = group_->spawn(load(web_, origin, product_token_, retries_, ++seed_),
                                 actors::spawn_options{}.name("robots.txt of " + origin));
    found = fetches_.emplace(origin, std::move(started)).first;
  }
  return found->second;
}

actors::task<std::shared_ptr<const robots_cache::rules>> robots_cache::get(std::string origin) {
  const auto fetch = fetch_of(origin);
  // Other requests to the site wait for the same file, so one that is cancelled must not take it from them.
  co_return co_await actors::shield(fetch);
}

} // namespace services::scraper::internal
