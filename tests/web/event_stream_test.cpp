#include "in_process.hpp"

#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/this_task.hpp>
#include <actors/http/server_event.hpp>
#include <actors/web/application.hpp>
#include <actors/web/event_stream.hpp>
#include <actors/web/test_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

http::server_event event_of(std::string data, std::string id = {}) {
  return {std::move(id), {}, std::move(data), std::nullopt};
}

/// Like a browser's: connects, maybe again.
task<http::event_reader> listen(test_client& client, std::string last_id = {}) {
  http::request ask{http::method::get, "/events"};
  if (!last_id.empty())
    ask.set("Last-Event-ID", last_id);
  auto stream = co_await client.open(std::move(ask));
  co_return http::event_reader{std::move(stream)};
}

task<std::vector<std::string>> read_data(http::event_reader& from, std::size_t count) {
  std::vector<std::string> result;
  while (result.size() < count) {
    const auto event = co_await from.next();
    if (!event)
      break;
    result.push_back(event->data);
  }
  co_return result;
}

TEST(event_stream, sends_events_as_they_are_made) {
  application app;
  app.get("/events", [](context& c) {
    return event_stream(c, [](event_writer& out) -> task<void> {
      http::server_event tick{{}, "tick", {}, std::nullopt};
      for (int i = 1; i <= 3; ++i) {
        tick.data = std::to_string(i);
        co_await out.send(tick);
        co_await sleep(10s);
      }
    });
  });
  test_application(app, [](test_client& client) -> task<void> {
    const auto began = (co_await this_task()).now();
    auto events = co_await listen(client);
    EXPECT_EQ(events.stream().head().get("Content-Type"), "text/event-stream");
    EXPECT_EQ(events.stream().head().get("Cache-Control"), "no-store");
    for (int i = 1; i <= 3; ++i) {
      const auto event = co_await events.next();
      EXPECT_EQ(event.value(), (http::server_event{{}, "tick", std::to_string(i), std::nullopt}));
      EXPECT_EQ((co_await this_task()).now() - began, 10s * (i - 1));
    }
    const auto end = co_await events.next();
    EXPECT_FALSE(end);
  });
}

TEST(event_stream, that_is_silent_sends_comments) {
  application app;
  app.get("/events", [](context& c) {
    const auto produce = [](event_writer& out) -> task<void> {
      co_await sleep(35s);
      co_await out.send(event_of("x"));
      co_await out.comment("bye");
    };
    return event_stream(c, produce, event_stream_options{}.heartbeat(10s).retry(2s));
  });
  test_application(app, [](test_client& client) -> task<void> {
    const auto all = co_await client.get("/events");
    EXPECT_EQ(all.body(), "retry: 2000\n\n: \n\n: \n\n: \n\ndata: x\n\n: bye\n\n");
  });
}

TEST(event_stream, knows_what_the_client_has_seen) {
  application app;
  app.get("/events", [](context& c) {
    return event_stream(c, [](event_writer& out) { return out.send(event_of("after " + out.last_event_id())); });
  });
  test_application(app, [](test_client& client) -> task<void> {
    auto events = co_await listen(client, "41");
    const auto data = co_await read_data(events, 1);
    EXPECT_THAT(data, ElementsAre("after 41"));
  });
}

TEST(event_stream, makes_its_function_wait_while_the_client_does_not_read) {
  std::size_t sent = 0;
  application app;
  app.get("/events", [&](context& c) {
    const auto produce = [&](event_writer& out) -> task<void> {
      const auto big = event_of(std::string(10'000, 'x'));
      for (; sent < 1000; ++sent)
        co_await out.send(big);
    };
    return event_stream(c, produce, event_stream_options{}.queue(4));
  });
  const auto body = [&](test_client& client) -> task<void> {
    auto events = co_await listen(client);
    co_await sleep(1s);
    EXPECT_LT(sent, 40U); // buffers of the connection, and four
    const auto data = co_await read_data(events, 1000);
    EXPECT_EQ(data.size(), 1000U);
  };
  test_application(app, body);
}

TEST(event_stream, ends_its_function_when_the_client_leaves) {
  bool is_cancelled = false;
  application app;
  app.get("/events", [&](context& c) {
    return event_stream(c, [&](event_writer& out) -> task<void> {
      co_await out.send(event_of("x"));
      try {
        co_await sleep(1h);
      } catch (const cancelled&) {
        is_cancelled = true;
        throw;
      }
    });
  });
  test_application(app, [&](test_client& client) -> task<void> {
    auto events = co_await listen(client);
    static_cast<void>(co_await events.next());
    events.stream().close();
    co_await sleep(2s);
    EXPECT_TRUE(is_cancelled);
  });
}

TEST(event_stream, that_fails_is_cut_and_tells_the_test) {
  application app;
  app.get("/events", [](context& c) {
    return event_stream(c, [](event_writer& out) -> task<void> {
      co_await out.send(event_of("x"));
      throw std::runtime_error("no more ticks");
    });
  });
  test_application(app, [](test_client& client) -> task<void> {
    std::string said;
    try {
      static_cast<void>(co_await client.get("/events"));
    } catch (const std::runtime_error& problem) {
      said = problem.what();
    }
    EXPECT_EQ(said, "no more ticks");
  });
}

TEST(event_stream, ends_in_order_when_the_server_begins_to_stop) {
  http::test::run_really([]() -> task<> {
    application app;
    app.get("/events", [](context& c) {
      return event_stream(c, [](event_writer& out) -> task<void> {
        co_await out.send(event_of("x"));
        co_await sleep(1h);
      });
    });
    http::server site{app.handler()};
    co_await site.start();
    http::client web;
    auto stream = co_await web.open(site.url() + "/events");
    http::event_reader events{std::move(stream)};
    const auto first = co_await events.next();
    EXPECT_EQ(first.value().data, "x");
    auto stopping = spawn(site.stop(1h));
    const auto end = co_await events.next();
    EXPECT_FALSE(end);
    co_await stopping;
  });
}

// -- hubs ----------------------------------------------------------------------------------------------------------------

application site_of(const event_hub& hub) {
  application app;
  app.state(event_hub{hub});
  app.get("/events", [](context& c, state<event_hub> of) { return of->stream(c); });
  return app;
}

TEST(event_hub, tells_all_clients_what_is_published) {
  const event_hub hub;
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    hub.publish(event_of("before they came"));
    auto first = co_await listen(client);
    auto second = co_await listen(client);
    co_await sleep(1s);
    EXPECT_EQ(hub.subscribers(), 2U);
    hub.publish(event_of("a"));
    hub.publish(event_of("b"));
    const auto one = co_await read_data(first, 2);
    const auto other = co_await read_data(second, 2);
    EXPECT_THAT(one, ElementsAre("a", "b"));
    EXPECT_EQ(other, one);
    first.stream().close();
    co_await sleep(2s);
    EXPECT_EQ(hub.subscribers(), 1U);
  });
}

TEST(event_hub, gives_a_client_that_comes_back_what_it_has_missed) {
  const event_hub hub;
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    auto events = co_await listen(client);
    co_await sleep(1s);
    const auto id = hub.publish(event_of("1"));
    const auto seen = co_await events.next();
    EXPECT_EQ(seen.value().id, id);
    events.stream().close();
    hub.publish(event_of("2"));
    hub.publish(event_of("3"));
    auto again = co_await listen(client, events.last_id());
    hub.publish(event_of("4"));
    const auto missed = co_await read_data(again, 3);
    EXPECT_THAT(missed, ElementsAre("2", "3", "4"));
  });
}

TEST(event_hub, tells_a_client_that_has_missed_more_than_is_kept) {
  const event_hub hub{event_hub_options{}.history(2).gap_event(event_of("gap"))};
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    const auto id = hub.publish(event_of("1"));
    for (const auto* const data : {"2", "3", "4"})
      hub.publish(event_of(data));
    auto late = co_await listen(client, id);
    const auto rest = co_await read_data(late, 3);
    EXPECT_THAT(rest, ElementsAre("gap", "3", "4"));
    auto stranger = co_await listen(client, "of another life");
    const auto all = co_await read_data(stranger, 3);
    EXPECT_THAT(all, ElementsAre("gap", "3", "4"));
  });
}

/// How many of so many big events a client gets that reads only when all have been published.
task<std::vector<std::string>> read_late(const event_hub& hub, test_client& client, std::size_t count) {
  auto events = co_await listen(client);
  co_await sleep(1s);
  for (std::size_t i = 0; i < count; ++i) {
    hub.publish(event_of(std::to_string(i) + std::string(10'000, ' ')));
    co_await sleep(1ms); // the stream sends as far as it can
  }
  hub.close();
  std::vector<std::string> result;
  while (auto event = co_await events.next())
    result.push_back(event->data.substr(0, event->data.find(' ')));
  co_return result;
}

TEST(event_hub, cuts_off_a_client_that_is_too_slow) {
  const event_hub hub{event_hub_options{}.history(4).stream(event_stream_options{}.queue(1))};
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    const auto got = co_await read_late(hub, client, 100);
    EXPECT_GT(got.size(), 3U);
    EXPECT_LT(got.size(), 90U);
    for (std::size_t i = 0; i < got.size(); ++i) // all of the beginning
      EXPECT_EQ(got[i], std::to_string(i));
  });
}

TEST(event_hub, or_lets_it_go_on_with_what_there_is) {
  const event_hub hub{event_hub_options{}
                          .history(4)
                          .when_slow(slow_reader::skip)
                          .gap_event(event_of("gap"))
                          .stream(event_stream_options{}.queue(1))};
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    const auto got = co_await read_late(hub, client, 100);
    EXPECT_THAT(got, ::testing::Contains("gap"));
    EXPECT_EQ(got.back(), "99");
    EXPECT_LT(got.size(), 90U);
  });
}

TEST(event_hub, that_is_closed_ends_its_streams_and_those_that_come_later) {
  const event_hub hub;
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    auto events = co_await listen(client);
    co_await sleep(1s);
    hub.publish(event_of("last"));
    hub.close();
    hub.publish(event_of("too late"));
    const auto data = co_await read_data(events, 9);
    EXPECT_THAT(data, ElementsAre("last"));
    auto later = co_await listen(client);
    const auto end = co_await later.next();
    EXPECT_FALSE(end);
  });
}

TEST(event_hub, keeps_ids_that_events_bring) {
  const event_hub hub;
  auto app = site_of(hub);
  test_application(app, [&](test_client& client) -> task<void> {
    EXPECT_EQ(hub.publish(event_of("a", "row-1")), "row-1");
    EXPECT_EQ(hub.publish(event_of("b", "row-2")), "row-2");
    auto events = co_await listen(client, "row-1");
    const auto event = co_await events.next();
    EXPECT_EQ(event.value().id, "row-2");
  });
}

} // namespace
} // namespace actors::web::test
