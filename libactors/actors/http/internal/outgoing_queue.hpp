#pragma once

#include <actors/http/internal/outgoing_message.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace actors::http::internal {

/// The messages that wait to be written to one connection, and how many bytes they are. Unlike a deque, it holds no
/// memory before the first message.
class outgoing_queue {
public:
  [[nodiscard]] bool empty() const noexcept { return first_ == messages_.size(); }

  [[nodiscard]] const outgoing_message& front() const { return *messages_[first_]; }

  void push_back(outgoing_ptr message) { messages_.push_back(std::move(message)); }

  outgoing_ptr pop_front() {
    auto result = std::move(messages_[first_++]);
    if (empty()) {
      clear();
    } else if (first_ > 64 && first_ > messages_.size() / 2) {
      messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return result;
  }

  void clear() noexcept {
    messages_.clear();
    first_ = 0;
  }

  /// Gives back what an empty queue need not hold.
  void shrink() {
    if (empty() && messages_.capacity() > 16)
      std::vector<outgoing_ptr>{}.swap(messages_);
  }

private:
  std::vector<outgoing_ptr> messages_;
  std::size_t first_ = 0;
};

} // namespace actors::http::internal
