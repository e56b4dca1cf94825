#include <actors/net/udp_socket.hpp>

#include <actors/net/error.hpp>
#include <actors/net/internal/bind_first.hpp>
#include <actors/net/internal/bound_udp_socket.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace actors::net {

namespace {

using internal::bound_udp_socket;
using internal::descriptor;
using internal::direction;

// Coroutines of their own and not members of the socket, which another task may destroy meanwhile.

task<datagram> receive_from(std::shared_ptr<bound_udp_socket> socket) {
  const descriptor::claim reading{*socket, direction::read};
  for (;;) {
    if (!socket->exhausted(direction::read) && socket->take_turn())
      if (auto next = socket->try_receive())
        co_return std::move(*next);
    co_await socket->ready(direction::read);
  }
}

task<void> send_over(std::shared_ptr<bound_udp_socket> socket, std::string_view data, std::optional<endpoint> to) {
  if (socket->try_send(data, to))
    co_return;
  const auto turn = co_await socket->send_turns().lock();
  const descriptor::claim writing{*socket, direction::write};
  while (!socket->try_send(data, to))
    co_await socket->ready(direction::write);
}

/// False if the system refuses one of the options.
bool apply(const udp_options& options, int family, int fd) {
  bool good = true;
  if (options.share_port())
    good = internal::set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.broadcast())
    good = good && internal::set_option(fd, SOL_SOCKET, SO_BROADCAST, 1);
  if (const auto size = std::min<std::size_t>(options.receive_buffer(), INT_MAX); size > 0)
    good = good && internal::set_option(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(size));
  const auto hops = static_cast<int>(options.multicast_hops());
  if (family == AF_INET6) {
    good = good && internal::set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    if (const auto number = options.multicast_interface(); number != 0)
      good = good && internal::set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(number));
  } else {
    good = good && internal::set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, hops);
    if (const auto number = options.multicast_interface(); number != 0) {
      ip_mreqn request{};
      request.imr_ifindex = static_cast<int>(number);
      good = good && ::setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) == 0;
    }
  }
  return good;
}

udp_socket bind_to(boost::asio::io_context& home, const endpoint& wanted, const udp_options& options) {
  const auto fail = [&](const std::error_code& error) { throw net_error("bind", wanted.to_string(), error); };
  std::error_code error;
  const internal::socket_address address{wanted};
  auto fd = internal::open_socket(address.family(), error, SOCK_DGRAM);
  if (error)
    fail(error);
  internal::socket_address actual;
  const bool good = apply(options, address.family(), fd.get()) &&
                    ::bind(fd.get(), address.data(), address.size()) == 0 &&
                    ::getsockname(fd.get(), actual.data(), actual.size_to_fill()) == 0;
  if (!good)
    fail(last_system_error());
  return udp_socket{descriptor::make<bound_udp_socket>(home, std::move(fd), actual.to_endpoint().value_or(wanted),
                                                       options.max_datagram())};
}

} // namespace

udp_socket::udp_socket(std::shared_ptr<internal::bound_udp_socket> socket) noexcept : socket_(std::move(socket)) {}

udp_socket& udp_socket::operator=(udp_socket&& other) noexcept {
  if (this != &other) {
    if (socket_ != nullptr)
      socket_->close();
    socket_ = std::move(other.socket_);
  }
  return *this;
}

udp_socket::~udp_socket() {
  if (socket_ != nullptr)
    socket_->close();
}

task<datagram> udp_socket::receive() {
  return receive_from(socket_);
}

std::optional<datagram> udp_socket::try_receive() {
  const descriptor::claim reading{*socket_, direction::read};
  if (!socket_->take_turn())
    return std::nullopt;
  return socket_->try_receive();
}

task<void> udp_socket::send_to(std::string_view data, endpoint to) {
  return send_over(socket_, data, to);
}

task<void> udp_socket::send(std::string_view data) {
  return send_over(socket_, data, std::nullopt);
}

bool udp_socket::try_send_to(std::string_view data, const endpoint& to) {
  return socket_->try_send(data, to);
}

void udp_socket::connect(const endpoint& peer) {
  socket_->connect(peer);
}

void udp_socket::join_group(const ip_address& group, std::uint32_t interface_number) {
  socket_->change_group(group, interface_number, true);
}

void udp_socket::leave_group(const ip_address& group, std::uint32_t interface_number) {
  socket_->change_group(group, interface_number, false);
}

void udp_socket::close() noexcept {
  socket_->close();
}

bool udp_socket::is_open() const noexcept {
  return socket_->is_open();
}

endpoint udp_socket::local_endpoint() const noexcept {
  return socket_->local();
}

task<udp_socket> bind_udp(std::string host, std::uint16_t port, udp_options options) {
  auto bind = [options](boost::asio::io_context& home, const endpoint& wanted) {
    return bind_to(home, wanted, options);
  };
  return internal::bind_first<udp_socket>(std::move(host), port, std::move(bind));
}

} // namespace actors::net
