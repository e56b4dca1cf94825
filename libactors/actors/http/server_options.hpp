#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/http/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace actors::http {

/// How a server behaves. The defaults suit a public server: no client can hold memory or a connection without end.
///
///     server_options{}.listen_on("0.0.0.0", 8080).max_body(1 << 20)
class server_options {
public:
  /// Where to listen: a numeric address or name, and a port, 0 for any free one. 127.0.0.1, port 0.
  server_options& listen_on(std::string host, std::uint16_t port) {
    host_ = std::move(host);
    port_ = port;
    return *this;
  }

  server_options& port(std::uint16_t value) noexcept { return set(port_, value); }

  /// Connections that the system keeps for us while we are busy; 1024.
  server_options& backlog(int value) noexcept { return set(backlog_, value); }

  /// Connections at a time; 10,000. Further clients wait in the backlog.
  server_options& max_connections(std::size_t value) noexcept { return set(max_connections_, value); }

  /// How long a connection may be silent between two requests; 75 s. It is then closed without a word.
  server_options& idle_timeout(duration value) noexcept { return set(idle_timeout_, value); }

  /// How long a request's head may take from its first byte to its last; 10 s. Beyond: 408.
  server_options& head_timeout(duration value) noexcept { return set(head_timeout_, value); }

  /// How long a client may be silent inside a body; 30 s. Beyond: 408.
  server_options& body_timeout(duration value) noexcept { return set(body_timeout_, value); }

  /// How long a client may take nothing of what we send; 30 s. The connection is then closed.
  server_options& write_timeout(duration value) noexcept { return set(write_timeout_, value); }

  /// Whether a client that has closed its sending half still gets the answer of a handler that waits. By default not:
  /// on the wire it looks like one that has gone, and its handler is cancelled, within half a second (as nginx and Go
  /// do it). Answers that are given at once are sent in any case.
  server_options& answer_half_closed(bool value = true) noexcept { return set(answers_half_closed_, value); }

  /// Bounds on what a request may hold. A body that a handler reads in pieces (`server_exchange`) is bounded too.
  server_options& limits(const message_limits& value) noexcept { return set(limits_, value); }

  /// The body's bound alone, in bytes; 16 MiB. Beyond: 413.
  server_options& max_body(std::uint64_t value) noexcept {
    limits_.max_body(value);
    return *this;
  }

  /// The Server field of responses without one; empty for none.
  server_options& server_name(std::string value) { return set(server_name_, std::move(value)); }

  /// Where handlers' errors are logged; the runtime's log by default.
  server_options& log_to(std::shared_ptr<log_sink> value) noexcept { return set(log_, std::move(value)); }

  [[nodiscard]] const std::string& host() const noexcept { return host_; }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  [[nodiscard]] int backlog() const noexcept { return backlog_; }

  [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }

  [[nodiscard]] duration idle_timeout() const noexcept { return idle_timeout_; }

  [[nodiscard]] duration head_timeout() const noexcept { return head_timeout_; }

  [[nodiscard]] duration body_timeout() const noexcept { return body_timeout_; }

  [[nodiscard]] duration write_timeout() const noexcept { return write_timeout_; }

  [[nodiscard]] bool answers_half_closed() const noexcept { return answers_half_closed_; }

  [[nodiscard]] const message_limits& limits() const noexcept { return limits_; }

  [[nodiscard]] const std::string& server_name() const noexcept { return server_name_; }

  [[nodiscard]] const std::shared_ptr<log_sink>& log() const noexcept { return log_; }

private:
  template <class T>
  server_options& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  std::string host_ = "127.0.0.1";
  std::uint16_t port_ = 0;
  int backlog_ = 1024;
  std::size_t max_connections_ = 10'000;
  duration idle_timeout_ = std::chrono::seconds(75);
  duration head_timeout_ = std::chrono::seconds(10);
  duration body_timeout_ = std::chrono::seconds(30);
  duration write_timeout_ = std::chrono::seconds(30);
  bool answers_half_closed_ = false;
  message_limits limits_;
  std::string server_name_ = "libactors";
  std::shared_ptr<log_sink> log_;
};

} // namespace actors::http
