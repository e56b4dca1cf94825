#include <services/scraper/crawler.hpp>

#include <actors/core/error.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <services/scraper/internal/crawl_session.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace services::scraper {

void crawl_monitor::publish(const progress_counters& counters) {
  const std::scoped_lock guard{mutex_};
  counters_ = counters;
}

progress_counters crawl_monitor::counters() const {
  const std::scoped_lock guard{mutex_};
  return counters_;
}

namespace {

actors::task<void> run_session(actors::task_group& group, internal::crawl_session* session) {
  co_await session->run(group);
}

actors::task<crawl_report> crawl_on_one_worker(scrape_options options, std::shared_ptr<crawl_monitor> monitor) {
  if (const auto problem = options.check())
    throw std::invalid_argument(*problem);
  internal::crawl_session session{std::move(options), std::move(monitor)};
  co_await session.open();
  std::exception_ptr failure;
  try {
    co_await actors::with_task_group(run_session, &session);
  } catch (const actors::group_error& error) {
    failure = error.errors().front();
  } catch (...) {
    failure = std::current_exception();
  }
  // Whatever has ended the crawl, what was fetched is written, however often somebody asks to cancel meanwhile. If that
  // fails too, the first failure is the one to tell.
  for (bool closed = false; !closed;) {
    try {
      co_await session.close();
      closed = true;
    } catch (const actors::cancelled&) {
      if (!failure)
        failure = std::current_exception();
    } catch (const std::exception&) {
      if (!failure)
        failure = std::current_exception();
      closed = true;
    }
  }
  if (failure)
    std::rethrow_exception(failure);
  co_return session.report();
}

} // namespace

actors::task<crawl_report> crawl(scrape_options options, std::shared_ptr<crawl_monitor> monitor) {
  co_return co_await actors::spawn(crawl_on_one_worker(std::move(options), std::move(monitor)),
                                   actors::spawn_options{}.name("crawl").run_on(actors::affinity::same_worker));
}

} // namespace services::scraper
