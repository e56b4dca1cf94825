// How long a tree of tasks takes to end once its root is told to: `bench_tree_end SHAPE cancel|kill N` prints
// `elapsed_ns=NUMBER` and `cpu_ns=NUMBER` for the end alone, and fails unless every task that was cancelled has run its
// cleanup and every frame is gone.

#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_handle.hpp>
#include <actors/core/wait.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

struct census {
  std::atomic<std::size_t> waiting = 0;
  std::atomic<std::size_t> cleaned = 0;
  std::atomic<std::size_t> frames = 0;
};

/// Counts the frame it stands in.
class counted {
public:
  explicit counted(census& all) : all_(&all) { ++all_->frames; }

  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  ~counted() { --all_->frames; }

private:
  census* all_;
};

/// A task with `size - 1` below it, in `fan` branches of the same size.
task<> node(std::size_t size, std::size_t fan, census& all) {
  const counted here{all};
  std::size_t left = size - 1;
  for (std::size_t branch = fan; branch > 0 && left > 0; --branch) {
    const auto share = (left + branch - 1) / branch;
    static_cast<void>(spawn(node(share, fan, all)));
    left -= share;
  }
  ++all.waiting;
  bool told = false;
  try {
    co_await sleep(forever);
  } catch (const cancelled&) {
    told = true;
  }
  // Cleanup that awaits, as that of a connection or a transaction does.
  if (told) {
    co_await yield();
    ++all.cleaned;
    throw cancelled{"as told"};
  }
}

std::chrono::nanoseconds process_cpu_time() {
  timespec spent{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
    throw std::system_error(errno, std::generic_category(), "clock_gettime");
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

task<> end_a_tree(std::size_t size, std::size_t fan, bool kill) {
  census all;
  const auto root = spawn(node(size, fan, all));
  while (all.waiting < size)
    co_await sleep(1ms);
  const auto cpu_before = process_cpu_time();
  const auto start = std::chrono::steady_clock::now();
  if (kill)
    caf::anon_send_exit(root.address(), caf::exit_reason::kill);
  else
    root.cancel("the end");
  const std::vector<task_handle<>> roots(1, root);
  static_cast<void>(co_await wait(roots));
  const auto took = std::chrono::steady_clock::now() - start;
  const auto cpu = process_cpu_time() - cpu_before;
  if (all.frames != 0 || all.cleaned != (kill ? 0 : size))
    throw std::logic_error("a task was left out: " + std::to_string(all.frames) + " frames, " +
                           std::to_string(all.cleaned) + " cleaned up");
  std::printf("elapsed_ns=%lld cpu_ns=%lld\n", static_cast<long long>(std::chrono::nanoseconds(took).count()),
              static_cast<long long>(cpu.count()));
}

const std::map<std::string, std::size_t>& shapes() {
  static const std::map<std::string, std::size_t> all{
      {"chain", 1}, {"binary", 2}, {"tens", 10}, {"flat", 1'000'000'000}};
  return all;
}

} // namespace

int main(int argc, char** argv) {
  const std::string end = argc > 2 ? argv[2] : "";
  const auto size = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (size == 0 || !shapes().contains(argv[1]) || (end != "cancel" && end != "kill")) {
    std::fprintf(stderr, "usage: bench_tree_end SHAPE cancel|kill N\nshapes:");
    for (const auto& [name, fan] : shapes())
      std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  runtime home{runtime_options{}.stall_threshold(1h)};
  home.block_on(end_a_tree(size, shapes().at(argv[1]), end == "kill"));
}
