#pragma once

#include <actors/net/detail/input_awaiter.hpp>
#include <actors/net/internal/descriptor.hpp>
#include <actors/net/internal/socket.hpp>
#include <actors/net/stream.hpp>

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace actors::net::internal {

/// What is behind a descriptor that bytes go through.
enum class transport : std::uint8_t {
  socket,
  /// A pipe, a terminal and so on: what read(2) and write(2) are for.
  file,
};

/// A connected socket, or another end of a stream of bytes. Outlives its stream while a task still is inside of an
/// operation.
class connected_socket final : public descriptor {
public:
  connected_socket(boost::asio::io_context& home, actors::detail::unique_fd&& fd, std::string peer,
                   transport kind = transport::socket)
      : descriptor(home, std::move(fd)), peer_(std::move(peer)), kind_(kind) {}

  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// What there is to read, nothing if one has to wait, 0 at the end. Needs the claim to read.
  [[nodiscard]] std::optional<std::size_t> try_read(std::span<char> buffer);

  /// How much was taken, nothing if one has to wait. Needs the claim to write.
  [[nodiscard]] std::optional<std::size_t> try_write(std::string_view data);

  void shutdown_write();

  /// Remembers that a write has sent only a part. Needs the claim to write.
  void cut_short() noexcept { cut_short_ = true; }

private:
  [[nodiscard]] ssize_t receive(int fd, std::span<char> buffer) const noexcept;
  [[nodiscard]] ssize_t send(int fd, std::string_view data) const noexcept;

  const std::string peer_;
  const transport kind_;
  bool cut_short_ = false;
};

/// A stream over any kind of socket.
class socket_stream final : public stream, private net::detail::input {
public:
  explicit socket_stream(std::shared_ptr<connected_socket> socket) noexcept : socket_(std::move(socket)) {}

  ~socket_stream() override { socket_->close(); }

  task<std::size_t> read_some(std::span<char> buffer) override;
  std::optional<std::size_t> try_read_some(std::span<char> buffer) override;

  net::detail::input* input() noexcept override { return this; }

  task<void> write_all(std::string_view data) override;
  std::size_t try_write_some(std::string_view data) override;

  void shutdown_write() override { socket_->shutdown_write(); }

  void close() noexcept override { socket_->close(); }

  [[nodiscard]] bool is_open() const noexcept override { return socket_->is_open(); }

  [[nodiscard]] std::string peer() const override { return socket_->peer(); }

private:
  bool is_worth_trying() const noexcept override { return !socket_->exhausted(direction::read); }

  std::optional<std::size_t> try_read(std::span<char> buffer) override { return try_read_some(buffer); }

  bool begin_wait(caf::strong_actor_ptr waiter, std::uint64_t id) override;

  void end_wait() noexcept override { socket_->withdraw(direction::read); }

  void resume(bool has_waited) noexcept override { socket_->resume(direction::read, has_waited); }

  std::shared_ptr<connected_socket> socket_;
};

/// A stream of a connected non-blocking socket, or of what `kind` says, watched by `home`.
[[nodiscard]] std::unique_ptr<stream> make_stream(boost::asio::io_context& home, actors::detail::unique_fd fd,
                                                  std::string peer, transport kind = transport::socket);

/// One attempt to connect. `peer` becomes the stream's, `target_name` is for errors of the attempt.
[[nodiscard]] task<std::unique_ptr<stream>> connect_socket(boost::asio::io_context& home, socket_address target,
                                                           std::string target_name, std::string peer,
                                                           tcp_options options);

} // namespace actors::net::internal
