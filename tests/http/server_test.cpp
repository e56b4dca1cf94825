#include "scripted_server.hpp"

#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/client.hpp>
#include <actors/http/server.hpp>
#include <actors/net/error.hpp>
#include <actors/net/tcp_stream.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

response echo(const request& what) {
  return response{status::ok, what.target() + " " + what.body(), "text/plain"};
}

/// A handler whose requests wait until the test lets them go.
class gate {
public:
  [[nodiscard]] handler make() {
    return [this](request what) -> task<response> {
      ++waiting;
      while (!open)
        co_await sleep(1ms);
      co_return response{status::ok, what.target(), "text/plain"};
    };
  }

  task<void> until_waiting(int count) const {
    while (waiting < count)
      co_await sleep(1ms);
  }

  std::atomic<int> waiting{0};
  std::atomic<bool> open{false};
};

TEST(server, serves_on_a_free_port) {
  run_really([]() -> task<> {
    server site{echo};
    EXPECT_EQ(site.port(), 0);
    EXPECT_EQ(site.url(), "");
    co_await site.start();
    EXPECT_NE(site.port(), 0);
    EXPECT_EQ(site.url(), "http://127.0.0.1:" + std::to_string(site.port()));
    const client web;
    EXPECT_EQ((co_await web.get(site.url() + "/a?b")).body(), "/a?b ");
    EXPECT_EQ((co_await web.send(site.url() + "/c", request{method::put, "/", std::string(1'000'000, 'x'), "a/b"}))
                  .body()
                  .size(),
              1'000'003U);
    EXPECT_EQ(site.connections(), 1U);
  });
}

TEST(server, answers_a_thousand_requests_at_once) {
  run_really([]() -> task<> {
    server site{[](request what) -> task<response> {
      co_await sleep(20ms);
      co_return response{status::ok, what.target(), "text/plain"};
    }};
    co_await site.start();
    const client web{client_options{}.max_connections_per_host(500).max_connections(500)};
    const auto fetch = [](client c, std::string where) -> task<std::string> {
      co_return (co_await c.get(where)).body();
    };
    std::vector<task<std::string>> requests;
    for (int i = 0; i < 1000; ++i)
      requests.push_back(fetch(web, site.url() + "/" + std::to_string(i)));
    const auto bodies = co_await gather(std::move(requests));
    for (int i = 0; i < 1000; ++i)
      EXPECT_EQ(bodies.at(static_cast<std::size_t>(i)), "/" + std::to_string(i));
    EXPECT_LE(web.open_connections(), 500U);
  });
}

TEST(server, streams_both_ways) {
  run_really([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
                  co_await x.start(response{status::ok});
                  for (auto piece = co_await x.read_some(); !piece.empty(); piece = co_await x.read_some())
                    co_await x.write(std::string{piece});
                },
                server_options{}.max_body(100'000'000)};
    co_await site.start();
    std::string body;
    for (int i = 0; body.size() < 200'000; ++i)
      body += std::to_string(i) + ",";
    const client web;
    EXPECT_EQ((co_await web.send(site.url(), request{method::put, "/", body, "a/b"})).body(), body);
  });
}

TEST(server, stop_lets_requests_under_way_be_answered_and_closes_idle_connections) {
  run_really([]() -> task<> {
    gate g;
    server site{g.make()};
    co_await site.start();
    const auto where = site.url();
    auto idle = co_await net::connect_tcp("127.0.0.1", site.port());
    const client web;
    auto busy = spawn(web.get(where + "/busy"));
    co_await g.until_waiting(1);
    while (site.connections() < 2)
      co_await sleep(1ms);
    auto stopping = spawn(site.stop(60s));
    // The idle one is closed at once, while the other still waits.
    EXPECT_EQ(co_await read_to_end(*idle), "");
    EXPECT_FALSE(stopping.done());
    bool refused = false;
    try {
      static_cast<void>(co_await net::connect_tcp("127.0.0.1", site.port()));
    } catch (const net::net_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    g.open = true;
    const auto answer = co_await std::move(busy);
    EXPECT_EQ(answer.body(), "/busy");
    EXPECT_EQ(answer.get("Connection"), "close");
    co_await stopping;
    co_await site.join();
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(server, stop_cancels_what_is_not_done_in_time) {
  run_really([]() -> task<> {
    gate g;
    server site{g.make()};
    co_await site.start();
    const client web;
    auto busy = spawn(kind_of(web.get(site.url())));
    co_await g.until_waiting(1);
    co_await site.stop(10ms);
    EXPECT_EQ(co_await busy, "disconnected");
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(server, ends_with_the_task_that_started_it_and_with_its_object) {
  run_really([]() -> task<> {
    std::uint16_t port = 0;
    auto owner = spawn([&port]() -> task<> {
      server site{echo};
      co_await site.start();
      port = site.port();
    });
    co_await owner;
    bool refused = false;
    try {
      static_cast<void>(co_await net::connect_tcp("127.0.0.1", port));
    } catch (const net::net_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    gate g;
    auto site = std::make_unique<server>(g.make());
    co_await site->start();
    const client web;
    auto busy = spawn(kind_of(web.get(site->url())));
    co_await g.until_waiting(1);
    site.reset();
    EXPECT_EQ(co_await busy, "disconnected");
  });
}

TEST(server, a_cancelled_join_leaves_it_serving) {
  run_really([]() -> task<> {
    server site{echo};
    co_await site.start();
    const auto joining = spawn(site.join());
    const client web;
    EXPECT_EQ((co_await web.get(site.url() + "/a")).status(), status::ok);
    EXPECT_FALSE(joining.done());
    joining.cancel();
    const std::vector awaited{joining};
    co_await wait(awaited);
    EXPECT_TRUE(joining.result().was_cancelled());
    EXPECT_EQ((co_await web.get(site.url() + "/b")).status(), status::ok);
    co_await site.stop();
    co_await site.join();
  });
}

TEST(server, a_stop_that_is_cancelled_can_be_asked_for_again) {
  run_really([]() -> task<> {
    gate g;
    server site{g.make()};
    co_await site.start();
    const client web;
    auto busy = spawn(kind_of(web.get(site.url())));
    co_await g.until_waiting(1);
    const auto stopping = spawn(site.stop(1h), spawn_options{}.eager());
    EXPECT_FALSE(stopping.done());
    stopping.cancel();
    const std::vector awaited{stopping};
    co_await wait(awaited);
    EXPECT_TRUE(stopping.result().was_cancelled());
    co_await site.stop(0s);
    co_await site.join();
    EXPECT_EQ(site.connections(), 0U);
    static_cast<void>(co_await busy);
  });
}

TEST(server, cancelling_its_owner_cancels_the_handlers) {
  run_really([]() -> task<> {
    gate g;
    std::atomic<std::uint16_t> port{0};
    auto owner = spawn([&]() -> task<> {
      server site{g.make()};
      co_await site.start();
      port = site.port();
      co_await site.join();
    });
    while (port == 0)
      co_await sleep(1ms);
    const client web;
    auto busy = spawn(kind_of(web.get("http://127.0.0.1:" + std::to_string(port))));
    co_await g.until_waiting(1);
    owner.cancel();
    const std::vector awaited{owner};
    co_await wait(awaited);
    EXPECT_TRUE(owner.result().was_cancelled());
    EXPECT_EQ(co_await busy, "disconnected");
  });
}

TEST(server, more_clients_than_it_takes_wait_for_their_turn) {
  run_really([]() -> task<> {
    gate g;
    server site{g.make(), server_options{}.max_connections(2)};
    co_await site.start();
    const client web{client_options{}.keep_alive_timeout(0s)};
    std::vector<task_handle<response>> clients;
    for (int i = 0; i < 5; ++i)
      clients.push_back(spawn(web.get(site.url())));
    co_await g.until_waiting(2);
    EXPECT_EQ(site.connections(), 2U);
    g.open = true;
    for (const auto& answer : co_await gather(std::move(clients)))
      EXPECT_EQ(answer.status(), status::ok);
    EXPECT_EQ(g.waiting, 5);
  });
}

TEST(server, a_port_in_use_is_told) {
  run_really([]() -> task<> {
    server first{echo};
    co_await first.start();
    server second{echo, server_options{}.port(first.port())};
    std::string what;
    try {
      co_await second.start();
    } catch (const net::net_error& error) {
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("127.0.0.1:" + std::to_string(first.port())));
    EXPECT_EQ((co_await client{}.get(first.url())).status(), status::ok);
  });
}

TEST(server, starting_twice_and_joining_early_are_misuse) {
  run_really([]() -> task<> {
    server site{echo};
    int refused = 0;
    try {
      co_await site.join();
    } catch (const misuse_error&) {
      ++refused;
    }
    co_await site.stop();
    co_await site.start();
    try {
      co_await site.start();
    } catch (const misuse_error&) {
      ++refused;
    }
    EXPECT_EQ(refused, 2);
    co_await site.stop();
    co_await site.stop();
  });
}

TEST(server, connections_that_fail_leave_it_unharmed) {
  run_really([]() -> task<> {
    server site{echo};
    co_await site.start();
    for (int i = 0; i < 50; ++i) {
      auto rude = co_await net::connect_tcp("127.0.0.1", site.port());
      co_await rude->write_all(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : "nonsense\r\n\r\n");
      rude->close();
    }
    EXPECT_EQ((co_await client{}.get(site.url())).status(), status::ok);
    while (site.connections() > 1)
      co_await sleep(1ms);
  });
}

} // namespace
} // namespace actors::http::test
