#pragma once

#include <services/scraper/options.hpp>

namespace services::node {

/// Runs `actors scrape` with progress on standard error; the exit status of the process: 0 when the crawl is complete,
/// 1 if it failed, 130 if it was interrupted (`--resume` goes on).
[[nodiscard]] int run_scrape(const scraper::scrape_options& options);

} // namespace services::node
