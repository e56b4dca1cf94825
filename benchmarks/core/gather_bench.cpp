#include <actors/core/gather.hpp>

#include <benchmarks/core/fixture.hpp>

#include <vector>

namespace actors::benchmarks {
namespace {

task<int> leaf(int value) {
  co_return value;
}

task<> gather_vector(std::size_t count) {
  std::vector<task<int>> tasks;
  tasks.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(leaf(static_cast<int>(i)));
  benchmark::DoNotOptimize(co_await gather(std::move(tasks)));
}

task<> gather_three(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto three = gather(leaf(1), leaf(2), leaf(3));
    benchmark::DoNotOptimize(co_await three);
  }
}

void vector_of_tasks(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), gather_vector);
}

void three_tasks(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 10'000, gather_three);
}

BENCHMARK(vector_of_tasks)
    ->UseManualTime()
    ->ArgNames({"workers", "tasks"})
    ->ArgsProduct({{1, 2}, {100, 10'000, 1'000'000}});
BENCHMARK(three_tasks)->UseManualTime()->ArgName("workers")->Arg(1)->Arg(2);

} // namespace
} // namespace actors::benchmarks
