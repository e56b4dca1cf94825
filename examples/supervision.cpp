// Supervision: a tree of children that are started in order, restarted when they fail, and stopped in reverse; and what
// a caller does about a service that is slow, busy or down.

#include <actors/core/ask.hpp>
#include <actors/core/run.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/supervise/bulkhead.hpp>
#include <actors/supervise/circuit_breaker.hpp>
#include <actors/supervise/hedged.hpp>
#include <actors/supervise/rate_limiter.hpp>
#include <actors/supervise/retry.hpp>
#include <actors/supervise/supervisor.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

using namespace actors;
using namespace std::chrono_literals;

namespace {

class greeter : public service {
public:
  greeter() {
    on([](std::string name) { return "hello, " + name; });
  }

private:
  task<void> on_start() override {
    std::puts("greeter: connecting");
    co_await sleep(1ms);
  }
};

// Breaks now and then; the supervisor starts it again.
task<void> worker(std::shared_ptr<std::atomic<int>> lives, supervise::started_signal started) {
  const int life = ++*lives;
  std::printf("worker: life %d\n", life);
  started();
  if (life < 3)
    throw std::runtime_error("lost the connection");
  co_await sleep(forever);
}

task<void> tree() {
  const auto lives = std::make_shared<std::atomic<int>>(0);
  const auto report = [](const supervise::child_event& event) {
    if (event.kind == supervise::child_event_kind::restarting)
      std::printf("supervisor: %s is started again (%llu)\n", event.child.c_str(),
                  static_cast<unsigned long long>(event.restarts));
  };
  //! [children]
  auto greeting = supervise::service_child("greeter", [] { return std::make_unique<greeter>(); });
  greeting.stop_within(2s).register_as("the greeter");
  auto working = supervise::task_child(
      "worker", [lives](supervise::started_signal started) { return worker(lives, std::move(started)); });
  working.restart(supervise::restart::transient);
  //! [children]
  //! [supervisor]
  supervise::supervisor_spec spec{"example", supervise::strategy::one_for_one};
  spec.intensity(5, 10s).backoff(supervise::backoff_policy{1ms, 10ms});
  spec.child(std::move(greeting)).child(std::move(working));
  spec.on_event(report).log_failures(false);
  const auto top = supervise::spawn_supervisor(std::move(spec));
  co_await top.started();
  //! [supervisor]
  while (*lives < 3)
    co_await sleep(1ms);

  //! [child_ref]
  const auto child = top.child("greeter");
  static_cast<void>(co_await child.up(5s));
  const auto answer = co_await ask<std::string>(child.service(), std::string{"world"});
  //! [child_ref]
  std::puts(answer.c_str());
  co_await top.stop();
}

task<int> unreliable(std::shared_ptr<int> calls) {
  if (++*calls < 3)
    throw std::runtime_error("not now");
  co_return *calls;
}

task<void> calls() {
  const auto count = std::make_shared<int>(0);
  //! [retry]
  auto policy = supervise::retry_policy{}.attempts(5).within(10s).backoff(supervise::backoff_policy{1ms, 100ms});
  policy.retry_if([](const std::exception_ptr& error) { return describe(error) == "not now"; });
  const auto result = co_await supervise::retry(policy, [count] { return unreliable(count); });
  //! [retry]
  std::printf("succeeded at attempt %d\n", result);

  //! [limits]
  const supervise::rate_limiter limiter{1000, 5}; // 1000 a second, 5 at once
  const supervise::bulkhead places{10, 100};      // 10 at a time, 100 may wait
  auto options = supervise::circuit_options{}.failures(2).open_for(30s);
  const supervise::circuit_breaker breaker{options};

  co_await limiter.acquire();
  const auto doubled = co_await places.run([]() -> task<int> { co_return 21 * 2; });
  //! [limits]
  std::printf("in a place of the bulkhead: %d\n", doubled);
  const auto down = []() -> task<int> {
    throw std::runtime_error("down");
    co_return 0;
  };
  for (int i = 0; i < 3; ++i) {
    try {
      static_cast<void>(co_await breaker.run(down));
    } catch (const supervise::open_circuit_error&) {
      std::puts("refused: the circuit is open");
    } catch (const std::runtime_error& error) {
      std::printf("failed: %s\n", error.what());
    }
  }

  //! [hedged]
  const auto replica = [](std::size_t number) -> task<std::size_t> {
    co_await sleep(number == 0 ? duration{10s} : duration{1ms});
    co_return number;
  };
  const auto fastest = co_await supervise::hedged(replica, 5ms);
  //! [hedged]
  std::printf("answered by replica %zu\n", fastest);
}

task<void> everything() {
  co_await tree();
  co_await calls();
}

} // namespace

int main() {
  run(everything());
}
