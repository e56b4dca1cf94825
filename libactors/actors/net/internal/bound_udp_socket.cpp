#include <actors/net/internal/bound_udp_socket.hpp>

#include <actors/net/error.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace actors::net::internal {

namespace {

constexpr bool means_wait(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK;
}

} // namespace

std::optional<datagram> bound_udp_socket::try_receive() {
  const use used{*this};
  if (!used)
    throw net_error("receive on", local_.to_string(), errc::closed);
  // The system does not tell how long the next one is, so there is room for the longest.
  if (buffer_ == nullptr)
    buffer_ = std::make_unique_for_overwrite<char[]>(max_datagram_);
  for (;;) {
    begin_try(direction::read);
    socket_address from;
    const auto size = ::recvfrom(used.fd(), buffer_.get(), max_datagram_, MSG_TRUNC, from.data(), from.size_to_fill());
    if (size >= 0) {
      const auto length = static_cast<std::size_t>(size);
      return datagram{std::string{buffer_.get(), std::min(length, max_datagram_)},
                      from.to_endpoint().value_or(endpoint{}), length > max_datagram_};
    }
    if (means_wait(errno)) {
      set_exhausted(direction::read, true);
      return std::nullopt;
    }
    if (errno != EINTR)
      throw net_error("receive on", local_.to_string(), last_system_error());
  }
}

bool bound_udp_socket::try_send(std::string_view data, const std::optional<endpoint>& to) {
  const auto target = [&] { return to ? to->to_string() : "the peer of " + local_.to_string(); };
  const use used{*this};
  if (!used)
    throw net_error("send to", target(), errc::closed);
  for (;;) {
    ssize_t sent = 0;
    if (to) {
      const socket_address address{*to};
      sent = ::sendto(used.fd(), data.data(), data.size(), MSG_NOSIGNAL, address.data(), address.size());
    } else {
      sent = ::send(used.fd(), data.data(), data.size(), MSG_NOSIGNAL);
    }
    if (sent >= 0)
      return true;
    if (means_wait(errno))
      return false;
    if (errno != EINTR)
      throw net_error("send to", target(), last_system_error());
  }
}

void bound_udp_socket::connect(const endpoint& peer) {
  const use used{*this};
  if (!used)
    throw net_error("connect to", peer.to_string(), errc::closed);
  const socket_address address{peer};
  if (::connect(used.fd(), address.data(), address.size()) != 0)
    throw net_error("connect to", peer.to_string(), last_system_error());
}

void bound_udp_socket::change_group(const ip_address& group, std::uint32_t interface_number, bool join) {
  const std::string_view what = join ? "join" : "leave";
  const use used{*this};
  if (!used)
    throw net_error(what, group.to_string(), errc::closed);
  group_req request{};
  request.gr_interface = interface_number;
  const socket_address address{endpoint{group, 0}};
  std::memcpy(&request.gr_group, address.data(), address.size());
  const int level = group.is_v6() ? static_cast<int>(IPPROTO_IPV6) : static_cast<int>(IPPROTO_IP);
  if (::setsockopt(used.fd(), level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request) != 0)
    throw net_error(what, group.to_string(), last_system_error());
}

} // namespace actors::net::internal
