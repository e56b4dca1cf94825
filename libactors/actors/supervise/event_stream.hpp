#pragma once

#include <actors/core/task.hpp>
#include <actors/supervise/child_event.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace actors::supervise {

namespace detail {

class event_buffer;

} // namespace detail

/// The events of a supervisor as a stream, for one reader: `while (auto event = co_await events.next())`.
///
/// Begins with the subscription. Holds at most as many events as it was given room for; when the reader is slower, the
/// oldest are dropped and counted in `missed`, so that a slow reader costs the supervisor nothing. Destroying it ends
/// the subscription.
///
/// Cancellation: `next` ends at once and loses no event. Errors: `misuse_error` for a second reader at the same time.
class event_stream {
public:
  explicit event_stream(std::shared_ptr<detail::event_buffer> buffer) noexcept : buffer_(std::move(buffer)) {}

  /// The next event; nothing once the supervisor has ended and all was read.
  [[nodiscard]] task<std::optional<child_event>> next();

  /// Events dropped so far.
  [[nodiscard]] std::uint64_t missed() const;

private:
  std::shared_ptr<detail::event_buffer> buffer_;
};

} // namespace actors::supervise
