#pragma once

#include <actors/core/detail/unique_fd.hpp>
#include <actors/net/internal/descriptor.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace actors::net::internal {

/// The open descriptors of one reactor, and the epoll instance that watches them.
///
/// Asio watches that instance, as it would a socket, and it watches the descriptors: each is registered once, for
/// changes only, and a wait is no system call. Asio's own waits tell the system each time what is waited for, and its
/// reads try twice; here one call brings the news of many sockets.
///
/// When the reactor goes, the descriptors that are left are closed.
///
/// Threads: `collect` on the thread that drives the reactor, all others from any.
class descriptor_list {
public:
  descriptor_list();

  /// The list of a reactor.
  [[nodiscard]] static std::shared_ptr<descriptor_list> of(boost::asio::io_context& io);

  /// Watches it as well, unless it is one that cannot be watched, such as a file. Throws `net_error`.
  void add(descriptor& member, int fd);
  void remove(descriptor& member, int fd) noexcept;

  /// Closes all members and waits until they are gone.
  void close_all() noexcept;

  /// Wakes who waits for what has changed.
  void collect();

  /// What tells that there is something to collect.
  [[nodiscard]] int fd() const noexcept { return epoll_.get(); }

private:
  static constexpr std::size_t batch_size = 64;

  actors::detail::unique_fd epoll_;
  std::vector<descriptor::wake_up> woken_; // of `collect`
  std::mutex mutex_;
  descriptor* first_ = nullptr;
};

} // namespace actors::net::internal
