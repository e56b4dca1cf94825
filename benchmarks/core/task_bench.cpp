#include <actors/core/task.hpp>

#include <benchmarks/core/fixture.hpp>

namespace actors::benchmarks {
namespace {

task<int> leaf() {
  co_return 1;
}

task<int> nested(int depth) {
  if (depth == 0)
    co_return 0;
  co_return co_await nested(depth - 1) + 1;
}

task<> await_many(std::size_t count) {
  int sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += co_await leaf();
  benchmark::DoNotOptimize(sum);
}

task<> await_deep(std::size_t depth) {
  benchmark::DoNotOptimize(co_await nested(static_cast<int>(depth)));
}

void inline_await(benchmark::State& state) {
  run_in_task(state, 1, 100'000, await_many);
}

void deep_call_chain(benchmark::State& state) {
  run_in_task(state, 1, static_cast<std::size_t>(state.range(0)), await_deep);
}

BENCHMARK(inline_await)->UseManualTime();
BENCHMARK(deep_call_chain)->UseManualTime()->Arg(10)->Arg(1'000)->Arg(100'000);

} // namespace
} // namespace actors::benchmarks
