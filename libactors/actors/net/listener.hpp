#pragma once

#include <actors/core/task.hpp>
#include <actors/net/stream.hpp>

#include <memory>
#include <string>

namespace boost::asio {

class io_context;

} // namespace boost::asio

/// What waits for connections: the one interface of TCP and Unix listeners.
///
/// `co_await listener.accept()` gives the next connection. `serve` (serve.hpp) runs a task for each, spread over all
/// workers, and is what a server wants; `accept` is for everything else.
///
/// Threads: one `accept` at a time; `close` from anywhere.
///
/// Cancellation: at once; no connection is lost, the next `accept` gets it.
///
/// Errors: `net_error` with `errc::closed` once closed. What goes wrong with a single connection before it is accepted
/// is skipped. Running out of descriptors or memory does not fail and does not spin: `accept` tries again after 10 ms,
/// then 20, up to a second, and says so in the runtime's log.
namespace actors::net {

/// How many connections the system keeps for a listener that is busy, unless it is told otherwise. Linux takes it as a
/// wish: it keeps no more than net.core.somaxconn says, which is 4096 since Linux 5.4. Of whoever comes when that many
/// wait, it does not answer the first packet, so a TCP client tries again after a second; on a Unix socket it waits.
inline constexpr int default_backlog = 4096;

class listener {
public:
  listener() = default;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  virtual ~listener() = default;

  /// The next connection. It is watched by the worker that the calling task is bound to, else by each worker in turn.
  [[nodiscard]] virtual task<std::unique_ptr<stream>> accept() = 0;

  /// The next connection, watched by the worker of this reactor. For `serve`.
  [[nodiscard]] virtual task<std::unique_ptr<stream>> accept_for(boost::asio::io_context& home) = 0;

  /// Takes no more connections; those in the queue of the system are refused. An `accept` under way throws `net_error`.
  virtual void close() noexcept = 0;

  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  /// Where it listens, such as `127.0.0.1:8080`.
  [[nodiscard]] virtual std::string local() const = 0;
};

} // namespace actors::net
