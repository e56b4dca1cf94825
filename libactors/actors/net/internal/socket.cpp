#include <actors/net/internal/socket.hpp>

#include <actors/net/error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace actors::net::internal {

socket_address::socket_address(const endpoint& value) noexcept {
  const auto& bytes = value.address().bytes();
  if (value.address().is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(value.port());
    address.sin6_scope_id = value.address().scope();
    std::memcpy(&address.sin6_addr, bytes.data(), 16);
    std::memcpy(&storage_, &address, sizeof address);
    size_ = sizeof address;
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(value.port());
    std::memcpy(&address.sin_addr, bytes.data(), 4);
    std::memcpy(&storage_, &address, sizeof address);
    size_ = sizeof address;
  }
}

socket_address::socket_address(const sockaddr& value, socklen_t size) noexcept
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
  std::memcpy(&storage_, &value, size_);
}

socket_address socket_address::of_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = path.starts_with('@');
  // A path needs room for its end, a name in the abstract namespace has a length instead.
  const auto most = sizeof address.sun_path - (abstract ? 0 : 1);
  if (path.empty() || path.size() > most)
    throw net_error("use", "unix:" + path, errc::invalid_path, "1 to " + std::to_string(most) + " bytes");
  if (path.find('\0') != std::string::npos)
    throw net_error("use", "unix:" + path, errc::invalid_path, "it holds a NUL");
  std::copy(path.begin(), path.end(), address.sun_path);
  if (abstract)
    address.sun_path[0] = '\0';
  socket_address result;
  std::memcpy(&result.storage_, &address, sizeof address);
  result.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return result;
}

std::optional<endpoint> socket_address::to_endpoint() const noexcept {
  if (family() == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage_, sizeof address);
    ip_address::v6_bytes bytes;
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return endpoint{ip_address{bytes, address.sin6_scope_id}, ntohs(address.sin6_port)};
  }
  if (family() == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage_, sizeof address);
    ip_address::v4_bytes bytes;
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    return endpoint{ip_address{bytes}, ntohs(address.sin_port)};
  }
  return std::nullopt;
}

actors::detail::unique_fd open_socket(int family, std::error_code& error, int type) noexcept {
  actors::detail::unique_fd result{::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!result)
    error = last_system_error();
  return result;
}

bool set_option(int fd, int level, int name, int value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

void apply(const tcp_options& options, int fd) noexcept {
  if (options.no_delay())
    static_cast<void>(set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1));
  if (options.keep_alive())
    static_cast<void>(set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
}

} // namespace actors::net::internal
