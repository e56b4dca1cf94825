#include "errors.hpp"
#include "random_program_parts.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/sync/queue.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

/// Whatever is cancelled, late or shut down: an item is got once, or is still in the queue.
///
/// Queues are shared with the tasks that use them, because who made one may be cancelled and gone before they are.
namespace core_test::programs {

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using namespace std::chrono_literals;

using queue = actors::sync::queue<number>;
using queue_ptr = std::shared_ptr<queue>;

task<> put_later(queue_ptr items, actors::duration delay, number value) {
  co_await actors::sleep(delay);
  co_await items->put(value);
}

// The item comes before the time is up, at that very moment, or after it.
task<number> get_in_time_or_later(const node& n) {
  const auto items = std::make_shared<queue>();
  const auto putting = spawn(put_later(items, std::chrono::milliseconds(n.number % 3), n.number));
  std::optional<number> got = co_await actors::move_on_after(1ms, items->get());
  if (!got)
    got = co_await items->get();
  co_await putting;
  co_return items->empty() ? *got : 0;
}

// One of three who wait is cancelled, perhaps after it was given an item, which it then keeps.
task<number> cancelled_getter(const node& n) {
  const auto items = std::make_shared<queue>();
  std::vector<task_handle<number>> getting;
  for (int i = 0; i < 3; ++i)
    getting.push_back(spawn(items->get()));
  if (n.number % 2 == 0)
    co_await actors::sleep(1us);
  const auto chosen = n.number % 3;
  getting[chosen].cancel();
  for (number i = 0; i < getting.size(); ++i)
    co_await items->put(n.number + i);
  number sum = 0;
  for (number i = 0; i < getting.size(); ++i) {
    const auto error = co_await error_of(getting[i]);
    if (!error)
      sum += getting[i].result().value();
  }
  while (const auto left = items->try_get())
    sum += *left;
  co_return sum;
}

task<> cancel_soon(task_handle<number> target) {
  co_await actors::yield();
  target.cancel();
}

task<number> put_and_cancel(const node& n) {
  const auto items = std::make_shared<queue>(1);
  const auto getting = spawn(items->get());
  if (n.number % 2 == 0)
    co_await actors::sleep(1us);
  const auto putting = spawn(items->put(n.number));
  co_await spawn(cancel_soon(getting));
  co_await putting;
  const auto error = co_await error_of(getting);
  number sum = error ? 0 : getting.result().value();
  if (const auto left = items->try_get())
    sum += *left;
  co_return sum;
}

// A full queue is shut down while a task waits to put: that one is told, and what is in the queue can be had.
task<number> shut_queue(const node& n) {
  const auto items = std::make_shared<queue>(1);
  co_await items->put(n.number);
  const auto putting = spawn(items->put(0));
  co_await actors::sleep(1us);
  items->shutdown();
  const auto refused = co_await error_of(putting);
  const auto value = co_await items->get();
  const auto empty = co_await error_of(spawn(items->get()));
  co_return refused&& empty ? value : 0;
}

using results = actors::sync::queue<result>;
using results_ptr = std::shared_ptr<results>;

/// Shuts the queue when who takes from it goes. A producer may have swallowed its cancellation, as a stubborn task
/// does, and would wait for room for ever.
class taking {
public:
  explicit taking(results_ptr items) : items_(std::move(items)) {}

  taking(const taking&) = delete;
  taking& operator=(const taking&) = delete;

  ~taking() { items_->shutdown(actors::sync::shutdown_mode::immediate); }

private:
  results_ptr items_;
};

task<> produce(results_ptr items, const node& n, surroundings& around) {
  const auto x = co_await caught(n, around);
  co_await items->put(x);
}

task<number> handed_over(const node& n, surroundings& around) {
  const auto items = std::make_shared<results>();
  const auto producer = spawn(produce(items, n.children[0], around));
  const auto x = co_await items->get();
  co_await producer;
  if (!x.error.empty())
    throw std::runtime_error(x.error);
  co_return x.value;
}

task<> produce_all(results_ptr items, const node& n, surroundings& around) {
  for (const auto& child : n.children)
    co_await produce(items, child, around);
  items->shutdown();
}

// Comes in the order of the children.
task<number> one_producer(const node& n, surroundings& around) {
  const auto items = std::make_shared<results>(1 + n.number % 3);
  const taking until_the_end{items};
  const auto producer = spawn(produce_all(items, n, around));
  number sum = n.children.size();
  bool more = true;
  while (more) {
    try {
      const auto x = co_await items->get();
      sum = mix(sum, number_of(x));
    } catch (const actors::sync::queue_shut_down&) {
      more = false;
    }
  }
  co_await producer;
  co_return sum;
}

task<> consume(results_ptr items, std::shared_ptr<number> sum) {
  for (;;) {
    const auto x = co_await items->get();
    *sum += number_of(x);
    items->task_done();
  }
}

// Comes in any order.
task<number> many_producers(const node& n, surroundings& around) {
  const auto items = std::make_shared<results>(1 + n.number % 3);
  const taking until_the_end{items};
  std::vector<task_handle<>> producers;
  for (const auto& child : n.children)
    producers.push_back(spawn(produce(items, child, around)));
  const auto sum = std::make_shared<number>(0);
  const auto consumer = spawn(consume(items, sum));
  for (const auto& each : producers)
    co_await each;
  co_await items->join();
  consumer.cancel();
  static_cast<void>(co_await error_of(consumer));
  co_return *sum;
}

} // namespace

task<number> run_with_queue(const node& n, surroundings& around) {
  switch (n.what) {
  case verb::get_in_time_or_later:
    return get_in_time_or_later(n);
  case verb::cancelled_getter:
    return cancelled_getter(n);
  case verb::put_and_cancel:
    return put_and_cancel(n);
  case verb::shut_queue:
    return shut_queue(n);
  case verb::handed_over:
    return handed_over(n, around);
  case verb::one_producer:
    return one_producer(n, around);
  default:
    return many_producers(n, around);
  }
}

} // namespace core_test::programs
