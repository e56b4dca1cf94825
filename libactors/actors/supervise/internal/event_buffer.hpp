#pragma once

#include <actors/supervise/child_event.hpp>
#include <actors/supervise/detail/wait_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

namespace actors::supervise::detail {

/// What a supervisor has told a stream and its reader has not taken. Threads: from anywhere.
class event_buffer {
public:
  explicit event_buffer(std::size_t capacity) noexcept : capacity_(capacity) {}

  void push(const child_event& event);
  void close();

  [[nodiscard]] std::optional<child_event> take();
  [[nodiscard]] std::uint64_t missed() const;

  /// True if there is something to take, or never will be. Otherwise the reader waits.
  [[nodiscard]] bool check(wait_node& node, const actors::detail::task_context& context, std::uint64_t id);
  void forget(wait_node& node);

private:
  mutable std::mutex mutex_;
  std::deque<child_event> events_;
  wait_queue reader_;
  std::size_t capacity_;
  std::uint64_t missed_ = 0;
  bool closed_ = false;
};

} // namespace actors::supervise::detail
