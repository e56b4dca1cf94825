#pragma once

#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/client.hpp>
#include <actors/net/stream.hpp>
#include <actors/testing/memory_stream.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace actors::http::test {

/// What a client in memory talks to: each connection is given to the next script. Connections beyond the scripts get
/// the last one again.
class scripted_server {
public:
  using script = std::function<task<void>(net::stream&)>;

  explicit scripted_server(std::vector<script> scripts) : state_(std::make_shared<state>()) {
    state_->scripts = std::move(scripts);
  }

  /// Reads a head and answers with these bytes, once for each; then waits for the client to close.
  [[nodiscard]] static script answers(std::vector<std::string> texts) {
    return [texts = std::move(texts)](net::stream& peer) -> task<void> { return answer_all(peer, texts); };
  }

  /// Reads a head, answers with these bytes and closes.
  [[nodiscard]] static script answers_and_closes(std::string text) {
    return [text = std::move(text)](net::stream& peer) -> task<void> { return answer_once(peer, text); };
  }

  scripted_server& streams(const testing::memory_stream_options& value) {
    state_->options = value;
    return *this;
  }

  /// A client of this server.
  [[nodiscard]] client make_client(client_options options = {}) const {
    return client{options.connect_with(
        [self = state_](std::string host, std::uint16_t port) { return connect(self, std::move(host), port); })};
  }

  /// How many connections were made.
  [[nodiscard]] std::size_t connections() const { return state_->hosts.size(); }

  /// To whom, as `host:port`.
  [[nodiscard]] const std::vector<std::string>& hosts() const { return state_->hosts; }

private:
  struct state {
    std::vector<script> scripts;
    std::vector<std::string> hosts;
    testing::memory_stream_options options;
  };

  static task<void> answer_all(net::stream& peer, std::vector<std::string> texts) {
    for (const auto& text : texts) {
      static_cast<void>(co_await read_until(peer, "\r\n\r\n"));
      co_await peer.write_all(text);
    }
    static_cast<void>(co_await read_to_end(peer));
  }

  static task<void> answer_once(net::stream& peer, std::string text) {
    static_cast<void>(co_await read_until(peer, "\r\n\r\n"));
    co_await peer.write_all(text);
  }

  static task<void> run(script what, std::unique_ptr<net::stream> stream) {
    try {
      co_await what(*stream);
    } catch (const std::exception&) {
      // The client has left, as some tests want it.
    }
  }

  static task<std::unique_ptr<net::stream>> connect(std::shared_ptr<state> self, std::string host, std::uint16_t port) {
    const auto index = std::min(self->hosts.size(), self->scripts.size() - 1);
    self->hosts.push_back(host + ":" + std::to_string(port));
    auto ends = testing::make_memory_streams(self->options);
    static_cast<void>(spawn_detached(run(self->scripts[index], std::move(ends.second))));
    co_return std::move(ends.first);
  }

  std::shared_ptr<state> state_;
};

/// The kind of the error that a task ends with, as text; "none" without an error.
template <class T>
task<std::string> kind_of(task<T> operation, std::string* what = nullptr) {
  try {
    static_cast<void>(co_await std::move(operation));
  } catch (const client_error& error) {
    if (what != nullptr)
      *what = error.what();
    co_return std::string{to_string(error.kind())};
  }
  co_return "none";
}

} // namespace actors::http::test
