// One verb at a time, as asyncio_verbs.py does it with asyncio: `bench_verbs ITEM N` prints `elapsed_ns=NUMBER`, the
// time of the work alone.

#include <actors/core/as_completed.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/generator.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_group.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/core/wait.hpp>
#include <actors/sync/event.hpp>
#include <actors/sync/mutex.hpp>
#include <actors/sync/queue.hpp>
#include <actors/sync/semaphore.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t crowd = 10; // tasks that want the same lock

void require(bool condition) {
  if (!condition)
    throw std::logic_error("the work was not done");
}

task<std::size_t> same(std::size_t value) {
  co_return value;
}

std::vector<task_handle<std::size_t>> spawn_all(std::size_t count) {
  std::vector<task_handle<std::size_t>> handles;
  handles.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    handles.push_back(spawn(same(i)));
  return handles;
}

task<> use_wait(std::size_t count) {
  const auto result = co_await wait(spawn_all(count));
  require(result.done.size() == count);
}

task<> use_as_completed(std::size_t count) {
  auto completed = as_completed(spawn_all(count));
  std::size_t seen = 0;
  while (co_await completed.next())
    ++seen;
  require(seen == count);
}

task<> use_group(std::size_t count) {
  auto body = [count](task_group& group) -> task<> {
    for (std::size_t i = 0; i < count; ++i)
      static_cast<void>(group.spawn(same(i)));
    co_return;
  };
  co_await with_task_group(body);
}

// The time limit of an operation that is done before it.
task<> use_timeout(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    co_await with_timeout(1s, yield());
}

task<> use_shield(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto result = co_await shield(same(i));
    require(result == i);
  }
}

task<> use_cancel(std::size_t count) {
  std::vector<task_handle<>> handles;
  handles.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    handles.push_back(spawn(sleep(1h)));
  co_await sleep(0s);
  for (const auto& each : handles)
    each.cancel();
  const auto result = co_await wait(std::move(handles));
  require(result.done.size() == count);
}

generator<std::size_t> numbers(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    co_yield i;
}

task<> use_generator(std::size_t count) {
  auto source = numbers(count);
  std::size_t seen = 0;
  while (co_await source.next())
    ++seen;
  require(seen == count);
}

task<> put_all(sync::queue<std::size_t>& items, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    co_await items.put(i);
}

task<> use_queue(std::size_t count) {
  sync::queue<std::size_t> items{100};
  const auto putting = spawn(put_all(items, count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto item = co_await items.get();
    require(item == i);
  }
  co_await putting;
}

task<> lock_often(sync::mutex& door, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto held = co_await door.lock();
    co_await yield();
  }
}

task<> use_mutex(std::size_t count) {
  sync::mutex door;
  std::vector<task<>> tasks;
  for (std::size_t i = 0; i < crowd; ++i)
    tasks.push_back(lock_often(door, count / crowd));
  co_await gather(std::move(tasks));
}

task<> acquire_often(sync::semaphore& seats, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    co_await seats.acquire();
    co_await yield();
    seats.release();
  }
}

task<> use_semaphore(std::size_t count) {
  sync::semaphore seats{3};
  std::vector<task<>> tasks;
  for (std::size_t i = 0; i < crowd; ++i)
    tasks.push_back(acquire_often(seats, count / crowd));
  co_await gather(std::move(tasks));
}

task<> await_event(sync::event& bell) {
  co_await bell.wait();
}

task<> use_event(std::size_t count) {
  sync::event bell;
  std::vector<task_handle<>> handles;
  handles.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    handles.push_back(spawn(await_event(bell)));
  co_await sleep(0s);
  bell.set();
  static_cast<void>(co_await wait(std::move(handles)));
}

task<> use_to_thread(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto result = co_await to_thread([i] { return i; });
    require(result == i);
  }
}

using item = std::function<task<>(std::size_t count)>;

const std::map<std::string, item>& items() {
  static const std::map<std::string, item> all{{"wait", use_wait},           {"as_completed", use_as_completed},
                                               {"group", use_group},         {"timeout", use_timeout},
                                               {"shield", use_shield},       {"cancel", use_cancel},
                                               {"generator", use_generator}, {"queue", use_queue},
                                               {"mutex", use_mutex},         {"semaphore", use_semaphore},
                                               {"event", use_event},         {"to_thread", use_to_thread}};
  return all;
}

} // namespace

int main(int argc, char** argv) {
  const auto count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (count == 0 || !items().contains(argv[1])) {
    std::fprintf(stderr, "usage: bench_verbs ITEM N\nitems:");
    for (const auto& [name, work] : items())
      std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  runtime home{runtime_options{}.stall_threshold(1h)};
  const auto start = std::chrono::steady_clock::now();
  home.block_on(items().at(argv[1])(count));
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
  std::printf("elapsed_ns=%lld\n", static_cast<long long>(took.count()));
}
