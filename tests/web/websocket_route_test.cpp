#include "in_process.hpp"

#include <actors/http/websocket_client.hpp>
#include <actors/web/application.hpp>
#include <actors/web/http_error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace actors::web::test {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using diary = std::vector<std::string>;

provided<std::string> session(header<"x-user", std::string> user, state<diary> log) {
  if (*user == "nobody")
    throw http_error{http::status::unauthorized};
  auto& entries = *log;
  entries.push_back("open");
  return {*user, [&entries](std::string&, const std::exception_ptr& error) -> task<void> {
            entries.push_back(error ? "failed" : "closed");
            co_return;
          }};
}

task<void> echo(http::websocket& socket, path<"room", int> room, depends<session> who) {
  while (auto message = co_await socket.receive()) {
    const std::string text{message->data()};
    if (text == "fail")
      throw std::logic_error{"secret"};
    auto sending = socket.send_text(*who + "@" + std::to_string(*room) + ": " + text);
    static_cast<void>(co_await std::move(sending));
  }
}

struct chat {
  chat() {
    app.state(log);
    app.websocket("/rooms/{room}", echo);
    app.get("/rooms/{room}", [](path<"room", std::string> room) { return *room; });
  }

  std::shared_ptr<diary> log = std::make_shared<diary>();
  application app;
};

/// What a client sees of a conversation: what it is answered, and how it ends.
diary talk(application& app, std::string_view target, std::string_view user, std::vector<std::string> words,
           std::string* said = nullptr) {
  diary heard;
  auto log = std::make_shared<http::test::recording_log>();
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(log)};
  home.block_on([&]() -> task<void> {
    http::server server{app.handler(), http::server_options{}};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    auto ours = std::make_shared<std::unique_ptr<net::stream>>(std::move(streams.first));
    http::websocket_client_options options;
    options.header("X-User", user)
        .connect_with(
            [ours](std::string, std::uint16_t) -> task<std::unique_ptr<net::stream>> { co_return std::move(*ours); });
    try {
      auto connecting = http::connect_websocket("ws://test" + std::string{target}, options);
      auto socket = co_await std::move(connecting);
      for (const auto& word : words) {
        static_cast<void>(co_await socket.send_text(word));
        const auto message = co_await socket.receive();
        if (!message)
          break;
        heard.emplace_back(message->data());
      }
      co_await socket.close();
      heard.push_back("closed " + std::to_string(static_cast<int>(socket.peer_status().code())));
    } catch (const http::websocket_error& error) {
      heard.push_back("refused " + std::to_string(error.status() ? http::code(*error.status()) : 0));
    }
    co_await serving;
  });
  if (said != nullptr)
    *said = log->text();
  return heard;
}

} // namespace

TEST(websocket_route, has_parameters_and_dependencies) {
  chat c;
  EXPECT_THAT(talk(c.app, "/rooms/7", "ann", {"a", "b"}), ElementsAre("ann@7: a", "ann@7: b", "closed 1000"));
  EXPECT_THAT(*c.log, ElementsAre("open", "closed"));
}

TEST(websocket_route, refuses_what_is_wrong_before_the_handshake) {
  chat c;
  EXPECT_THAT(talk(c.app, "/rooms/x", "ann", {}), ElementsAre("refused 403"));
  EXPECT_THAT(talk(c.app, "/rooms/7", "nobody", {}), ElementsAre("refused 401"));
  EXPECT_THAT(talk(c.app, "/nowhere", "ann", {}), ElementsAre("refused 404"));
}

TEST(websocket_route, is_not_seen_by_other_requests) {
  chat c;
  EXPECT_EQ(ask(c.app, "GET", "/rooms/x").body, R"("x")");
}

TEST(websocket_route, closes_with_1011_when_its_handler_fails) {
  chat c;
  std::string said;
  EXPECT_THAT(talk(c.app, "/rooms/7", "ann", {"fail"}, &said), ElementsAre("closed 1011"));
  EXPECT_THAT(*c.log, ElementsAre("open", "failed"));
  EXPECT_THAT(said, HasSubstr("secret"));
}

TEST(websocket_route, answers_a_handshake_that_is_none) {
  chat c;
  EXPECT_EQ(ask(c.app, "GET", "/rooms/7", "Upgrade: websocket\r\nX-User: ann\r\n").status, 426);
}

} // namespace actors::web::test
