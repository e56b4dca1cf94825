#include <services/node/node_command.hpp>

#include <actors/app/application.hpp>
#include <actors/app/environment.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/spawn.hpp>
#include <actors/observe/log.hpp>
#include <actors/observe/otlp.hpp>
#include <actors/process/signal_set.hpp>
#include <services/node/inspect_command.hpp>
#include <services/node/web_component.hpp>
#include <services/scraper/scraper_component.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace services::node {

namespace {

using namespace std::chrono_literals;
namespace app = actors::app;

struct node_options {
  std::uint32_t workers = 0;
  std::chrono::milliseconds stop_deadline{10'000};
  actors::log_level log_level = actors::log_level::info;
  actors::observe::log_format log_format = actors::observe::log_format::text;
  std::string trace_file;
  double trace_ratio = 1;
  bool inspector = true;

  void declare(app::config& settings) {
    auto& section = settings.section("node", "The process");
    section.key("workers", workers, "worker threads, 0 for one each CPU").range(0, 64);
    section.key("stop_deadline", stop_deadline, "longest time for an orderly stop").at_least(100ms);
    section.choice("log_level", log_level,
                   {{"trace", actors::log_level::trace},
                    {"debug", actors::log_level::debug},
                    {"info", actors::log_level::info},
                    {"warning", actors::log_level::warning},
                    {"error", actors::log_level::error}},
                   "least level that is logged; `actors log-level` changes it while the node runs");
    section.choice("log_format", log_format,
                   {{"text", actors::observe::log_format::text}, {"json", actors::observe::log_format::json}},
                   "lines for people, or one JSON object a line");
    section.key("trace_file", trace_file, "file for traces as OTLP/JSON lines; empty for none");
    section.key("trace_ratio", trace_ratio, "which part of the traces that begin here is recorded").range(0.0, 1.0);
    section.key("inspector", inspector, "whether `actors ps` and the like of the same user can look at the node");
  }
};

void end_at_once() {
  std::fputs("\nended at once\n", stderr);
  std::_Exit(130);
}

actors::task<void> end_at_second_signal(actors::process::signal_set* signals) {
  static_cast<void>(co_await signals->next());
  end_at_once();
}

actors::task<int> serve(app::application* node, web_component* web, actors::process::signal_set* signals,
                        std::chrono::milliseconds stop_deadline) {
  co_await node->start();
  std::printf("The node runs at %s/ (Ctrl-C stops it)\n", web->url().c_str());
  std::fflush(stdout);
  const int number = co_await signals->next();
  const auto impatient = actors::spawn(end_at_second_signal(signals));
  std::printf("\nStopping\n");
  std::fflush(stdout);
  const auto problems = co_await node->stop(stop_deadline);
  for (const auto& problem : problems)
    std::fprintf(stderr, "%s\n", problem.c_str());
  impatient.cancel();
  static_cast<void>(number);
  co_return problems.empty() ? 0 : 1;
}

} // namespace

int run_node(const node_arguments& arguments) {
  node_options options;
  app::application node{"ACTORS"};
  options.declare(node.settings());
  node.add<scraper::scraper_component>("scraper");
  auto& web = node.add<web_component>("web", {app::dependency::of_type<scraper::scraper_component>()});
  if (!arguments.config_file.empty())
    node.settings().add_file(arguments.config_file);
  node.settings().add_environment(app::process_environment());
  for (const auto& assignment : arguments.assignments)
    node.settings().add_assignment(assignment);
  if (arguments.print_reference) {
    std::fputs(node.settings().reference().c_str(), stdout);
    return 0;
  }
  node.settings().apply();
  for (const auto& warning : node.settings().warnings())
    std::fprintf(stderr, "warning: %s\n", app::to_string(warning).c_str());
  if (arguments.print_config) {
    std::fputs(node.settings().effective().c_str(), stdout);
    return 0;
  }
  const auto log = actors::observe::make_spdlog_sink(
      actors::observe::log_options{}.level(options.log_level).format(options.log_format));
  auto how = actors::runtime_options{}.workers(options.workers).log_to(log).trace_ratio(options.trace_ratio);
  if (!options.trace_file.empty())
    how.trace_to(
        actors::observe::make_otlp_file_sink(actors::observe::otlp_options{options.trace_file}.service("actors node")));
  actors::runtime home{how};
  web.show_metrics_of(home);
  int status = 1;
  {
    const auto inspector = serve_inspector(home, options.inspector);
    actors::process::signal_set signals{home, {SIGINT, SIGTERM}};
    status = home.block_on(serve(&node, &web, &signals, options.stop_deadline));
  }
  const auto left = home.stop(options.stop_deadline);
  return left.empty() ? status : 1;
}

} // namespace services::node
