#include "support.hpp"

#include <actors/sync/channel.hpp>
#include <actors/sync/error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using actors::spawn;
using actors::task;
using actors::task_handle;
using actors::sync::broken_channel;
using actors::sync::channel_closed;
using actors::sync::channel_error;
using actors::sync::end_of_channel;
using actors::sync::make_channel;
using namespace sync_test;

} // namespace

TEST(channel_close, own_end_closed_peer_gone_and_senders_gone_are_three_answers) {
  on_every_runtime([]() -> task<> {
    {
      auto [tx, rx] = make_channel<int>(1);
      tx.close();
      tx.close();
      const auto send = co_await error_of(tx.send(1));
      EXPECT_TRUE(is_a<channel_closed>(send));
      EXPECT_TRUE(is_a<channel_error>(send));
      EXPECT_TRUE(is_a<channel_closed>(thrown_by([&, &t = tx] { static_cast<void>(t.try_send(1)); })));
      EXPECT_TRUE(is_a<channel_closed>(thrown_by([&, &t = tx] { static_cast<void>(t.clone()); })));
      const auto receive = co_await error_of(rx.receive());
      EXPECT_TRUE(is_a<end_of_channel>(receive));
      EXPECT_TRUE(is_a<end_of_channel>(thrown_by([&, &r = rx] { static_cast<void>(r.try_receive()); })));
      const auto next = co_await rx.next();
      EXPECT_FALSE(next);
    }
    {
      auto [tx, rx] = make_channel<int>(1);
      rx.close();
      const auto receive = co_await error_of(rx.receive());
      EXPECT_TRUE(is_a<channel_closed>(receive));
      const auto next = co_await error_of(rx.next());
      EXPECT_TRUE(is_a<channel_closed>(next));
      EXPECT_TRUE(is_a<channel_closed>(thrown_by([&, &r = rx] { static_cast<void>(r.clone()); })));
      const auto send = co_await error_of(tx.send(1));
      EXPECT_TRUE(is_a<broken_channel>(send));
      EXPECT_TRUE(is_a<broken_channel>(thrown_by([&, &t = tx] { static_cast<void>(t.try_send(1)); })));
    }
  });
}

TEST(channel_close, what_was_buffered_can_be_received_after_the_last_sender_closed) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(2);
    co_await tx.send(1);
    co_await tx.send(2);
    auto other = tx.clone();
    tx.close();
    const int first = co_await rx.receive();
    EXPECT_EQ(first, 1);
    other.close();
    const int second = co_await rx.receive();
    EXPECT_EQ(second, 2);
    const auto end = co_await error_of(rx.receive());
    EXPECT_TRUE(is_a<end_of_channel>(end));
  });
}

TEST(channel_close, the_last_sender_ends_the_wait_of_receivers) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    auto other = tx.clone();
    const auto receiving = spawn(rx.receive());
    const auto iterating = spawn(rx.next());
    co_await until([&, &r = rx] { return r.statistics().waiting_receivers == 2; });
    tx.close();
    EXPECT_EQ(rx.statistics().waiting_receivers, 2U);
    {
      const auto gone = std::move(other);
    }
    const auto error = co_await error_of(receiving);
    EXPECT_TRUE(is_a<end_of_channel>(error));
    const auto none = co_await iterating;
    EXPECT_FALSE(none);
  });
}

TEST(channel_close, the_last_receiver_breaks_the_wait_of_senders_and_drops_the_buffer) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(1);
    auto other = rx.clone();
    co_await tx.send(1);
    std::vector<task_handle<>> sending;
    for (int i = 0; i < 3; ++i)
      sending.push_back(spawn(tx.send(i)));
    co_await until([&, &t = tx] { return t.statistics().waiting_senders == 3; });
    rx.close();
    EXPECT_EQ(tx.statistics().waiting_senders, 3U);
    other.close();
    EXPECT_EQ(tx.statistics().buffered, 0U);
    for (const auto& each : sending) {
      const auto error = co_await error_of(each);
      EXPECT_TRUE(is_a<broken_channel>(error));
    }
  });
}

TEST(channel_close, ends_the_waits_on_this_end_only) {
  on_every_runtime([]() -> task<> {
    {
      auto [tx, rx] = make_channel<int>(0);
      auto other = rx.clone();
      const auto mine = spawn(rx.receive());
      const auto theirs = spawn(other.receive());
      co_await until([&, &t = tx] { return t.statistics().waiting_receivers == 2; });
      rx.close();
      const auto error = co_await error_of(mine);
      EXPECT_TRUE(is_a<channel_closed>(error));
      EXPECT_TRUE(tx.try_send(1));
      const int value = co_await theirs;
      EXPECT_EQ(value, 1);
    }
    {
      auto [tx, rx] = make_channel<int>(0);
      auto other = tx.clone();
      const auto mine = spawn(tx.send(1));
      const auto theirs = spawn(other.send(2));
      co_await until([&, &r = rx] { return r.statistics().waiting_senders == 2; });
      tx.close();
      const auto error = co_await error_of(mine);
      EXPECT_TRUE(is_a<channel_closed>(error));
      const int value = co_await rx.receive();
      EXPECT_EQ(value, 2);
      co_await theirs;
    }
  });
}

TEST(channel_close, destroying_an_end_while_it_is_in_use_is_closing_it) {
  on_every_runtime([]() -> task<> {
    auto pair = make_channel<int>(0);
    auto rx = std::make_unique<actors::sync::receiver<int>>(std::move(pair.second));
    const auto receiving = spawn(rx->receive());
    co_await until([&] { return pair.first.statistics().waiting_receivers == 1; });
    rx.reset();
    const auto error = co_await error_of(receiving);
    EXPECT_TRUE(is_a<channel_closed>(error));
    const auto send = co_await error_of(pair.first.send(1));
    EXPECT_TRUE(is_a<broken_channel>(send));
  });
}

TEST(channel_close, a_value_handed_over_before_the_close_is_received) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    const auto receiving = spawn(rx.receive());
    co_await until([&, &t = tx] { return t.statistics().waiting_receivers == 1; });
    EXPECT_TRUE(tx.try_send(1));
    tx.close();
    rx.close();
    const int value = co_await receiving;
    EXPECT_EQ(value, 1);
  });
}

TEST(channel_close, of_the_own_end_is_said_before_what_the_other_side_has_done) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(1);
    co_await tx.send(1);
    rx.close();
    tx.close();
    const auto send = co_await error_of(tx.send(2));
    EXPECT_TRUE(is_a<channel_closed>(send));
    EXPECT_TRUE(is_a<channel_closed>(thrown_by([&, &t = tx] { static_cast<void>(t.try_send(2)); })));
    const auto receive = co_await error_of(rx.receive());
    EXPECT_TRUE(is_a<channel_closed>(receive));
    const auto next = co_await error_of(rx.next());
    EXPECT_TRUE(is_a<channel_closed>(next));
    EXPECT_TRUE(is_a<channel_closed>(thrown_by([&, &r = rx] { static_cast<void>(r.try_receive()); })));
  });
}

TEST(channel_close, a_receiver_that_is_closed_gets_nothing_of_what_another_one_still_may) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(2);
    auto other = rx.clone();
    co_await tx.send(1);
    rx.close();
    const auto mine = co_await error_of(rx.receive());
    EXPECT_TRUE(is_a<channel_closed>(mine));
    const int theirs = co_await other.receive();
    EXPECT_EQ(theirs, 1);
    tx.close();
    const auto none = co_await other.next();
    EXPECT_FALSE(none);
  });
}

TEST(channel_close, ends_an_iteration_over_this_end_with_an_error_and_not_as_if_the_senders_were_gone) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    auto iterate = [](actors::sync::receiver<int>& from) -> task<int> {
      int count = 0;
      while (co_await from.next())
        ++count;
      co_return count;
    };
    const auto iterating = spawn(iterate(rx));
    co_await tx.send(1);
    co_await until([&, &t = tx] { return t.statistics().waiting_receivers == 1; });
    rx.close();
    const auto error = co_await error_of(iterating);
    EXPECT_TRUE(is_a<channel_closed>(error));
    EXPECT_TRUE(is_a<broken_channel>(thrown_by([&, &t = tx] { static_cast<void>(t.try_send(2)); })));
  });
}

TEST(channel_close, ends_may_still_be_cloned_when_the_other_side_is_gone_and_get_its_answer) {
  on_every_runtime([]() -> task<> {
    {
      auto [tx, rx] = make_channel<int>(1);
      rx.close();
      auto other = tx.clone();
      const auto send = co_await error_of(other.send(1));
      EXPECT_TRUE(is_a<broken_channel>(send));
    }
    {
      auto [tx, rx] = make_channel<int>(1);
      tx.close();
      auto other = rx.clone();
      const auto receive = co_await error_of(other.receive());
      EXPECT_TRUE(is_a<end_of_channel>(receive));
    }
  });
}

TEST(channel_close, what_waits_to_be_sent_is_received_before_the_end) {
  on_every_runtime([]() -> task<> {
    auto [tx, rx] = make_channel<int>(0);
    auto send_and_close = [](actors::sync::sender<int> to, int value) -> task<> { co_await to.send(value); };
    const auto first = spawn(send_and_close(std::move(tx), 1));
    co_await until([&, &r = rx] { return r.statistics().waiting_senders == 1; });
    const auto value = co_await rx.next();
    EXPECT_EQ(value, 1);
    const auto none = co_await rx.next();
    EXPECT_FALSE(none);
    co_await first;
  });
}
