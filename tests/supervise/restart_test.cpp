#include "flock.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <map>

namespace {

using namespace supervise_test;

struct matrix_case {
  sv::strategy how;
  sv::restart kind;
  int end; // the endings, then: killed
};

constexpr int killed = 3;

std::string text_of(const matrix_case& each) {
  return "strategy " + std::to_string(static_cast<int>(each.how)) + ", restart " +
         std::to_string(static_cast<int>(each.kind)) + ", end " + std::to_string(each.end);
}

task<> run_case(matrix_case each) {
  const auto notes = std::make_shared<journal>();
  auto spec = quiet("top", each.how);
  spec.child(worker(notes, "a"));
  if (each.end == killed)
    spec.child(worker(notes, "b").restart(each.kind));
  else
    spec.child(flaky(notes, "b", static_cast<ending>(each.end)).restart(each.kind));
  spec.child(worker(notes, "c"));
  const auto top = sv::spawn_supervisor(std::move(spec));
  co_await top.started();
  if (each.end == killed)
    caf::anon_send_exit(top.child("b").address(), caf::exit_reason::kill);
  co_await sleep(1s);

  const bool failed = each.end == static_cast<int>(ending::error) || each.end == killed;
  const bool restarted = each.kind == sv::restart::permanent || (each.kind == sv::restart::transient && failed);
  const std::size_t a = restarted && each.how == sv::strategy::one_for_all ? 2 : 1;
  const std::size_t b = restarted ? 2 : 1;
  const std::size_t c = restarted && each.how != sv::strategy::one_for_one ? 2 : 1;
  EXPECT_EQ(notes->count("+a"), a) << text_of(each);
  EXPECT_EQ(notes->count("+b"), b) << text_of(each);
  EXPECT_EQ(notes->count("+c"), c) << text_of(each);

  const auto children = co_await top.children();
  const std::size_t left = !restarted && each.kind == sv::restart::temporary ? 2 : 3;
  EXPECT_EQ(children.size(), left) << text_of(each);
  for (const auto& child : children) {
    const bool is_up = restarted || child.name != "b";
    EXPECT_EQ(child.state, is_up ? sv::child_state::running : sv::child_state::down) << text_of(each);
    EXPECT_EQ(child.restarts, restarted && child.name == "b" ? 1u : 0u) << text_of(each);
    EXPECT_EQ(static_cast<bool>(child.actor), is_up) << text_of(each);
    if (child.name == "b") {
      EXPECT_EQ(child.last_error != nullptr, failed) << text_of(each);
    }
  }
  co_await top.stop();
  EXPECT_EQ(notes->count("-a"), a) << text_of(each);
  EXPECT_EQ(notes->count("-c"), c) << text_of(each);
}

TEST(restart, every_strategy_treats_every_kind_of_child_and_end_as_it_says) {
  under_every_seed([]() -> task<> {
    using enum sv::strategy;
    using enum sv::restart;
    for (const auto how : {one_for_one, one_for_all, rest_for_one})
      for (const auto kind : {permanent, transient, temporary})
        for (int end = 0; end <= killed; ++end)
          co_await run_case({how, kind, end});
  });
}

TEST(restart, one_for_all_stops_in_reverse_order_and_starts_in_order) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.child(worker(notes, "a")).child(flaky(notes, "b", ending::error)).child(worker(notes, "c"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto first = top.child("c").address();
    static_cast<void>(co_await top.child("c").next(first));
    const auto texts = notes->texts();
    const auto failed = std::find(texts.begin(), texts.end(), "!b");
    EXPECT_THAT((std::vector<std::string>{failed, texts.end()}),
                testing::ElementsAre("!b", "-c", "-a", "+a", "+b", "+c"));
    co_await top.stop();
  });
}

TEST(restart, rest_for_one_leaves_alone_what_was_started_before) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::rest_for_one);
    spec.child(worker(notes, "a")).child(flaky(notes, "b", ending::error));
    spec.child(worker(notes, "c")).child(worker(notes, "d"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1s);
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+b", "+c", "+d", "!b", "-d", "-c", "+b", "+c", "+d"));
    co_await top.stop();
  });
}

TEST(restart, a_group_restart_forgets_temporary_children_and_starts_those_that_had_ended) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.child(flaky(notes, "done", ending::normal, 1ms).restart(sv::restart::transient));
    spec.child(worker(notes, "temporary").restart(sv::restart::temporary));
    spec.child(flaky(notes, "fails", ending::error, 50ms));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(1s);
    EXPECT_EQ(notes->count("+done"), 2u);
    EXPECT_EQ(notes->count("+temporary"), 1u);
    EXPECT_EQ(notes->count("+fails"), 2u);
    EXPECT_EQ((co_await top.children()).size(), 2u);
    co_await top.stop();
  });
}

TEST(restart, one_restart_too_many_stops_all_and_names_child_count_and_last_error) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.intensity(2, 10s).child(worker(notes, "a")).child(flaky(notes, "b", ending::error, 1ms, 100));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto error = co_await error_of(top.ended());
    EXPECT_EQ(supervise_test::text_of(error),
              "supervisor 'top' gave up: child 'b' would have been restart number 3, and the limit is 2 in 10 s; its "
              "last error: b broke");
    EXPECT_TRUE(is_a<sv::restart_limit_error>(error));
    EXPECT_EQ(notes->count("+b"), 3u);
    EXPECT_EQ(notes->count("-a"), 1u);
  });
}

TEST(restart, restarts_that_are_longer_ago_than_the_period_do_not_count) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.intensity(1, 5s).child(flaky(notes, "b", ending::error, 6s, 20));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(59s);
    EXPECT_EQ(notes->count("!b"), 9u);
    co_await top.stop();
  });
}

TEST(restart, intensity_zero_gives_up_at_the_first_failure_and_not_at_an_end_that_needs_no_restart) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto fine = quiet("fine");
    fine.intensity(0, 5s).child(flaky(notes, "a", ending::normal).restart(sv::restart::transient));
    const auto first = sv::spawn_supervisor(std::move(fine));
    co_await sleep(1s);
    co_await first.stop();
    auto failing = quiet("failing");
    failing.intensity(0, 5s).child(flaky(notes, "b", ending::error));
    const auto second = sv::spawn_supervisor(std::move(failing));
    EXPECT_TRUE(is_a<sv::restart_limit_error>(co_await error_of(second.ended())));
  });
}

TEST(restart, unlimited_restarts_never_give_up) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.unlimited_restarts().child(flaky(notes, "b", ending::error, 1ms, 500));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(10s);
    EXPECT_EQ(notes->count("!b"), 500u);
    EXPECT_EQ((co_await top.children()).front().restarts, 500u);
    co_await top.stop();
  });
}

TEST(restart, the_back_off_delays_restarts_and_begins_anew_after_a_stable_time) {
  in_virtual_time([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    const auto delays = std::make_shared<std::vector<actors::duration>>();
    auto spec = quiet("top");
    spec.unlimited_restarts().backoff(sv::backoff_policy{100ms, 400ms, 2, sv::jitter::none}, 5s);
    spec.on_event([delays](const sv::child_event& event) {
      if (event.kind == sv::child_event_kind::restarting)
        delays->push_back(event.delay);
    });
    auto brief = [notes]() -> task<void> {
      notes->add("+");
      // The sixth life is a long one.
      co_await sleep(notes->count("+") == 6 ? 6s : 1ms);
      throw std::runtime_error("broke");
    };
    spec.child(sv::task_child("brief", brief));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(8s);
    EXPECT_GE(delays->size(), 8u);
    EXPECT_THAT((std::vector<actors::duration>{delays->begin(), delays->begin() + 8}),
                testing::ElementsAre(100ms, 200ms, 400ms, 400ms, 400ms, 100ms, 200ms, 400ms));
    co_await top.stop();
  });
}

TEST(restart, the_same_seed_draws_the_same_delays) {
  in_virtual_time([]() -> task<> {
    std::vector<std::vector<actors::duration>> runs;
    for (int i = 0; i < 2; ++i) {
      const auto notes = std::make_shared<journal>();
      const auto delays = std::make_shared<std::vector<actors::duration>>();
      auto spec = quiet("top");
      spec.seed(42).unlimited_restarts().backoff(sv::backoff_policy{100ms, 10s});
      spec.on_event([delays](const sv::child_event& event) {
        if (event.kind == sv::child_event_kind::restarting)
          delays->push_back(event.delay);
      });
      spec.child(flaky(notes, "b", ending::error, 1ms, 10));
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await sleep(200s);
      co_await top.stop();
      runs.push_back(*delays);
    }
    EXPECT_EQ(runs[0].size(), 10u);
    EXPECT_EQ(runs[0], runs[1]);
  });
}

TEST(restart, a_group_restart_waits_for_the_back_off_with_everybody_down) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top", sv::strategy::one_for_all);
    spec.backoff(sv::backoff_policy{1s, 1s, 1, sv::jitter::none});
    spec.child(worker(notes, "a")).child(flaky(notes, "b", ending::error, 10ms));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(500ms);
    EXPECT_EQ(notes->count("-a"), 1u);
    EXPECT_EQ(notes->count("+a"), 1u);
    for (const auto& child : co_await top.children())
      EXPECT_EQ(child.state, sv::child_state::waiting);
    co_await sleep(1s);
    EXPECT_EQ(notes->count("+a"), 2u);
    co_await top.stop();
  });
}

// Fails before it has started in its starts number `from` to `to`, and breaks after its first start if asked to.
sv::child_spec fails_to_start(const journal_ptr& notes, const std::string& name, std::size_t from, std::size_t to,
                              bool breaks) {
  auto body = [=](sv::started_signal started) -> task<void> {
    notes->add("?" + name);
    const auto number = notes->count("?" + name);
    if (number >= from && number <= to)
      throw std::runtime_error(name + " cannot start");
    co_await live_and_end(notes, name, 10ms, ending::error, breaks ? 1 : 0, started);
  };
  return sv::task_child(name, body);
}

TEST(restart, a_restart_that_fails_to_start_counts_as_another_one) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto enough = quiet("enough");
    enough.intensity(3, 10s).child(fails_to_start(notes, "b", 2, 3, true));
    const auto first = sv::spawn_supervisor(std::move(enough));
    co_await sleep(1s);
    const auto children = co_await first.children();
    EXPECT_EQ(children.front().state, sv::child_state::running);
    EXPECT_EQ(children.front().restarts, 3u);
    co_await first.stop();

    auto too_few = quiet("too few");
    too_few.intensity(2, 10s).child(fails_to_start(std::make_shared<journal>(), "b", 2, 3, true));
    const auto second = sv::spawn_supervisor(std::move(too_few));
    const auto error = co_await error_of(second.ended());
    EXPECT_TRUE(is_a<sv::restart_limit_error>(error));
    EXPECT_THAT(supervise_test::text_of(error), testing::HasSubstr("b cannot start"));
  });
}

TEST(restart, a_start_that_fails_in_a_group_restart_restarts_the_group_again) {
  under_every_seed([]() -> task<> {
    for (const auto how : {sv::strategy::one_for_all, sv::strategy::rest_for_one}) {
      const auto notes = std::make_shared<journal>();
      auto spec = quiet("top", how);
      spec.intensity(2, 10s).child(worker(notes, "a"));
      spec.child(flaky(notes, "b", ending::error, 10ms)).child(fails_to_start(notes, "c", 2, 2, false));
      const auto top = sv::spawn_supervisor(std::move(spec));
      co_await sleep(1s);
      EXPECT_EQ(notes->count("+a"), how == sv::strategy::one_for_all ? 3u : 1u);
      EXPECT_EQ(notes->count("+b"), how == sv::strategy::one_for_all ? 3u : 2u);
      EXPECT_EQ(notes->count("?c"), 3u);
      EXPECT_EQ(notes->count("+c"), 2u);
      const auto children = co_await top.children();
      EXPECT_EQ(children[1].restarts, 1u);
      EXPECT_EQ(children[2].restarts, 1u);
      co_await top.stop();
    }
  });
}

TEST(restart, a_storm_of_crashes_leaves_every_permanent_child_alive_and_counts_every_restart) {
  under_every_seed([]() -> task<> {
    constexpr std::size_t children = 40;
    const auto crashes = std::make_shared<std::vector<std::size_t>>(children);
    const auto end = (co_await actors::this_task()).now() + 3s;
    auto spec = quiet("storm");
    spec.unlimited_restarts().backoff(sv::backoff_policy{1ms, 10ms});
    for (std::size_t i = 0; i < children; ++i) {
      auto body = [crashes, end, i]() -> task<void> {
        const auto life = 1ms * static_cast<int>((i * 37 + (*crashes)[i] * 101) % 97);
        co_await sleep(life);
        const auto now = (co_await actors::this_task()).now();
        if (now >= end)
          co_await sleep(actors::forever);
        ++(*crashes)[i];
        throw std::runtime_error("crash");
      };
      spec.child(sv::task_child("c" + std::to_string(i), body));
    }
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(4s);
    std::size_t i = 0;
    for (const auto& child : co_await top.children()) {
      EXPECT_EQ(child.state, sv::child_state::running);
      EXPECT_EQ(child.restarts, (*crashes)[i]);
      EXPECT_GT(child.restarts, 10u);
      ++i;
    }
    EXPECT_EQ(i, children);
    co_await top.stop();
  });
}

} // namespace
