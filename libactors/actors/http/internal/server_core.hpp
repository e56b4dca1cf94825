#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/server_options.hpp>
#include <actors/sync/semaphore.hpp>

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace actors::http::internal {

/// What a connection shows of itself to those that look for room.
class idle_mark {
public:
  /// It waits for a request from now on.
  void begin(time_point now) noexcept { since_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }

  void end() noexcept { since_.store(busy, std::memory_order_relaxed); }

  /// Since when it waits for one, if it does.
  [[nodiscard]] std::optional<duration::rep> since() const noexcept {
    const auto value = since_.load(std::memory_order_relaxed);
    return value == busy ? std::nullopt : std::optional{value};
  }

  /// It has been asked to end.
  [[nodiscard]] bool is_unwanted() const noexcept { return unwanted_.load(std::memory_order_relaxed); }

  void set_unwanted(bool value) noexcept { unwanted_.store(value, std::memory_order_relaxed); }

private:
  static constexpr auto busy = std::numeric_limits<duration::rep>::max();

  std::atomic<duration::rep> since_{busy};
  std::atomic<bool> unwanted_{false};
};

/// What the connections of a server share.
class server_core {
public:
  server_core(handler function, server_options options);

  [[nodiscard]] const actors::http::detail::handler_base& handler_function() const noexcept {
    return handler_.function();
  }

  [[nodiscard]] const server_options& options() const noexcept { return options_; }

  /// Where errors are logged: the sink of the options, else the runtime's.
  [[nodiscard]] log_sink& log(const actors::detail::task_context& context) const;

  /// True once connections are to end as soon as they have answered what they have.
  [[nodiscard]] bool stopping() const noexcept {
    return (ends_wanted_.load(std::memory_order_acquire) & all_wanted) != 0;
  }

  /// True if the connection that asks is to end with the answer that it has: the server stops, or there is no room for
  /// another client. Says so to no more connections than have to.
  [[nodiscard]] bool wants_end() noexcept {
    return ends_wanted_.load(std::memory_order_acquire) != 0 && take_wanted_end();
  }

  /// Whether a refused request may be logged now, and how many were left out before: at most ten a second, so that
  /// garbage does not fill a disk.
  [[nodiscard]] std::optional<std::uint64_t> may_log_refusal(time_point now) noexcept;

  /// Tells the connections.
  void begin_stop();

  [[nodiscard]] std::size_t connections() const;

  // -- room --

  /// A permit for each connection that was accepted and may be served.
  [[nodiscard]] const std::shared_ptr<sync::semaphore>& room() const noexcept { return room_; }

  /// Asks those connections to end that have been idle the longest, for a client that has found no room, as nginx does:
  /// an eighth of those that are idle, 32 at the most, so that it need not look for each client. True if there will be
  /// room soon. `waiting`: how many have found none before, and still wait.
  [[nodiscard]] bool close_idle(std::size_t waiting);

  /// The same for a server that refuses, which may have to turn many away: looks only for a hundredth of the time.
  [[nodiscard]] bool close_idle(std::size_t waiting, time_point now);

  /// A client that waits until there is room for it, as long as this is there. If no connection is idle, the next that
  /// answers ends with its answer, or one that becomes idle at once.
  class newcomer {
  public:
    explicit newcomer(std::shared_ptr<server_core> core);
    newcomer(const newcomer&) = delete;
    newcomer& operator=(const newcomer&) = delete;
    ~newcomer();

  private:
    std::shared_ptr<server_core> core_;
  };

  /// Called by a connection that has become idle: it may be the one to end for a client that waits.
  void became_idle() {
    if (const auto wanted = ends_wanted_.load(std::memory_order_acquire); wanted != 0 && (wanted & all_wanted) == 0)
      look_again();
  }

  /// A connection that was asked to end has got a request before it could: the next that answers ends in its place.
  void keep(const void* connection) noexcept;

  /// Whether to log that there is no room: once a minute.
  [[nodiscard]] bool may_log_full(time_point now) noexcept;

  /// Adds a connection; it is woken under `id` when the server begins to stop, and with a mark when it is to make room.
  void enter(const void* connection, caf::strong_actor_ptr actor, std::uint64_t id, idle_mark* mark);
  void leave(const void* connection) noexcept;

private:
  struct entry {
    caf::strong_actor_ptr actor;
    std::uint64_t id;
    idle_mark* mark; // may be null
  };

  static constexpr std::uint32_t all_wanted = std::uint32_t{1} << 31;

  [[nodiscard]] bool take_wanted_end() noexcept;
  void want_end() noexcept;
  void look_again();

  http::handler handler_;
  server_options options_;
  std::shared_ptr<sync::semaphore> room_;
  std::atomic<std::uint32_t> ends_wanted_{0}; // of so many connections; a bit for all
  mutable std::mutex mutex_;
  time_point refusals_since_; // the second in which refusals are counted
  unsigned refusals_ = 0;     // that were logged in it
  std::uint64_t refusals_left_out_ = 0;
  std::unordered_map<const void*, entry> connections_;
  std::size_t leaving_ = 0;   // that were asked to end
  std::size_t newcomers_ = 0; // that wait
  time_point may_look_at_;    // for idle ones, if the server refuses
  std::optional<time_point> full_logged_at_;
};

} // namespace actors::http::internal
