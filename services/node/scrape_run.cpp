#include <services/node/scrape_run.hpp>

#include <actors/app/environment.hpp>
#include <actors/app/signal_watch.hpp>
#include <actors/app/terminal.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/wait.hpp>
#include <services/scraper/crawler.hpp>
#include <services/scraper/progress.hpp>

#include <unistd.h>

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

actors::task<void> cancel_on_signal(actors::app::signal_watch* signals, actors::task_handle<crawl_report> crawl) {
  static_cast<void>(co_await signals->next());
  crawl.cancel("interrupted");
  // The second one does not wait for the file.
  static_cast<void>(co_await signals->next());
  std::_Exit(interrupted);
}

int tell_end(progress_writer& progress, const actors::outcome<crawl_report>& outcome, const crawl_monitor& monitor,
             const scraper::scrape_options& options) {
  if (outcome.has_value()) {
    progress.finish(outcome.value().counters, clock::now());
    return 0;
  }
  progress.finish(monitor.counters(), clock::now());
  if (outcome.was_cancelled()) {
    if (!options.quiet)
      std::fprintf(stderr, "Interrupted. The same command with --resume goes on; what was fetched is in %s.\n",
                   options.db.c_str());
    return interrupted;
  }
  std::fprintf(stderr, "actors scrape: %s\n", actors::describe(outcome.error()).c_str());
  return 1;
}

actors::task<int> scrape(scraper::scrape_options options, actors::app::signal_watch* signals) {
  const auto monitor = std::make_shared<crawl_monitor>();
  const bool utf8 = actors::app::terminal{STDERR_FILENO, actors::app::process_environment()}.utf8();
  const auto style = options.quiet ? progress_writer::style::quiet : progress_writer::style::automatic;
  const auto crawl = actors::spawn(scraper::crawl(options, monitor), actors::spawn_options{}.name("crawl"));
  const auto signal = actors::spawn(cancel_on_signal(signals, crawl));
  progress_writer progress{STDERR_FILENO, style, utf8, clock::now()};
  for (;;) {
    const auto state = co_await actors::wait(std::vector{crawl}, actors::until::all_completed, progress.interval());
    if (state.pending.empty())
      break;
    progress.update(monitor->counters(), clock::now());
  }
  signal.cancel();
  co_return tell_end(progress, crawl.result(), *monitor, options);
}

} // namespace

int run_scrape(const scraper::scrape_options& options) {
  actors::runtime home;
  actors::app::signal_watch signals{home, {SIGINT, SIGTERM}};
  return home.block_on(scrape(options, &signals));
}

} // namespace services::node
