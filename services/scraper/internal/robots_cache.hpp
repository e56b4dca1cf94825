#pragma once

#include <actors/core/task.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/http/client.hpp>
#include <services/scraper/robots.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace services::scraper::internal {

/// The robots.txt of each origin, fetched once, before the first page.
///
/// Belongs to one crawl: the fetches that it starts are children of the crawl's group.
/// Threads: any.
class robots_cache {
public:
  robots_cache(actors::task_group& group, actors::http::client web, std::string product_token, std::uint32_t retries,
               std::uint64_t seed);

  /// What a site asks of us; `reachable` is false if nobody could tell, and then nothing is allowed.
  struct rules {
    robots_rules robots;
    bool reachable = true;
    std::string problem;
  };

  /// Whether `get` would not wait.
  [[nodiscard]] bool knows(const std::string& origin) const;

  /// The rules of an origin; waits for the fetch that is under way, or starts one.
  [[nodiscard]] actors::task<std::shared_ptr<const rules>> get(std::string origin);

private:
  using fetch = actors::task_handle<std::shared_ptr<const rules>>;

  [[nodiscard]] fetch fetch_of(const std::string& origin);

  static actors::task<std::shared_ptr<const rules>> load(actors::http::client web, std::string origin,
                                                         std::string token, std::uint32_t retries, std::uint64_t seed);

  actors::task_group* group_;
  actors::http::client web_;
  std::string product_token_;
  std::uint32_t retries_;
  mutable std::mutex mutex_; // for the two below
  std::uint64_t seed_;
  std::map<std::string, fetch> fetches_;
};

} // namespace services::scraper::internal
