#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/server_options.hpp>
#include <actors/web/application.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace actors::web {

/// A server with its application: hooks at startup run before the first request, those at shutdown behind the last one
/// and behind the background tasks.
///
///     task<> run(application app) {
///       application_server site{app, http::server_options{}.listen_on("0.0.0.0", 8080)};
///       co_await site.start();
///       co_await site.join();
///     }
///
/// Ownership: shares the application. The server is a child of the task that calls `start`, as `http::server` is;
/// `stop` ends it in order. A task that is cancelled in `join` ends in order too: what runs is answered up to the
/// grace, then comes the shutdown; a second cancellation ends that. Threads: one task at a time.
///
/// Errors: what a hook at startup throws, and what `http::server::start` does; the application has been shut down then.
///
/// @snippet examples/web.cpp main
class application_server {
public:
  explicit application_server(application app, http::server_options options = {});
  ~application_server();
  application_server(const application_server&) = delete;
  application_server& operator=(const application_server&) = delete;

  /// How long requests under way, and then background tasks, may take at the end; 10 s each.
  application_server& grace(duration value) noexcept;

  /// Runs the hooks and begins to serve.
  [[nodiscard]] task<void> start();

  /// Waits until the server has ended, and ends it when cancelled.
  [[nodiscard]] task<void> join();

  /// Ends the server and shuts the application down; does nothing the second time.
  [[nodiscard]] task<void> stop();

  /// Such as `http://127.0.0.1:8080`; empty before `start`.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const;

private:
  struct state;

  std::unique_ptr<state> state_;
};

} // namespace actors::web
