#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/sync/detail/queue_state.hpp>
#include <actors/sync/detail/wait_list.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// Queues between tasks: `put` waits while the queue is full, `get` while it is empty.
///
/// `queue` gives the oldest item first; `lifo_queue` and `priority_queue` have headers of their own. Count the work
/// with `task_done`, once for each item that was dealt with: `join` waits until all of it is. `shutdown` ends a queue:
/// no more items go in, those that are there can still be had (`graceful`) or are dropped (`immediate`), and whoever
/// would have to wait throws `queue_shut_down`.
///
/// Fairness: first come, first served, on both sides; nobody overtakes. Cancellation: a `get` that is cancelled or
/// killed takes no item; those behind it that have not received theirs move up, so nothing is lost. A `put` that is
/// cancelled has put nothing, except that one whose item has been received already returns, and the task is cancelled
/// at its next await.
///
/// Threads: tasks of any runtime. Plain threads use `try_put`, `try_get`, `blocking_put` and `blocking_get` (these wait
/// on the monotonic clock, never in virtual time), or `runtime::block_on` with any of the tasks. Items should move
/// without throwing. Destroying a queue makes those who wait throw `misuse_error`.
///
/// Cost: one allocation for the queue and one for the frame of each `put` and `get` (`try_put` and `try_get` have
/// none); `benchmarks/sync/queue_bench.cpp`. After asyncio's `Queue` of Python 3.13.
///
/// @snippet examples/sync.cpp queue
namespace actors::sync {

/// No limit on the number of items.
inline constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

/// What happens to the items of a queue that is shut down.
enum class shutdown_mode : std::uint8_t {
  /// They can still be had.
  graceful,
  /// They are dropped, and count as done.
  immediate,
};

/// What all queues have in common; `Order` decides which item comes next.
template <class T, class Order>
class basic_queue {
public:
  using value_type = T;

  /// Holds at most `maxsize` items; 0 is `unbounded`, as with asyncio.
  explicit basic_queue(std::size_t maxsize = unbounded, Order order = Order{})
      : state_(std::make_shared<state_type>(maxsize == 0 ? unbounded : maxsize, std::move(order))) {}

  basic_queue(const basic_queue&) = delete;
  basic_queue& operator=(const basic_queue&) = delete;

  ~basic_queue() {
    const std::scoped_lock guard{state_->mutex};
    state_->destroy();
  }

  // -- tasks -------------------------------------------------------------------------------------------------------------------

  /// Waits for room and puts `item`. Throws `queue_shut_down`.
  [[nodiscard]] task<> put(T item) { return put_into(state_, std::move(item)); }

  /// Waits for an item and takes it. Throws `queue_shut_down` once the queue is shut down and empty.
  [[nodiscard]] task<T> get() { return get_from(state_); }

  /// Waits until `task_done` was called for all items; until then, items may come.
  [[nodiscard]] task<> join() { return join_of(state_); }

  // -- any thread --------------------------------------------------------------------------------------------------------------

  /// Puts `item` if there is room; if not it stays as it was. Throws `queue_shut_down`.
  [[nodiscard]] bool try_put(T&& item) {
    const auto state = state_;
    const std::scoped_lock guard{state->mutex};
    return state->try_put(item);
  }

  [[nodiscard]] bool try_put(const T& item)
    requires std::is_copy_constructible_v<T>
  {
    T copy{item};
    return try_put(std::move(copy));
  }

  /// Takes an item if there is one that nobody has waited for. Throws `queue_shut_down` once the queue is shut down and
  /// empty; an item that is on its way to another task may still come back.
  [[nodiscard]] std::optional<T> try_get() {
    const auto state = state_;
    const std::scoped_lock guard{state->mutex};
    return state->try_get();
  }

  /// Counts one item as dealt with. Throws `misuse_error` if all were already.
  void task_done() {
    const auto state = state_;
    const std::scoped_lock guard{state->mutex};
    state->task_done();
  }

  /// Takes no more items. May be called again, to drop what a graceful shutdown has left.
  void shutdown(shutdown_mode mode = shutdown_mode::graceful) {
    const auto state = state_;
    std::vector<T> dropped; // is destroyed without the lock
    const std::scoped_lock guard{state->mutex};
    dropped = state->shut_down(mode == shutdown_mode::immediate);
  }

  [[nodiscard]] bool is_shut_down() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->is_shut_down();
  }

  /// The number of items, with those that are on their way to a task that waited.
  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->size();
  }

  [[nodiscard]] bool empty() const { return size() == 0; }

  [[nodiscard]] bool full() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->full();
  }

  [[nodiscard]] std::size_t maxsize() const noexcept { return state_->maxsize(); }

  /// The number of items for which `task_done` is still to be called.
  [[nodiscard]] std::size_t unfinished() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->unfinished();
  }

  /// How many wait for an item, and how many for room.
  [[nodiscard]] std::size_t waiting_getters() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->waiting_getters();
  }

  [[nodiscard]] std::size_t waiting_putters() const {
    const std::scoped_lock guard{state_->mutex};
    return state_->waiting_putters();
  }

  // -- plain threads -----------------------------------------------------------------------------------------------------------

  /// As `put`, blocking the thread for at most `limit`; false, with the item as it was, if there was no room in time.
  /// Throws `misuse_error` inside a task.
  [[nodiscard]] bool blocking_put(T&& item, duration limit = forever) {
    const auto state = state_;
    typename state_type::putter node{item};
    return detail::wait_in_thread(*state, node, limit, "blocking_put");
  }

  [[nodiscard]] bool blocking_put(const T& item, duration limit = forever)
    requires std::is_copy_constructible_v<T>
  {
    T copy{item};
    return blocking_put(std::move(copy), limit);
  }

  /// As `get`, blocking the thread for at most `limit`; nothing if no item came in time. Throws `misuse_error` inside a
  /// task.
  [[nodiscard]] std::optional<T> blocking_get(duration limit = forever) {
    const auto state = state_;
    typename state_type::getter node;
    if (!detail::wait_in_thread(*state, node, limit, "blocking_get"))
      return std::nullopt;
    return std::move(node.item->value);
  }

private:
  using state_type = detail::queue_state<T, Order>;
  using state_ptr = std::shared_ptr<state_type>;

  static task<> put_into(state_ptr state, T item) { co_await detail::put_awaiter<state_type>{*state, item}; }

  static task<T> get_from(state_ptr state) {
    detail::list_awaiter<state_type, typename state_type::getter> getter{*state};
    co_await getter;
    co_return std::move(getter.item->value);
  }

  static task<> join_of(state_ptr state) { co_await detail::list_awaiter<state_type>{*state}; }

  state_ptr state_;
};

/// Gives the oldest item first.
template <class T>
class queue : public basic_queue<T, detail::first_in_first_out<T>> {
public:
  explicit queue(std::size_t maxsize = unbounded) : basic_queue<T, detail::first_in_first_out<T>>(maxsize) {}
};

} // namespace actors::sync
