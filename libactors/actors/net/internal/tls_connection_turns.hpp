#pragma once

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/error.hpp>
#include <actors/net/internal/tls_connection.hpp>

#include <atomic>
#include <mutex>
#include <string>

/// Who may do what with a TLS connection. For its sources.
namespace actors::net::internal {

/// The right to be the one who reads or writes.
class tls_connection::claim {
public:
  claim(std::atomic<bool>& flag, const char* verb) : flag_(&flag) {
    if (flag_->exchange(true, std::memory_order_seq_cst))
      throw misuse_error(std::string{"two tasks "} + verb + " the same stream at once");
  }

  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

  ~claim() { flag_->store(false, std::memory_order_seq_cst); }

private:
  std::atomic<bool>* flag_;
};

/// The turn, given back at the end if it was not before; then something may be left to be sent.
class tls_connection::turn {
public:
  /// The caller has taken it.
  explicit turn(tls_connection& of) noexcept : of_(&of) {}

  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  ~turn() {
    if (of_ != nullptr)
      of_->give_turn();
  }

  /// Somebody else gives it back, or it was given back under the lock.
  void release() noexcept { of_ = nullptr; }

private:
  tls_connection* of_;
};

/// Suspends a task until the turn may be free. There is one such task at the most: the writer, or after `close` the one
/// that lingers.
class [[nodiscard]] tls_connection::turn_awaiter : public actors::detail::leaf_awaiter<turn_awaiter> {
public:
  explicit turn_awaiter(tls_connection& of) noexcept : of_(&of) {}

  ~turn_awaiter() override {
    if (!waiting_)
      return;
    caf::strong_actor_ptr waiter; // released after the lock
    const std::scoped_lock guard{of_->mutex_};
    waiter.swap(of_->waiter_);
  }

  [[nodiscard]] bool start(actors::detail::task_context& context) {
    arm(context);
    const std::scoped_lock guard{of_->mutex_};
    if (!of_->sending_)
      return false;
    of_->waiter_ = actors::detail::actor_of(context);
    of_->wait_id_ = id();
    waiting_ = true;
    return true;
  }

  void await_resume() { check_cancelled(); }

private:
  tls_connection* of_;
  bool waiting_ = false;
};

} // namespace actors::net::internal
