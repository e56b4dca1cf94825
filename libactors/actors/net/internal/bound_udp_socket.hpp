#pragma once

#include <actors/net/internal/descriptor.hpp>
#include <actors/net/internal/socket.hpp>
#include <actors/net/udp_socket.hpp>
#include <actors/sync/mutex.hpp>

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace actors::net::internal {

/// A bound UDP socket. Outlives its `udp_socket` while a task still is inside of an operation.
class bound_udp_socket final : public descriptor {
public:
  bound_udp_socket(boost::asio::io_context& home, actors::detail::unique_fd&& fd, const endpoint& local,
                   std::size_t max_datagram)
      : descriptor(home, std::move(fd)), local_(local), max_datagram_(max_datagram) {}

  [[nodiscard]] const endpoint& local() const noexcept { return local_; }

  /// The next datagram, nothing if one has to wait. Needs the claim to read.
  [[nodiscard]] std::optional<datagram> try_receive();

  /// False if one has to wait. An empty address is the connected peer's.
  [[nodiscard]] bool try_send(std::string_view data, const std::optional<endpoint>& to);

  void connect(const endpoint& peer);
  void change_group(const ip_address& group, std::uint32_t interface_number, bool join);

  /// Who waits for room to send has it. Everybody else sends without.
  [[nodiscard]] sync::mutex& send_turns() noexcept { return send_turns_; }

private:
  const endpoint local_;
  const std::size_t max_datagram_;
  std::unique_ptr<char[]> buffer_; // made by the first receive; needs the claim
  sync::mutex send_turns_;
};

} // namespace actors::net::internal
