#pragma once

#include <actors/core/detail/unique_fd.hpp>
#include <actors/net/endpoint.hpp>
#include <actors/net/tcp_stream.hpp>

#include <sys/socket.h>

#include <optional>
#include <string>
#include <system_error>

namespace actors::net::internal {

/// An address as the system takes it.
class socket_address {
public:
  /// Empty, for the system to fill in.
  socket_address() = default;
  explicit socket_address(const endpoint& value) noexcept;
  socket_address(const sockaddr& value, socklen_t size) noexcept;

  /// The address of a Unix socket. Throws `net_error` for a path that does not fit. A path that starts with `@` is a
  /// name in Linux's abstract namespace.
  [[nodiscard]] static socket_address of_path(const std::string& path);

  [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }

  [[nodiscard]] const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }

  [[nodiscard]] socklen_t* size_to_fill() noexcept { return &size_; }

  [[nodiscard]] socklen_t size() const noexcept { return size_; }

  [[nodiscard]] int family() const noexcept { return storage_.ss_family; }

  /// Nothing if it is not an IP address.
  [[nodiscard]] std::optional<endpoint> to_endpoint() const noexcept;

private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

/// A new non-blocking socket of that family, for streams or of another type, or the error.
[[nodiscard]] actors::detail::unique_fd open_socket(int family, std::error_code& error,
                                                    int type = SOCK_STREAM) noexcept;

/// Sets a socket option to an int; false on failure.
[[nodiscard]] bool set_option(int fd, int level, int name, int value) noexcept;

/// Sets up a new TCP connection. What the system refuses here does not matter.
void apply(const tcp_options& options, int fd) noexcept;

} // namespace actors::net::internal
