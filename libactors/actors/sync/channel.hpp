#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/sync/detail/channel_state.hpp>
#include <actors/sync/detail/wait_list.hpp>
#include <actors/sync/error.hpp>
#include <actors/sync/queue.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

/// Channels: values from senders to receivers, with an end.
///
/// `make_channel<T>(capacity)` gives a sender and a receiver. Both can be cloned, to have several of each; every value
/// goes to one receiver. `send` waits while the buffer is full; with capacity 0 there is none, and `send` waits until
/// somebody receives. An end is closed by `close` or its destructor, and the other side learns of it when the last one
/// is: the three ways in which an operation can fail are three errors.
///
/// - `channel_closed`: this end was closed by its own side; operations that wait on it get it, too;
/// - `broken_channel`, from `send`: all receivers are closed;
/// - `end_of_channel`, from `receive`: all senders are closed, and everything was received. `next` returns nothing
///   instead:
///
/// ```
/// while (auto value = co_await receiver.next())
///   use(*value);
/// ```
///
/// Fairness: first come, first served, on both sides. Cancellation: an operation that is cancelled has sent or received
/// nothing; one that had succeeded in the same moment returns, and the task is cancelled at its next await. A value
/// that was meant for a receiver that is killed goes to the next.
///
/// Threads: tasks of any runtime. Plain threads use `try_send`, `try_receive`, `blocking_send` and `blocking_receive`
/// (these wait on the monotonic clock, never in virtual time). One end object is not to be closed, moved or destroyed
/// by one thread while another calls it: clone it. Values should move without throwing.
///
/// Cost: three allocations for the channel, one for each clone, one for the frame of each operation that may wait;
/// `benchmarks/sync/channel_bench.cpp`. After trio's memory channels.
///
/// @snippet examples/sync.cpp channel
namespace actors::sync {

/// How a channel is doing.
struct channel_statistics {
  std::size_t buffered = 0;
  std::size_t capacity = 0;
  std::size_t open_senders = 0;
  std::size_t open_receivers = 0;
  std::size_t waiting_senders = 0;
  std::size_t waiting_receivers = 0;
};

namespace detail {

/// An end as an operation holds it: both stay until the operation has ended.
template <class T>
struct channel_use {
  std::shared_ptr<channel_state<T>> state;
  std::shared_ptr<channel_end> end;

  channel_use(std::shared_ptr<channel_state<T>> used_state, std::shared_ptr<channel_end> used_end) noexcept
      : state(std::move(used_state)), end(std::move(used_end)) {}

  /// Throws for an end that was moved from.
  const channel_use& checked() const {
    if (!state)
      throw misuse_error("an end of a channel was used after it was moved from");
    return *this;
  }

  [[nodiscard]] channel_statistics statistics() const {
    checked();
    const std::scoped_lock guard{state->mutex};
    channel_statistics result;
    result.buffered = state->buffered();
    result.capacity = state->capacity();
    result.open_senders = state->open_senders();
    result.open_receivers = state->open_receivers();
    result.waiting_senders = state->waiting_senders();
    result.waiting_receivers = state->waiting_receivers();
    return result;
  }

  /// A second end of the same side. Throws `channel_closed` if this one is closed.
  [[nodiscard]] std::shared_ptr<channel_end> clone(const char* side, void (channel_state<T>::*open)() noexcept) const {
    checked();
    auto result = std::make_shared<channel_end>();
    const std::scoped_lock guard{state->mutex};
    if (end->closed)
      throw channel_closed{side};
    (*state.*open)();
    return result;
  }
};

} // namespace detail

template <class T>
class sender;

template <class T>
class receiver;

/// A channel that buffers at most `capacity` values; 0: none, `unbounded`: any number.
template <class T>
[[nodiscard]] std::pair<sender<T>, receiver<T>> make_channel(std::size_t capacity = 0);

/// The end that sends. Movable; closed by its destructor.
template <class T>
class sender {
public:
  using value_type = T;

  sender(sender&&) noexcept = default;

  sender& operator=(sender&& other) noexcept {
    sender moved{std::move(other)};
    std::swap(use_.state, moved.use_.state);
    std::swap(use_.end, moved.use_.end);
    return *this;
  }

  ~sender() {
    if (use_.state)
      close();
  }

  /// Waits for room, or for a receiver if there is no buffer, and sends `value`. Throws `channel_closed`,
  /// `broken_channel`.
  [[nodiscard]] task<> send(T value) { return send_through(use_.checked(), std::move(value)); }

  /// Sends without waiting; false, with the value as it was, if `send` would have to wait. Throws as `send` does.
  [[nodiscard]] bool try_send(T&& value) {
    const auto use = use_.checked();
    const std::scoped_lock guard{use.state->mutex};
    return use.state->try_send(*use.end, value);
  }

  [[nodiscard]] bool try_send(const T& value)
    requires std::is_copy_constructible_v<T>
  {
    T copy{value};
    return try_send(std::move(copy));
  }

  /// As `send`, blocking a plain thread for at most `limit`; false, with the value as it was, if that was not enough.
  /// Throws `misuse_error` inside a task.
  [[nodiscard]] bool blocking_send(T&& value, duration limit = forever) {
    const auto use = use_.checked();
    detail::channel_sender<T> node{*use.end, value};
    return detail::wait_in_thread(*use.state, node, limit, "blocking_send");
  }

  [[nodiscard]] bool blocking_send(const T& value, duration limit = forever)
    requires std::is_copy_constructible_v<T>
  {
    T copy{value};
    return blocking_send(std::move(copy), limit);
  }

  /// Another sender of the same channel. Throws `channel_closed`.
  [[nodiscard]] sender clone() const {
    return sender{{use_.state, use_.clone("sender", &detail::channel_state<T>::open_sender)}};
  }

  /// Closes this end; more than once does nothing.
  void close() noexcept {
    const auto use = use_;
    if (!use.state)
      return;
    const std::scoped_lock guard{use.state->mutex};
    use.state->close_sender(*use.end);
  }

  [[nodiscard]] channel_statistics statistics() const { return use_.statistics(); }

private:
  template <class U>
  friend std::pair<sender<U>, receiver<U>> make_channel(std::size_t capacity);

  explicit sender(detail::channel_use<T> use) noexcept : use_(std::move(use)) {}

  static task<> send_through(detail::channel_use<T> use, T value) {
    co_await detail::channel_awaiter<T, detail::channel_sender<T>>{*use.state, *use.end, value};
  }

  detail::channel_use<T> use_;
};

/// The end that receives. Movable; closed by its destructor.
template <class T>
class receiver {
public:
  using value_type = T;

  receiver(receiver&&) noexcept = default;

  receiver& operator=(receiver&& other) noexcept {
    receiver moved{std::move(other)};
    std::swap(use_.state, moved.use_.state);
    std::swap(use_.end, moved.use_.end);
    return *this;
  }

  ~receiver() {
    if (use_.state)
      close();
  }

  /// Waits for a value. Throws `channel_closed`, `end_of_channel`.
  [[nodiscard]] task<T> receive() { return receive_through(use_.checked()); }

  /// Waits for a value; nothing at the end of the channel. Throws `channel_closed`.
  [[nodiscard]] task<std::optional<T>> next() { return next_through(use_.checked()); }

  /// Receives without waiting; nothing if `receive` would have to wait. Throws as `receive` does.
  [[nodiscard]] std::optional<T> try_receive() {
    const auto use = use_.checked();
    std::optional<T> result;
    const std::scoped_lock guard{use.state->mutex};
    if (auto item = use.state->try_receive(*use.end))
      result.emplace(std::move(item->value));
    return result;
  }

  /// As `receive`, blocking a plain thread for at most `limit`; nothing if that was not enough. Throws `misuse_error`
  /// inside a task.
  [[nodiscard]] std::optional<T> blocking_receive(duration limit = forever) {
    const auto use = use_.checked();
    detail::channel_receiver<T> node{*use.end};
    if (!detail::wait_in_thread(*use.state, node, limit, "blocking_receive"))
      return std::nullopt;
    return std::move(node.item->value);
  }

  /// Another receiver of the same channel: each value goes to one of them. Throws `channel_closed`.
  [[nodiscard]] receiver clone() const {
    return receiver{{use_.state, use_.clone("receiver", &detail::channel_state<T>::open_receiver)}};
  }

  /// Closes this end; more than once does nothing. With the last receiver goes what is in the buffer.
  void close() noexcept {
    const auto use = use_;
    if (!use.state)
      return;
    std::deque<detail::numbered<T>> dropped; // is destroyed without the lock
    const std::scoped_lock guard{use.state->mutex};
    dropped = use.state->close_receiver(*use.end);
  }

  [[nodiscard]] channel_statistics statistics() const { return use_.statistics(); }

private:
  template <class U>
  friend std::pair<sender<U>, receiver<U>> make_channel(std::size_t capacity);

  using awaiter = detail::channel_awaiter<T, detail::channel_receiver<T>>;

  explicit receiver(detail::channel_use<T> use) noexcept : use_(std::move(use)) {}

  static task<T> receive_through(detail::channel_use<T> use) {
    awaiter received{*use.state, *use.end};
    co_await received;
    co_return std::move(received.item->value);
  }

  static task<std::optional<T>> next_through(detail::channel_use<T> use) {
    std::optional<T> result;
    awaiter received{*use.state, *use.end};
    try {
      co_await received;
      result.emplace(std::move(received.item->value));
    } catch (const end_of_channel&) {
      // Nothing is the answer.
    }
    co_return result;
  }

  detail::channel_use<T> use_;
};

template <class T>
std::pair<sender<T>, receiver<T>> make_channel(std::size_t capacity) {
  const auto state = std::make_shared<detail::channel_state<T>>(capacity);
  sender<T> sending{{state, std::make_shared<detail::channel_end>()}};
  receiver<T> receiving{{state, std::make_shared<detail::channel_end>()}};
  state->open_sender();
  state->open_receiver();
  return {std::move(sending), std::move(receiving)};
}

} // namespace actors::sync
