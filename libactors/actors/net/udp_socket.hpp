#pragma once

#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// UDP: datagrams to and from anybody.
///
/// `co_await bind_udp("127.0.0.1", 0)` gives a socket on a free port; `receive` waits for the next datagram and
/// `send_to` sends one. A datagram arrives whole, or not at all, or twice, in any order: what must arrive has to be
/// acknowledged by the protocol above.
///
/// Ownership: the socket closes when it is destroyed. Threads: one `receive` at a time, any number of sends, from any
/// task of the runtime; `close` from anywhere. Its readiness is watched by the worker that `bind_udp` ran on, or is
/// bound to.
///
/// Cancellation: at once; a receive that is cancelled has taken nothing, a send that is cancelled has sent nothing.
/// Time: wrap in `with_timeout`. Back-pressure: the system drops what comes in while its buffer is full
/// (`udp_options::receive_buffer`); a send waits while the buffer for sending is full.
///
/// Errors: `net_error` "send to 127.0.0.1:9: Message too long", "bind 127.0.0.1:53: Permission denied". A connected
/// socket also hears that nobody listens there (`std::errc::connection_refused`), at its next call. `misuse_error` on
/// CAF's stock scheduler, which has no I/O.
///
/// Cost: one system call a datagram and, for one received, a string; a socket that has received holds a buffer of
/// `max_datagram` bytes. Source: RFC 768, udp(7).
///
/// @snippet tests/net/udp_socket_test.cpp udp
namespace actors::net {

/// What came, and from whom.
class datagram {
public:
  datagram() = default;

  datagram(std::string data, const endpoint& from, bool truncated)
      : data_(std::move(data)), from_(from), truncated_(truncated) {}

  [[nodiscard]] const std::string& data() const& noexcept { return data_; }

  [[nodiscard]] std::string&& data() && noexcept { return std::move(data_); }

  [[nodiscard]] const endpoint& from() const noexcept { return from_; }

  /// Whether it was longer than `udp_options::max_datagram`, and its end is lost.
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }

  friend bool operator==(const datagram&, const datagram&) = default;

  template <class Inspector>
  friend bool inspect(Inspector& f, datagram& x) {
    return f.object(x).fields(f.field("data", x.data_), f.field("from", x.from_), f.field("truncated", x.truncated_));
  }

private:
  std::string data_;
  endpoint from_;
  bool truncated_ = false;
};

/// How a UDP socket is set up.
class udp_options {
public:
  /// The longest datagram that is received whole, in bytes; 65,535, which is as long as they get. At least 1.
  udp_options& max_datagram(std::size_t value) noexcept {
    max_datagram_ = value > 0 ? value : 1;
    return *this;
  }

  /// Whether datagrams may be sent to broadcast addresses; false.
  udp_options& broadcast(bool value) noexcept {
    broadcast_ = value;
    return *this;
  }

  /// Lets several sockets bind the same address, as those who listen to one multicast group do; false.
  udp_options& share_port(bool value) noexcept {
    share_port_ = value;
    return *this;
  }

  /// The system's buffer for what nobody has received yet, in bytes; 0, the default, leaves the system's own. The
  /// system may give less.
  udp_options& receive_buffer(std::size_t value) noexcept {
    receive_buffer_ = value;
    return *this;
  }

  /// Which network interface multicast goes out by, by its number (if_nametoindex(3)); 0, the default: as routes say.
  udp_options& multicast_interface(std::uint32_t number) noexcept {
    multicast_interface_ = number;
    return *this;
  }

  /// How many routers multicast may pass, plus one; 1: none.
  udp_options& multicast_hops(std::uint8_t value) noexcept {
    multicast_hops_ = value;
    return *this;
  }

  [[nodiscard]] std::size_t max_datagram() const noexcept { return max_datagram_; }

  [[nodiscard]] bool broadcast() const noexcept { return broadcast_; }

  [[nodiscard]] bool share_port() const noexcept { return share_port_; }

  [[nodiscard]] std::size_t receive_buffer() const noexcept { return receive_buffer_; }

  [[nodiscard]] std::uint32_t multicast_interface() const noexcept { return multicast_interface_; }

  [[nodiscard]] std::uint8_t multicast_hops() const noexcept { return multicast_hops_; }

private:
  std::size_t max_datagram_ = 65'535;
  std::size_t receive_buffer_ = 0;
  std::uint32_t multicast_interface_ = 0;
  std::uint8_t multicast_hops_ = 1;
  bool broadcast_ = false;
  bool share_port_ = false;
};

namespace internal {

class bound_udp_socket;

} // namespace internal

class udp_socket {
public:
  explicit udp_socket(std::shared_ptr<internal::bound_udp_socket> socket) noexcept;
  udp_socket(udp_socket&&) noexcept = default;
  udp_socket& operator=(udp_socket&& other) noexcept;
  ~udp_socket();

  /// Waits for the next datagram. An empty one is a datagram like others.
  [[nodiscard]] task<datagram> receive();

  /// The next datagram if one has come.
  [[nodiscard]] std::optional<datagram> try_receive();

  /// Sends one datagram; waits while the system has no room. The data must outlive the await.
  [[nodiscard]] task<void> send_to(std::string_view data, endpoint to);

  /// Sends to the peer of `connect`.
  [[nodiscard]] task<void> send(std::string_view data);

  /// Sends without waiting; false if there is no room.
  [[nodiscard]] bool try_send_to(std::string_view data, const endpoint& to);

  /// Only this peer is heard from now on, and `send` goes to it.
  void connect(const endpoint& peer);

  /// Receives what is sent to a multicast group, on the network interface of this number, or the system's choice.
  void join_group(const ip_address& group, std::uint32_t interface_number = 0);

  /// No longer receives it.
  void leave_group(const ip_address& group, std::uint32_t interface_number = 0);

  /// Ends the socket: what waits on it throws `net_error` with `errc::closed`.
  void close() noexcept;

  [[nodiscard]] bool is_open() const noexcept;

  /// Where it receives, with the actual port.
  [[nodiscard]] endpoint local_endpoint() const noexcept;

private:
  std::shared_ptr<internal::bound_udp_socket> socket_;
};

/// Binds a numeric address or name; port 0 takes a free one. "0.0.0.0" and "::" are all interfaces.
[[nodiscard]] task<udp_socket> bind_udp(std::string host, std::uint16_t port, udp_options options = {});

} // namespace actors::net
