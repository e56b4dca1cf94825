#pragma once

#include <actors/sync/detail/queue_order.hpp>
#include <actors/sync/detail/wait_list.hpp>
#include <actors/sync/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace actors::sync::detail {

/// One end of a channel. It is shared by its object and by the operations that use it.
struct channel_end {
  bool closed = false;
  std::size_t waiting = 0;
};

/// A sender or receiver that waits.
struct channel_node : wait_node {
  explicit channel_node(channel_end& used) noexcept : end(&used) {}

  channel_end* end;
};

template <class T>
struct channel_sender : channel_node {
  channel_sender(channel_end& used, T& item) noexcept : channel_node(used), value(&item) {}

  T* value;
};

template <class T>
struct channel_receiver : channel_node {
  using channel_node::channel_node;

  std::optional<numbered<T>> item;
};

/// What the ends of a channel share.
///
/// A value goes to the first receiver that waits, at once; a sender whose value was taken has succeeded. So an
/// operation that was woken cannot be cancelled any more: the cancellation waits for the next await. Only a receiver
/// that is killed leaves a value behind, which then goes to the next, or stays in the buffer, even beyond its capacity.
template <class T>
class channel_state {
public:
  using sender = channel_sender<T>;
  using receiver = channel_receiver<T>;

  explicit channel_state(std::size_t capacity) noexcept : capacity_(capacity) {}

  std::mutex mutex;

  // -- under the lock ----------------------------------------------------------------------------------------------------------

  [[nodiscard]] bool try_send(const channel_end& end, T& item) {
    if (end.closed)
      throw channel_closed{"sender"};
    if (open_receivers_ == 0)
      throw broken_channel{};
    if (!receivers_.empty()) {
      hand_to(static_cast<receiver&>(receivers_.front()), numbered<T>{++last_number_, std::move(item)});
      return true;
    }
    if (buffer_.size() >= capacity_)
      return false;
    buffer_.push_back(numbered<T>{++last_number_, std::move(item)});
    return true;
  }

  [[nodiscard]] std::optional<numbered<T>> try_receive(const channel_end& end) {
    if (end.closed)
      throw channel_closed{"receiver"};
    std::optional<numbered<T>> result;
    if (!buffer_.empty()) {
      result.emplace(std::move(buffer_.front()));
      buffer_.pop_front();
      refill();
    } else if (!senders_.empty()) {
      result.emplace(accept(static_cast<sender&>(senders_.front())));
    } else if (open_senders_ == 0) {
      throw end_of_channel{};
    }
    return result;
  }

  [[nodiscard]] bool admit(sender& node) { return try_send(*node.end, *node.value); }

  [[nodiscard]] bool admit(receiver& node) {
    node.item = try_receive(*node.end);
    return node.item.has_value();
  }

  void enlist(sender& node) noexcept {
    ++node.end->waiting;
    senders_.push_back(node);
  }

  void enlist(receiver& node) noexcept {
    ++node.end->waiting;
    receivers_.push_back(node);
  }

  void settle(const sender& node) const {
    if (node.answer() != reply::refused)
      return;
    if (node.end->closed)
      throw channel_closed{"sender"};
    throw broken_channel{};
  }

  void settle(const receiver& node) const {
    if (node.answer() != reply::refused)
      return;
    if (node.end->closed)
      throw channel_closed{"receiver"};
    throw end_of_channel{};
  }

  void abandon(sender& node) noexcept { leave(node); }

  void abandon(receiver& node) noexcept {
    leave(node);
    if (!node.item)
      return;
    if (!receivers_.empty())
      hand_to(static_cast<receiver&>(receivers_.front()), *std::move(node.item));
    else if (open_receivers_ > 0)
      put_back(*std::move(node.item));
    else
      return; // goes with the frame
    node.item.reset();
  }

  /// The task is cancelled: false if the operation has succeeded already.
  [[nodiscard]] bool withdraw(channel_node& node) noexcept {
    if (node.answer() == reply::granted)
      return false;
    leave(node);
    return true;
  }

  void open_sender() noexcept { ++open_senders_; }

  void open_receiver() noexcept { ++open_receivers_; }

  void close_sender(channel_end& end) noexcept {
    if (std::exchange(end.closed, true))
      return;
    refuse_users(senders_, end);
    if (--open_senders_ == 0)
      refuse_all(receivers_);
  }

  /// What nobody can receive any more, to be destroyed without the lock.
  [[nodiscard]] std::deque<numbered<T>> close_receiver(channel_end& end) noexcept {
    std::deque<numbered<T>> dropped;
    if (std::exchange(end.closed, true))
      return dropped;
    refuse_users(receivers_, end);
    if (--open_receivers_ == 0) {
      refuse_all(senders_);
      dropped.swap(buffer_);
    }
    return dropped;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }

  [[nodiscard]] std::size_t open_senders() const noexcept { return open_senders_; }

  [[nodiscard]] std::size_t open_receivers() const noexcept { return open_receivers_; }

  [[nodiscard]] std::size_t waiting_senders() const noexcept { return senders_.size(); }

  [[nodiscard]] std::size_t waiting_receivers() const noexcept { return receivers_.size(); }

private:
  static void leave(channel_node& node) noexcept {
    if (!node.listed())
      return;
    --node.end->waiting;
    node.leave();
  }

  static void tell(channel_node& node, reply answer) noexcept {
    --node.end->waiting;
    node.wake(answer);
  }

  static void hand_to(receiver& first, numbered<T>&& item) {
    first.item.emplace(std::move(item));
    tell(first, reply::granted);
  }

  [[nodiscard]] numbered<T> accept(sender& first) {
    numbered<T> result{++last_number_, std::move(*first.value)};
    tell(first, reply::granted);
    return result;
  }

  void refill() {
    while (!senders_.empty() && buffer_.size() < capacity_)
      buffer_.push_back(accept(static_cast<sender&>(senders_.front())));
  }

  /// Where it was, should several have been put back.
  void put_back(numbered<T>&& item) {
    const auto place =
        std::find_if(buffer_.begin(), buffer_.end(), [&](const auto& e) { return e.number > item.number; });
    buffer_.insert(place, std::move(item));
  }

  static void refuse_users(wait_list& list, const channel_end& end) noexcept {
    for (auto* node = list.empty() ? nullptr : &list.front(); node != nullptr && end.waiting > 0;) {
      auto& each = static_cast<channel_node&>(*node);
      node = node->next();
      if (each.end == &end)
        tell(each, reply::refused);
    }
  }

  static void refuse_all(wait_list& list) noexcept {
    while (!list.empty())
      tell(static_cast<channel_node&>(list.front()), reply::refused);
  }

  std::size_t capacity_;
  std::deque<numbered<T>> buffer_;
  wait_list senders_;   // only while the buffer is full
  wait_list receivers_; // only while it is empty
  std::size_t open_senders_ = 0;
  std::size_t open_receivers_ = 0;
  std::uint64_t last_number_ = 0;
};

/// Sends or receives; once done it is done.
template <class T, class Node>
class channel_awaiter : public list_awaiter<channel_state<T>, Node> {
public:
  using list_awaiter<channel_state<T>, Node>::list_awaiter;

private:
  actors::detail::cancel_action on_cancel() override {
    const std::scoped_lock guard{this->state().mutex};
    return this->state().withdraw(*this) ? actors::detail::cancel_action::resume : actors::detail::cancel_action::later;
  }
};

} // namespace actors::sync::detail
