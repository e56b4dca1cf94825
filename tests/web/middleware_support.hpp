#pragma once

#include "in_process.hpp"

#include <actors/core/sleep.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the tests of middleware share.
namespace actors::web::test {

/// Answers to several requests, one after another in one runtime.
inline std::vector<answer> ask_in_turn(application& app, std::vector<std::string> requests,
                                       duration between = duration::zero()) {
  std::vector<answer> result;
  http::test::run_virtually([&]() -> task<void> {
    for (auto& text : requests) {
      auto asking = ask_text(app.handler(), std::move(text));
      result.push_back(co_await std::move(asking));
      co_await sleep(between);
    }
  });
  return result;
}

/// A client that leaves a second after it has asked.
inline void ask_and_leave(application& app, std::string_view target) {
  http::test::run_virtually([&]() -> task<void> {
    auto log = std::make_shared<http::test::recording_log>();
    http::server server{app.handler(), http::server_options{}.log_to(log)};
    auto streams = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(streams.second)));
    const auto text = request_text("GET", target);
    co_await streams.first->write_all(text);
    co_await sleep(1s);
    streams.first->close();
    co_await serving;
  });
}

/// A reply in two pieces, with a second between them.
inline reply in_pieces() {
  return reply::streamed(http::response{http::status::ok}.set("Content-Type", "text/plain"),
                         [](body_writer& out) -> task<void> {
                           co_await out.write("one ");
                           co_await sleep(1s);
                           co_await out.write("two");
                         });
}

/// A body that came in chunks, put together.
inline std::string unchunked(const std::string& body) {
  std::string result;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find("\r\n", at);
    const auto size = std::stoul(body.substr(at, end - at), nullptr, 16);
    result += body.substr(end + 2, size);
    at = end + 2 + size + 2;
    if (size == 0)
      break;
  }
  return result;
}

/// The value of a cookie that an answer sets; empty if it does not.
inline std::string cookie_of(const answer& of, std::string_view name) {
  const auto text = of.field("Set-Cookie");
  const auto begin = std::string{name} + "=";
  return text.starts_with(begin) ? text.substr(begin.size(), text.find(';') - begin.size()) : std::string{};
}

} // namespace actors::web::test
