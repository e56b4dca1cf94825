// A supervision storm: many children crash at random for a while. At the end every permanent child has to be alive
// within a second after the last crash, the restarts have to add up, and memory must not have grown.
//
// Usage: bench_supervise_storm [--children 10000] [--seconds 30] [--seed 1] [--life-ms 500] [--workers 0]
//
// Each child lives for a random time of at most twice --life-ms and then throws; restarts are unlimited, with a
// back-off of at most 10 ms. Exits with 1 if something does not hold.

#include "../own_memory.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/this_task.hpp>
#include <actors/supervise/supervisor.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

struct settings {
  std::size_t children = 10'000;
  std::size_t seconds = 30;
  std::size_t seed = 1;
  std::size_t life_ms = 500;
  std::size_t workers = 0;
};

struct storm_state {
  explicit storm_state(const settings& given) : chosen(given), crashes(given.children), alive(given.children) {}

  settings chosen;
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> total{0};
  std::vector<std::atomic<std::uint32_t>> crashes;
  std::vector<std::atomic<bool>> alive;
};

task<void> live(std::shared_ptr<storm_state> storm, std::size_t number) {
  storm->alive[number].store(true, std::memory_order_relaxed);
  // A source of its own for each life, so that a seed gives the same lives on any number of workers.
  std::minstd_rand random{static_cast<std::uint32_t>((storm->chosen.seed * 1'000'003 + number) * 7919 +
                                                     storm->crashes[number].load(std::memory_order_relaxed))};
  random.discard(2);
  std::uniform_int_distribution<std::int64_t> life_us{0, static_cast<std::int64_t>(storm->chosen.life_ms) * 2000};
  co_await sleep(std::chrono::microseconds{life_us(random)});
  if (storm->over.load(std::memory_order_relaxed))
    co_await sleep(forever);
  storm->alive[number].store(false, std::memory_order_relaxed);
  storm->crashes[number].fetch_add(1, std::memory_order_relaxed);
  storm->total.fetch_add(1, std::memory_order_relaxed);
  throw std::runtime_error("crash");
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& value) {
    return static_cast<double>(value.tv_sec) + static_cast<double>(value.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool says(bool holds, const char* what) {
  std::printf("%-60s %s\n", what, holds ? "yes" : "NO");
  return holds;
}

task<bool> run_storm(settings chosen) {
  const auto storm = std::make_shared<storm_state>(chosen);
  const auto self = co_await this_task();
  supervise::supervisor_spec spec{"storm"};
  spec.unlimited_restarts().log_failures(false).seed(chosen.seed).stop_together();
  spec.backoff(supervise::backoff_policy{1ms, 10ms});
  for (std::size_t i = 0; i < chosen.children; ++i)
    spec.child(supervise::task_child("child " + std::to_string(i), [storm, i] { return live(storm, i); }));
  auto begin = self.now();
  const auto top = supervise::spawn_supervisor(std::move(spec));
  co_await top.started();
  std::printf("%zu children started in %.1f ms\n", chosen.children,
              std::chrono::duration<double, std::milli>(self.now() - begin).count());

  begin = self.now();
  const auto cpu_before = cpu_seconds();
  double early = 0;
  double live_early = 0;
  std::uint64_t before = 0;
  for (std::size_t second = 1; second <= chosen.seconds; ++second) {
    co_await sleep_until(begin + 1s * static_cast<std::int64_t>(second));
    const auto total = storm->total.load();
    const auto memory = bench::resident_mib();
    std::printf("%3zu s  %9llu crashes/s  %7.1f MiB resident\n", second,
                static_cast<unsigned long long>(total - before), memory);
    before = total;
    // By then every child has crashed, and its last error is kept.
    if (second <= std::max<std::size_t>(chosen.seconds / 3, 1)) {
      early = std::max(early, memory);
      live_early = std::max(live_early, bench::live_mib());
    }
  }
  storm->over = true;
  const auto crashes_at_end = storm->total.load();
  const auto cpu = cpu_seconds() - cpu_before;
  const auto took = std::chrono::duration<double>(self.now() - begin).count();

  // The last child that was told to crash does so within twice its mean life.
  co_await sleep(std::chrono::milliseconds{chosen.life_ms * 2});
  const auto calm = self.now();
  std::size_t down = 0;
  do {
    down = static_cast<std::size_t>(
        std::count_if(storm->alive.begin(), storm->alive.end(), [](const auto& each) { return !each.load(); }));
    if (down != 0)
      co_await sleep(1ms);
  } while (down != 0 && self.now() - calm < 10s);
  const auto recovery = std::chrono::duration<double, std::milli>(self.now() - calm).count();

  const auto live_after = bench::live_mib();
  std::uint64_t restarts = 0;
  bool each_adds_up = true;
  bool all_run = true;
  std::size_t number = 0;
  for (const auto& child : co_await top.children()) {
    restarts += child.restarts;
    each_adds_up = each_adds_up && child.restarts == storm->crashes[number].load();
    all_run = all_run && child.state == supervise::child_state::running;
    ++number;
  }
  std::printf("%llu crashes in %.1f s: %.0f a second, %.2f us of processor time each\n",
              static_cast<unsigned long long>(crashes_at_end), took, static_cast<double>(crashes_at_end) / took,
              cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(crashes_at_end, 1)));
  std::printf("all alive %.1f ms after the last crash\n", recovery);
  std::printf("resident %.1f MiB early, %.1f MiB at the end; live %.1f MiB early, %.1f MiB after\n", early,
              bench::resident_mib(), live_early, live_after);
  bool good =
      says(down == 0 && recovery < 1000 && all_run, "every child is alive within a second after the last crash");
  good = says(each_adds_up && restarts == storm->total.load(), "every crash was followed by one restart") && good;
  good = says(live_after < live_early * 1.1 + 1, "memory is flat: no more is live than early on") && good;
  begin = self.now();
  co_await top.stop();
  std::printf("stopped in %.1f ms\n", std::chrono::duration<double, std::milli>(self.now() - begin).count());
  co_return good;
}

/// For arguments that make no sense.
[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2); // NOLINT(concurrency-mt-unsafe): there is one thread yet
}

std::size_t number(std::string_view text) {
  const std::string copy{text};
  char* end = nullptr;
  const auto value = std::strtoull(copy.c_str(), &end, 10);
  if (copy.empty() || *end != '\0')
    give_up("not a number: " + copy);
  return value;
}

settings parse(int argc, char** argv) {
  settings result;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name{argv[i]};
    if (i + 1 == argc)
      give_up(std::string{name} + " needs a number");
    const auto value = number(argv[i + 1]);
    if (name == "--children" && value > 0)
      result.children = value;
    else if (name == "--seconds" && value > 0)
      result.seconds = value;
    else if (name == "--seed")
      result.seed = value;
    else if (name == "--life-ms" && value > 0)
      result.life_ms = value;
    else if (name == "--workers")
      result.workers = value;
    else
      give_up("unknown or impossible: " + std::string{name} + " " + argv[i + 1]);
  }
  return result;
}

} // namespace

int main(int argc, char** argv) {
  const auto chosen = parse(argc, argv);
  runtime home{runtime_options{}.workers(chosen.workers)};
  return home.block_on(run_storm(chosen)) ? 0 : 1;
}
