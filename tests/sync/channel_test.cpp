#include "../core/counted.hpp"
#include "support.hpp"

#include <actors/core/generator.hpp>
#include <actors/sync/channel.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::make_channel;
using actors::sync::receiver;
using actors::sync::sender;
using namespace sync_test;

} // namespace

TEST(channel, buffers_up_to_its_capacity_in_order) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(2);
    co_await tx.send(1);
    EXPECT_TRUE(tx.try_send(2));
    EXPECT_FALSE(tx.try_send(3));
    EXPECT_EQ(rx.statistics().buffered, 2U);
    EXPECT_EQ(rx.statistics().capacity, 2U);
    const int first = co_await rx.receive();
    EXPECT_EQ(first, 1);
    EXPECT_EQ(rx.try_receive(), 2);
    EXPECT_FALSE(rx.try_receive());
  });
}

TEST(channel, unbounded_never_makes_a_sender_wait) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(actors::sync::unbounded);
    for (int i = 0; i < 100; ++i)
      co_await tx.send(i);
    tx.close();
    int expected = 0;
    while (const auto value = co_await rx.next())
      EXPECT_EQ(*value, expected++);
    EXPECT_EQ(expected, 100);
  });
}

TEST(channel, without_capacity_a_send_waits_for_a_receiver) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(0);
    EXPECT_FALSE(tx.try_send(std::make_unique<int>(0)));
    EXPECT_FALSE(rx.try_receive());
    const auto sending = spawn(tx.send(std::make_unique<int>(1)));
    co_await until([&, &r = rx] { return r.statistics().waiting_senders == 1; });
    EXPECT_FALSE(sending.done());
    const auto value = co_await rx.receive();
    EXPECT_EQ(*value, 1);
    co_await sending;
    // The other way round.
    const auto receiving = spawn(rx.receive());
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    EXPECT_TRUE(tx.try_send(std::make_unique<int>(2)));
    const auto second = co_await std::move(receiving);
    EXPECT_EQ(*second, 2);
  });
}

TEST(channel, senders_and_receivers_are_served_in_the_order_in_which_they_came) {
  on_every_runtime([]() -> task<> {
    for (const std::size_t capacity : {0, 1, 3}) {
      auto [tx, rx] = make_channel<int>(capacity);
      std::vector<task_handle<>> sending;
      for (int i = 0; i < 6; ++i) {
        sending.push_back(spawn(tx.send(i)));
        const auto index = static_cast<std::size_t>(i);
        co_await until([&] {
          const auto now = rx.statistics();
          return now.buffered + now.waiting_senders == index + 1;
        });
      }
      for (int i = 0; i < 6; ++i) {
        const int value = co_await rx.receive();
        EXPECT_EQ(value, i);
      }
      for (const auto& each : sending)
        co_await each;
      std::vector<task_handle<int>> receiving;
      for (std::size_t i = 0; i < 4; ++i) {
        receiving.push_back(spawn(rx.receive()));
        co_await until([&, &r = rx] { return r.statistics().waiting_receivers == i + 1; });
      }
      for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(tx.try_send(i));
      for (int i = 0; i < 4; ++i) {
        const int value = co_await receiving[static_cast<std::size_t>(i)];
        EXPECT_EQ(value, i);
      }
    }
  });
}

TEST(channel, many_senders_and_receivers_pass_every_value_once) {
  on_every_runtime([]() -> task<> {
    constexpr int per_sender = 15;
    for (const std::size_t capacity : {0, 2}) {
      std::atomic<int> sum{0};
      std::vector<task_handle<>> all;
      {
        auto [tx, rx] = make_channel<int>(capacity);
        auto send_all = [](sender<int> to) -> task<> {
          for (int i = 1; i <= per_sender; ++i)
            co_await to.send(i);
        };
        auto add_all = [](receiver<int> from, std::atomic<int>& total) -> task<> {
          while (const auto value = co_await from.next())
            total += *value;
        };
        for (int i = 0; i < 3; ++i) {
          all.push_back(spawn(send_all(tx.clone())));
          all.push_back(spawn(add_all(rx.clone(), sum)));
        }
      }
      for (const auto& each : all)
        co_await each;
      EXPECT_EQ(sum, 3 * per_sender * (per_sender + 1) / 2);
    }
  });
}

TEST(channel, a_cancelled_operation_has_done_nothing) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    const auto receiving = spawn(rx.receive());
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    receiving.cancel();
    const bool receiver_gave_up = co_await is_cancelled(receiving);
    EXPECT_TRUE(receiver_gave_up);
    EXPECT_FALSE(tx.try_send(1));
    const auto sending = spawn(tx.send(2));
    co_await until([&, &r = rx] { return r.statistics().waiting_senders == 1; });
    sending.cancel();
    const bool sender_gave_up = co_await is_cancelled(sending);
    EXPECT_TRUE(sender_gave_up);
    EXPECT_FALSE(rx.try_receive());
  });
}

TEST(channel, a_cancelled_next_has_taken_nothing_and_the_iteration_can_go_on) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    const auto waiting = spawn(rx.next());
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    waiting.cancel("not now");
    const auto error = co_await error_of(waiting);
    EXPECT_EQ(actors::describe(error), "cancelled: not now");
    EXPECT_EQ(rx.statistics().waiting_receivers, 0U);
    EXPECT_FALSE(tx.try_send(1));
    const auto sending = spawn(tx.send(2));
    const auto value = co_await rx.next();
    EXPECT_EQ(value, 2);
    co_await sending;
    tx.close();
    const auto none = co_await rx.next();
    EXPECT_FALSE(none);
  });
}

TEST(channel, a_generator_that_receives_is_cancelled_there_and_loses_no_value) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    auto doubled = [](receiver<int>& from) -> actors::generator<int> {
      while (const auto value = co_await from.next())
        co_yield 2 * *value;
    };
    auto sum_up = [&doubled](receiver<int>& from) -> task<int> {
      int sum = 0;
      auto source = doubled(from);
      while (const auto value = co_await source.next())
        sum += *value;
      co_return sum;
    };
    const auto first = spawn(sum_up(rx));
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    first.cancel();
    const bool gave_up = co_await is_cancelled(first);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(rx.statistics().waiting_receivers, 0U);
    const auto second = spawn(sum_up(rx));
    co_await tx.send(1);
    co_await tx.send(2);
    tx.close();
    const int sum = co_await second;
    EXPECT_EQ(sum, 6);
  });
}

TEST(channel, a_value_that_is_sent_while_somebody_waits_is_his) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(1);
    // While nobody waits, who has sent may take it back and send another.
    EXPECT_TRUE(tx.try_send(1));
    EXPECT_EQ(rx.try_receive(), 1);
    const auto waiting = spawn(rx.receive());
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    EXPECT_TRUE(tx.try_send(2));
    EXPECT_EQ(rx.try_receive(), std::nullopt);
    const int value = co_await waiting;
    EXPECT_EQ(value, 2);
    // And the room that a receiver makes is that of the sender that waits.
    EXPECT_TRUE(tx.try_send(3));
    const auto sending = spawn(tx.send(4));
    co_await until([&, &r = rx] { return r.statistics().waiting_senders == 1; });
    EXPECT_EQ(rx.try_receive(), 3);
    EXPECT_FALSE(tx.try_send(5));
    EXPECT_EQ(rx.try_receive(), 4);
    co_await sending;
  });
}

TEST(channel, an_operation_that_has_succeeded_is_cancelled_at_the_next_await) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    std::atomic<int> seen{0};
    auto receive_and_go_on = [](receiver<int>& from, std::atomic<int>& value) -> task<> {
      value = co_await from.receive();
      co_await actors::sleep(actors::forever);
    };
    const auto receiving = spawn(receive_and_go_on(rx, seen));
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    EXPECT_TRUE(tx.try_send(5));
    receiving.cancel();
    const bool gave_up = co_await is_cancelled(receiving);
    EXPECT_TRUE(gave_up);
    EXPECT_EQ(seen, 5);
  });
}

TEST(channel, a_value_that_comes_in_the_moment_of_a_timeout_is_received_and_the_task_goes_on) {
  // The scope that has expired takes its request back, also in a task that was cancelled before.
  auto receive = [](receiver<int>& from, gate& begun, gate& cleaning) -> task<int> {
    begun.open();
    try {
      co_await actors::sleep(actors::forever);
    } catch (const actors::cancelled&) {
    }
    cleaning.open();
    int result = -1;
    try {
      result = co_await actors::with_timeout(1ms, from.receive());
    } catch (const actors::timeout_error&) {
    }
    co_await actors::sleep(1ms);
    co_return result;
  };

  under_every_seed([&]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    gate begun;
    gate cleaning;
    const auto receiving = spawn(receive(rx, begun, cleaning));
    co_await begun;
    receiving.cancel();
    co_await cleaning;
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 1; });
    co_await actors::sleep(1ms); // to the moment in which the time is up
    const bool sent = tx.try_send(5);
    const auto error = co_await error_of(receiving);
    EXPECT_FALSE(error) << actors::describe(error);
    if (!error) {
      EXPECT_EQ(receiving.result().value(), sent ? 5 : -1);
    }
  });
}

TEST(channel, what_killed_receivers_leave_goes_to_the_next_or_stays_in_order) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    std::vector<task_handle<int>> receiving;
    for (std::size_t i = 0; i < 3; ++i) {
      receiving.push_back(spawn(rx.receive()));
      co_await until([&, &r = rx] { return r.statistics().waiting_receivers == i + 1; });
    }
    kill(receiving[0]);
    kill(receiving[1]);
    int sent = 0;
    while (tx.try_send(sent + 1))
      ++sent;
    for (const auto& each : receiving)
      co_await ended(each);
    std::vector<int> values;
    static_cast<void>(co_await error_of(receiving[2]));
    values.push_back(receiving[2].result().value());
    while (const auto value = rx.try_receive())
      values.push_back(*value);
    std::sort(values.begin(), values.end());
    std::vector<int> expected(static_cast<std::size_t>(sent));
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(values, expected);
  });
}

TEST(channel, a_killed_sender_that_waits_has_sent_nothing) {
  on_every_runtime([]() -> task<> {
    std::atomic<int> live{0};
    {
      auto [tx, rx] = make_channel<counted>(0);
      const auto sending = spawn(tx.send(counted{live}));
      co_await until([&, &r = rx] { return r.statistics().waiting_senders == 1; });
      kill(sending);
      co_await ended(sending);
      EXPECT_EQ(rx.statistics().waiting_senders, 0U);
    }
    EXPECT_EQ(live, 0);
  });
}

TEST(channel, every_wait_may_be_limited_in_time) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    const auto send = co_await error_of(actors::with_timeout(1ms, tx.send(1)));
    EXPECT_TRUE(is_a<actors::timeout_error>(send));
    const auto receive = co_await error_of(actors::with_timeout(1ms, rx.receive()));
    EXPECT_TRUE(is_a<actors::timeout_error>(receive));
    const auto next = co_await error_of(actors::with_timeout(1ms, rx.next()));
    EXPECT_TRUE(is_a<actors::timeout_error>(next));
    const auto now = tx.statistics();
    EXPECT_EQ(now.waiting_senders + now.waiting_receivers + now.buffered, 0U);
  });
}

TEST(channel, statistics_count_the_ends) {
  auto [tx, rx] = make_channel<int>(3);
  const auto tx2 = tx.clone();
  auto rx2 = rx.clone();
  auto rx3 = rx2.clone();
  EXPECT_EQ(tx.statistics().open_senders, 2U);
  EXPECT_EQ(tx.statistics().open_receivers, 3U);
  rx3 = std::move(rx2);
  EXPECT_EQ(tx.statistics().open_receivers, 2U);
  EXPECT_TRUE(is_a<actors::misuse_error>(
      thrown_by([&] { static_cast<void>(rx2.try_receive()); }))); // NOLINT(bugprone-use-after-move): an error then
  rx3.close();
  EXPECT_EQ(tx.statistics().open_receivers, 1U);
}
