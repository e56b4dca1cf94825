#include "counted.hpp"
#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"
#include "scripted_service.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/to_thread.hpp>

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using actors::ask;
using actors::service_ref;
using actors::spawn;
using actors::spawn_service;
using actors::task;
using actors::tell;
using namespace core_test;

} // namespace

TEST(service, a_handler_may_return_a_value_nothing_or_a_task) {
  on_every_runtime([]() -> task<> {
    auto object = std::make_unique<scripted>();
    object->handle([](std::int32_t x) { return x * 2; })
        .handle([](std::string) {})
        .handle([](double x) -> task<double> {
          co_await actors::yield();
          co_return x / 2;
        });
    const auto target = spawn_service(std::move(object));
    const auto doubled = co_await ask<std::int32_t>(target, std::int32_t{4});
    EXPECT_EQ(doubled, 8);
    co_await ask<void>(target, std::string{"nothing"});
    const auto halved = co_await ask<double>(target, 3.0);
    EXPECT_EQ(halved, 1.5);
  });
}

TEST(service, the_handler_that_was_registered_first_is_called) {
  on_every_runtime([]() -> task<> {
    auto object = std::make_unique<scripted>();
    object->handle([](std::int32_t) { return std::string{"first"}; }).handle([](std::int32_t) {
      return std::string{"second"};
    });
    const auto target = spawn_service(std::move(object));
    const auto who = co_await ask<std::string>(target, std::int32_t{1});
    EXPECT_EQ(who, "first");
  });
}

TEST(service, handlers_take_turns_at_awaits_and_share_state_without_locks) {
  on_every_runtime([]() -> task<> {
    auto object = std::make_unique<scripted>();
    auto counter = std::make_shared<std::int32_t>(0);
    auto inside = std::make_shared<bool>(false);
    object->handle([counter, inside](add_one_atom, std::int32_t rounds) -> task<std::int32_t> {
      for (std::int32_t i = 0; i < rounds; ++i) {
        // Between two awaits nobody else is here.
        EXPECT_FALSE(*inside);
        *inside = true;
        ++*counter;
        *inside = false;
        co_await actors::yield();
      }
      co_return *counter;
    });
    const auto target = spawn_service(std::move(object));
    std::vector<task<std::int32_t>> calls;
    auto call = [&target]() -> task<std::int32_t> {
      co_return co_await ask<std::int32_t>(target, add_one_atom_v, std::int32_t{50});
    };
    for (int i = 0; i < 20; ++i)
      calls.push_back(call());
    const auto counts = co_await actors::gather(std::move(calls));
    EXPECT_EQ(*std::max_element(counts.begin(), counts.end()), 1'000);
  });
}

TEST(service, goes_on_with_other_calls_while_one_waits) {
  on_every_runtime([]() -> task<> {
    gate door;
    auto object = std::make_unique<scripted>();
    object
        ->handle([&door](wait_atom) -> task<std::string> {
          co_await door;
          co_return "after a while";
        })
        .handle([&door](look_atom) {
          door.open();
          return std::string{"at once"};
        });
    const auto target = spawn_service(std::move(object));
    auto slow = [](service_ref to) -> task<std::string> { co_return co_await ask<std::string>(to, wait_atom_v); };
    const auto waiting = spawn(slow(target));
    const auto quick = co_await ask<std::string>(target, look_atom_v);
    EXPECT_EQ(quick, "at once");
    const auto late = co_await waiting;
    EXPECT_EQ(late, "after a while");
  });
}

TEST(service, an_exception_of_a_handler_is_the_answer_and_the_service_goes_on) {
  on_every_runtime([]() -> task<> {
    auto object = std::make_unique<scripted>();
    object->handle([](fail_atom, std::int32_t) -> std::int32_t { throw std::runtime_error("a plain handler"); })
        .handle([](fail_atom, double) -> task<> {
          co_await actors::yield();
          throw std::runtime_error("a coroutine");
        })
        .handle([](fail_atom, std::string) -> task<> { throw std::runtime_error("a function that returns a task"); })
        .handle([](fail_atom, bool) -> task<> { return {}; })
        .handle([](fail_atom) { throw actors::cancelled{"changed its mind"}; })
        .handle([](look_atom) { return std::int32_t{1}; });
    const auto target = spawn_service(std::move(object));
    const auto text_of = [](const std::exception_ptr& error) { return actors::describe(error); };
    auto with_int = [&]() -> task<> { co_await ask<std::int32_t>(target, fail_atom_v, std::int32_t{1}); };
    EXPECT_THAT(text_of(co_await error_of(with_int())), testing::HasSubstr("a plain handler"));
    auto with_double = [&]() -> task<> { co_await ask<void>(target, fail_atom_v, 1.0); };
    EXPECT_THAT(text_of(co_await error_of(with_double())), testing::HasSubstr("a coroutine"));
    auto with_text = [&]() -> task<> { co_await ask<void>(target, fail_atom_v, std::string{}); };
    EXPECT_THAT(text_of(co_await error_of(with_text())), testing::HasSubstr("a function that returns a task"));
    auto with_bool = [&]() -> task<> { co_await ask<void>(target, fail_atom_v, true); };
    EXPECT_TRUE(is_a<actors::misuse_error>(co_await error_of(with_bool())));
    auto with_nothing = [&]() -> task<> { co_await ask<void>(target, fail_atom_v); };
    EXPECT_EQ(text_of(co_await error_of(with_nothing())), "cancelled: changed its mind");
    const auto alive = co_await ask<std::int32_t>(target, look_atom_v);
    EXPECT_EQ(alive, 1);
  });
}

TEST(service, a_handler_may_answer_with_several_values) {
  on_every_runtime([]() -> task<> {
    using pair = std::tuple<std::int32_t, std::string>;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return pair{1, "one"}; }).handle([](wait_atom) -> task<pair> {
      co_await actors::yield();
      co_return pair{2, "two"};
    });
    const auto target = spawn_service(std::move(object));
    const auto first = co_await ask<pair>(target, look_atom_v);
    EXPECT_EQ(first, (pair{1, "one"}));
    const auto second = co_await ask<pair>(target, wait_atom_v);
    EXPECT_EQ(second, (pair{2, "two"}));
  });
}

TEST(service, may_spawn_children_that_end_with_it) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    auto object = std::make_unique<scripted>();
    object->handle([&live](std::int32_t n) {
      auto child = [](counted) -> task<> { co_await actors::sleep(actors::forever); };
      for (std::int32_t i = 0; i < n; ++i)
        static_cast<void>(spawn(child(counted{live})));
    });
    const auto target = spawn_service(std::move(object));
    co_await ask<void>(target, std::int32_t{10});
    EXPECT_EQ(live, 10);
    caf::anon_send_exit(target.actor(), caf::exit_reason::user_shutdown);
    co_await ended(target);
    EXPECT_EQ(live, 0);
  });
}

// -- start and stop ----------------------------------------------------------------------------------------------------------------

TEST(service, messages_wait_until_on_start_has_ended_and_are_then_served_in_order) {
  on_every_runtime([]() -> task<> {
    gate may_start;
    std::vector<std::int32_t> order;
    auto object = std::make_unique<scripted>();
    object->handle([&order](std::int32_t x) { order.push_back(x); }).starts([&]() -> task<> {
      co_await may_start;
      order.push_back(-1);
    });
    const auto target = spawn_service(std::move(object));
    for (std::int32_t i = 0; i < 10; ++i)
      tell(target, i);
    for (int i = 0; i < 5; ++i)
      co_await actors::yield();
    may_start.open();
    co_await ask<void>(target, std::int32_t{10});
    EXPECT_EQ(order, (std::vector<std::int32_t>{-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  });
}

TEST(service, callers_that_give_up_while_it_starts_are_answered_at_once_and_never_served) {
  on_every_runtime([]() -> task<> {
    constexpr std::int32_t callers = 20;
    gate may_start;
    std::atomic<int> asking{0};
    std::set<std::int32_t> served;
    auto object = std::make_unique<scripted>();
    object
        ->handle([&served](std::int32_t x) {
          served.insert(x);
          return x;
        })
        .starts([&]() -> task<> { co_await may_start; });
    const auto target = spawn_service(std::move(object));
    auto call = [](service_ref to, std::int32_t x, std::atomic<int>& begun) -> task<std::int32_t> {
      ++begun;
      co_return co_await ask<std::int32_t>(to, x);
    };
    std::vector<actors::task_handle<std::int32_t>> calls;
    for (std::int32_t i = 0; i < callers; ++i)
      calls.push_back(spawn(call(target, i, asking)));
    while (asking.load() < callers)
      co_await actors::yield();
    for (std::size_t i = 1; i < callers; i += 2)
      calls[i].cancel("changed its mind");
    for (std::size_t i = 1; i < callers; i += 2) {
      const auto error = co_await error_of(calls[i]);
      EXPECT_EQ(actors::describe(error), "cancelled: changed its mind");
    }
    may_start.open();
    std::set<std::int32_t> answered;
    for (std::size_t i = 0; i < callers; i += 2)
      answered.insert(co_await calls[i]);
    EXPECT_EQ(answered, (std::set<std::int32_t>{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
    EXPECT_EQ(served, answered);
  });
}

TEST(service, one_that_cannot_start_answers_those_who_wait_and_is_logged) {
  const auto log = std::make_shared<recording_log>();
  actors::runtime home{actors::runtime_options{}.workers(2).log_to(log)};
  home.block_on([]() -> task<> {
    gate fail;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return std::int32_t{1}; }).starts([&]() -> task<> {
      co_await fail;
      throw std::runtime_error("no such table");
    });
    const auto target = spawn_service(std::move(object), actors::spawn_options{}.name("broken service"));
    auto call = [](service_ref to, gate& waiting) -> task<> {
      waiting.open();
      co_await ask<std::int32_t>(to, look_atom_v);
    };
    gate waiting;
    const auto caller = spawn(call(target, waiting));
    co_await waiting;
    fail.open();
    const auto error = co_await error_of(caller);
    EXPECT_TRUE(error);
    co_await ended(target);
  });
  static_cast<void>(home.stop(10s));
  ASSERT_THAT(log->lines(), testing::SizeIs(1));
  EXPECT_THAT(log->lines()[0], testing::HasSubstr("broken service"));
  EXPECT_THAT(log->lines()[0], testing::HasSubstr("no such table"));
}

TEST(service, on_stop_runs_after_the_calls_that_were_running_have_been_cancelled_and_ended) {
  on_every_runtime([]() -> task<> {
    std::vector<std::string> order;
    gate begun;
    auto object = std::make_unique<scripted>();
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
        })
        .stops([&]() -> task<> {
          co_await actors::yield();
          order.emplace_back("on_stop");
        });
    const auto target = spawn_service(std::move(object));
    auto call = [](service_ref to) -> task<> { co_await ask<void>(to, wait_atom_v); };
    const auto caller = spawn(call(target));
    co_await begun;
    caf::anon_send_exit(target.actor(), caf::exit_reason::user_shutdown);
    static_cast<void>(co_await error_of(caller));
    co_await ended(target);
    EXPECT_EQ(order, (std::vector<std::string>{"call: the service is stopping", "on_stop"}));
  });
}

TEST(service, one_that_is_stopping_takes_no_more_calls_and_says_so) {
  on_every_runtime([]() -> task<> {
    gate stopping;
    gate may_end;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return std::int32_t{1}; }).stops([&]() -> task<> {
      stopping.open();
      co_await may_end;
    });
    const auto target = spawn_service(std::move(object), actors::spawn_options{}.name("closing shop"));
    // It has started: one that is stopped earlier never runs anything of its own.
    EXPECT_EQ(co_await ask<std::int32_t>(target, look_atom_v), 1);
    caf::anon_send_exit(target.actor(), caf::exit_reason::user_shutdown);
    co_await stopping;
    auto call = [&]() -> task<> { co_await ask<std::int32_t>(target, look_atom_v); };
    const auto error = co_await error_of(call());
    EXPECT_TRUE(is_a<actors::stopping_error>(error));
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("closing shop"));
    may_end.open();
    co_await ended(target);
  });
}

TEST(service, asked_to_stop_while_it_starts_cancels_the_start_and_never_serves) {
  on_every_runtime([]() -> task<> {
    gate starting;
    std::string reason;
    bool stopped = false;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return std::int32_t{1}; })
        .starts([&]() -> task<> {
          starting.open();
          try {
            co_await actors::sleep(actors::forever);
          } catch (const actors::cancelled& e) {
            reason = e.reason();
            throw;
          }
        })
        .stops([&]() -> task<> {
          stopped = true;
          co_return;
        });
    const auto target = spawn_service(std::move(object));
    co_await starting;
    auto call = [](service_ref to, gate& waiting) -> task<> {
      waiting.open();
      co_await ask<std::int32_t>(to, look_atom_v);
    };
    gate waiting;
    const auto caller = spawn(call(target, waiting));
    co_await waiting;
    caf::anon_send_exit(target.actor(), caf::exit_reason::user_shutdown);
    const auto error = co_await error_of(caller);
    EXPECT_TRUE(error);
    co_await ended(target);
    EXPECT_EQ(reason, "the service is stopping");
    EXPECT_FALSE(stopped);
  });
}

TEST(service, may_stop_itself_and_know_its_own_address) {
  on_every_runtime([]() -> task<> {
    bool stopped = false;
    auto object = std::make_unique<scripted>();
    auto* raw = object.get();
    object->handle([raw](look_atom) { return raw->self().actor().id() == raw->self().actor()->id(); })
        .handle([raw](wait_atom) { raw->stop(); })
        .stops([&]() -> task<> {
          stopped = true;
          co_return;
        });
    const auto target = spawn_service(std::move(object));
    const auto same = co_await ask<bool>(target, look_atom_v);
    EXPECT_TRUE(same);
    co_await ask<void>(target, wait_atom_v);
    co_await ended(target);
    EXPECT_TRUE(stopped);
  });
}

TEST(service, has_no_address_before_it_is_spawned) {
  scripted object;
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { static_cast<void>(object.self()); })));
  EXPECT_TRUE(is_a<actors::misuse_error>(thrown_by([&] { object.stop(); })));
  on_every_runtime([]() -> task<> {
    EXPECT_TRUE(
        is_a<actors::misuse_error>(thrown_by([] { static_cast<void>(spawn_service(std::unique_ptr<scripted>{})); })));
    co_return;
  });
}

TEST(service, ends_with_the_task_that_started_it) {
  on_every_runtime([]() -> task<> {
    bool stopped = false;
    service_ref target;
    auto owner = [&]() -> task<> {
      auto object = std::make_unique<scripted>();
      object->handle([](look_atom) { return std::int32_t{1}; }).stops([&]() -> task<> {
        co_await actors::yield();
        stopped = true;
      });
      target = spawn_service(std::move(object));
      const auto value = co_await ask<std::int32_t>(target, look_atom_v);
      EXPECT_EQ(value, 1);
    };
    co_await spawn(owner());
    EXPECT_TRUE(stopped);
    co_await ended(target);
  });
}

TEST(service, of_the_runtime_is_stopped_with_it) {
  std::atomic<bool> stopped{false};
  std::atomic<int> live{0};
  {
    actors::runtime home{actors::runtime_options{}.workers(2)};
    auto object = std::make_unique<scripted>();
    object->handle([mark = counted{live}](look_atom) { return std::int32_t{1}; }).stops([&]() -> task<> {
      stopped = true;
      co_return;
    });
    const auto target = spawn_service(home, std::move(object));
    const auto value =
        home.block_on([&]() -> task<std::int32_t> { co_return co_await ask<std::int32_t>(target, look_atom_v); });
    EXPECT_EQ(value, 1);
    EXPECT_FALSE(stopped);
  }
  EXPECT_TRUE(stopped);
  EXPECT_EQ(live, 0);
}

// -- kill --------------------------------------------------------------------------------------------------------------------------

TEST(service, a_killed_one_destroys_its_calls_and_answers_their_callers) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    std::atomic<int> running{0};
    bool stopped = false;
    auto object = std::make_unique<scripted>();
    object
        ->handle([&](wait_atom) -> task<> {
          const counted mark{live};
          ++running;
          co_await actors::sleep(actors::forever);
        })
        .stops([&]() -> task<> {
          stopped = true;
          co_return;
        });
    const auto target = spawn_service(std::move(object));
    auto call = [](service_ref to) -> task<> { co_await ask<void>(to, wait_atom_v); };
    std::vector<actors::task_handle<>> callers;
    for (int i = 0; i < 10; ++i)
      callers.push_back(spawn(call(target)));
    while (running < 10)
      co_await actors::yield();
    caf::anon_send_exit(target.actor(), caf::exit_reason::kill);
    for (const auto& each : callers) {
      const auto error = co_await error_of(each);
      EXPECT_THAT(actors::describe(error), testing::HasSubstr("request_receiver_down"));
    }
    EXPECT_EQ(live, 0);
    EXPECT_FALSE(stopped);
  });
}

TEST(service, one_killed_while_it_starts_answers_those_who_wait) {
  on_every_runtime([]() -> task<> {
    gate starting;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return std::int32_t{1}; }).starts([&]() -> task<> {
      starting.open();
      co_await actors::sleep(actors::forever);
    });
    const auto target = spawn_service(std::move(object));
    co_await starting;
    auto call = [](service_ref to, gate& waiting) -> task<> {
      waiting.open();
      co_await ask<std::int32_t>(to, look_atom_v);
    };
    gate waiting;
    const auto caller = spawn(call(target, waiting));
    co_await waiting;
    caf::anon_send_exit(target.actor(), caf::exit_reason::kill);
    const auto error = co_await error_of(caller);
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("request_receiver_down"));
  });
}

TEST(service, a_killed_one_that_still_waits_for_a_blocking_call_answers_new_callers) {
  on_every_runtime([]() -> task<> {
    gate begun;
    std::promise<void> release;
    auto object = std::make_unique<scripted>();
    object->handle([](look_atom) { return std::int32_t{1}; }).handle([&](wait_atom) -> task<> {
      std::string local = "used by the thread";
      co_await actors::to_thread([&] {
        begun.open();
        release.get_future().wait();
        local.clear();
      });
    });
    const auto target = spawn_service(std::move(object));
    tell(target, wait_atom_v);
    co_await begun;
    caf::anon_send_exit(target.actor(), caf::exit_reason::kill);
    auto call = [&]() -> task<> { co_await ask<std::int32_t>(target, look_atom_v); };
    const auto error = co_await error_of(call());
    EXPECT_THAT(actors::describe(error), testing::HasSubstr("request_receiver_down"));
    release.set_value();
    // A killed service refuses calls at once; it has ended when its actor has.
    const auto* actor = caf::actor_cast<caf::abstract_actor*>(target.actor());
    while (!actor->getf(caf::abstract_actor::is_terminated_flag))
      co_await actors::yield();
  });
}
