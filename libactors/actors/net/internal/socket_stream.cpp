#include <actors/net/internal/socket_stream.hpp>

#include <actors/core/error.hpp>
#include <actors/net/error.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace actors::net::internal {

namespace {

constexpr bool means_wait(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK;
}

// Coroutines of their own and not members of the stream, which another task may destroy meanwhile.

task<std::size_t> read_some_from(std::shared_ptr<connected_socket> socket, std::span<char> buffer) {
  const descriptor::claim reading{*socket, direction::read};
  for (;;) {
    if (!socket->exhausted(direction::read) && socket->take_turn())
      if (const auto count = socket->try_read(buffer))
        co_return *count;
    co_await socket->ready(direction::read);
  }
}

/// Notes a write that was left half-way, by whatever: cancellation, a kill, an error.
class write_in_progress {
public:
  write_in_progress(connected_socket& socket, std::string_view data) noexcept
      : socket_(&socket), left_(data), size_(data.size()) {}

  write_in_progress(const write_in_progress&) = delete;
  write_in_progress& operator=(const write_in_progress&) = delete;

  ~write_in_progress() {
    if (!left_.empty() && left_.size() < size_)
      socket_->cut_short();
  }

  [[nodiscard]] std::string_view left() const noexcept { return left_; }

  void took(std::size_t count) noexcept { left_.remove_prefix(count); }

private:
  connected_socket* socket_;
  std::string_view left_;
  std::size_t size_;
};

task<void> write_all_to(std::shared_ptr<connected_socket> socket, std::string_view data) {
  const descriptor::claim writing{*socket, direction::write};
  write_in_progress progress{*socket, data};
  while (!progress.left().empty()) {
    if (!socket->exhausted(direction::write) && socket->take_turn()) {
      if (const auto count = socket->try_write(progress.left())) {
        progress.took(*count);
        continue;
      }
    }
    co_await socket->ready(direction::write);
  }
}

/// write(2), but a pipe that nobody reads is an error only and no signal for the process.
ssize_t write_without_signal(int fd, std::string_view data) noexcept {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigset_t pending;
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const auto count = ::write(fd, data.data(), data.size());
  const int error = errno;
  if (count < 0 && error == EPIPE && !was_pending) {
    // The signal is for this thread and waits: take it away.
    const timespec at_once{};
    while (::sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return count;
}

void require_room(std::span<char> buffer) {
  if (buffer.empty())
    throw misuse_error("a read into an empty buffer: it could not be told from the end of the stream");
}

} // namespace

// -- connected_socket ----------------------------------------------------------------------------------------------------

std::optional<std::size_t> connected_socket::try_read(std::span<char> buffer) {
  const use used{*this};
  if (!used)
    throw net_error("read from", peer_, errc::closed);
  for (;;) {
    begin_try(direction::read);
    const auto count = receive(used.fd(), buffer);
    if (count >= 0) {
      const auto size = static_cast<std::size_t>(count);
      // Less than asked for is all that a socket had (epoll(7)), but for the end. A terminal gives a line at a time.
      set_exhausted(direction::read, size > 0 && size < buffer.size() && kind_ == transport::socket && !at_end());
      return size;
    }
    if (means_wait(errno)) {
      set_exhausted(direction::read, true);
      return std::nullopt;
    }
    if (errno != EINTR)
      throw net_error("read from", peer_, last_system_error());
  }
}

std::optional<std::size_t> connected_socket::try_write(std::string_view data) {
  const use used{*this};
  if (!used)
    throw net_error("write to", peer_, errc::closed);
  if (cut_short_)
    throw net_error("write to", peer_, errc::write_cut_short);
  for (;;) {
    const auto count = send(used.fd(), data);
    if (count >= 0) {
      const auto size = static_cast<std::size_t>(count);
      set_exhausted(direction::write, size < data.size() && kind_ == transport::socket);
      return size;
    }
    if (means_wait(errno)) {
      set_exhausted(direction::write, true);
      return std::nullopt;
    }
    if (errno != EINTR)
      throw net_error("write to", peer_, last_system_error());
  }
}

ssize_t connected_socket::receive(int fd, std::span<char> buffer) const noexcept {
  if (kind_ == transport::file)
    return ::read(fd, buffer.data(), buffer.size());
  return ::recv(fd, buffer.data(), buffer.size(), 0);
}

ssize_t connected_socket::send(int fd, std::string_view data) const noexcept {
  if (kind_ == transport::file)
    return write_without_signal(fd, data);
  return ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
}

void connected_socket::shutdown_write() {
  const use used{*this};
  if (!used)
    return;
  if (kind_ == transport::file) {
    // Its end is seen when it is closed, so that is all there is.
    if ((::fcntl(used.fd(), F_GETFL) & O_ACCMODE) != O_WRONLY)
      throw net_error("shut down", peer_, std::make_error_code(std::errc::operation_not_supported));
    close();
    return;
  }
  // Not connected: the peer has gone already, which the next read or write will tell.
  if (::shutdown(used.fd(), SHUT_WR) != 0 && errno != ENOTCONN)
    throw net_error("shut down", peer_, last_system_error());
}

// -- socket_stream -------------------------------------------------------------------------------------------------------

task<std::size_t> socket_stream::read_some(std::span<char> buffer) {
  require_room(buffer);
  return read_some_from(socket_, buffer);
}

std::optional<std::size_t> socket_stream::try_read_some(std::span<char> buffer) {
  require_room(buffer);
  const descriptor::claim reading{*socket_, direction::read};
  if (!socket_->take_turn())
    return std::nullopt;
  return socket_->try_read(buffer);
}

bool socket_stream::begin_wait(caf::strong_actor_ptr waiter, std::uint64_t id) {
  return socket_->wait(direction::read, std::move(waiter), id);
}

task<void> socket_stream::write_all(std::string_view data) {
  return write_all_to(socket_, data);
}

std::size_t socket_stream::try_write_some(std::string_view data) {
  const descriptor::claim writing{*socket_, direction::write};
  if (data.empty() || !socket_->take_turn())
    return 0;
  return socket_->try_write(data).value_or(0);
}

std::unique_ptr<stream> make_stream(boost::asio::io_context& home, actors::detail::unique_fd fd, std::string peer,
                                    transport kind) {
  return std::make_unique<socket_stream>(
      descriptor::make<connected_socket>(home, std::move(fd), std::move(peer), kind));
}

// -- connect -------------------------------------------------------------------------------------------------------------

namespace {

/// How a connection attempt stands: the error, or nothing if it goes on.
std::optional<std::error_code> outcome_of(connected_socket& socket) {
  const descriptor::use used{socket};
  if (!used)
    return make_error_code(errc::closed);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(used.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    return last_system_error();
  if (error != 0)
    return std::error_code{error, std::system_category()};
  // A wake-up may come for no reason: without a peer it goes on.
  socket_address peer;
  if (::getpeername(used.fd(), peer.data(), peer.size_to_fill()) == 0)
    return std::error_code{};
  return std::nullopt;
}

} // namespace

task<std::unique_ptr<stream>> connect_socket(boost::asio::io_context& home, socket_address target,
                                             std::string target_name, std::string peer, tcp_options options) {
  std::error_code error;
  auto fd = open_socket(target.family(), error);
  if (error)
    throw net_error("connect to", target_name, error);
  if (target.family() != AF_UNIX)
    apply(options, fd.get());
  const int result = ::connect(fd.get(), target.data(), target.size());
  // Interrupted: the attempt goes on in the background (POSIX).
  const bool under_way = result != 0 && (errno == EINPROGRESS || errno == EINTR);
  if (result != 0 && !under_way)
    throw net_error("connect to", target_name, last_system_error());
  auto socket = descriptor::make<connected_socket>(home, std::move(fd), std::move(peer));
  auto made = std::make_unique<socket_stream>(socket);
  if (under_way) {
    std::optional<std::error_code> ended;
    while (!ended) {
      co_await socket->ready(direction::write);
      ended = outcome_of(*socket);
    }
    if (*ended)
      throw net_error("connect to", target_name, *ended);
  }
  co_return made;
}

} // namespace actors::net::internal
