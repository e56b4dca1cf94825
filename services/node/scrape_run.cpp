#include <services/node/scrape_run.hpp>

#include <actors/app/environment.hpp>
#include <actors/app/terminal.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/runtime_options.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <actors/process/signal_set.hpp>
#include <services/node/inspect_command.hpp>
#include <services/scraper/crawler.hpp>
#include <services/scraper/progress.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace services::node {

namespace {

using scraper::crawl_monitor;
using scraper::crawl_report;
using scraper::progress_writer;
using clock = std::chrono::steady_clock;

constexpr int interrupted = 130;

actors::task<void> cancel_on_signal(actors::process::signal_set* signals, actors::task_handle<crawl_report> crawl) {
  static_cast<void>(co_await signals->next());
  crawl.cancel("interrupted");
  // The second one does not wait for the file.
  static_cast<void>(co_await signals->next());
  std::_Exit(interrupted);
}

/// Waits until the crawl has taken up what its file holds.
actors::task<void> until_opened(actors::task_handle<crawl_report> crawl, const crawl_monitor& monitor) {
  for (;;) {
    const auto counters = monitor.counters();
    if (crawl.done() || counters.pages + counters.queued + counters.running > 0)
      co_return;
    const std::vector crawls{crawl};
    co_await actors::wait(crawls, actors::until::all_completed, std::chrono::milliseconds(10));
  }
}

int tell_end(progress_writer& progress, const actors::outcome<crawl_report>& outcome, const crawl_monitor& monitor,
             const scraper::scrape_options& options) {
  if (outcome.has_value()) {
    progress.finish(outcome.value().counters, clock::now());
    return 0;
  }
  // A crawl that never began has no figures.
  if (const auto counters = monitor.counters(); outcome.was_cancelled() || counters.pages > 0)
    progress.finish(counters, clock::now());
  if (outcome.was_cancelled()) {
    if (!options.quiet)
      std::fprintf(stderr, "Interrupted. The same command with --resume goes on; what was fetched is in %s.\n",
                   options.db.c_str());
    return interrupted;
  }
  std::fprintf(stderr, "actors scrape: %s\n", actors::describe(outcome.error()).c_str());
  return 1;
}

actors::task<int> scrape(scraper::scrape_options options, actors::process::signal_set* signals) {
  const auto monitor = std::make_shared<crawl_monitor>();
  const bool utf8 = actors::app::terminal{STDERR_FILENO, actors::app::process_environment()}.utf8();
  const auto style = options.quiet ? progress_writer::style::quiet : progress_writer::style::automatic;
  const auto crawl = actors::spawn(scraper::crawl(options, monitor), actors::spawn_options{}.name("crawl"));
  const auto signal = actors::spawn(cancel_on_signal(signals, crawl));
  const auto start = clock::now();
  co_await until_opened(crawl, *monitor);
  // What an earlier run has fetched is no speed of this one.
  const auto before = options.resume ? monitor->counters().pages : 0;
  progress_writer progress{STDERR_FILENO, style, utf8, start, before};
  while (!crawl.done()) {
    progress.update(monitor->counters(), clock::now());
    const std::vector crawls{crawl};
    co_await actors::wait(crawls, actors::until::all_completed, progress.interval());
  }
  signal.cancel();
  co_return tell_end(progress, crawl.result(), *monitor, options);
}

} // namespace

int run_scrape(const scraper::scrape_options& options) {
  // Standard error belongs to the progress; what is wrong with sites is in the file.
  actors::runtime home{actors::runtime_options{}.log_to(actors::make_stderr_log_sink(actors::log_level::error))};
  const auto inspector = serve_inspector(home);
  actors::process::signal_set signals{home, {SIGINT, SIGTERM}};
  return home.block_on(scrape(options, &signals));
}

} // namespace services::node
