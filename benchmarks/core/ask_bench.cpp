#include <actors/core/ask.hpp>
#include <actors/core/service.hpp>

#include <benchmarks/core/fixture.hpp>

#include <chrono>
#include <memory>

namespace actors::benchmarks {
namespace {

class echo : public service {
public:
  echo() {
    on([](int value) { return value; });
    on([](double value) -> task<double> { co_return value; });
  }
};

task<> ask_plain_handler(std::size_t count) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i)
    benchmark::DoNotOptimize(co_await ask<int>(target, 1));
}

task<> ask_coroutine_handler(std::size_t count) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i)
    benchmark::DoNotOptimize(co_await ask<double>(target, 1.0));
}

task<> ask_with_time_limit(std::size_t count) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i)
    benchmark::DoNotOptimize(co_await ask<int>(target, 1).within(std::chrono::seconds(5)));
}

task<> ask_without_context(std::size_t count) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i)
    benchmark::DoNotOptimize(co_await ask<int>(target.actor(), 1));
}

template <auto Operations>
void round_trip(benchmark::State& state) {
  run_in_task(state, static_cast<std::size_t>(state.range(0)), 100'000, Operations);
}

BENCHMARK(round_trip<ask_plain_handler>)->Name("plain_handler")->UseManualTime()->ArgName("workers")->Arg(1)->Arg(2);
BENCHMARK(round_trip<ask_coroutine_handler>)
    ->Name("coroutine_handler")
    ->UseManualTime()
    ->ArgName("workers")
    ->Arg(1)
    ->Arg(2);
BENCHMARK(round_trip<ask_with_time_limit>)
    ->Name("with_time_limit")
    ->UseManualTime()
    ->ArgName("workers")
    ->Arg(1)
    ->Arg(2);
BENCHMARK(round_trip<ask_without_context>)
    ->Name("without_context")
    ->UseManualTime()
    ->ArgName("workers")
    ->Arg(1)
    ->Arg(2);

} // namespace
} // namespace actors::benchmarks
