#pragma once

#include <actors/core/task.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/http/client.hpp>
#include <actors/supervise/backoff.hpp>
#include <services/scraper/crawler.hpp>
#include <services/scraper/frontier.hpp>
#include <services/scraper/internal/page_fetch.hpp>
#include <services/scraper/internal/redirect_chains.hpp>
#include <services/scraper/internal/robots_cache.hpp>
#include <services/scraper/options.hpp>
#include <services/scraper/store.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace services::scraper::internal {

/// The state of one crawl. Its tasks share a worker, but while one of them is late in a step (a long page, a busy
/// machine) the worker may go on with others in another thread, so what they share is locked; never across an await.
class crawl_session {
public:
  crawl_session(scrape_options options, std::shared_ptr<crawl_monitor> monitor);

  /// Opens the file and takes up what is in it.
  [[nodiscard]] actors::task<void> open();

  /// Fetches until there is nothing left to fetch.
  [[nodiscard]] actors::task<void> run(actors::task_group& group);

  /// Writes what has not been written. Nothing must be running any more. Cancelled, it can be called again.
  [[nodiscard]] actors::task<void> close();

  [[nodiscard]] crawl_report report() const;

private:
  using time_point = frontier::time_point;

  void add_start_urls();
  struct plan;

  [[nodiscard]] plan next_plan(actors::task_group& group, robots_cache& robots, bool may_refill);
  void start_what_may_start(actors::task_group& group, robots_cache& robots);
  [[nodiscard]] actors::task<void> visit(crawl_item item, robots_cache* robots);
  void finish(const crawl_item& item, page_fetch fetched);
  void follow(const crawl_item& item, const page_link& link, std::uint32_t depth, finished_page& page);
  void follow_redirect(const crawl_item& item, const page_link& target, finished_page& page);

  [[nodiscard]] actors::task<void> write();
  [[nodiscard]] actors::task<void> refill();
  [[nodiscard]] bool write_due(time_point now) const;
  void begin_write(actors::task_group& group);
  [[nodiscard]] actors::duration next_pause(time_point now);
  void publish();

  scrape_options options_;
  std::mutex mutex_; // for everything that tasks share
  std::shared_ptr<crawl_monitor> monitor_;
  std::mt19937_64 random_;
  actors::http::client web_;
  frontier frontier_;
  std::unique_ptr<result_store> store_;
  redirect_chains redirects_;
  progress_counters counters_;
  std::uint64_t resumed_pages_ = 0;

  std::vector<finished_page> unwritten_;
  std::vector<finished_page> being_written_; // kept until they are, for a write that was cancelled
  time_point last_write_;
  std::vector<actors::task_handle<void>> running_;
  std::optional<actors::task_handle<void>> writing_;
};

} // namespace services::scraper::internal
