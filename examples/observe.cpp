// Looking at a program: metrics of its own beside those of the runtime, its tasks, and the socket for `actors ps`.

#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/observe/inspector.hpp>
#include <actors/observe/metrics.hpp>
#include <actors/observe/prometheus.hpp>
#include <actors/observe/snapshot.hpp>

#include <chrono>
#include <cstdio>
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
}
