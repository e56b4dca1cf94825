#pragma once

#include <actors/core/detail/io_worker.hpp>
#include <actors/core/task.hpp>
#include <actors/net/internal/descriptor.hpp>
#include <actors/net/internal/socket.hpp>
#include <actors/net/stream.hpp>

#include <atomic>
#include <memory>
#include <string>

namespace actors::net::internal {

/// A listening socket of any kind.
class acceptor final : public descriptor {
public:
  acceptor(boost::asio::io_context& home, actors::detail::unique_fd&& fd, std::string local, tcp_options options)
      : descriptor(home, std::move(fd)), local_(std::move(local)), options_(options) {}

  [[nodiscard]] const std::string& local() const noexcept { return local_; }

  [[nodiscard]] const tcp_options& options() const noexcept { return options_; }

  /// The reactor for the next connection that a task accepts: that of the worker it is bound to, else each in turn.
  [[nodiscard]] boost::asio::io_context& next_home(actors::detail::task_context& context);

private:
  const std::string local_;
  const tcp_options options_;
  std::atomic<std::size_t> next_home_{0};
};

/// Waits for the next connection and makes it a stream that `home` watches, or the next reactor if that is null.
[[nodiscard]] task<std::unique_ptr<stream>> accept_from(std::shared_ptr<acceptor> source,
                                                        boost::asio::io_context* home);

} // namespace actors::net::internal
