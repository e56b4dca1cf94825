#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/server_options.hpp>

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace actors::http::internal {

/// What the connections of a server share.
class server_core {
public:
  server_core(handler function, server_options options) : handler_(std::move(function)), options_(std::move(options)) {}

  [[nodiscard]] const actors::http::detail::handler_base& handler_function() const noexcept {
    return handler_.function();
  }

  [[nodiscard]] const server_options& options() const noexcept { return options_; }

  /// Where errors are logged: the sink of the options, else the runtime's.
  [[nodiscard]] log_sink& log(const actors::detail::task_context& context) const;

  /// True once connections are to end as soon as they have answered what they have.
  [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }

  /// Tells the connections.
  void begin_stop();

  [[nodiscard]] std::size_t connections() const;

  /// Adds a connection; it is woken under `id` when the server begins to stop.
  void enter(const void* connection, caf::strong_actor_ptr actor, std::uint64_t id);
  void leave(const void* connection) noexcept;

private:
  struct entry {
    caf::strong_actor_ptr actor;
    std::uint64_t id;
  };

  http::handler handler_;
  server_options options_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_map<const void*, entry> connections_;
};

} // namespace actors::http::internal
