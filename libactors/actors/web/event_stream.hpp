#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/server_event.hpp>
#include <actors/web/context.hpp>
#include <actors/web/reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// Server-sent events as answers: of one client's own making, or what everybody hears (`event_hub`).
///
///     reply ticks(context& c) {
///       return event_stream(c, [](event_writer& out) -> task<void> {
///         http::server_event tick{.event = "tick"};
///         for (int i = 0;; ++i) {
///           tick.data = std::to_string(i);
///           co_await out.send(tick);
///           co_await sleep(1s);
///         }
///       });
///     }
///
///     reply news(context& c, state<event_hub> hub) { return hub->stream(c); }
///     hub->publish({.event = "news", .data = "..."});                          // from anywhere
///
/// A stream that is silent gets a comment now and then, so that proxies leave it open. It ends when its function
/// returns, when the client has left (the function is cancelled), and when the server begins to stop in order: then
/// what was sent goes out, the function is cancelled, and the client connects again, elsewhere.
///
/// A hub numbers its events and keeps the last ones. A client that comes back with `Last-Event-ID`, as browsers do by
/// themselves, gets what it has missed. One that reads too slowly misses what is no longer kept; it is then cut off, or
/// goes on with what there is, as `slow_reader` says. Nobody makes anybody else wait, and memory is bounded: what is
/// kept is shared by all, and readers are only positions in it.
///
/// Ownership: copies of a hub stand for the same one; a stream keeps it. Threads: `publish` and `close` from any, also
/// plain ones. Errors: what the function throws cuts the connection and is logged; `http::error` for an event that
/// cannot be written. Cancellation: of `send` at once, nothing is sent then. Cost: an event is made into text once, for
/// all. Source: WHATWG HTML, "Server-sent events".
namespace actors::web {

namespace internal {

class event_channel;
class event_hub_state;

} // namespace internal

class event_stream_options {
public:
  event_stream_options() = default;

  /// After how much silence a comment is sent; 15 s. `forever` for none.
  event_stream_options& heartbeat(duration value) noexcept {
    heartbeat_ = value;
    return *this;
  }

  /// How long clients shall wait before they connect again; not said unless set.
  event_stream_options& retry(std::chrono::milliseconds value) noexcept {
    retry_ = value;
    return *this;
  }

  /// Events that may wait for the client before `send` waits; 16.
  event_stream_options& queue(std::size_t value) noexcept {
    queue_ = value > 0 ? value : 1;
    return *this;
  }

  [[nodiscard]] duration heartbeat() const noexcept { return heartbeat_; }

  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

  [[nodiscard]] std::size_t queue() const noexcept { return queue_; }

private:
  duration heartbeat_ = std::chrono::seconds(15);
  std::optional<std::chrono::milliseconds> retry_;
  std::size_t queue_ = 16;
};

/// Where the function of a stream sends to.
class event_writer {
public:
  /// Waits while as many events as may wait do.
  [[nodiscard]] task<void> send(const http::server_event& event);

  /// Text that clients skip.
  [[nodiscard]] task<void> comment(std::string text);

  /// What a client that has been here before has seen last; empty if it has not.
  [[nodiscard]] const std::string& last_event_id() const noexcept { return last_event_id_; }

  event_writer(std::shared_ptr<internal::event_channel> to, std::string last_event_id)
      : to_(std::move(to)), last_event_id_(std::move(last_event_id)) {}

  // -- for hubs --

  [[nodiscard]] task<void> send_text(std::string text);

private:
  std::shared_ptr<internal::event_channel> to_;
  std::string last_event_id_;
};

using event_function = std::function<task<void>(event_writer&)>;

/// An answer whose events come from a function, which is called when the answer begins.
[[nodiscard]] reply event_stream(context& c, event_function produce, const event_stream_options& options = {});

/// What becomes of a client that misses events because it reads too slowly.
enum class slow_reader : std::uint8_t {
  disconnect, ///< its stream ends; it comes back with what it has seen last
  skip,       ///< it goes on with the oldest event that is kept
};

class event_hub_options {
public:
  event_hub_options() = default;

  /// How many events are kept for those who come back and those who are slow; 256.
  event_hub_options& history(std::size_t events) noexcept {
    history_ = events > 0 ? events : 1;
    return *this;
  }

  /// `disconnect`.
  event_hub_options& when_slow(slow_reader value) noexcept {
    when_slow_ = value;
    return *this;
  }

  /// Sent to a client that has missed events which are not kept any more, before those that are: it may want to ask for
  /// the whole state. None unless set.
  event_hub_options& gap_event(http::server_event value) {
    gap_ = std::move(value);
    return *this;
  }

  event_hub_options& stream(const event_stream_options& value) {
    stream_ = value;
    return *this;
  }

  [[nodiscard]] std::size_t history() const noexcept { return history_; }

  [[nodiscard]] slow_reader when_slow() const noexcept { return when_slow_; }

  [[nodiscard]] const std::optional<http::server_event>& gap_event() const noexcept { return gap_; }

  [[nodiscard]] const event_stream_options& stream() const noexcept { return stream_; }

private:
  std::size_t history_ = 256;
  slow_reader when_slow_ = slow_reader::disconnect;
  std::optional<http::server_event> gap_;
  event_stream_options stream_;
};

/// Tells many clients the same.
class event_hub {
public:
  explicit event_hub(const event_hub_options& options = {});

  /// Gives the event a number as id, unless it has one, and returns it. Never waits. Dropped once the hub is closed.
  std::string publish(http::server_event event) const;

  /// The stream of a client: what is published from now on, or, for one that comes back, since what it has seen last.
  [[nodiscard]] reply stream(context& c) const;

  /// Ends all streams when they have sent what there is, and those of the future.
  void close() const;

  /// Clients of this moment.
  [[nodiscard]] std::size_t subscribers() const;

private:
  std::shared_ptr<internal::event_hub_state> state_;
};

} // namespace actors::web
