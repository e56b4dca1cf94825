#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/server.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Servers of all kinds of handlers, for clients that behave badly (rough_clients.hpp), and what may be left of them.
namespace actors::http::test {

inline constexpr std::size_t big_size = 200'000;

/// `/` answers hello, `/big` with `big_size` bytes, a POST with its body.
[[nodiscard]] response answer_at_once(const request& what);

/// `/12` answers when 12 ms are over; a POST with its body after 1 ms.
[[nodiscard]] task<response> answer_later(request what);

/// `/stream` answers in many pieces, `/echo` with what comes while it comes, `/leave` without a look at the body, `/ws`
/// is a WebSocket that sends back what it gets.
[[nodiscard]] task<void> answer_in_pieces(server_exchange& x);

/// The three of them, each on a port of its own.
struct rough_sites {
  server plain;
  server waiting;
  server streaming;

  rough_sites();

  [[nodiscard]] task<void> start();

  /// Of `plain`, `waiting` and `streaming`; once they have started.
  [[nodiscard]] std::array<std::uint16_t, 3> ports() const { return {plain.port(), waiting.port(), streaming.port()}; }

  [[nodiscard]] std::size_t connections() const {
    return plain.connections() + waiting.connections() + streaming.connections();
  }
};

/// What is alive in a runtime and its process.
struct leftovers {
  std::size_t connections = 0;
  std::size_t tasks = 0; ///< and services
  std::size_t actors = 0;
  std::size_t timers = 0;
  std::size_t descriptors = 0;

  [[nodiscard]] friend bool operator==(const leftovers&, const leftovers&) = default;
};

[[nodiscard]] leftovers count_leftovers(const runtime& home, std::size_t connections);
[[nodiscard]] std::string to_string(const leftovers& all);

} // namespace actors::http::test
