#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"

#include <actors/core/fan_out.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using actors::fan_out;
using actors::service;
using actors::service_ref;
using actors::spawn;
using actors::spawn_service;
using actors::task;
using namespace core_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Shared, because services end after the frame of the task that has spawned them.
using counter = std::shared_ptr<std::atomic<int>>;

/// Answers with its number after `delay`, or fails; counts the calls that were cancelled.
class replica final : public service {
public:
  replica(std::int32_t number, actors::duration delay, bool fails, counter cancelled) {
    on([=](look_atom) -> task<std::int32_t> {
      try {
        co_await actors::sleep(delay);
      } catch (const actors::cancelled&) {
        ++*cancelled;
        throw;
      }
      if (fails)
        throw std::runtime_error("replica " + std::to_string(number));
      co_return number;
    });
    on([](fail_atom, std::string) {});
  }
};

service_ref make_replica(std::int32_t number, actors::duration delay, const counter& cancelled, bool fails = false) {
  return spawn_service(std::make_unique<replica>(number, delay, fails, cancelled));
}

} // namespace

TEST(fan_out, collects_every_answer_in_the_order_of_the_actors) {
  on_every_runtime([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    for (int i = 0; i < 20; ++i)
      replicas.push_back(make_replica(i, std::chrono::microseconds(100 * (20 - i)), cancelled));
    const std::vector<std::int32_t> answers = co_await fan_out<std::int32_t>(replicas, look_atom_v).all();
    EXPECT_THAT(answers, SizeIs(20));
    for (std::size_t i = 0; i < answers.size(); ++i)
      EXPECT_EQ(answers[i], static_cast<std::int32_t>(i));
    const std::vector<service_ref> nobody;
    const auto nothing = co_await fan_out<std::int32_t>(nobody, look_atom_v).all();
    EXPECT_THAT(nothing, SizeIs(0));
  });
}

TEST(fan_out, all_throws_the_first_error_and_cancels_the_other_requests) {
  in_virtual_time([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    replicas.push_back(make_replica(0, 1h, cancelled));
    replicas.push_back(make_replica(1, 1s, cancelled, true));
    replicas.push_back(make_replica(2, 1h, cancelled));
    const auto error = co_await error_of(fan_out<std::int32_t>(replicas, look_atom_v).all());
    EXPECT_THAT(actors::describe(error), HasSubstr("replica 1"));
    co_await actors::sleep(1ms); // the services are told by messages
    EXPECT_EQ(*cancelled, 2);
  });
}

TEST(fan_out, outcomes_gives_partial_results_with_a_limit_for_each_request) {
  in_virtual_time([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    replicas.push_back(make_replica(0, 1s, cancelled));
    replicas.push_back(make_replica(1, 5s, cancelled));
    replicas.push_back(make_replica(2, 1s, cancelled, true));
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    const auto results = co_await fan_out<std::int32_t>(replicas, look_atom_v).within(2s).outcomes();
    EXPECT_EQ(self.now() - start, 2s);
    EXPECT_EQ(results[0].value(), 0);
    EXPECT_TRUE(is_a<actors::timeout_error>(results[1].error()));
    EXPECT_THAT(actors::describe(results[2].error()), HasSubstr("replica 2"));
  });
}

TEST(fan_out, first_gives_the_first_success_and_cancels_the_rest) {
  in_virtual_time([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    replicas.push_back(make_replica(0, 1h, cancelled));
    replicas.push_back(make_replica(1, 1s, cancelled, true));
    replicas.push_back(make_replica(2, 2s, cancelled));
    replicas.push_back(make_replica(3, 1h, cancelled));
    const auto value = co_await fan_out<std::int32_t>(replicas, look_atom_v).first();
    EXPECT_EQ(value, 2);
    co_await actors::sleep(1ms);
    EXPECT_EQ(*cancelled, 2);
  });
}

TEST(fan_out, first_throws_every_error_if_there_is_no_success) {
  on_every_runtime([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    for (int i = 0; i < 3; ++i)
      replicas.push_back(make_replica(i, 0s, cancelled, true));
    const auto error = co_await error_of(fan_out<std::int32_t>(replicas, look_atom_v).first());
    EXPECT_TRUE(is_a<actors::group_error>(error));
    try {
      std::rethrow_exception(error);
    } catch (const actors::group_error& e) {
      EXPECT_THAT(e.errors(), SizeIs(3));
    } catch (...) {
      ADD_FAILURE() << "another error";
    }
  });
}

TEST(fan_out, a_quorum_is_there_with_the_successes_that_come_first) {
  under_every_seed([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    replicas.push_back(make_replica(0, 3s, cancelled));
    replicas.push_back(make_replica(1, 1h, cancelled));
    replicas.push_back(make_replica(2, 1s, cancelled));
    replicas.push_back(make_replica(3, 500ms, cancelled, true));
    replicas.push_back(make_replica(4, 2s, cancelled));
    const auto answers = co_await fan_out<std::int32_t>(replicas, look_atom_v).quorum(3);
    EXPECT_THAT(answers, SizeIs(3));
    EXPECT_EQ(answers[0].index, 2U);
    EXPECT_EQ(answers[0].value, 2);
    EXPECT_EQ(answers[1].index, 4U);
    EXPECT_EQ(answers[2].index, 0U);
    co_await actors::sleep(1ms);
    EXPECT_EQ(*cancelled, 1);
  });
}

TEST(fan_out, a_quorum_that_cannot_be_reached_any_more_fails_at_once_with_every_error) {
  under_every_seed([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    replicas.push_back(make_replica(0, 1s, cancelled, true));
    replicas.push_back(make_replica(1, 1h, cancelled));
    replicas.push_back(make_replica(2, 2s, cancelled, true));
    const auto self = co_await actors::this_task();
    const auto start = self.now();
    const auto error = co_await error_of(fan_out<std::int32_t>(replicas, look_atom_v).quorum(2));
    EXPECT_EQ(self.now() - start, 2s);
    EXPECT_TRUE(is_a<actors::group_error>(error));
    EXPECT_THAT(actors::describe(error), HasSubstr("replica 0"));
    co_await actors::sleep(1ms);
    EXPECT_EQ(*cancelled, 1);
  });
}

TEST(fan_out, a_quorum_of_none_or_of_more_than_there_are_is_an_error) {
  on_every_runtime([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas{make_replica(0, 0s, cancelled)};
    for (const std::size_t count : {std::size_t{0}, std::size_t{2}}) {
      const auto error = co_await error_of(fan_out<std::int32_t>(replicas, look_atom_v).quorum(count));
      EXPECT_TRUE(is_a<actors::misuse_error>(error));
      EXPECT_THAT(actors::describe(error), HasSubstr("a quorum of " + std::to_string(count) + " of 1"));
    }
    replicas.clear();
    const auto error = co_await error_of(fan_out<std::int32_t>(replicas, look_atom_v).first());
    EXPECT_TRUE(is_a<actors::misuse_error>(error));
  });
}

TEST(fan_out, cancelling_the_caller_cancels_every_request) {
  in_virtual_time([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    for (int i = 0; i < 5; ++i)
      replicas.push_back(make_replica(i, 1h, cancelled));
    const auto all = spawn(fan_out<std::int32_t>(replicas, look_atom_v).all());
    const auto quorum = spawn(fan_out<std::int32_t>(replicas, look_atom_v).quorum(2));
    co_await actors::sleep(1s);
    all.cancel("enough");
    quorum.cancel("enough");
    const auto first = co_await error_of(all);
    EXPECT_EQ(actors::describe(first), "cancelled: enough");
    const auto second = co_await error_of(quorum);
    EXPECT_EQ(actors::describe(second), "cancelled: enough");
    co_await actors::sleep(1ms);
    EXPECT_EQ(*cancelled, 10);
  });
}

TEST(fan_out, of_answers_without_content_only_waits) {
  on_every_runtime([]() -> task<> {
    const auto cancelled = std::make_shared<std::atomic<int>>(0);
    std::vector<service_ref> replicas;
    for (int i = 0; i < 3; ++i)
      replicas.push_back(make_replica(i, 0s, cancelled));
    static_cast<void>(co_await fan_out<void>(replicas, fail_atom_v, std::string{"x"}).all());
    const auto two = co_await fan_out<void>(replicas, fail_atom_v, std::string{"x"}).quorum(2);
    EXPECT_THAT(two, SizeIs(2));
    co_await fan_out<void>(replicas, fail_atom_v, std::string{"x"}).first();
  });
}

TEST(fan_out, asks_plain_actors_too) {
  on_every_runtime([]() -> task<> {
    auto& system = (co_await actors::detail::current_context{}).host().home_system();
    std::vector<caf::actor> doublers;
    for (int i = 0; i < 3; ++i)
      doublers.push_back(system.spawn(
          [](caf::event_based_actor*) -> caf::behavior { return {[](std::int32_t x) { return x * 2; }}; }));
    const std::vector<std::int32_t> answers = co_await fan_out<std::int32_t>(doublers, std::int32_t{4}).all();
    EXPECT_THAT(answers, ElementsAre(8, 8, 8));
    for (const auto& each : doublers)
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  });
}
