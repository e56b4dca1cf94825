#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>
#include <actors/sync/queue.hpp>

#include <benchmarks/core/fixture.hpp>

#include <vector>

namespace actors::benchmarks {
namespace {

task<> echo(sync::queue<std::size_t>& in, sync::queue<std::size_t>& out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    co_await out.put(co_await in.get());
}

task<> ping_pong(std::size_t count) {
  sync::queue<std::size_t> there{1};
  sync::queue<std::size_t> back{1};
  const auto echoing = spawn(echo(there, back, count));
  for (std::size_t i = 0; i < count; ++i) {
    co_await there.put(i);
    benchmark::DoNotOptimize(co_await back.get());
  }
  co_await echoing;
}

task<> put_and_get(std::size_t count) {
  sync::queue<std::size_t> items;
  for (std::size_t i = 0; i < count; ++i) {
    co_await items.put(i);
    benchmark::DoNotOptimize(co_await items.get());
  }
}

// Everybody waits, then everybody is served.
task<> serve_many_waiting(std::size_t count) {
  sync::queue<std::size_t> items;
  std::vector<task_handle<std::size_t>> getting;
  getting.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    getting.push_back(spawn(items.get()));
  for (std::size_t i = 0; i < count; ++i)
    static_cast<void>(items.try_put(i));
  for (const auto& each : getting)
    benchmark::DoNotOptimize(co_await each);
}

void queue_ping_pong(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 10'000, ping_pong);
}

void queue_put_and_get(benchmark::State& state) {
  run_in_task(state, 1, 100'000, put_and_get);
}

void queue_many_waiting(benchmark::State& state) {
  run_in_task(state, 2, static_cast<std::size_t>(state.range(0)), serve_many_waiting);
}

BENCHMARK(queue_ping_pong)->UseManualTime()->Arg(1)->Arg(2);
BENCHMARK(queue_put_and_get)->UseManualTime();
BENCHMARK(queue_many_waiting)->UseManualTime()->MinTime(2)->Arg(10'000)->Arg(100'000);

} // namespace
} // namespace actors::benchmarks
