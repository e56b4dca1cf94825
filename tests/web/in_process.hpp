#pragma once

#include "../http/support.hpp"

#include <actors/core/runtime.hpp>
#include <actors/core/spawn.hpp>
#include <actors/http/server.hpp>
#include <actors/testing/memory_stream.hpp>
#include <actors/web/application.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of applications share: requests to one in this process, over a stream in memory.
namespace actors::web::test {

using namespace std::chrono_literals;
using nlohmann::json;

/// What an application has answered.
struct answer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] json value() const { return json::parse(body); }

  /// The first field of this name, written exactly so; empty if there is none.
  [[nodiscard]] std::string field(std::string_view name) const {
    const auto begin = head.find("\r\n" + std::string{name} + ": ");
    if (begin == std::string::npos)
      return {};
    const auto value = begin + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

inline answer parse_answer(const std::string& text) {
  constexpr std::string_view version = "HTTP/1.1 ";
  const auto end = text.find("\r\n\r\n");
  if (!text.starts_with(version) || end == std::string::npos)
    throw std::runtime_error("no answer: " + text);
  return {std::stoi(text.substr(version.size(), 3)), text.substr(0, end + 2), text.substr(end + 4)};
}

/// A request as text; its connection ends with it.
inline std::string request_text(std::string_view method, std::string_view target, std::string_view fields = {},
                                std::string_view body = {}) {
  std::string result{method};
  result.append(" ").append(target).append(" HTTP/1.1\r\nConnection: close\r\n").append(fields);
  if (fields.find("Host:") == std::string_view::npos)
    result.append("Host: test\r\n");
  if (!body.empty() || method == "POST")
    result.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return result.append("\r\n").append(body);
}

/// Sends it to a handler and reads the answer to its end.
inline task<answer> ask_text(http::handler handler, std::string text,
                             std::shared_ptr<log_sink> log = std::make_shared<http::test::recording_log>()) {
  http::server server{std::move(handler), http::server_options{}.log_to(std::move(log))};
  auto streams = testing::make_memory_streams();
  auto serving = spawn(server.serve(std::move(streams.second)));
  co_await streams.first->write_all(text);
  const auto all = co_await http::test::read_to_end(*streams.first);
  streams.first->close();
  co_await serving;
  co_return parse_answer(all);
}

/// One request to an application, in virtual time.
inline answer ask(application& app, std::string_view method, std::string_view target, std::string_view fields = {},
                  std::string_view body = {}) {
  answer result;
  auto log = std::make_shared<http::test::recording_log>();
  runtime home{runtime_options{}.clock(clock_kind::virtual_time).log_to(log)};
  home.block_on([&]() -> task<void> {
    auto asking = ask_text(app.handler(), request_text(method, target, fields, body));
    result = co_await std::move(asking);
  });
  return result;
}

inline answer post_json(application& app, std::string_view target, std::string_view body) {
  return ask(app, "POST", target, "Content-Type: application/json\r\n", body);
}

/// Type and place of everything that a 422 complains about: `missing query.q`.
inline std::vector<std::string> complaints(const answer& of) {
  std::vector<std::string> result;
  const auto all = of.value();
  for (const auto& each : all.at("detail")) {
    auto text = each.at("type").get<std::string>() + " ";
    bool first = true;
    for (const auto& step : each.at("loc")) {
      if (!std::exchange(first, false))
        text += '.';
      text += step.is_string() ? step.get<std::string>() : step.dump();
    }
    result.push_back(std::move(text));
  }
  return result;
}

} // namespace actors::web::test
