#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/http/access_log.hpp>
#include <actors/http/limits.hpp>
#include <actors/http/trusted_proxies.hpp>
#include <actors/net/listener.hpp>
#include <actors/net/tls_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    wants_tcp_ = true;
    return *this;
  }

  /// Listens on another address too; may be said several times. For one that is in use the whole server does not start.
  server_options& also_listen_on(std::string host, std::uint16_t port) {
    more_addresses_.push_back({std::move(host), port});
    return *this;
  }

  /// Listens on a Unix socket at this path too (see net/unix_stream.hpp); may be said several times. Without
  /// `listen_on` and `port` the server listens there only.
  server_options& listen_unix(std::string path) {
    unix_paths_.push_back(std::move(path));
    return *this;
  }

  server_options& port(std::uint16_t value) noexcept {
    wants_tcp_ = true;
    return set(port_, value);
  }

  /// Connections that the system keeps for us while we are busy; 4096, and no more than the system allows (see
  /// `net::default_backlog`).
  server_options& backlog(int value) noexcept { return set(backlog_, value); }

  /// Connections at a time, on all addresses together; 10,000. For a client that comes then, those are closed that have
  /// waited the longest for another request; if all are busy, the next that answers says `Connection: close`. So long
  /// the client waits, and others in the backlog, or see `refuse_when_full`. Streams given to `server::serve` do not
  /// count.
  server_options& max_connections(std::size_t value) noexcept { return set(max_connections_, value); }

  /// How long a connection may be silent between two requests; 75 s. It is then closed without a word.
  server_options& idle_timeout(duration value) noexcept { return set(idle_timeout_, value); }

  /// How long a request's head may take from its first byte to its last; 10 s. Beyond: 408.
  server_options& head_timeout(duration value) noexcept { return set(head_timeout_, value); }

  /// How long a client may be silent inside a body; 30 s. Beyond: 408.
  server_options& body_timeout(duration value) noexcept { return set(body_timeout_, value); }

  /// How long a client may take nothing, or less than 16 KiB (over TLS 64 KiB), of what we have to send; 30 s. The
  /// connection is then closed.
  server_options& write_timeout(duration value) noexcept { return set(write_timeout_, value); }

  /// The slowest that a client may send a body, in bytes per second of waiting for it, after a grace of 30 s; 240.
  /// Beyond: 408. 0 for no such bound.
  server_options& min_body_rate(std::uint64_t value) noexcept { return set(min_body_rate_, value); }

  /// The grace of `min_body_rate`.
  server_options& body_grace(duration value) noexcept { return set(body_grace_, value); }

  /// Requests that a connection may carry: the last is answered with `Connection: close`. 0, no bound.
  server_options& max_requests(std::size_t value) noexcept { return set(max_requests_, value); }

  /// Answers connections beyond `max_connections`, if all are busy, with 503 and `Retry-After` of so many seconds and
  /// closes them, in place of having them wait.
  server_options& refuse_when_full(std::chrono::seconds retry_after = std::chrono::seconds(1)) noexcept {
    refuses_when_full_ = true;
    return set(retry_after_, retry_after);
  }

  /// Whether a client that has closed its sending half still gets the answer of a handler that waits. By default not:
  /// on the wire it looks like one that has gone, and its handler is cancelled, within half a second (as nginx and Go
  /// do it). Answers that are given at once are sent in any case.
  server_options& answer_half_closed(bool value = true) noexcept { return set(answers_half_closed_, value); }

  /// Called for each request when it has been answered, on the connection's worker; must not block. None by default,
  /// and no cost then. See access_log.hpp for the usual forms.
  server_options& access_log(access_sink value) noexcept { return set(access_log_, std::move(value)); }

  /// Which proxies to believe about who the client is. Every request then has one Forwarded field that handlers can
  /// believe, and no X-Forwarded-*; without this option it has what it came with (see trusted_proxies.hpp).
  server_options& trust_proxies(trusted_proxies value) noexcept {
    proxies_ = std::move(value);
    return *this;
  }

  /// Bounds on what a request may hold. A body that a handler reads in pieces (`server_exchange`) is bounded too.
  server_options& limits(const message_limits& value) noexcept { return set(limits_, value); }

  /// The body's bound alone, in bytes; 16 MiB. Beyond: 413.
  server_options& max_body(std::uint64_t value) noexcept {
    limits_.max_body(value);
    return *this;
  }

  /// The Server field of responses without one; empty for none. The server refuses one that is no value of a field.
  server_options& server_name(std::string value) { return set(server_name_, std::move(value)); }

  /// Speaks TLS, and nothing else, with these certificates. A handshake may take as long as a head; one that fails is
  /// logged with its reason. Reads files; throws `net::net_error` if there is something wrong with them.
  server_options& tls(net::tls_server_settings value) {
    if (value.alpn().empty())
      value.alpn({"http/1.1", "http/1.0"});
    return tls(net::tls_server_context{std::move(value)});
  }

  /// The same with a context of one's own, which can be reloaded while the server runs.
  server_options& tls(net::tls_server_context value) {
    tls_ = std::move(value);
    return *this;
  }

  /// Where handlers' errors and failed handshakes of TLS are logged; the runtime's log by default.
  server_options& log_to(std::shared_ptr<log_sink> value) noexcept { return set(log_, std::move(value)); }

  [[nodiscard]] const std::string& host() const noexcept { return host_; }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  [[nodiscard]] int backlog() const noexcept { return backlog_; }

  [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }

  [[nodiscard]] duration idle_timeout() const noexcept { return idle_timeout_; }

  [[nodiscard]] duration head_timeout() const noexcept { return head_timeout_; }

  [[nodiscard]] duration body_timeout() const noexcept { return body_timeout_; }

  [[nodiscard]] duration write_timeout() const noexcept { return write_timeout_; }

  [[nodiscard]] std::uint64_t min_body_rate() const noexcept { return min_body_rate_; }

  [[nodiscard]] duration body_grace() const noexcept { return body_grace_; }

  [[nodiscard]] std::size_t max_requests() const noexcept { return max_requests_; }

  [[nodiscard]] bool refuses_when_full() const noexcept { return refuses_when_full_; }

  [[nodiscard]] std::chrono::seconds retry_after() const noexcept { return retry_after_; }

  [[nodiscard]] bool answers_half_closed() const noexcept { return answers_half_closed_; }

  [[nodiscard]] const access_sink& access_log() const noexcept { return access_log_; }

  [[nodiscard]] const std::optional<trusted_proxies>& proxies() const noexcept { return proxies_; }

  /// An address to listen on.
  struct address {
    std::string host;
    std::uint16_t port = 0;
  };

  [[nodiscard]] const std::vector<address>& more_addresses() const noexcept { return more_addresses_; }

  [[nodiscard]] bool listens_on_tcp() const noexcept {
    return wants_tcp_ || (unix_paths_.empty() && more_addresses_.empty());
  }

  [[nodiscard]] const std::vector<std::string>& unix_paths() const noexcept { return unix_paths_; }

  [[nodiscard]] const message_limits& limits() const noexcept { return limits_; }

  [[nodiscard]] const std::string& server_name() const noexcept { return server_name_; }

  [[nodiscard]] const std::optional<net::tls_server_context>& tls() const noexcept { return tls_; }

  [[nodiscard]] const std::shared_ptr<log_sink>& log() const noexcept { return log_; }

private:
  template <class T>
  server_options& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  std::string host_ = "127.0.0.1";
  std::uint16_t port_ = 0;
  bool wants_tcp_ = false;
  int backlog_ = net::default_backlog;
  std::size_t max_connections_ = 10'000;
  duration idle_timeout_ = std::chrono::seconds(75);
  duration head_timeout_ = std::chrono::seconds(10);
  duration body_timeout_ = std::chrono::seconds(30);
  duration write_timeout_ = std::chrono::seconds(30);
  std::uint64_t min_body_rate_ = 240;
  duration body_grace_ = std::chrono::seconds(30);
  std::size_t max_requests_ = 0;
  bool refuses_when_full_ = false;
  bool answers_half_closed_ = false;
  std::chrono::seconds retry_after_{1};
  access_sink access_log_;
  std::optional<trusted_proxies> proxies_;
  std::vector<address> more_addresses_;
  std::vector<std::string> unix_paths_;
  message_limits limits_;
  std::string server_name_ = "libactors";
  std::optional<net::tls_server_context> tls_;
  std::shared_ptr<log_sink> log_;
};

} // namespace actors::http
