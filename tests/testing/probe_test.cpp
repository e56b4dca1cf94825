#include <actors/core/ask.hpp>
#include <actors/core/call_context.hpp>
#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/this_task.hpp>
#include <actors/core/timeout.hpp>
#include <actors/testing/co_test.hpp>
#include <actors/testing/probe.hpp>

#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace actors;
using namespace std::chrono_literals;
using actors::testing::expectation_error;
using actors::testing::probe;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// The text of the expectation that fails.
template <class T>
task<std::string> failed_expectation(task<T> expectation) {
  try {
    static_cast<void>(co_await std::move(expectation));
  } catch (const expectation_error& error) {
    co_return error.what();
  }
  co_return "nothing was thrown";
}

CO_TEST(probe, gives_messages_in_the_order_in_which_they_came) {
  probe target;
  tell(target.actor(), std::string{"first"});
  tell(target.actor(), std::int32_t{2}, std::string{"second"});
  const auto first = co_await target.expect<std::string>();
  EXPECT_EQ(first.value(), "first");
  EXPECT_FALSE(first.is_request());
  const auto second = co_await target.expect<std::int32_t, std::string>();
  EXPECT_EQ(second.get<0>(), 2);
  EXPECT_EQ(second.values(), (std::tuple<std::int32_t, std::string>{2, "second"}));
  EXPECT_EQ(target.history(), (std::vector<std::string>{"\"first\"", "2, \"second\""}));
}

CO_TEST(probe, waits_for_a_message_in_virtual_time) {
  probe target;
  const auto self = co_await this_task();
  const auto start = self.now();
  const auto later = spawn([actor = target.actor()]() -> task<> {
    co_await sleep(3s);
    tell(actor, std::int32_t{7});
  });
  const auto message = co_await target.expect<std::int32_t>(4s);
  EXPECT_EQ(message.value(), 7);
  EXPECT_EQ(self.now() - start, 3s);
  co_await later;
}

CO_TEST(probe, says_what_has_come_instead) {
  probe target;
  tell(target.actor(), std::string{"text"});
  const auto text = co_await failed_expectation(target.expect<std::int32_t>());
  EXPECT_THAT(text, AllOf(HasSubstr("expected int32_t"), HasSubstr("got \"text\"")));
  const auto nothing = co_await failed_expectation(target.expect<std::int32_t>(2s));
  EXPECT_THAT(nothing, HasSubstr("expected int32_t and got nothing in time"));
  const auto none_left = co_await failed_expectation(target.expect<std::int32_t>(0s));
  EXPECT_THAT(none_left, HasSubstr("got nothing in time"));
}

CO_TEST(probe, can_expect_nothing) {
  probe target;
  const auto self = co_await this_task();
  const auto start = self.now();
  co_await target.expect_nothing(1h);
  EXPECT_EQ(self.now() - start, 1h);
  tell(target.actor(), std::int32_t{7});
  EXPECT_THAT(co_await failed_expectation(target.expect_nothing(1h)), HasSubstr("expected nothing and got 7"));
  EXPECT_EQ(self.now() - start, 1h);
}

CO_TEST(probe, can_pass_over_what_does_not_matter) {
  probe target;
  tell(target.actor(), std::string{"noise"});
  tell(target.actor(), std::string{"noise"});
  tell(target.actor(), std::int32_t{7});
  const auto message = co_await target.expect_eventually<std::int32_t>();
  EXPECT_EQ(message.value(), 7);
  EXPECT_EQ(target.history().size(), 3U);
}

task<int> ask_twice(service_ref server) {
  const auto first = co_await ask<std::int32_t>(server, std::string{"one"});
  const auto second = co_await ask<std::int32_t>(server, std::string{"two"});
  co_return first * 10 + second;
}

CO_TEST(probe, answers_requests_as_the_test_says) {
  probe server;
  const auto asking = spawn(ask_twice(server.service()));
  auto first = co_await server.expect<std::string>();
  EXPECT_EQ(first.value(), "one");
  EXPECT_TRUE(first.is_request());
  co_await server.expect_nothing(10s); // the second is not sent before the first is answered
  first.reply(std::int32_t{4});
  auto second = co_await server.expect<std::string>();
  second.reply(std::int32_t{2});
  EXPECT_EQ(co_await asking, 42);
}

CO_TEST(probe, answers_with_errors_too) {
  probe server;
  const auto asking = spawn(ask_twice(server.service()));
  auto request = co_await server.expect<std::string>();
  request.fail(make_caf_error(errc::failed, "no such thing"));
  std::string text;
  try {
    static_cast<void>(co_await asking);
  } catch (const std::exception& error) {
    text = error.what();
  }
  EXPECT_THAT(text, HasSubstr("no such thing"));
}

CO_TEST(probe, lets_a_caller_wait_and_hears_that_it_has_given_up) {
  probe server;
  const auto asking = spawn(with_timeout(3s, ask_twice(server.service())));
  auto request = co_await server.expect<std::string>();
  const auto gone = co_await server.expect<cancel_call>(4s);
  EXPECT_GT(gone.value().call_id, 0U);
  std::exception_ptr error;
  try {
    static_cast<void>(co_await asking);
  } catch (const timeout_error&) {
    error = std::current_exception();
  }
  EXPECT_TRUE(error);
  request.reply(std::int32_t{1}); // late: nobody minds
}

CO_TEST(probe, refuses_answers_that_make_no_sense) {
  probe target;
  tell(target.actor(), std::string{"no request"});
  auto plain = co_await target.expect<std::string>();
  EXPECT_THROW(plain.reply(std::int32_t{1}), misuse_error);
  const auto asking = spawn(
      [server = target.service()]() -> task<int> { co_return co_await ask<std::int32_t>(server, std::string{"one"}); });
  auto request = co_await target.expect<std::string>();
  request.reply(std::int32_t{1});
  EXPECT_THROW(request.reply(std::int32_t{2}), misuse_error);
  EXPECT_EQ(co_await asking, 1);
}

CO_TEST(probe, hears_of_the_end_of_an_actor_that_it_watches) {
  probe watcher;
  const auto short_lived = spawn([]() -> task<> { co_await sleep(5s); });
  watcher.watch(short_lived.address());
  co_await watcher.expect_nothing(4s);
  const auto down = co_await watcher.expect<caf::down_msg>(2s);
  EXPECT_EQ(down.value().source, short_lived.address().address());
  watcher.watch(short_lived.address());
  static_cast<void>(co_await watcher.expect<caf::down_msg>());
}

CO_TEST(probe, loses_no_message_when_an_expectation_is_cancelled) {
  probe target;
  const auto impatient = [](probe& from) -> task<> { static_cast<void>(co_await from.expect<std::int32_t>(1h)); };
  const auto waiting = spawn(impatient(target));
  co_await sleep(1s);
  waiting.cancel();
  std::exception_ptr error;
  try {
    co_await waiting;
  } catch (const cancelled&) {
    error = std::current_exception();
  }
  EXPECT_TRUE(error);
  tell(target.actor(), std::int32_t{7});
  const auto message = co_await target.expect<std::int32_t>();
  EXPECT_EQ(message.value(), 7);
}

CO_TEST(probe, loses_no_message_when_it_is_cancelled_while_it_looks_for_one_or_for_silence) {
  probe target;
  const auto look = [](probe& from) -> task<> { static_cast<void>(co_await from.expect_eventually<std::int32_t>(1h)); };
  const auto listen = [](probe& from) -> task<> { co_await from.expect_nothing(1h); };
  for (const bool silence : {false, true}) {
    const auto waiting = silence ? spawn(listen(target)) : spawn(look(target));
    co_await sleep(1s);
    EXPECT_TRUE(waiting.cancel());
    bool was_cancelled = false;
    try {
      co_await waiting;
    } catch (const cancelled&) {
      was_cancelled = true;
    }
    EXPECT_TRUE(was_cancelled);
  }
  tell(target.actor(), std::int32_t{7});
  const auto message = co_await target.expect<std::int32_t>();
  EXPECT_EQ(message.value(), 7);
}

CO_TEST(probe, is_for_one_task_at_a_time) {
  probe target;
  const auto quiet = [](probe& from) -> task<> { co_await from.expect_nothing(1h); };
  const auto waiting = spawn(quiet(target));
  co_await sleep(1s);
  std::exception_ptr error;
  try {
    co_await target.expect_nothing(1s);
  } catch (const misuse_error&) {
    error = std::current_exception();
  }
  EXPECT_TRUE(error);
  co_await waiting;
}

CO_TEST(probe, ends_with_its_object) {
  service_ref address;
  {
    probe short_lived;
    address = short_lived.service();
  }
  std::exception_ptr error;
  try {
    static_cast<void>(co_await ask<std::int32_t>(address, std::string{"hello"}));
  } catch (const remote_error&) {
    error = std::current_exception();
  }
  EXPECT_TRUE(error);
}

TEST(probe_outside_of_tasks, needs_its_runtime) {
  EXPECT_THROW(probe{}, misuse_error);
  runtime home{runtime_options{}.workers(2)};
  probe target{home};
  caf::anon_send(target.actor(), std::int32_t{7});
  EXPECT_EQ(home.block_on([&]() -> task<std::int32_t> {
    const auto message = co_await target.expect<std::int32_t>(1h);
    co_return message.value();
  }),
            7);
}

} // namespace
