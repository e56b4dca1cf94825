#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"
#include "scripted_service.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using actors::ask;
using actors::service_ref;
using actors::spawn;
using actors::spawn_service;
using actors::task;
using namespace core_test;

constexpr auto crash = actors::failure_policy::crash;

/// As `under_every_seed`, for services that nobody supervises: they log what they fail with.
template <class F>
void under_every_seed_with_failures(F body) {
  const auto options = actors::testing::deterministic_options{}
                           .tolerate_log(actors::log_level::error)
                           .failed_when([] { return testing::Test::HasFailure(); })
                           .report_to([](std::string_view text) { ADD_FAILURE() << text; });
  actors::testing::under_every_seed(actors::testing::default_seed_count(), body, options);
}

/// As `on_every_runtime`, for such services.
template <class F>
void with_failures(std::size_t logged, F body) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    const auto log = std::make_shared<recording_log>();
    actors::runtime home{actors::runtime_options{kind.options}.log_to(log)};
    home.block_on(body);
    EXPECT_THAT(home.stop(10s), testing::IsEmpty());
    EXPECT_THAT(log->lines(), testing::SizeIs(logged));
  }
  under_every_seed_with_failures(body);
}

[[nodiscard]] std::unique_ptr<scripted> crashing() {
  auto object = std::make_unique<scripted>();
  object->on_handler_failure(crash);
  return object;
}

template <class... Args>
task<> call(service_ref to, Args... args) {
  co_await ask<void>(to, args...);
}

actors::spawn_options named(const char* name) {
  return actors::spawn_options{}.name(name);
}

} // namespace

TEST(service_failure, ends_the_service_with_the_error_after_its_calls_and_on_stop) {
  with_failures(1, []() -> task<> {
    std::vector<std::string> order;
    gate begun;
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object
        ->handle([&](wait_atom) -> task<> {
          begun.open();
          std::string reason;
          try {
            co_await actors::sleep(actors::forever);
          } catch (const actors::cancelled& e) {
            reason = e.reason();
          }
          co_await actors::yield();
          order.push_back("call: " + reason);
          throw actors::cancelled{reason};
        })
        .handle([raw](fail_atom) { raw->fail(std::runtime_error{"the index is corrupt"}); })
        .stops([&, raw]() -> task<> {
          co_await actors::yield();
          order.push_back("on_stop: " + actors::describe(raw->failure()));
        });
    const auto target = spawn_service(std::move(object), named("store"));
    const auto waiting = spawn(call(target, wait_atom_v));
    co_await begun;
    // It answered before it ended, as a handler may that says what it could still say.
    co_await ask<void>(target, fail_atom_v);
    const auto error = co_await error_of(waiting);
    EXPECT_TRUE(is_a<actors::crashed_error>(error));
    EXPECT_EQ(actors::describe(error), "store has failed: the index is corrupt");
    co_await ended(target);
    EXPECT_EQ(order, (std::vector<std::string>{"call: the service has failed", "on_stop: the index is corrupt"}));
  });
}

TEST(service_failure, no_call_begins_or_goes_on_once_the_service_has_failed) {
  with_failures(1, []() -> task<> {
    gate begun;
    gate go_on;
    gate stopping;
    gate may_end;
    int steps = 0;
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object
        ->handle([&](wait_atom) -> task<> {
          begun.open();
          co_await go_on;
          ++steps;
        })
        .handle([&](look_atom) { ++steps; })
        .handle([&, raw](fail_atom) {
          // The wake-up of the other call and this call's own are on the way when the service fails.
          go_on.open();
          raw->fail(std::runtime_error{"broken"});
        })
        .stops([&]() -> task<> {
          stopping.open();
          co_await may_end;
        });
    const auto target = spawn_service(std::move(object), named("store"));
    const auto suspended = spawn(call(target, wait_atom_v));
    co_await begun;
    const auto failing = spawn(call(target, fail_atom_v));
    const auto other = spawn(call(target, look_atom_v));
    co_await stopping;
    const auto late = co_await error_of(call(target, look_atom_v));
    EXPECT_TRUE(is_a<actors::crashed_error>(late)) << actors::describe(late);
    may_end.open();
    co_await failing;
    EXPECT_TRUE(is_a<actors::crashed_error>(co_await error_of(suspended)));
    // It may have come first, or after the end.
    const auto error = co_await error_of(other);
    EXPECT_EQ(steps, error ? 0 : 1);
    co_await ended(target);
  });
}

TEST(service_failure, with_the_crash_policy_an_exception_of_any_kind_of_handler_fails_the_service) {
  with_failures(4, []() -> task<> {
    const auto expect_crash = [](service_ref target, auto... args) -> task<> {
      const auto error = co_await error_of(call(target, args...));
      EXPECT_TRUE(is_a<actors::crashed_error>(error)) << actors::describe(error);
      EXPECT_THAT(actors::describe(error), testing::HasSubstr("store has failed: because of"));
      co_await ended(target);
    };
    auto plain = crashing();
    plain->handle([](fail_atom) { throw std::runtime_error("because of plain"); });
    co_await expect_crash(spawn_service(std::move(plain), named("store")), fail_atom_v);
    auto value = crashing();
    value->handle([](fail_atom) -> std::int32_t { throw std::runtime_error("because of value"); });
    co_await expect_crash(spawn_service(std::move(value), named("store")), fail_atom_v);
    auto coroutine = crashing();
    coroutine->handle([](fail_atom) -> task<> {
      co_await actors::yield();
      throw std::runtime_error("because of coroutine");
    });
    co_await expect_crash(spawn_service(std::move(coroutine), named("store")), fail_atom_v);
    auto function = crashing();
    function->handle([](fail_atom) -> task<> { throw std::runtime_error("because of function"); });
    co_await expect_crash(spawn_service(std::move(function), named("store")), fail_atom_v);
  });
}

TEST(service_failure, with_the_crash_policy_a_message_that_nobody_waits_for_fails_the_service_too) {
  with_failures(1, []() -> task<> {
    auto object = crashing();
    object->handle([](fail_atom) -> task<> {
      co_await actors::yield();
      throw std::runtime_error("broken");
    });
    const auto target = spawn_service(std::move(object));
    actors::tell(target, fail_atom_v);
    co_await ended(target);
  });
}

TEST(service_failure, a_call_that_is_cancelled_or_out_of_time_does_not_fail_a_service_that_crashes) {
  in_virtual_time([]() -> task<> {
    gate begun;
    auto object = crashing();
    object
        ->handle([&](wait_atom) -> task<> {
          begun.open();
          co_await actors::sleep(actors::forever);
        })
        .handle([](look_atom) { return std::int32_t{1}; });
    const auto target = spawn_service(std::move(object));
    auto limited = [](service_ref to) -> task<> { co_await ask<void>(to, wait_atom_v).within(1s); };
    EXPECT_TRUE(is_a<actors::timeout_error>(co_await error_of(limited(target))));
    const auto waiting = spawn(call(target, wait_atom_v));
    co_await begun;
    waiting.cancel("changed my mind");
    EXPECT_TRUE(is_a<actors::cancelled>(co_await error_of(waiting)));
    co_await actors::sleep(1s);
    EXPECT_EQ(co_await ask<std::int32_t>(target, look_atom_v), 1);
  });
}

TEST(service_failure, the_first_error_counts_and_later_ones_are_logged) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{virtual_time().log_to(log)};
  home.block_on([]() -> task<> {
    auto object = crashing();
    auto* const raw = object.get();
    object->handle([raw](fail_atom) {
      raw->fail(std::runtime_error{"first"});
      raw->fail(std::runtime_error{"second"});
    });
    object->stops([]() -> task<> {
      throw std::runtime_error{"third"};
      co_return;
    });
    const auto target = spawn_service(std::move(object), named("store"));
    co_await ask<void>(target, fail_atom_v);
    co_await ended(target);
  });
  static_cast<void>(home.stop(10s));
  EXPECT_THAT(log->lines(), testing::ElementsAre(testing::HasSubstr("store, which is failing, also failed: second"),
                                                 testing::HasSubstr("store, which is failing, also failed: third"),
                                                 testing::HasSubstr("store failed: first")));
}

TEST(service_failure, a_task_of_the_service_may_fail_it) {
  with_failures(1, []() -> task<> {
    gate begun;
    gate broken;
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object->starts([&broken, raw]() -> task<> {
      // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): spawn keeps it
      static_cast<void>(spawn([&broken, raw]() -> task<> {
        co_await broken;
        raw->fail(std::runtime_error{"the background job found it broken"});
        co_await actors::sleep(actors::forever);
      }));
      co_return;
    });
    object->handle([&begun](wait_atom) -> task<> {
      begun.open();
      co_await actors::sleep(actors::forever);
    });
    const auto target = spawn_service(std::move(object));
    const auto waiting = spawn(call(target, wait_atom_v));
    co_await begun;
    broken.open();
    EXPECT_TRUE(is_a<actors::crashed_error>(co_await error_of(waiting)));
    co_await ended(target);
  });
}

TEST(service_failure, in_on_start_it_never_serves_and_those_who_wait_are_told) {
  // One thread: whoever asks has asked when others go on.
  under_every_seed_with_failures([]() -> task<> {
    gate asked;
    gate may_start;
    bool served = false;
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object->handle([&served](look_atom) { served = true; }).starts([&, raw]() -> task<> {
      co_await may_start;
      raw->fail(std::runtime_error{"no such table"});
    });
    const auto target = spawn_service(std::move(object), named("store"));
    auto ask_it = [](service_ref to, gate& asks) -> task<> {
      asks.open();
      co_await ask<void>(to, look_atom_v);
    };
    const auto waiting = spawn(ask_it(target, asked));
    co_await asked;
    may_start.open();
    const auto error = co_await error_of(waiting);
    EXPECT_TRUE(is_a<actors::crashed_error>(error)) << actors::describe(error);
    co_await ended(target);
    EXPECT_FALSE(served);
  });
}

TEST(service_failure, while_it_stops_anyway_it_ends_with_the_error) {
  with_failures(1, []() -> task<> {
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object->handle([raw](look_atom) { raw->stop(); }).stops([raw]() -> task<> {
      raw->fail(std::runtime_error{"could not be written"});
      co_await actors::yield();
    });
    const auto target = spawn_service(std::move(object));
    co_await ask<void>(target, look_atom_v);
    co_await ended(target);
  });
}

TEST(service_failure, one_that_is_killed_in_the_middle_of_it_leaves_nothing) {
  with_failures(1, []() -> task<> {
    std::atomic<int> live{0};
    gate begun;
    gate stopping;
    auto object = std::make_unique<scripted>();
    auto* const raw = object.get();
    object->handle([raw](fail_atom) { raw->fail(std::runtime_error{"broken"}); })
        .handle([&](wait_atom) -> task<> {
          const counted one{live};
          begun.open();
          co_await actors::sleep(actors::forever);
        })
        .stops([&]() -> task<> {
          const counted one{live};
          stopping.open();
          co_await actors::sleep(actors::forever);
        });
    const auto target = spawn_service(std::move(object));
    const auto waiting = spawn(call(target, wait_atom_v));
    co_await begun;
    co_await ask<void>(target, fail_atom_v);
    EXPECT_TRUE(is_a<actors::crashed_error>(co_await error_of(waiting)));
    co_await stopping;
    caf::anon_send_exit(target.actor(), caf::exit_reason::kill);
    co_await ended(target);
    EXPECT_EQ(live, 0);
  });
}

TEST(service_failure, plain_actors_that_ask_or_monitor_are_told_with_what_it_failed) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{actors::runtime_options{}.workers(2).log_to(log)};
  auto object = crashing();
  object->handle([](fail_atom) { throw std::runtime_error("broken"); });
  const auto target = spawn_service(home, std::move(object), named("store")).actor();
  caf::scoped_actor self{home.system()};
  self->monitor(target);
  caf::error answer;
  self->request(target, caf::infinite, fail_atom_v).receive([] { ADD_FAILURE(); }, [&](caf::error& e) { answer = e; });
  EXPECT_EQ(answer, caf::error{actors::errc::crashed});
  EXPECT_THAT(caf::to_string(answer), testing::HasSubstr("store has failed: broken"));
  caf::error reason;
  self->receive([&](const caf::down_msg& down) { reason = down.reason; });
  EXPECT_THAT(caf::to_string(reason), testing::HasSubstr("broken"));
}

TEST(service_failure, is_refused_without_an_error_for_a_cancellation_and_before_the_spawn) {
  scripted object;
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { object.fail(std::runtime_error{"early"}); })));
  EXPECT_FALSE(object.failure());
  on_every_runtime([]() -> task<> {
    auto spawned = std::make_unique<scripted>();
    auto* const raw = spawned.get();
    spawned->handle([raw](look_atom) {
      EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { raw->fail(std::exception_ptr{}); })));
      EXPECT_TRUE(is_a<actors::misuse_error>(
          thrown_by([&] { raw->fail(std::make_exception_ptr(actors::cancelled{"no error"})); })));
      EXPECT_FALSE(raw->failure());
    });
    const auto target = spawn_service(std::move(spawned));
    co_await ask<void>(target, look_atom_v);
  });
}
