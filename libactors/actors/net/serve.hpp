#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/net/listener.hpp>
#include <actors/net/stream.hpp>
#include <actors/sync/semaphore.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

/// A server's accept loop: one task for each connection.
///
/// `co_await serve(listener, handler)` accepts until the listener is closed, and runs `handler(stream)` for each
/// connection in a task of its own. Connections go to the workers in turn. A connection's task is bound to its worker
/// (`affinity::same_reactor`) and so are its children, so a byte that arrives, the task that it wakes and the answer
/// do not change threads. If the task that calls `serve` is itself bound to a worker, all connections are on that one,
/// in the same way.
///
/// Ownership: the listener must outlive the call; the handler is kept until the last connection has ended. The handler
/// owns its stream, which is closed when the handler's task ends.
///
/// End: after `listener.close()` the call returns when all connections have ended by themselves; those that have not
/// after `drain_timeout` are cancelled and joined. Cancelling the call stops accepting and does that at once.
///
/// Errors: a connection that ends with an exception ends alone. `net_error` (the peer went away) and `cancelled` are
/// normal and ignored; any other is given to `on_error`, by default the runtime's log.
///
/// Limits: at the most `max_connections`; then accepting pauses, and further clients wait in the system's queue.
/// Several calls can share a limit (`room`); then each accepts one client more, which waits until there is room for it.
namespace actors::net {

class serve_options {
public:
  using error_handler = std::function<void(const std::string& peer, const std::exception_ptr& error)>;

  serve_options() = default;

  /// Most connections at a time; 10,000 by default, at least 1.
  serve_options& max_connections(std::size_t value) noexcept {
    max_connections_ = value > 0 ? value : 1;
    return *this;
  }

  /// A limit that several calls share: each connection has one of its permits. None by default.
  serve_options& room(std::shared_ptr<sync::semaphore> value) noexcept {
    room_ = std::move(value);
    return *this;
  }

  /// What is done when a client has come for whom there is no permit, before it waits for one: somebody may be asked to
  /// make room. What it returns is kept as long as the client waits. Must not block.
  using full_handler = std::function<std::shared_ptr<const void>()>;

  serve_options& on_full(full_handler value) {
    on_full_ = std::move(value);
    return *this;
  }

  /// The name of the connections' tasks in logs and in the tree of tasks; "connection" by default.
  serve_options& name(std::string value) {
    name_ = std::move(value);
    return *this;
  }

  /// Called on the worker of a connection that failed. Must not block.
  serve_options& on_error(error_handler value) {
    on_error_ = std::move(value);
    return *this;
  }

  /// How long connections may go on after the listener was closed, before they are cancelled; `forever` by default.
  serve_options& drain_timeout(duration value) noexcept {
    drain_timeout_ = value;
    return *this;
  }

  [[nodiscard]] std::size_t max_connections() const noexcept { return max_connections_; }

  [[nodiscard]] const std::shared_ptr<sync::semaphore>& room() const noexcept { return room_; }

  [[nodiscard]] const full_handler& on_full() const noexcept { return on_full_; }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] const error_handler& on_error() const noexcept { return on_error_; }

  [[nodiscard]] duration drain_timeout() const noexcept { return drain_timeout_; }

private:
  std::size_t max_connections_ = 10'000;
  std::shared_ptr<sync::semaphore> room_;
  full_handler on_full_;
  std::string name_ = "connection";
  error_handler on_error_;
  duration drain_timeout_ = forever;
};

/// What is done with a connection.
using connection_handler = std::function<task<void>(std::unique_ptr<stream>)>;

/// Serves the connections of a listener.
[[nodiscard]] task<void> serve(listener& source, connection_handler handler, serve_options options = {});

} // namespace actors::net
