// Piles of outstanding things must cost the same each, however many there are: compare the time of each at 10,000 and
// 100,000.

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <benchmarks/core/fixture.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace actors::benchmarks {
namespace {

using namespace std::chrono_literals;

/// Answers nothing until it has been asked `count` times, then everything. An actor of plain CAF.
caf::behavior hoarder(caf::stateful_actor<std::vector<caf::response_promise>>* self, std::size_t count) {
  return {[self, count](int value) -> caf::result<int> {
    auto promise = self->make_response_promise();
    self->state.push_back(promise);
    if (self->state.size() == count)
      for (auto& waiting : std::exchange(self->state, {}))
        waiting.deliver(value);
    return promise;
  }};
}

/// Passes every question on: its handlers are all suspended as long as the other one hoards.
class relay : public service {
public:
  explicit relay(caf::actor next) : next_(std::move(next)) {
    on([this](int value) -> task<int> { co_return co_await ask<int>(next_, value); });
  }

private:
  caf::actor next_;
};

class echo : public service {
public:
  echo() {
    on([](int value) { return value; });
  }
};

task<int> ask_one(service_ref target) {
  co_return co_await ask<int>(target, 1);
}

// One service with all calls outstanding at once, each handler suspended, and each caller.
task<> outstanding_calls(std::size_t count) {
  auto& system = spawn_service(std::make_unique<echo>()).actor()->home_system();
  const auto target = spawn_service(std::make_unique<relay>(system.spawn(hoarder, count)));
  std::vector<task<int>> calls;
  calls.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    calls.push_back(ask_one(target));
  co_await gather(std::move(calls));
}

task<> nap(duration length) {
  co_await sleep(length);
}

// All timers armed at once, due within a few milliseconds of each other.
task<> outstanding_timers(std::size_t count) {
  std::vector<task<>> naps;
  naps.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    naps.push_back(nap(std::chrono::microseconds(i % 1000)));
  co_await gather(std::move(naps));
}

// A mailbox with all messages queued before the first is handled.
task<> queued_messages(std::size_t count) {
  const auto target = spawn_service(std::make_unique<echo>());
  for (std::size_t i = 0; i < count; ++i)
    tell(target, 1);
  benchmark::DoNotOptimize(co_await ask<int>(target, 1));
}

// Timers that are armed and taken back, as every call with a time limit does.
task<> cancelled_timers(std::size_t count) {
  std::vector<task_handle<>> naps;
  naps.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    naps.push_back(spawn(nap(1h)));
  co_await yield();
  for (const auto& entry : naps)
    entry.cancel();
  co_await gather_outcomes(std::move(naps));
}

/// Not ready before the end of the benchmark.
class slow_starter : public service {
public:
  slow_starter() {
    on([](int value) { return value; });
  }

private:
  task<> on_start() override { co_await sleep(1h); }
};

// Callers that give up while the service they ask is still starting.
task<> abandoned_early_calls(std::size_t count) {
  const auto target = spawn_service(std::make_unique<slow_starter>());
  std::vector<task_handle<int>> calls;
  calls.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    calls.push_back(spawn(ask_one(target)));
  co_await yield();
  for (const auto& entry : calls)
    entry.cancel();
  co_await gather_outcomes(std::move(calls));
  caf::anon_send_exit(target.actor(), caf::exit_reason::kill);
}

template <auto Operations>
void pile(benchmark::State& state) {
  run_in_task(state, 2, static_cast<std::size_t>(state.range(0)), Operations);
}

// Two seconds each, or the large pile would be measured once, and the small one a dozen times with warm memory.
void sizes(benchmark::internal::Benchmark* entry) {
  entry->UseManualTime()->MinTime(2)->Arg(10'000)->Arg(100'000);
}

BENCHMARK(pile<outstanding_calls>)->Name("outstanding_calls")->Apply(sizes);
BENCHMARK(pile<outstanding_timers>)->Name("outstanding_timers")->Apply(sizes);
BENCHMARK(pile<queued_messages>)->Name("queued_messages")->Apply(sizes);
BENCHMARK(pile<cancelled_timers>)->Name("cancelled_timers")->Apply(sizes);
BENCHMARK(pile<abandoned_early_calls>)->Name("abandoned_early_calls")->Apply(sizes);

} // namespace
} // namespace actors::benchmarks
