#include <services/scraper/internal/crawl_session.hpp>

#include <actors/core/sleep.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/url.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace services::scraper::internal {

namespace {

using namespace std::chrono_literals;
namespace http = actors::http;
using clock = std::chrono::steady_clock;

// Pages are written together: a commit costs as much as many rows.
constexpr std::size_t pages_per_write = 64;
constexpr auto longest_unwritten = 500ms;

// With this many pages waiting for the disk no more are fetched.
constexpr std::size_t most_unwritten = 256;

// Requests at once, all sites together: what bounds memory when a crawl has many sites.
constexpr std::size_t most_running = 256;

// How stale the published figures may be.
constexpr auto publish_interval = 100ms;

constexpr std::size_t urls_per_refill = 10'000;

frontier_options make_frontier_options(const scrape_options& options, std::mt19937_64& random) {
  frontier_options result;
  result.concurrency = options.concurrency;
  result.rate = options.rate;
  result.max_depth = options.depth;
  result.max_pages = options.max_pages;
  result.include_hosts = options.include_hosts;
  result.hash_key_low = random();
  result.hash_key_high = random();
  return result;
}

http::client_options make_client_options(const scrape_options& options) {
  return http::client_options{}
      .connect_timeout(std::min<actors::duration>(options.timeout, 10s))
      .idle_timeout(options.timeout)
      .total_timeout(options.timeout)
      .max_connections_per_host(options.concurrency)
      .max_connections(most_running)
      .follow_redirects(false)
      .user_agent(options.user_agent)
      .max_body(max_page_size);
}

http::url start_url(const std::string& text) {
  return canonical(http::url::parse(with_scheme(text)));
}

} // namespace

crawl_session::crawl_session(scrape_options options, std::shared_ptr<crawl_monitor> monitor)
    : options_(std::move(options)), monitor_(std::move(monitor)), random_(std::random_device{}()),
      web_(make_client_options(options_)), frontier_(make_frontier_options(options_, random_)) {
  counters_.max_pages = options_.max_pages;
}

// -- the file ------------------------------------------------------------------------------------------------------------

actors::task<void> crawl_session::open() {
  const auto mode = options_.resume ? result_store::mode::resume : result_store::mode::fresh;
  // Not as a result: that of a call that was cancelled would keep the file locked a little longer.
  co_await actors::to_thread([this, mode] { store_ = std::make_unique<result_store>(options_.db, mode); });
  co_await actors::to_thread([this] {
    store_->for_each_known([this](std::string_view url, bool finished) { frontier_.add_known(url, finished); });
    const auto figures = store_->count();
    frontier_.expect_stored(figures.pending, figures.last_id);
    resumed_pages_ = figures.pages;
    counters_.pages = figures.pages;
    counters_.errors = figures.errors;
    add_start_urls();
  });
  last_write_ = clock::now();
  publish();
}

void crawl_session::add_start_urls() {
  std::vector<frontier_record> added;
  for (const auto& text : options_.urls) {
    const auto url = start_url(text);
    const auto origin = url.origin();
    frontier_.include_host(url.authority());
    const auto result = frontier_.add(url.to_string(), origin, 0);
    if (result.result == frontier::add_result::added)
      added.emplace_back(result.id, url.to_string(), 0);
  }
  store_->add(added);
}

actors::task<void> crawl_session::write() {
  if (being_written_.empty()) {
    const std::scoped_lock guard{mutex_};
    being_written_ = std::exchange(unwritten_, {});
  }
  if (being_written_.empty())
    co_return;
  co_await actors::to_thread([this] {
    store_->write(being_written_);
    being_written_.clear();
  });
}

bool crawl_session::write_due(time_point now) const {
  return unwritten_.size() >= pages_per_write || (!unwritten_.empty() && now - last_write_ >= longest_unwritten);
}

void crawl_session::begin_write(actors::task_group& group) {
  writing_ = group.spawn(write(), actors::spawn_options{}.name("write pages"));
  last_write_ = clock::now();
}

actors::task<void> crawl_session::refill() {
  // What waits in the store is found there only after what was added since has been written.
  if (writing_) {
    const auto writing = *writing_;
    writing_.reset();
    co_await writing;
  }
  co_await write();
  std::uint64_t after = 0;
  {
    const std::scoped_lock guard{mutex_};
    after = frontier_.loaded_id();
  }
  const auto records = co_await actors::to_thread([this, after] { return store_->pending(after, urls_per_refill); });
  const std::scoped_lock guard{mutex_};
  for (const auto& record : records) {
    const auto url = http::url::try_parse(record.url);
    const auto origin = url ? url->origin() : std::string{};
    static_cast<void>(frontier_.refill(record.url, origin, record.depth, record.id));
  }
}

actors::task<void> crawl_session::close() {
  // What a cancelled write has left comes before what has been fetched since.
  if (!being_written_.empty())
    co_await write();
  co_await write();
  publish();
  co_await actors::to_thread([this] { store_.reset(); });
}

// -- the loop ------------------------------------------------------------------------------------------------------------

struct crawl_session::plan {
  bool finished = false;
  bool refill = false;
  std::vector<actors::task_handle<void>> running;
  actors::duration pause{};
};

actors::task<void> crawl_session::run(actors::task_group& group) {

  robots_cache robots{group, web_, std::string{product_token(options_.user_agent)}, options_.retries, random_()};
  for (;;) {
    plan next = next_plan(group, robots, true);
    if (next.refill) {
      co_await refill();
      next = next_plan(group, robots, false);
    }
    if (next.finished)
      co_return;
    if (next.running.empty()) {
      co_await actors::sleep(next.pause);
      continue;
    }
    co_await actors::wait(std::move(next.running), actors::until::first_completed, next.pause);
  }
}

;

crawl_session::plan crawl_session::next_plan(actors::task_group& group, robots_cache& robots, bool may_refill) {
  const std::scoped_lock guard{mutex_};
  std::erase_if(running_, [](const auto& task) { return task.done(); });
  if (writing_ && writing_->done())
    writing_.reset();
  plan next;
  next.finished = frontier_.finished();
  next.refill = may_refill && !next.finished && frontier_.wants_refill();
  if (next.finished || next.refill)
    return next;
  if (unwritten_.size() < most_unwritten)
    start_what_may_start(group, robots);
  const auto now = clock::now();
  if (!writing_ && write_due(now))
    begin_write(group);
  publish();
  next.running = running_;
  if (writing_)
    next.running.push_back(*writing_);
  next.pause = next_pause(now);
  return next;
}

actors::duration crawl_session::next_pause(time_point now) {
  actors::duration pause = publish_interval;
  if (const auto next = frontier_.next_time(now); next && running_.size() < most_running)
    pause = std::min<actors::duration>(pause, *next - now);
  return std::max<actors::duration>(pause, 1ms);
}

void crawl_session::start_what_may_start(actors::task_group& group, robots_cache& robots) {
  const auto now = clock::now();
  while (running_.size() < most_running) {
    auto item = frontier_.next(now);
    if (!item)
      return;
    running_.push_back(group.spawn(visit(std::move(*item), &robots), actors::spawn_options{}.name("visit")));
  }
}

actors::task<void> crawl_session::visit(crawl_item item, robots_cache* robots) {
  page_fetch fetched;
  const auto address = http::url::try_parse(item.url);
  if (!address) {
    // Only a file that others have written to has such.
    fetched.page.url = item.url;
    fetched.page.fetched_at = std::chrono::system_clock::now();
    fetched.page.error = "not a URL: " + item.url;
    finish(item, std::move(fetched));
    co_return;
  }
  const bool knew = robots->knows(item.origin);
  const auto rules = co_await robots->get(item.origin);
  if (const auto delay = rules->robots.crawl_delay()) {
    const std::scoped_lock guard{mutex_};
    frontier_.set_interval(item.origin, *delay);
  }
  if (!knew && (rules->robots.crawl_delay() || options_.rate)) {
    // Others may have been handed out meanwhile and wait here too: all at once would be against the rate.
    const std::scoped_lock guard{mutex_};
    frontier_.put_back(std::move(item), clock::now());
    co_return;
  }
  if (!rules->reachable || !rules->robots.allowed(address->target())) {
    fetched.page.url = item.url;
    fetched.page.fetched_at = std::chrono::system_clock::now();
    fetched.page.error = rules->reachable
                             ? "robots.txt does not allow it"
                             : "robots.txt cannot be fetched (" + rules->problem + "), so nothing is allowed";
  } else {
    fetched = co_await fetch_page(web_, item.url);
  }
  finish(item, std::move(fetched));
}

void crawl_session::finish(const crawl_item& item, page_fetch fetched) {
  const std::scoped_lock guard{mutex_};
  const auto now = clock::now();
  counters_.bytes += fetched.bytes;
  if (fetched.worth_retrying && item.attempts < options_.retries) {
    ++counters_.retries;
    const actors::supervise::backoff_policy policy;
    if (fetched.retry_after)
      frontier_.hold(item.origin, now + *fetched.retry_after);
    frontier_.retry(item, now + policy.wait(item.attempts, random_), now);
    return;
  }
  finished_page page;
  page.page = std::move(fetched.page);
  page.page.attempts = item.attempts + 1;
  if (fetched.redirect)
    follow_redirect(item, *fetched.redirect, page);
  for (const auto& link : fetched.follow)
    follow(item, link, item.depth + 1, page);
  ++counters_.pages;
  if (!page.page.error.empty())
    ++counters_.errors;
  unwritten_.push_back(std::move(page));
  frontier_.done(item, now);
}

void crawl_session::follow(const crawl_item&, const page_link& link, std::uint32_t depth, finished_page& page) {
  const auto added = frontier_.add(link.url, link.origin, depth);
  if (added.result == frontier::add_result::added)
    page.found.emplace_back(added.id, link.url, depth);
}

void crawl_session::follow_redirect(const crawl_item& item, const page_link& target, finished_page& page) {
  if (auto problem = redirects_.add(item.url, target.url)) {
    page.page.error = std::move(*problem);
    return;
  }
  if (!frontier_.includes(target.origin)) {
    page.page.error = "redirects to " + target.url + ", a host that is not to be crawled";
    return;
  }
  // A redirect is no step on the way: its target is as deep as itself.
  follow(item, target, item.depth, page);
}

// -- figures -------------------------------------------------------------------------------------------------------------

void crawl_session::publish() {
  counters_.queued = frontier_.pending();
  counters_.running = running_.size();
  monitor_->publish(counters_);
}

crawl_report crawl_session::report() const {
  crawl_report result;
  result.counters = counters_;
  result.resumed_pages = resumed_pages_;
  result.left = frontier_.pending();
  return result;
}

} // namespace services::scraper::internal
