#pragma once

#include <actors/core/task.hpp>
#include <services/scraper/options.hpp>
#include <services/scraper/progress.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace actors {
class log_sink;
}

/// Crawling: fetches pages from many sites at once into an SQLite file.
///
/// Each site is asked politely: at most `concurrency` requests at a time, no more than `rate` a second, only what its
/// robots.txt allows, and again with exponential back-off after connection errors, 429 and 5xx. Every URL ends as one
/// row of the table `pages` (see store.hpp), with an error in words if it could not be fetched; a redirect is a row of
/// its own, and its target is fetched once.
///
/// Ownership: a crawl is one task; all that it starts has ended when it does.
///
/// Cancellation: running requests are dropped, what was fetched is written, then `cancelled` is thrown. A later crawl
/// with `resume` goes on where this one stopped; so does one after a crash, with what had been written until then.
///
/// Errors: `actors::sql::error` if the file cannot be used or written (a full disk: what was committed stays);
/// `std::invalid_argument` for options that make no sense. What sites do wrong never throws.
///
/// Memory: bounded by the number of requests at a time (8 MiB for each at most) and the frontier's limit.
namespace services::scraper {

/// How a crawl ended.
class crawl_report {
public:
  crawl_report() = default;

  progress_counters counters;
  std::uint64_t resumed_pages = 0; ///< finished before, in an earlier run
  std::uint64_t left = 0;          ///< URLs found and not fetched, because of a limit
};

/// Figures of a running crawl, for those who watch it. All members may be called from any thread.
class crawl_monitor {
public:
  void publish(const progress_counters& counters);

  [[nodiscard]] progress_counters counters() const;

private:
  mutable std::mutex mutex_;
  progress_counters counters_;
};

/// Runs a crawl to its end. `monitor` is kept up to date several times a second.
[[nodiscard]] actors::task<crawl_report> crawl(scrape_options options, std::shared_ptr<crawl_monitor> monitor);

} // namespace services::scraper
