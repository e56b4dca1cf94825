#include "flock.hpp"

#include <actors/core/spawn.hpp>
#include <actors/supervise/circuit_breaker.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <stdexcept>

namespace {

using namespace supervise_test;

task<int> answer() {
  co_return 42;
}

task<int> broken() {
  throw std::runtime_error("broken");
  co_return 0;
}

task<int> slow() {
  co_await sleep(10s);
  co_return 1;
}

// "ok", "refused" or the text of the error.
template <class F>
task<std::string> try_it(sv::circuit_breaker breaker, F operation) {
  const auto error = co_await error_of(breaker.run(operation));
  if (!error)
    co_return "ok";
  co_return is_a<sv::open_circuit_error>(error) ? "refused" : text_of(error);
}

TEST(circuit_breaker, passes_results_and_errors_on_while_closed) {
  on_every_runtime([]() -> task<> {
    const sv::circuit_breaker breaker;
    EXPECT_EQ(co_await breaker.run(answer), 42);
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
  });
}

TEST(circuit_breaker, opens_after_so_many_failures_and_says_when_to_come_back) {
  under_every_seed([]() -> task<> {
    std::vector<std::string> changes;
    auto options = sv::circuit_options{}.name("db").failures(3).open_for(10s);
    options.on_change([&](const sv::circuit_event& event) {
      changes.push_back(std::string{to_string(event.from)} + " > " + std::string{to_string(event.to)} +
                        (event.error ? ": " + text_of(event.error) : ""));
    });
    const sv::circuit_breaker breaker{options};
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(breaker.state(), sv::circuit_state::open);
    co_await sleep(4s);
    const auto now = (co_await actors::this_task()).now();
    const auto error = co_await error_of(breaker.run(answer));
    EXPECT_EQ(text_of(error), "'db' is open: try again in 6 s");
    try {
      std::rethrow_exception(error);
    } catch (const sv::open_circuit_error& e) {
      EXPECT_EQ(e.retry_at(), now + 6s);
      EXPECT_EQ(e.retry_after(), 6s);
    }
    co_await sleep(6s);
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
    EXPECT_THAT(changes, testing::ElementsAre("closed > open: broken", "open > half open", "half open > closed"));
    // What was before counts no more.
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
  });
}

TEST(circuit_breaker, a_probe_that_fails_opens_it_again) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker breaker{sv::circuit_options{}.failures(1).open_for(1s)};
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    co_await sleep(1s);
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(co_await try_it(breaker, answer), "refused");
    co_await sleep(1s);
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
  });
}

TEST(circuit_breaker, lets_so_many_probes_through_at_a_time_and_closes_when_all_have_succeeded) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker breaker{sv::circuit_options{}.failures(1).open_for(1s).probes(2)};
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    co_await sleep(1s);
    auto first = actors::spawn(try_it(breaker, slow));
    co_await sleep(1ms);
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
    EXPECT_EQ(breaker.state(), sv::circuit_state::half_open);
    EXPECT_THAT(text_of(co_await error_of(breaker.run(answer))), testing::HasSubstr("probes are under way"));
    EXPECT_EQ(co_await first, "ok");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
  });
}

TEST(circuit_breaker, a_cancelled_or_killed_call_counts_for_nothing_and_gives_its_place_back) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker breaker{sv::circuit_options{}.failures(1).open_for(1s)};
    auto closed = actors::spawn(breaker.run(slow));
    co_await sleep(1ms);
    closed.cancel();
    EXPECT_TRUE(actors::is_cancelled(co_await error_of(closed)));
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    for (const bool kill : {false, true}) {
      co_await sleep(1s);
      auto probe = actors::spawn(breaker.run(slow));
      co_await sleep(1ms);
      EXPECT_EQ(co_await try_it(breaker, answer), "refused");
      if (kill)
        caf::anon_send_exit(probe.address(), caf::exit_reason::kill);
      else
        probe.cancel();
      static_cast<void>(co_await error_of(probe));
      EXPECT_EQ(breaker.state(), sv::circuit_state::half_open);
    }
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
  });
}

TEST(circuit_breaker, calls_that_began_before_a_change_count_for_nothing) {
  under_every_seed([]() -> task<> {
    auto late_failure = []() -> task<int> {
      co_await sleep(5s);
      throw std::runtime_error("late");
    };
    const sv::circuit_breaker breaker{sv::circuit_options{}.failures(1).open_for(1s)};
    auto late = actors::spawn(try_it(breaker, late_failure));
    co_await sleep(1ms);
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    co_await sleep(1s);
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
    EXPECT_EQ(co_await late, "late");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
  });
}

TEST(circuit_breaker, forgets_failures_that_slide_out_of_the_window) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker by_time{sv::circuit_options{}.failures(2).window(10s)};
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(co_await try_it(by_time, broken), "broken");
      co_await sleep(11s);
    }
    EXPECT_EQ(by_time.state(), sv::circuit_state::closed);
    const sv::circuit_breaker by_count{sv::circuit_options{}.failures(2).window_of_calls(3)};
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(co_await try_it(by_count, broken), "broken");
      EXPECT_EQ(co_await try_it(by_count, answer), "ok");
      EXPECT_EQ(co_await try_it(by_count, answer), "ok");
    }
    EXPECT_EQ(by_count.state(), sv::circuit_state::closed);
    EXPECT_EQ(co_await try_it(by_count, broken), "broken");
    EXPECT_EQ(co_await try_it(by_count, broken), "broken");
    EXPECT_EQ(by_count.state(), sv::circuit_state::open);
  });
}

TEST(circuit_breaker, opens_at_a_rate_once_there_are_enough_calls) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker breaker{sv::circuit_options{}.failure_rate(0.5, 4)};
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(breaker.state(), sv::circuit_state::open);
  });
}

TEST(circuit_breaker, counts_only_the_errors_that_it_is_told_to) {
  under_every_seed([]() -> task<> {
    auto options = sv::circuit_options{}.failures(1);
    options.count_if([](const std::exception_ptr& error) { return text_of(error) != "broken"; });
    const sv::circuit_breaker breaker{options};
    EXPECT_EQ(co_await try_it(breaker, broken), "broken");
    EXPECT_EQ(breaker.state(), sv::circuit_state::closed);
  });
}

TEST(circuit_breaker, opens_and_closes_by_hand) {
  under_every_seed([]() -> task<> {
    const sv::circuit_breaker breaker;
    breaker.trip((co_await actors::this_task()).now());
    EXPECT_EQ(co_await try_it(breaker, answer), "refused");
    breaker.reset();
    EXPECT_EQ(co_await try_it(breaker, answer), "ok");
  });
}

TEST(circuit_breaker, settings_that_make_no_sense_are_refused) {
  EXPECT_THROW(sv::circuit_options{}.failures(0), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.failure_rate(0, 1), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.failure_rate(1.5, 1), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.failure_rate(0.5, 0), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.window(0s), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.window_of_calls(0), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.open_for(-1s), std::invalid_argument);
  EXPECT_THROW(sv::circuit_options{}.probes(0), std::invalid_argument);
}

} // namespace
