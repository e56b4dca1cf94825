#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/websocket_client.hpp>
#include <actors/supervise/backoff.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

/// A client that stays connected: `keep_connected(url, session)` opens a WebSocket, runs `session` with it, and when
/// the connection is lost opens the next one, after a wait that grows from failure to failure and is drawn at random,
/// so that the clients of a server that was restarted do not all come back at once.
///
///     co_await keep_connected("ws://example.org/feed", [](websocket& socket) -> task<bool> {
///       while (auto message = co_await socket.receive())
///         show(*message);
///       co_return true;                                     // closed by the server: connect again
///     });
///
/// The session says whether to go on: true connects again, false ends the call. A `websocket_error` that leaves it does
/// as true; any other exception ends the call and comes out of it.
///
/// Errors: what no other attempt would change is thrown at once (`unsupported`, and `refused` or `proxy` with a 4xx
/// other than 408, 425 and 429), as is the last error after `max_attempts` in a row. Cancellation: at once, in every
/// phase.
namespace actors::http {

/// What happens to a connection that is kept.
struct reconnect_event {
  enum class what : std::uint8_t { connecting, connected, lost, waiting };

  what kind = what::connecting;
  std::size_t attempt = 0;  ///< counted from 1, and anew after a connection that has lasted
  duration wait{};          ///< for `waiting`
  std::exception_ptr error; ///< for `lost`; null if the session has ended by itself
};

class reconnect_options {
public:
  reconnect_options() = default;

  /// How each connection is opened.
  reconnect_options& client(websocket_client_options value) {
    client_ = std::move(value);
    return *this;
  }

  /// The waits; 100 ms, doubled each time, at most 30 s, drawn from [0, that].
  reconnect_options& backoff(supervise::backoff_policy value) noexcept {
    backoff_ = value;
    return *this;
  }

  /// After how many failures in a row to give up; 0, the default: never.
  reconnect_options& max_attempts(std::size_t value) noexcept {
    max_attempts_ = value;
    return *this;
  }

  /// A connection that has lasted so long is a success, after which waits begin small again; 10 s.
  reconnect_options& lasting(duration value) noexcept {
    lasting_ = value;
    return *this;
  }

  /// Called with what happens, in the calling task. Must not block.
  reconnect_options& on_event(std::function<void(const reconnect_event&)> value) {
    on_event_ = std::move(value);
    return *this;
  }

  /// The seed of the waits; at random by default.
  reconnect_options& seed(std::uint64_t value) noexcept {
    seed_ = value;
    return *this;
  }

  [[nodiscard]] const websocket_client_options& client() const noexcept { return client_; }

  [[nodiscard]] const supervise::backoff_policy& backoff() const noexcept { return backoff_; }

  [[nodiscard]] std::size_t max_attempts() const noexcept { return max_attempts_; }

  [[nodiscard]] duration lasting() const noexcept { return lasting_; }

  [[nodiscard]] const std::function<void(const reconnect_event&)>& on_event() const noexcept { return on_event_; }

  [[nodiscard]] std::optional<std::uint64_t> seed() const noexcept { return seed_; }

private:
  websocket_client_options client_;
  supervise::backoff_policy backoff_;
  std::size_t max_attempts_ = 0;
  duration lasting_ = std::chrono::seconds(10);
  std::function<void(const reconnect_event&)> on_event_;
  std::optional<std::uint64_t> seed_;
};

/// What is done with each connection; true to connect again.
using websocket_session = std::function<task<bool>(websocket&)>;

[[nodiscard]] task<void> keep_connected(std::string where, websocket_session session, reconnect_options options = {});

} // namespace actors::http
