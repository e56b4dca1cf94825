// Looking at a program: metrics of its own beside those of the runtime, its tasks, the socket for `actors ps`, a log
// with context, and traces.

#include <actors/core/log_fields.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_log.hpp>
#include <actors/observe/inspector.hpp>
#include <actors/observe/metrics.hpp>
#include <actors/observe/otlp.hpp>
#include <actors/observe/prometheus.hpp>
#include <actors/observe/snapshot.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

using namespace actors;
using namespace std::chrono_literals;

namespace {

task<> serve(const observe::family<observe::counter>* requests) {
  for (int i = 0; i < 3; ++i) {
    co_await sleep(1ms);
    requests->with({"GET"}).add();
  }
  co_await sleep(1h);
}

/// Shows log lines without their time.
class line_printer final : public log_sink {
public:
  void write(const log_record& record) noexcept override { std::printf("%s\n", format_log_text(record).c_str()); }
};

//! [span]
task<> pack(span& current) {
  current.set_attribute("items", 3);
  task_log("shop").info("packed", {{"items", "3"}});
  co_return;
}

//! [span]

//! [log context]
task<> serve_order() {
  task_log("shop").info("received"); // shop: received order=17 task=orders
  co_await with_span("pack", pack);  // shop: packed items=3 order=17 task=orders
}

task<> serve_orders() {
  co_await with_log_field("order", "17", serve_order());
}

//! [log context]

void log_and_trace() {
  const auto file = std::filesystem::temp_directory_path() / ("traces-" + std::to_string(::getpid()) + ".jsonl");
  // [traces]
  const auto traces = observe::make_otlp_file_sink(observe::otlp_options{file}.service("shop"));
  runtime home{runtime_options{}.trace_to(traces).log_to(std::make_shared<line_printer>())};
  // [traces]
  const auto start = []() -> task<> { co_await spawn(serve_orders(), spawn_options{}.name("orders")); };
  home.block_on(start);
  home.stop();
  std::printf("spans written: %llu\n", static_cast<unsigned long long>(traces->written()));
  std::filesystem::remove(file);
}

/// True once a task of this name sleeps and three requests were counted.
bool settled(const runtime& home, const observe::counter& counted) {
  const auto seen = observe::snapshot(home);
  return counted.value() == 3 && !seen.nodes.empty() && !seen.nodes[0].waiting_on.empty();
}

} // namespace

int main() {
  runtime home{runtime_options{}.workers(1)};

  // [inspector]
  const observe::inspector open{home}; // `actors ps` and `actors tree` can look at this program from now on
  // [inspector]

  // [metrics]
  const observe::metrics own;
  const auto requests = own.counters("shop_requests_total", "Requests by method.", {"method"});
  const auto server = home.spawn(serve(&requests), spawn_options{}.name("server"));
  // [metrics]

  while (!settled(home, requests.with({"GET"})))
    std::this_thread::sleep_for(1ms);

  const auto text = observe::render_prometheus(home, own);
  for (const auto* line : {"actors_tasks_started_total 1\n", "actors_running_tasks{name=\"server\"} 1\n",
                           "shop_requests_total{method=\"GET\"} 3\n"})
    std::printf("%s: %s", text.find(line) != std::string::npos ? "shown" : "missing", line);

  // CAF's own actors are listed too.
  for (const auto& node : observe::snapshot(home).nodes)
    for (const auto& on : node.waiting_on)
      std::printf("%s is %s on %s\n", node.name.c_str(), observe::to_string(node.state), on.c_str());
  observe::cancel(home, server.id());
  log_and_trace();
}
