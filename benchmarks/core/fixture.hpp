#pragma once

#include <actors/core/runtime.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>

namespace actors::benchmarks {

/// A runtime for one benchmark. Holding a worker for long is what benchmarks do, so stalls are not reported.
inline runtime_options quiet(std::size_t workers) {
  return runtime_options{}.workers(workers).stall_threshold(std::chrono::hours(1));
}

/// Runs `count` operations at a time inside of one task and reports the time of each.
template <class Operations>
void run_in_task(benchmark::State& state, std::size_t workers, std::size_t count, Operations operations) {
  runtime home{quiet(workers)};
  // The first run also pays for memory that the process has never touched before.
  home.block_on(operations(count));
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    home.block_on(operations(count));
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<long>(count));
}

} // namespace actors::benchmarks
