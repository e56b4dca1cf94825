#include <actors/core/spawn.hpp>

#include <benchmarks/core/fixture.hpp>

#include <vector>

namespace actors::benchmarks {
namespace {

task<int> leaf() {
  co_return 1;
}

task<> spawn_one_by_one(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    benchmark::DoNotOptimize(co_await spawn(leaf()));
}

task<> spawn_then_await(std::size_t count) {
  std::vector<task_handle<int>> handles;
  handles.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    handles.push_back(spawn(leaf()));
  for (const auto& handle : handles)
    benchmark::DoNotOptimize(co_await handle);
}

void one_by_one(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 10'000, spawn_one_by_one);
}

void all_then_await(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 10'000, spawn_then_await);
}

BENCHMARK(one_by_one)->UseManualTime()->ArgName("workers")->Arg(1)->Arg(2);
BENCHMARK(all_then_await)->UseManualTime()->ArgName("workers")->Arg(1)->Arg(2);

} // namespace
} // namespace actors::benchmarks
