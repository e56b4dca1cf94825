// The library inside a program that has its own main and threads: the bridge between plain threads and tasks.

#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>

#include <chrono>
#include <cstdio>
#include <future>
#include <latch>
#include <thread>

using namespace actors;
using namespace std::chrono_literals;

namespace {

task<int> answer(int value) {
  co_await sleep(1ms);
  co_return value;
}

} // namespace

//! [embed]
int main() {
  runtime home{runtime_options{}.workers(2)};

  // Wait for a task.
  std::printf("block_on: %d\n", home.block_on(answer(1)));

  // The standard way.
  std::future<int> future = home.spawn_future(answer(2));
  std::printf("future: %d\n", future.get());

  // A callback, on a worker.
  std::latch called{1};
  home.spawn_then(answer(3), [&](outcome<int> result) {
    std::printf("callback: %d\n", result.value());
    called.count_down();
  });
  called.wait();

  // From any thread.
  std::thread other{[&] { std::printf("other thread: %d\n", home.block_on(answer(4))); }};
  other.join();

  // In order, within a second; what does not stop would be named.
  for (const auto& name : home.stop(1s))
    std::printf("did not stop: %s\n", name.c_str());
}

//! [embed]
