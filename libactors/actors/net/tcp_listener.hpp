#pragma once

#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/listener.hpp>
#include <actors/net/tcp_stream.hpp>

#include <cstdint>
#include <memory>
#include <string>

/// Listening on a TCP port.
///
/// `co_await listen_tcp("127.0.0.1", 0)` binds a free port, which `local_endpoint().port()` tells. `"0.0.0.0"` is every
/// IPv4 interface, `"::"` every interface of both kinds where the system allows it. A name such as `localhost` is
/// resolved and the first of its addresses that can be bound is taken. The address can be bound again right after the
/// listener has been closed.
///
/// Errors: `net_error` "listen on 127.0.0.1:80: Permission denied".
namespace actors::net {

class listen_options {
public:
  listen_options() = default;

  /// How many connections the system keeps for us while we are busy; `default_backlog`.
  listen_options& backlog(int value) noexcept {
    backlog_ = value;
    return *this;
  }

  /// How accepted connections are set up.
  listen_options& connections(const tcp_options& value) noexcept {
    connections_ = value;
    return *this;
  }

  /// Lets several processes listen on the port at once, the system shares connections out; false by default.
  listen_options& share_port(bool value) noexcept {
    share_port_ = value;
    return *this;
  }

  [[nodiscard]] int backlog() const noexcept { return backlog_; }

  [[nodiscard]] const tcp_options& connections() const noexcept { return connections_; }

  [[nodiscard]] bool share_port() const noexcept { return share_port_; }

private:
  int backlog_ = default_backlog;
  tcp_options connections_;
  bool share_port_ = false;
};

class tcp_listener : public listener {
public:
  /// Where it listens, with the actual port.
  [[nodiscard]] virtual endpoint local_endpoint() const noexcept = 0;
};

/// Listens on a numeric address or name; port 0 takes a free one.
[[nodiscard]] task<std::unique_ptr<tcp_listener>> listen_tcp(std::string host, std::uint16_t port,
                                                             listen_options options = {});

} // namespace actors::net
