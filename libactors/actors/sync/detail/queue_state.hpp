#pragma once

#include <actors/sync/detail/queue_order.hpp>
#include <actors/sync/detail/wait_list.hpp>
#include <actors/sync/error.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace actors::sync::detail {

/// Waits for an item.
template <class T>
struct queue_getter : wait_node {
  std::optional<numbered<T>> item;
};

/// Waits for room, or for the end of all work.
template <class T>
struct queue_putter : wait_node {
  explicit queue_putter(T& item) noexcept : value(&item) {}

  T* value;
  std::uint64_t number = 0;
  std::exception_ptr error;
};

/// What a queue shares with those who use it.
///
/// A getter that is woken has the right to an item, and which one is decided when it runs: those who were woken get the
/// next items in the order in which they came to wait, whichever of them runs first. One that runs before others that
/// came earlier sets their items aside. So what a cancelled getter leaves goes to the one behind it, and nothing loses
/// its order. Items that are promised or set aside count as being in the queue until they are received.
///
/// A putter that is woken has its item in the queue already, in the order in which it came to wait. If it is cancelled
/// before it runs, the item is taken out again; if somebody has it already, the put has succeeded, and the cancellation
/// waits for the next await.
template <class T, class Order>
class queue_state {
public:
  using value_type = T;
  using getter = queue_getter<T>;
  using putter = queue_putter<T>;

  queue_state(std::size_t maxsize, Order order) : maxsize_(maxsize), items_(std::move(order)) {}

  std::mutex mutex;

  // -- under the lock ----------------------------------------------------------------------------------------------------------

  /// Takes an item that is promised to nobody.
  [[nodiscard]] std::optional<T> try_get() {
    require_usable();
    if (available() == 0) {
      if (over())
        throw queue_shut_down{};
      return std::nullopt;
    }
    // Those who were woken come first.
    while (!promised_.empty())
      set_aside_for_first();
    std::optional<T> result{items_.take().value};
    fill_up();
    return result;
  }

  [[nodiscard]] bool try_put(T& item) {
    require_usable();
    if (shut_down_)
      throw queue_shut_down{};
    if (full())
      return false;
    put(item);
    serve();
    return true;
  }

  // A getter that waits.

  [[nodiscard]] bool admit(getter& node) {
    auto item = try_get();
    if (!item)
      return false;
    node.item.emplace(0, *std::move(item));
    return true;
  }

  void enlist(getter& node) noexcept { getters_.push_back(node); }

  void settle(getter& node) {
    switch (node.answer()) {
    case reply::granted:
      break;
    case reply::destroyed:
      throw destroyed_error("a queue");
    default:
      throw queue_shut_down{};
    }
    if (!node.item) {
      while (&promised_.front() != &node)
        set_aside_for_first();
      node.item.emplace(items_.take());
    }
    node.leave();
    fill_up();
  }

  void abandon(getter& node) noexcept {
    if (node.item && node.listed()) {
      // The items set aside move up by one.
      for (auto* next = node.next(); next != nullptr; next = next->next())
        std::swap(*node.item, *static_cast<getter*>(next)->item);
      items_.put_back(*std::move(node.item));
    }
    node.leave();
    serve();
  }

  // A putter that waits.

  [[nodiscard]] bool admit(putter& node) { return try_put(*node.value); }

  void enlist(putter& node) noexcept { putters_.push_back(node); }

  void settle(putter& node) const {
    switch (node.answer()) {
    case reply::granted:
      return;
    case reply::destroyed:
      throw destroyed_error("a queue");
    default:
      if (node.error)
        std::rethrow_exception(node.error);
      throw queue_shut_down{};
    }
  }

  void abandon(putter& node) noexcept { node.leave(); }

  /// The task of a putter is cancelled: false if its item has been received, or will be. What is taken back is to be
  /// destroyed without the lock.
  [[nodiscard]] bool withdraw(putter& node, std::optional<numbered<T>>& item) {
    if (node.answer() != reply::granted) {
      node.leave();
      return true;
    }
    if (available() == 0)
      return false;
    item = items_.withdraw(node.number);
    if (!item)
      return false;
    finish(1);
    fill_up();
    return true;
  }

  // Those who wait for the end of all work.

  [[nodiscard]] bool admit(wait_node&) const {
    require_usable();
    return unfinished_ == 0;
  }

  void enlist(wait_node& node) noexcept { joiners_.push_back(node); }

  void settle(wait_node& node) const {
    if (node.answer() == reply::destroyed)
      throw destroyed_error("a queue");
  }

  void abandon(wait_node& node) noexcept { node.leave(); }

  void task_done() {
    if (unfinished_ == 0)
      throw misuse_error("task_done was called more often than items were put into the queue");
    finish(1);
  }

  /// What was dropped, to be destroyed without the lock.
  [[nodiscard]] std::vector<T> shut_down(bool immediate) {
    shut_down_ = true;
    putters_.wake_all(reply::refused);
    std::vector<T> dropped;
    if (immediate) {
      dropped.reserve(size());
      refuse_woken(set_aside_, dropped);
      refuse_woken(promised_, dropped);
      while (items_.size() > 0)
        dropped.push_back(items_.take().value);
      finish(std::min(dropped.size(), unfinished_));
    }
    serve();
    return dropped;
  }

  void destroy() noexcept {
    destroyed_ = true;
    getters_.wake_all(reply::destroyed);
    putters_.wake_all(reply::destroyed);
    joiners_.wake_all(reply::destroyed);
  }

  [[nodiscard]] bool is_shut_down() const noexcept { return shut_down_; }

  [[nodiscard]] std::size_t maxsize() const noexcept { return maxsize_; }

  [[nodiscard]] std::size_t size() const noexcept { return items_.size() + set_aside_.size(); }

  [[nodiscard]] bool full() const noexcept { return size() >= maxsize_; }

  [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }

  [[nodiscard]] std::size_t waiting_getters() const noexcept { return getters_.size(); }

  [[nodiscard]] std::size_t waiting_putters() const noexcept { return putters_.size(); }

private:
  void require_usable() const {
    if (destroyed_)
      throw destroyed_error("a queue");
  }

  [[nodiscard]] std::size_t available() const noexcept { return items_.size() - promised_.size(); }

  std::uint64_t put(T& item) {
    items_.put(numbered<T>{++last_number_, std::move(item)});
    ++unfinished_;
    return last_number_;
  }

  /// Nothing is left, and nothing will come: not even from a getter that is cancelled with its item promised.
  [[nodiscard]] bool over() const noexcept { return shut_down_ && size() == 0; }

  /// Promises what there is to those who wait, or tells them that nothing will come.
  void serve() noexcept {
    while (!getters_.empty() && available() > 0) {
      auto& first = getters_.front();
      first.wake(reply::granted);
      promised_.push_back(first);
    }
    if (over())
      getters_.wake_all(reply::refused);
  }

  void set_aside_for_first() {
    auto& first = static_cast<getter&>(promised_.front());
    first.item.emplace(items_.take());
    first.leave();
    set_aside_.push_back(first);
  }

  /// There may be room: takes in the items of those who wait with one.
  void fill_up() noexcept {
    while (!putters_.empty() && !full()) {
      auto& first = static_cast<putter&>(putters_.front());
      try {
        first.number = put(*first.value);
        first.wake(reply::granted);
      } catch (...) {
        // Out of memory, or a comparison failed: that is the putter's error, not of whoever made room.
        first.error = std::current_exception();
        first.wake(reply::refused);
      }
    }
    serve();
  }

  static void refuse_woken(wait_list& woken, std::vector<T>& dropped) {
    while (!woken.empty()) {
      auto& first = static_cast<getter&>(woken.front());
      first.leave();
      first.set_answer(reply::refused);
      if (first.item)
        dropped.push_back(std::move(first.item->value));
      first.item.reset();
    }
  }

  void finish(std::size_t count) noexcept {
    unfinished_ -= count;
    if (unfinished_ == 0)
      joiners_.wake_all(reply::granted);
  }

  std::size_t maxsize_;
  Order items_;
  wait_list getters_;
  wait_list promised_;  // woken getters that will take the next items
  wait_list set_aside_; // woken getters that have their item, all of them from before those promised
  wait_list putters_;
  wait_list joiners_;
  std::uint64_t last_number_ = 0;
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  bool destroyed_ = false;
};

/// A put that may be taken back.
template <class State>
class put_awaiter : public list_awaiter<State, typename State::putter> {
public:
  using list_awaiter<State, typename State::putter>::list_awaiter;

private:
  actors::detail::cancel_action on_cancel() override {
    std::optional<numbered<typename State::value_type>> taken_back;
    const std::scoped_lock guard{this->state().mutex};
    return this->state().withdraw(*this, taken_back) ? actors::detail::cancel_action::resume
                                                     : actors::detail::cancel_action::later;
  }
};

/// The same for a plain thread: waits at most `limit`; false if nothing came of it.
template <class State, class Node>
[[nodiscard]] bool wait_in_thread(State& state, Node& node, duration limit, const char* operation) {
  require_plain_thread(operation);
  std::condition_variable sleeping;
  std::unique_lock lock{state.mutex};
  if (state.admit(node))
    return true;
  node.stand_for(sleeping);
  state.enlist(node);
  if (!sleep_until_answered(lock, node, sleeping, limit)) {
    state.abandon(node);
    return false;
  }
  try {
    state.settle(node);
  } catch (...) {
    state.abandon(node);
    throw;
  }
  return true;
}

} // namespace actors::sync::detail
