#include "scripted_server.hpp"
#include "support.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/error.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/http/client.hpp>
#include <actors/http/client_service.hpp>
#include <actors/http/forward.hpp>
#include <actors/http/server.hpp>

#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

class shop final : public service {
public:
  shop() {
    on([this](request what) -> task<response> { return answer(what.target()); });
  }

private:
  task<response> answer(std::string target) {
    if (target == "/slow")
      co_await sleep(1h);
    if (target == "/broken")
      throw std::runtime_error("out of stock");
    co_return response{status::ok, "sold " + target + " #" + std::to_string(++sold_), "text/plain"};
  }

  int sold_ = 0;
};

caf::behavior plain_shop() {
  return {[](const request& what) { return response{status::ok, "plain " + what.target(), "text/plain"}; }};
}

TEST(client_service, fetches_for_whoever_asks) {
  run_really([]() -> task<> {
    server site{[](const request& what) {
      return response{status::ok, std::string{to_string(what.method())} + " " + what.target() + what.body(), "a/b"};
    }};
    co_await site.start();
    const auto web = spawn_service(std::make_unique<client_service>(client{}));
    const auto got = co_await ask<response>(web, fetch_atom_v, site.url() + "/a");
    EXPECT_EQ(got.body(), "GET /a");
    const auto put =
        co_await ask<response>(web, fetch_atom_v, url::parse(site.url() + "/b"), request{method::put, "/", "c", "a/b"});
    EXPECT_EQ(put.body(), "PUT /bc");
    std::string what;
    try {
      static_cast<void>(co_await ask<response>(web, fetch_atom_v, std::string{"gopher://x/"}));
    } catch (const remote_error& error) {
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("GET gopher://x/: the scheme gopher is not supported"));
  });
}

TEST(client_service, cancels_the_request_of_a_caller_that_gives_up_and_no_other) {
  run_virtually([]() -> task<> {
    const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const auto slow = [hello](net::stream& peer) -> task<void> {
      static_cast<void>(co_await read_until(peer, "\r\n\r\n"));
      co_await sleep(1h);
      co_await peer.write_all(hello);
    };
    const scripted_server peer{{slow}};
    const auto inner = peer.make_client(client_options{}.idle_timeout(2h).total_timeout(3h));
    const auto web = spawn_service(std::make_unique<client_service>(inner));
    const auto fetch = [](service_ref from) -> task<response> {
      co_return co_await ask<response>(from, fetch_atom_v, std::string{"http://x/"});
    };
    const auto given_up = spawn(fetch(web));
    const auto patient = spawn(fetch(web));
    co_await sleep(1s);
    EXPECT_EQ(inner.open_connections(), 2U);
    EXPECT_TRUE(given_up.cancel());
    bool was_cancelled = false;
    try {
      static_cast<void>(co_await given_up);
    } catch (const cancelled&) {
      was_cancelled = true;
    }
    EXPECT_TRUE(was_cancelled);
    co_await sleep(1s);
    EXPECT_EQ(inner.open_connections(), 1U);
    const auto answer = co_await patient;
    EXPECT_EQ(answer.body(), "hello");
  });
}

TEST(client_service, serves_plain_caf_code) {
  runtime home{runtime_options{}.workers(2)};
  std::promise<std::string> started;
  // Both live until the runtime stops.
  const auto serving = home.spawn([&started]() -> task<> {
    server site{[](const request&) { return response{status::ok, "hello", "text/plain"}; }};
    co_await site.start();
    started.set_value(site.url());
    co_await site.join();
  });
  const auto web = spawn_service(home, std::make_unique<client_service>(client{}));
  caf::scoped_actor self{home.system()};
  std::string body;
  self->request(web.actor(), std::chrono::seconds(10), fetch_atom_v, started.get_future().get())
      .receive([&body](const response& answer) { body = answer.body(); },
               [](const caf::error& error) { ADD_FAILURE() << caf::to_string(error); });
  EXPECT_EQ(body, "hello");
}

TEST(forward_to, has_a_service_answer) {
  run_really([]() -> task<> {
    const auto store = spawn_service(std::make_unique<shop>());
    server site{forward_to(store, 50ms), server_options{}.log_to(make_null_log_sink())};
    co_await site.start();
    const client web;
    EXPECT_EQ((co_await web.get(site.url() + "/a")).body(), "sold /a #1");
    EXPECT_EQ((co_await web.get(site.url() + "/b")).body(), "sold /b #2");
    EXPECT_EQ((co_await web.get(site.url() + "/slow")).status(), status::gateway_timeout);
    EXPECT_EQ((co_await web.get(site.url() + "/broken")).status(), status::internal_server_error);
  });
}

TEST(forward_to, has_a_plain_actor_answer_until_that_is_gone) {
  runtime home{runtime_options{}.workers(2)};
  const caf::actor store = home.system().spawn(plain_shop);
  home.block_on([&store]() -> task<> {
    server site{forward_to(store)};
    co_await site.start();
    const client web;
    EXPECT_EQ((co_await web.get(site.url() + "/a")).body(), "plain /a");
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
    auto code = status::ok;
    while (code == status::ok)
      code = (co_await web.get(site.url() + "/b")).status();
    EXPECT_EQ(code, status::service_unavailable);
  });
}

} // namespace
} // namespace actors::http::test
