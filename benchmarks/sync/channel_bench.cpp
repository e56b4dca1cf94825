#include <actors/core/spawn.hpp>
#include <actors/sync/channel.hpp>

#include <benchmarks/core/fixture.hpp>

#include <cstddef>
#include <utility>

namespace actors::benchmarks {
namespace {

task<> send_all(sync::sender<std::size_t> out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    co_await out.send(i);
}

task<> pass(std::size_t count, std::size_t capacity) {
  auto ends = sync::make_channel<std::size_t>(capacity);
  const auto sending = spawn(send_all(std::move(ends.first), count));
  std::size_t sum = 0;
  while (const auto value = co_await ends.second.next())
    sum += *value;
  benchmark::DoNotOptimize(sum);
  co_await sending;
}

void channel_values(benchmark::State& state) {
  const auto capacity = static_cast<std::size_t>(state.range(0));
  run_in_task(state, 2, static_cast<std::size_t>(state.range(1)),
              [capacity](std::size_t count) { return pass(count, capacity); });
}

BENCHMARK(channel_values)->UseManualTime()->ArgNames({"capacity", "values"})->ArgsProduct({{0, 64}, {10'000, 100'000}});

} // namespace
} // namespace actors::benchmarks
