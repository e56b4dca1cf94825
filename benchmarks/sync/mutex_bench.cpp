#include <actors/core/gather.hpp>
#include <actors/sync/mutex.hpp>

#include <benchmarks/core/fixture.hpp>

#include <vector>

namespace actors::benchmarks {
namespace {

task<> lock_alone(std::size_t count) {
  sync::mutex lock;
  for (std::size_t i = 0; i < count; ++i) {
    const auto guard = co_await lock.lock();
    benchmark::DoNotOptimize(guard);
  }
}

task<> lock_repeatedly(sync::mutex& lock, std::size_t& sum, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto guard = co_await lock.lock();
    ++sum;
  }
}

task<> lock_together(std::size_t count) {
  constexpr std::size_t users = 8;
  sync::mutex lock;
  std::size_t sum = 0;
  std::vector<task<>> all;
  for (std::size_t i = 0; i < users; ++i)
    all.push_back(lock_repeatedly(lock, sum, count / users));
  co_await gather(std::move(all));
  benchmark::DoNotOptimize(sum);
}

void mutex_uncontended(benchmark::State& state) {
  run_in_task(state, 1, 100'000, lock_alone);
}

void mutex_contended(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 80'000, lock_together);
}

BENCHMARK(mutex_uncontended)->UseManualTime();
BENCHMARK(mutex_contended)->UseManualTime()->Arg(1)->Arg(2);

} // namespace
} // namespace actors::benchmarks
