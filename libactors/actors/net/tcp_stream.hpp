#pragma once

#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/name_cache.hpp>
#include <actors/net/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>

/// Outgoing TCP connections.
///
/// `co_await connect_tcp("example.org", 80)` resolves the name and tries its addresses, IPv6 and IPv4 in turn: the next
/// one starts when one fails or has not answered within 250 ms, and the first that connects wins (RFC 8305). The stream
/// may be used from any worker; its readiness is watched by the worker that the task ran on, or is bound to.
///
/// Cancellation: at once; attempts under way are closed.
///
/// Time: the system gives up after minutes, so wrap in `with_timeout`.
///
/// Errors: `net_error` "connect to example.org:80: Connection refused", which lists the addresses if there was more
/// than one; "resolve example.org: …" if the name has none; `misuse_error` on CAF's stock scheduler, which has no I/O.
namespace actors::net {

/// How a TCP socket is set up.
class tcp_options {
public:
  tcp_options() = default;

  /// Sends small writes at once instead of collecting them (Nagle's algorithm); true by default.
  tcp_options& no_delay(bool value) noexcept {
    no_delay_ = value;
    return *this;
  }

  /// Lets the system probe idle connections, so that a dead peer is noticed in the end (hours, by default); false by
  /// default.
  tcp_options& keep_alive(bool value) noexcept {
    keep_alive_ = value;
    return *this;
  }

  [[nodiscard]] bool no_delay() const noexcept { return no_delay_; }

  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

private:
  bool no_delay_ = true;
  bool keep_alive_ = false;
};

/// Connects to a host by name or numeric address.
[[nodiscard]] task<std::unique_ptr<stream>> connect_tcp(std::string host, std::uint16_t port, tcp_options options = {});

/// The same with addresses that are known already.
[[nodiscard]] task<std::unique_ptr<stream>> connect_tcp(name_cache names, std::string host, std::uint16_t port,
                                                        tcp_options options = {});

/// Connects to one endpoint.
[[nodiscard]] task<std::unique_ptr<stream>> connect_tcp(endpoint target, tcp_options options = {});

} // namespace actors::net
