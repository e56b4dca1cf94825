// The work items of the core that the peers do too, as one program: `bench_core ITEM N [ROUNDS]` prints
// `elapsed_ns=NUMBER` and `cpu_ns=NUMBER`, the time and the process's CPU time of the work alone. Memory is measured
// from outside, and so is the CPU time that is compared with other programs.

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>

#include <time.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

void require(bool condition) {
  if (!condition)
    throw std::logic_error("the work was not done");
}

task<std::size_t> same(std::size_t value) {
  co_return value;
}

task<> nap() {
  co_await sleep(1s);
}

task<> gather_trivial(std::size_t count, std::size_t rounds) {
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<task<std::size_t>> tasks;
    tasks.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      tasks.push_back(same(i));
    const auto results = co_await gather(std::move(tasks));
    require(results.size() == count && results.back() == count - 1);
  }
}

task<> sleep_together(std::size_t count, std::size_t) {
  std::vector<task<>> tasks;
  tasks.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(nap());
  co_await gather(std::move(tasks));
}

class echo : public service {
public:
  echo() {
    on([](int value) { return value; });
  }
};

task<> ask_service(std::size_t count, std::size_t) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i) {
    const int answer = co_await ask<int>(target, static_cast<int>(i));
    require(answer == static_cast<int>(i));
  }
}

task<> ask_plain(std::size_t count, std::size_t) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i) {
    const int answer = co_await ask<int>(target.actor(), static_cast<int>(i));
    require(answer == static_cast<int>(i));
  }
}

task<> await_inline(std::size_t count, std::size_t) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += co_await same(1);
  require(sum == count);
}

task<> spawn_and_await(std::size_t count, std::size_t) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto result = co_await spawn(same(i));
    require(result == i);
  }
}

// Nothing to do for five seconds: what a runtime costs that waits.
task<> idle(std::size_t, std::size_t) {
  co_await sleep(5s);
}

using item = std::function<task<>(std::size_t count, std::size_t rounds)>;

const std::map<std::string, item>& items() {
  static const std::map<std::string, item> all{
      {"gather", gather_trivial}, {"sleep", sleep_together}, {"pingpong", ask_service},  {"ask", ask_service},
      {"ask_plain", ask_plain},   {"inline", await_inline},  {"spawn", spawn_and_await}, {"idle", idle}};
  return all;
}

std::chrono::nanoseconds process_cpu_time() {
  timespec spent{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0)
    throw std::system_error(errno, std::generic_category(), "clock_gettime");
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

int usage() {
  std::fprintf(stderr, "usage: bench_core ITEM N [ROUNDS] [WORKERS]\nitems:");
  for (const auto& [name, work] : items())
    std::fprintf(stderr, " %s", name.c_str());
  std::fprintf(stderr, "\n");
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3 || !items().contains(argv[1]))
    return usage();
  const auto count = std::strtoull(argv[2], nullptr, 10);
  const auto rounds = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const auto workers = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0;
  // Building a million tasks holds a worker on purpose.
  runtime home{runtime_options{}.workers(workers).stall_threshold(1h)};
  const auto cpu_before = process_cpu_time();
  const auto start = std::chrono::steady_clock::now();
  home.block_on(items().at(argv[1])(count, rounds));
  const auto took = std::chrono::steady_clock::now() - start;
  const auto cpu = process_cpu_time() - cpu_before;
  std::printf("elapsed_ns=%lld cpu_ns=%lld\n", static_cast<long long>(std::chrono::nanoseconds(took).count()),
              static_cast<long long>(cpu.count()));
}
