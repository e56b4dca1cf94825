#include "programs.hpp"
#include "tls_support.hpp"
#include "websocket_support.hpp"

#include <actors/core/to_thread.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/sync/event.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

// WebSockets in the company that they keep: a browser in front of our server, and nginx between our ends.
namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

// -- nginx between -------------------------------------------------------------------------------------------------------

websocket_options compressing() {
  return websocket_options{}.protocols({"b"}).compression(
      deflate_options{}.server_context_takeover(true).client_context_takeover(true));
}

task<void> talk_through(std::string where) {
  auto options = websocket_client_options{}.websocket(compressing()).tls(good_client());
  auto socket = co_await connect_websocket(where, options);
  EXPECT_TRUE(socket.compresses());
  EXPECT_EQ(socket.protocol(), "b");
  for (const auto& message :
       {ws_message::text("hello"), ws_message::text(std::string(70'000, 'x')),
        ws_message::binary(std::string(1'000'000, '\xff')), ws_message::text(""), ws_message::text("hello")}) {
    static_cast<void>(co_await socket.send(message));
    const auto answer = co_await socket.receive();
    EXPECT_EQ(answer.value(), message);
  }
  co_await socket.close(static_cast<close_code>(4000), "enough");
  EXPECT_EQ(socket.peer_status().code(), static_cast<close_code>(4000));
}

TEST(nginx_between, passes_websockets_plain_and_over_tls) {
  run_really([]() -> task<> {
    server site{[](server_exchange& x) -> task<void> {
      auto socket = co_await accept_websocket(x, compressing());
      co_await echo(socket);
    }};
    co_await site.start();
    const auto& shown = test_support::shared_identities().server;
    nginx proxy;
    proxy.tls(shown.pem, shown.key)
        .locations("location /ws { proxy_pass " + site.url() +
                   "; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
                   " proxy_set_header Connection upgrade; proxy_set_header Host $host; }\n"
                   "location /none { proxy_pass " +
                   site.url() + "; proxy_http_version 1.1; }\n");
    co_await proxy.start();
    co_await talk_through("ws" + proxy.url().substr(4) + "/ws");
    co_await talk_through("wss" + proxy.tls_url().substr(5) + "/ws");
    // Without what passes the upgrade on, a client hears that it is missing.
    std::string what;
    EXPECT_EQ(co_await websocket_problem(connect_websocket("ws" + proxy.url().substr(4) + "/none"), &what), "refused");
    EXPECT_THAT(what, HasSubstr("426"));
    co_await site.stop(5s);
    EXPECT_EQ(site.connections(), 0U);
  });
}

TEST(nginx_between, that_ends_is_noticed_by_both_ends) {
  run_really([]() -> task<> {
    sync::event ended;
    std::string kind;
    server site{[&](server_exchange& x) -> task<void> {
      auto socket = co_await accept_websocket(x, plain());
      kind = co_await websocket_problem(socket.receive());
      ended.set();
    }};
    co_await site.start();
    std::optional<nginx> proxy{std::in_place};
    proxy->locations("location / { proxy_pass " + site.url() +
                     "; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
                     " proxy_set_header Connection upgrade; }\n");
    co_await proxy->start();
    auto options = websocket_client_options{}.websocket(plain());
    auto socket = co_await connect_websocket("ws" + proxy->url().substr(4) + "/", options);
    proxy.reset();
    EXPECT_EQ(co_await websocket_problem(socket.receive()), "disconnected");
    co_await ended.wait();
    EXPECT_EQ(kind, "disconnected");
    co_await site.stop(5s);
  });
}

// -- a browser -----------------------------------------------------------------------------------------------------------

/// The image comes when the page has seen the end, so that it is not complete, and not dumped, before.
constexpr const char* page = R"(<!DOCTYPE html><title>WebSocket</title><p id="result">nothing</p><img src="/ended">
<script>
const messages = ['', 'hello', '\u00e4\u20ac\u{1f600}'.repeat(1000), 'x'.repeat(70000), 'hello',
  new Uint8Array([0, 255, 128]), new Uint8Array(100000).fill(7)];
const same = (a, b) => typeof a === 'string' ? a === b
  : a.length === b.byteLength && a.every((value, i) => value === new Uint8Array(b)[i]);
const ws = new WebSocket('ws://' + location.host + '/ws', ['a', 'b']);
ws.binaryType = 'arraybuffer';
let right = 0;
const show = text => { document.getElementById('result').textContent = text; };
ws.onopen = () => messages.forEach(message => ws.send(message));
ws.onmessage = event => {
  if (same(messages[right], event.data) && ++right === messages.length) ws.close(4000, 'enough \u00e4');
};
ws.onclose = event => {
  show(`${right} right, protocol ${ws.protocol}, ${ws.extensions}, closed ${event.code} `
    + `${event.wasClean ? 'clean' : 'broken'}`);
  fetch('/seen');
};
</script>)";

/// What the browser makes of a page, in a profile of its own.
std::string rendered(const std::string& url) {
  const fs::temp_directory profile{"actors-browser"};
  const auto folder = profile.path().string();
  const std::string command =
      "HOME=" + folder +
      " timeout 90 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
      " --disable-background-networking --user-data-dir=" +
      folder + "/profile --dump-dom '" + url + "' 2>/dev/null";
  try {
    return output_of("{ " + command + "; }");
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
}

TEST(chromium, exchanges_compressed_messages_with_us) {
  run_really([]() -> task<> {
    sync::event seen;
    close_status status;
    const auto handle = [&](server_exchange& x) -> task<void> {
      if (x.head().target() == "/ws") {
        auto socket = co_await accept_websocket(x, compressing());
        co_await echo(socket);
        status = socket.peer_status();
      } else if (x.head().target() == "/seen") {
        seen.set();
        co_await x.send(response{http::status::no_content});
      } else if (x.head().target() == "/ended") {
        co_await seen.wait();
        co_await x.send(response{http::status::not_found});
      } else {
        co_await x.send(response{http::status::ok, page, "text/html; charset=utf-8"});
      }
    };
    server site{handle};
    co_await site.start();
    const auto where = site.url() + "/";
    auto rendering = to_thread([&where] { return rendered(where); });
    const auto shown = co_await rendering;
    EXPECT_THAT(shown, HasSubstr("<p id=\"result\">7 right, protocol b, permessage-deflate"));
    EXPECT_THAT(shown, HasSubstr(", closed 4000 clean</p>"));
    EXPECT_EQ(status, (close_status{static_cast<close_code>(4000), "enough \xc3\xa4"}));
    co_await site.stop(5s);
  });
}

} // namespace
} // namespace actors::http::test
