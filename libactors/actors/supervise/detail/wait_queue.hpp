#pragma once

#include <actors/core/detail/task_context.hpp>

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace actors::supervise::detail {

/// One wait in a `wait_queue`; lives in the awaiter that waits.
struct wait_node {
  caf::strong_actor_ptr who;
  std::uint64_t id = 0;
  wait_node* next = nullptr;
  wait_node* previous = nullptr;
  bool queued = false;
};

/// Who is to be woken, once no lock is held any more.
struct wake_up {
  caf::strong_actor_ptr who;
  std::uint64_t id = 0;

  void deliver() const noexcept;
};

/// Waiters in the order in which they came. Joining, leaving and taking the first one cost the same however many wait.
///
/// Not synchronised: its owner holds a lock, and delivers the wake-ups after it has let go of it. A node leaves in the
/// destructor of its awaiter at the latest, so a wait that is cancelled leaves nothing behind.
class wait_queue {
public:
  wait_queue() = default;
  wait_queue(const wait_queue&) = delete;
  wait_queue& operator=(const wait_queue&) = delete;
  ~wait_queue() = default;

  void push(wait_node& node, const actors::detail::task_context& context, std::uint64_t id);
  void remove(wait_node& node) noexcept;

  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] wait_node* front() const noexcept { return first_; }

  /// Takes the first one off; the queue is not empty.
  [[nodiscard]] wake_up pop();

  /// Takes all off.
  [[nodiscard]] std::vector<wake_up> take_all();

private:
  wait_node* first_ = nullptr;
  wait_node* last_ = nullptr;
  std::size_t size_ = 0;
};

void deliver(const std::vector<wake_up>& all) noexcept;

} // namespace actors::supervise::detail
