#pragma once

#include <actors/sync/detail/wait_list.hpp>

#include <cstddef>
#include <mutex>

namespace actors::sync::internal {

/// What a mutex shares with those who wait for it and those who hold it. A condition keeps its own list under the same
/// lock, so that its waiters move from one list to the other.
class mutex_state {
public:
  std::mutex mutex;

  // -- under the lock ----------------------------------------------------------------------------------------------------------

  [[nodiscard]] bool admit(detail::wait_node& node);

  void enlist(detail::wait_node& node) noexcept { waiting_.push_back(node); }

  void settle(detail::wait_node& node) const;
  void abandon(detail::wait_node& node) noexcept;

  /// Gives the mutex to the first in line.
  void pass_on() noexcept;

  /// Takes the mutex if it is free.
  [[nodiscard]] bool take() noexcept;

  [[nodiscard]] bool locked() const noexcept { return locked_; }

  [[nodiscard]] bool destroyed() const noexcept { return destroyed_; }

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

  /// Refuses everybody who waits, now and later.
  void destroy() noexcept;

private:
  detail::wait_list waiting_;
  bool locked_ = false;
  bool destroyed_ = false;
};

} // namespace actors::sync::internal
