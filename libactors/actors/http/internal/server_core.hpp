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
#include <optional>
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

  /// Whether a refused request may be logged now, and how many were left out before: at most ten a second, so that
  /// garbage does not fill a disk.
  [[nodiscard]] std::optional<std::uint64_t> may_log_refusal(time_point now) noexcept;

  /// Tells the connections.
  void begin_stop();

  [[nodiscard]] std::size_t connections() const;

  /// A place among the connections that a server which refuses may have; false if there was none.
  class admission {
  public:
    explicit admission(server_core& core) noexcept : core_(core) {
      is_full_ = core.admitted_.fetch_add(1, std::memory_order_relaxed) >= core.options_.max_connections();
      if (is_full_)
        core.admitted_.fetch_sub(1, std::memory_order_relaxed);
    }

    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    ~admission() {
      if (!is_full_)
        core_.admitted_.fetch_sub(1, std::memory_order_relaxed);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return !is_full_; }

  private:
    server_core& core_;
    bool is_full_ = false;
  };

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
  std::atomic<std::size_t> admitted_{0};
  mutable std::mutex mutex_;
  time_point refusals_since_; // the second in which refusals are counted
  unsigned refusals_ = 0;     // that were logged in it
  std::uint64_t refusals_left_out_ = 0;
  std::unordered_map<const void*, entry> connections_;
};

} // namespace actors::http::internal
