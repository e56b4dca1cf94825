// A soak: clients that behave badly (tests/http/rough_clients.hpp) send a great many requests to servers of all kinds
// of handlers. In pauses in between, and at the end, everything is counted: connections, tasks, actors, timers,
// descriptors and memory must be what they were after the first part.
//
//     bench_http_soak [REQUESTS] [THREADS] [SEED]     1,000,000 by default, of 16 threads
//
// Exits with 1 if something is left, or if a client that behaved well did not get the right answer.

#include "../own_memory.hpp"
#include "tests/http/rough_clients.hpp"
#include "tests/http/rough_site.hpp"

#include <actors/core/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

namespace {

using namespace actors;
using namespace actors::http::test;
using steady = std::chrono::steady_clock;

constexpr std::uint64_t parts = 10;

/// Waits until nothing changes any more that should not be there, for at most a minute.
leftovers settle(const runtime& home, const rough_sites& sites, const leftovers* wanted) {
  const auto deadline = steady::now() + std::chrono::minutes(1);
  for (;;) {
    const auto now = count_leftovers(home, sites.connections());
    const bool is_calm = wanted != nullptr ? now == *wanted : now.connections == 0;
    if (is_calm || steady::now() >= deadline)
      return now;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool soak(std::uint64_t requests, unsigned threads, std::uint64_t seed) {
  runtime home{runtime_options{}.workers(2)};
  std::promise<const rough_sites*> started;
  const auto root = home.spawn([&started]() -> task<> {
    rough_sites sites;
    co_await sites.start();
    started.set_value(&sites);
    co_await sites.plain.join();
  });
  const auto* const sites = started.get_future().get();
  rough_clients clients{sites->ports(), seed};
  leftovers first;
  double live_first = 0;
  bool good = true;
  const auto begin = steady::now();
  for (std::uint64_t part = 1; part <= parts && good; ++part) {
    clients.run(requests / parts, threads);
    const auto now = settle(home, *sites, part == 1 ? nullptr : &first);
    const auto live = bench::live_mib();
    if (part == 1) {
      std::this_thread::sleep_for(std::chrono::seconds(1)); // what was closed last is given back
      first = settle(home, *sites, nullptr);
      live_first = bench::live_mib();
    }
    std::printf("%9llu requests  %6.1f s  %s  live %.2f MiB  resident %.1f MiB\n",
                static_cast<unsigned long long>(clients.counts().requests.load()),
                std::chrono::duration<double>(steady::now() - begin).count(), to_string(now).c_str(), live,
                bench::resident_mib());
    std::fflush(stdout);
    good = clients.problem().empty() && (part == 1 || now == first);
    if (part == parts && live > live_first * 1.1 + 1) {
      std::printf("memory has grown: %.2f MiB were live after the first part\n", live_first);
      good = false;
    }
  }
  const auto& counts = clients.counts();
  std::printf(
      "%llu sessions: %llu broke off, %llu were reset, %llu left answers unread, %llu spoke WebSocket; %llu right "
      "answers\n",
      static_cast<unsigned long long>(counts.sessions.load()), static_cast<unsigned long long>(counts.cut.load()),
      static_cast<unsigned long long>(counts.reset.load()), static_cast<unsigned long long>(counts.unread.load()),
      static_cast<unsigned long long>(counts.websockets.load()),
      static_cast<unsigned long long>(counts.answers.load()));
  if (!clients.problem().empty())
    std::printf("%s\n", clients.problem().c_str());
  root.cancel();
  const auto left = home.stop(std::chrono::seconds(10));
  for (const auto& name : left)
    std::printf("did not stop: %s\n", name.c_str());
  return good && left.empty();
}

} // namespace

int main(int argc, char** argv) {
  const auto requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const auto threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 16;
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const bool good = soak(requests, threads, seed);
  std::printf("%s\n", good ? "nothing is left" : "FAILED");
  return good ? 0 : 1;
}
