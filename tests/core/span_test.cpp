#include "errors.hpp"
#include "every_runtime.hpp"
#include "gate.hpp"
#include "messages.hpp"
#include "recording_spans.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/core/spawn.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <string>

namespace {

using actors::current_trace;
using actors::runtime_options;
using actors::span;
using actors::span_id;
using actors::span_kind;
using actors::span_options;
using actors::span_status;
using actors::task;
using actors::trace_context;
using actors::trace_id;
using actors::with_span;
using actors::with_trace;
using testing::IsEmpty;
using testing::SizeIs;
using namespace core_test;

/// Runs `body()` with a sink in every kind of runtime, and then `check(spans)`.
template <class F, class Check>
void with_sink_on_every_runtime(F body, Check check) {
  for (const auto& kind : every_kind()) {
    SCOPED_TRACE(kind.name);
    const auto spans = std::make_shared<recording_spans>();
    auto options = kind.options;
    run_in(options.trace_to(spans), body);
    EXPECT_GE(spans->flushes(), 1);
    check(*spans);
  }
  for (const auto seed : schedule_seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto spans = std::make_shared<recording_spans>();
    run_in(virtual_time().schedule_seed(seed).trace_to(spans), body);
    check(*spans);
    if (testing::Test::HasFailure())
      return;
  }
}

task<> nothing() {
  co_return;
}

const trace_context remote{trace_id{1, 2}, span_id{3}, trace_context::sampled_flag, "vendor=x"};

} // namespace

TEST(span, a_span_inside_of_another_is_its_child) {
  with_sink_on_every_runtime(
      []() -> task<> {
        auto outer = []() -> task<> {
          co_await with_span("inner", nothing);
          auto spawned = []() -> task<> { co_await with_span("spawned", nothing); };
          co_await actors::spawn(spawned);
        };
        co_await with_span("outer", outer);
        EXPECT_EQ(current_trace(), nullptr);
      },
      [](const recording_spans& seen) {
        ASSERT_THAT(seen.spans(), SizeIs(3));
        const auto outer = seen.span("outer");
        EXPECT_FALSE(outer.parent);
        EXPECT_TRUE(outer.context.sampled());
        for (const auto* name : {"inner", "spawned"}) {
          const auto inner = seen.span(name);
          EXPECT_EQ(inner.parent, outer.context.span());
          EXPECT_EQ(inner.context.trace(), outer.context.trace());
          EXPECT_NE(inner.context.span(), outer.context.span());
        }
      });
}

TEST(span, a_trace_that_came_from_elsewhere_is_continued_with_its_state) {
  with_sink_on_every_runtime([]() -> task<> { co_await with_trace(remote, with_span("here", nothing)); },
                             [](const recording_spans& seen) {
                               const auto here = seen.span("here");
                               EXPECT_EQ(here.context.trace(), remote.trace());
                               EXPECT_EQ(here.parent, remote.span());
                               EXPECT_EQ(here.context.state(), "vendor=x");
                             });
}

TEST(span, the_flag_of_a_trace_that_came_from_elsewhere_is_respected) {
  with_sink_on_every_runtime(
      []() -> task<> {
        auto body = [](span& own) -> task<> {
          EXPECT_FALSE(own.recording());
          own.set_attribute("key", "value").add_event("event").set_status(span_status::ok).set_name("other");
          const auto trace = current_trace();
          EXPECT_EQ(trace == nullptr ? std::string{} : trace->traceparent(),
                    "00-00000000000000010000000000000002-0000000000000003-00");
          co_return;
        };
        const trace_context not_sampled{trace_id{1, 2}, span_id{3}};
        co_await with_trace(not_sampled, with_span("here", body));
      },
      [](const recording_spans& seen) { EXPECT_THAT(seen.spans(), IsEmpty()); });
}

TEST(span, without_a_sink_nothing_is_made_and_a_trace_is_passed_on_as_it_came) {
  on_every_runtime([]() -> task<> {
    auto body = [](span& own) -> task<> {
      EXPECT_FALSE(own.recording());
      const auto trace = current_trace();
      EXPECT_EQ(trace ? trace->span() : span_id{}, remote.span());
      co_return;
    };
    co_await with_trace(remote, with_span("here", body));
    auto root = [](span& own) -> task<> {
      EXPECT_FALSE(own.recording());
      EXPECT_EQ(current_trace(), nullptr);
      co_return;
    };
    co_await with_span("root", root);
  });
}

TEST(span, the_ratio_decides_about_new_traces_and_what_follows_respects_it) {
  constexpr int count = 2000;
  for (const double ratio : {0.0, 0.25, 1.0}) {
    const auto spans = std::make_shared<recording_spans>();
    run_in(virtual_time().schedule_seed(5).trace_to(spans).trace_ratio(ratio), []() -> task<> {
      for (int i = 0; i < count; ++i) {
        auto outer = [](span& own) -> task<> {
          const auto trace = current_trace();
          EXPECT_TRUE(trace != nullptr);
          if (trace != nullptr) {
            EXPECT_EQ(trace->sampled(), own.recording());
          }
          co_await with_span("inner", nothing);
        };
        co_await with_span("outer", outer);
      }
    });
    const auto recorded = static_cast<double>(spans->spans().size()) / 2;
    EXPECT_NEAR(recorded / count, ratio, ratio == 0.25 ? 0.05 : 0.0) << ratio;
  }
}

TEST(span, a_ratio_that_is_none_is_a_misuse) {
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(actors::runtime(runtime_options{}.trace_ratio(bad)), actors::misuse_error) << bad;
}

TEST(span, an_ask_carries_the_trace_through_any_number_of_services) {
  class last final : public actors::service {
  public:
    last() {
      on([](look_atom) { return current_trace() ? to_string(current_trace()->trace()) : std::string{"none"}; });
      on([](wait_atom) -> task<std::string> {
        co_return co_await with_span("last", []() -> task<std::string> { co_return "done"; });
      });
    }
  };

  class first final : public actors::service {
  public:
    explicit first(actors::service_ref next) {
      on([next](look_atom) -> task<std::string> { co_return co_await actors::ask<std::string>(next, look_atom_v); });
      on([next](wait_atom) -> task<std::string> {
        co_await actors::yield();
        co_return co_await with_span("first", actors::ask<std::string>(next, wait_atom_v));
      });
    }
  };

  with_sink_on_every_runtime(
      []() -> task<> {
        // Spawned in a trace of its own, which its calls have nothing to do with.
        auto spawn_them = []() -> task<actors::service_ref> {
          const auto end = actors::spawn_service(std::make_unique<last>());
          co_return actors::spawn_service(std::make_unique<first>(end));
        };
        const auto begin = co_await with_trace(trace_context{trace_id{7, 7}, span_id{7}}, spawn_them);
        const auto none = co_await actors::ask<std::string>(begin, look_atom_v);
        EXPECT_EQ(none, "none");
        auto traced = [begin]() -> task<> {
          const auto seen = co_await actors::ask<std::string>(begin, look_atom_v);
          EXPECT_EQ(seen, "00000000000000010000000000000002");
          static_cast<void>(co_await actors::ask<std::string>(begin, wait_atom_v));
        };
        co_await with_trace(remote, traced);
      },
      [](const recording_spans& seen) {
        const auto first_span = seen.span("first");
        EXPECT_EQ(first_span.parent, remote.span());
        EXPECT_EQ(seen.span("last").parent, first_span.context.span());
        EXPECT_EQ(seen.span("last").context.trace(), remote.trace());
      });
}

TEST(span, says_what_it_was_told) {
  with_sink_on_every_runtime(
      []() -> task<> {
        auto body = [](span& own) -> task<> {
          own.set_attribute("count", 3).set_attribute("count", 4).set_attribute("ratio", 0.5).set_attribute("ok", true);
          std::vector<actors::span_attribute> details;
          details.emplace_back("where", "here");
          own.add_event("looked", std::move(details));
          own.set_status(span_status::ok, "not kept").set_status(span_status::error, "too late");
          own.set_name("renamed");
          co_return;
        };
        auto options = span_options{}.kind(span_kind::consumer).attribute("queue", "orders");
        co_await with_span("named", std::move(options), body);
      },
      [](const recording_spans& seen) {
        const auto own = seen.span("renamed");
        EXPECT_EQ(own.kind, span_kind::consumer);
        ASSERT_THAT(own.attributes, SizeIs(4));
        EXPECT_EQ(own.attributes[0].key, "queue");
        EXPECT_EQ(own.attributes[0].value, actors::attribute_value{"orders"});
        EXPECT_EQ(own.attributes[1].value, actors::attribute_value{4});
        EXPECT_EQ(own.attributes[2].value, actors::attribute_value{0.5});
        EXPECT_EQ(own.attributes[3].value, actors::attribute_value{true});
        ASSERT_THAT(own.events, SizeIs(1));
        EXPECT_EQ(own.events[0].name, "looked");
        EXPECT_EQ(own.status, span_status::ok);
        EXPECT_EQ(own.status_message, "");
        EXPECT_LE(own.start, own.events[0].when);
        EXPECT_LE(own.start, own.end);
      });
}

TEST(span, an_error_is_its_status_and_comes_out_unchanged) {
  with_sink_on_every_runtime(
      []() -> task<> {
        auto failing = []() -> task<int> {
          co_await actors::yield();
          throw std::runtime_error("broken pipe");
        };
        const auto error = co_await error_of(with_span("failing", failing));
        EXPECT_TRUE(is_a<std::runtime_error>(error));
        EXPECT_EQ(current_trace(), nullptr);
      },
      [](const recording_spans& seen) {
        const auto own = seen.span("failing");
        EXPECT_EQ(own.status, span_status::error);
        EXPECT_THAT(own.status_message, testing::HasSubstr("broken pipe"));
        ASSERT_THAT(own.events, SizeIs(1));
        EXPECT_EQ(own.events[0].name, "exception");
      });
}

TEST(span, work_in_a_span_can_be_cancelled_and_the_span_says_so) {
  with_sink_on_every_runtime(
      []() -> task<> {
        gate inside;
        auto waiting = [&]() -> task<> {
          inside.open();
          co_await actors::sleep(actors::forever);
        };
        const auto running = actors::spawn(with_span("waiting", waiting));
        co_await inside;
        running.cancel("enough");
        const auto error = co_await error_of(running);
        EXPECT_TRUE(is_a<actors::cancelled>(error));
      },
      [](const recording_spans& seen) {
        const auto own = seen.span("waiting");
        EXPECT_EQ(own.status, span_status::error);
        EXPECT_THAT(own.status_message, testing::HasSubstr("enough"));
        EXPECT_EQ(own.events.at(0).name, "cancelled");
      });
}

TEST(span, work_in_a_trace_can_be_cancelled_and_the_trace_is_left) {
  on_every_runtime([]() -> task<> {
    gate inside;
    const auto trace = actors::trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "");
    EXPECT_TRUE(trace);
    bool left = false;
    auto program = [&]() -> task<> {
      auto waiting = [&]() -> task<> {
        EXPECT_TRUE(actors::current_trace());
        inside.open();
        co_await actors::sleep(actors::forever);
      };
      bool was_cancelled = false;
      try {
        co_await with_trace(*trace, waiting);
      } catch (const actors::cancelled&) {
        was_cancelled = true;
      }
      left = was_cancelled && !actors::current_trace();
    };
    const auto running = actors::spawn(program());
    co_await inside;
    running.cancel("enough");
    co_await running;
    EXPECT_TRUE(left);
  });
}

TEST(span, work_that_is_killed_ends_its_span) {
  with_sink_on_every_runtime(
      []() -> task<> {
        gate inside;
        auto waiting = [&]() -> task<> {
          inside.open();
          co_await actors::sleep(actors::forever);
        };
        const auto running = actors::spawn(with_span("killed", waiting));
        co_await inside;
        caf::anon_send_exit(running.address(), caf::exit_reason::kill);
        static_cast<void>(co_await error_of(running));
      },
      [](const recording_spans& seen) { EXPECT_EQ(seen.span("killed").status_message, "destroyed before its end"); });
}

TEST(span, one_that_is_started_by_hand_ends_where_it_is_told_to) {
  with_sink_on_every_runtime(
      []() -> task<> {
        auto outer = []() -> task<> {
          auto own = actors::start_span("by hand", span_options{}.kind(span_kind::producer));
          EXPECT_TRUE(own.recording());
          const auto around = current_trace();
          EXPECT_NE(around->span(), own.context()->span());
          auto moved = std::move(own);
          EXPECT_FALSE(own.recording()); // NOLINT(bugprone-use-after-move): it says so
          co_await actors::yield();
          moved.end();
          moved.end();
          EXPECT_FALSE(moved.recording());
          const auto fresh = actors::start_span("fresh", span_options{}.new_trace());
          const auto other = actors::start_span("other", span_options{}.parent(remote));
        };
        co_await with_span("outer", outer);
      },
      [](const recording_spans& seen) {
        ASSERT_THAT(seen.spans(), SizeIs(4));
        EXPECT_EQ(seen.span("by hand").parent, seen.span("outer").context.span());
        EXPECT_FALSE(seen.span("fresh").parent);
        EXPECT_NE(seen.span("fresh").context.trace(), seen.span("outer").context.trace());
        EXPECT_EQ(seen.span("other").parent, remote.span());
      });
  EXPECT_THROW(static_cast<void>(actors::start_span("nowhere")), actors::misuse_error);
}

TEST(span, keeps_a_bounded_number_of_things) {
  const auto spans = std::make_shared<recording_spans>();
  run_in(virtual_time().trace_to(spans), []() -> task<> {
    auto body = [](span& own) -> task<> {
      for (int i = 0; i < 200; ++i) {
        own.set_attribute("k" + std::to_string(i), i);
        own.add_event("event");
      }
      own.set_attribute("k0", std::string(4095, 'x') + "ä and more");
      co_return;
    };
    co_await with_span("big", body);
  });
  const auto own = spans->span("big");
  EXPECT_THAT(own.attributes, SizeIs(128));
  EXPECT_EQ(own.dropped_attributes, 72U);
  EXPECT_THAT(own.events, SizeIs(128));
  EXPECT_EQ(own.dropped_events, 72U);
  EXPECT_EQ(own.attributes[0].value, actors::attribute_value{std::string(4095, 'x')});
}

TEST(span, its_length_is_that_of_the_runtimes_clock) {
  const auto spans = std::make_shared<recording_spans>();
  run_in(virtual_time().trace_to(spans), []() -> task<> { co_await with_span("long", actors::sleep(90s)); });
  const auto own = spans->span("long");
  EXPECT_EQ(own.end - own.start, 90s);
}

TEST(span, ids_are_not_drawn_twice_and_the_same_under_the_same_seed) {
  const auto ids = [](std::uint64_t seed) {
    const auto spans = std::make_shared<recording_spans>();
    run_in(virtual_time().schedule_seed(seed).trace_to(spans), []() -> task<> {
      for (int i = 0; i < 500; ++i)
        co_await with_span("one", nothing);
    });
    std::set<std::string> result;
    for (const auto& each : spans->spans()) {
      result.insert(to_string(each.context.trace()));
      result.insert(to_string(each.context.span()));
    }
    return result;
  };
  const auto once = ids(1);
  EXPECT_THAT(once, SizeIs(1000));
  EXPECT_EQ(ids(1), once);
  EXPECT_NE(ids(2), once);
}
