#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/internal/client_connection.hpp>

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

/// The client's connections: which are idle, how many there may be, and who waits for one.
///
/// A `lease` is the right to one connection. It comes with an idle connection, or without one, for its holder to
/// connect. A lease that is dropped closes its connection; only `keep` gives it back for another request, so a
/// connection on which anything was left half done can never be used again. Whoever waits is served in order, as far as
/// the limit per host lets.
///
/// An idle connection is closed when its time is over, by a detached task that lives while there are idle connections;
/// it also closes them when the runtime stops. Threads: any.
namespace actors::http::internal {

class connection_pool : public std::enable_shared_from_this<connection_pool> {
public:
  class limits {
  public:
    std::size_t per_host = 1;
    std::size_t total = 1;
    duration keep_alive = duration::zero();
  };

  class lease {
  public:
    lease() = default;

    lease(std::shared_ptr<connection_pool> pool, std::string key,
          std::unique_ptr<client_connection> connection) noexcept
        : pool_(std::move(pool)), key_(std::move(key)), connection_(std::move(connection)),
          reused_(connection_ != nullptr) {}

    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept;

    ~lease() { drop(); }

    /// Whether there is a lease.
    [[nodiscard]] explicit operator bool() const noexcept { return pool_ != nullptr; }

    /// Null until it was set.
    [[nodiscard]] client_connection* connection() const noexcept { return connection_.get(); }

    void set(std::unique_ptr<client_connection> connection) noexcept { connection_ = std::move(connection); }

    /// Whether the connection has carried a request before.
    [[nodiscard]] bool reused() const noexcept { return reused_; }

    /// Closes the connection and keeps the lease, to connect anew.
    void forget_connection() noexcept {
      connection_.reset();
      reused_ = false;
    }

    /// Gives the connection back for another request.
    void keep() noexcept;

    /// Closes the connection and gives the right back.
    void drop() noexcept;

  private:
    std::shared_ptr<connection_pool> pool_;
    std::string key_;
    std::unique_ptr<client_connection> connection_;
    bool reused_ = false;
  };

  explicit connection_pool(const limits& bounds) noexcept : limits_(bounds) {}

  connection_pool(const connection_pool&) = delete;
  connection_pool& operator=(const connection_pool&) = delete;
  ~connection_pool() = default;

  /// A lease for this scheme, host and port, if there is one at once.
  [[nodiscard]] lease try_acquire(const std::string& key);

  /// Waits for a lease.
  [[nodiscard]] task<lease> acquire(std::string key);

  /// Closes all idle connections.
  void close_idle() noexcept;

  [[nodiscard]] std::size_t idle_count() const;
  [[nodiscard]] std::size_t open_count() const;
  [[nodiscard]] std::size_t waiting_count() const;

private:
  class acquire_awaiter;
  using connection_ptr = std::unique_ptr<client_connection>;

  struct host {
    std::vector<connection_ptr> idle; // the one used last is the last
    std::size_t open = 0;             // idle ones and leases
    std::size_t waiting = 0;
  };

  /// Whom to wake and what to close once the lock is released.
  class aftermath;

  class idle_closer;

  void give_back(const std::string& key, connection_ptr connection) noexcept;
  [[nodiscard]] bool grant(const std::string& key, connection_ptr& connection, aftermath& after);
  [[nodiscard]] connection_ptr evict_oldest();
  void serve_next(aftermath& after);
  void withdraw(acquire_awaiter& entry) noexcept;
  void forget_if_unused(const std::string& key);
  void start_sweeper() noexcept;
  [[nodiscard]] time_point drop_expired(time_point now);
  static task<void> sweep(idle_closer owner);

  const limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, host> hosts_;
  std::list<acquire_awaiter*> waiting_;
  std::size_t open_ = 0;
  std::size_t idle_ = 0;
  bool sweeping_ = false;
};

} // namespace actors::http::internal
