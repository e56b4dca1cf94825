#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Byte streams: the one interface under every protocol of the library.
///
/// TCP, TLS, Unix sockets and the in-memory streams of tests all are a `stream`, so cancellation, deadlines and
/// back-pressure are written once. A stream is a value-like object behind a pointer, owned by one task or connection at
/// a time.
///
/// Threads: one read and one write may be under way at the same time, from different tasks; two reads or two writes at
/// once throw `misuse_error`. `close` may come from any task.
///
/// Cancellation: cancelling a task that reads or writes ends the wait at once with `cancelled`. A cancelled read has
/// taken nothing; a cancelled write may have sent a part, so the stream is fit for nothing but `close` then.
///
/// Time: wrap in `with_timeout`.
///
/// Errors: `net_error` with the operation, the peer and the system's error; a read on a stream whose peer has closed
/// gives 0 bytes.
namespace actors::net {

namespace detail {
class input;
}

class stream {
public:
  stream() = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  virtual ~stream() = default;

  /// Reads what is there, at least one byte and at most `buffer.size()`; waits if there is nothing. 0 at the end of the
  /// stream. The buffer must outlive the await.
  [[nodiscard]] virtual task<std::size_t> read_some(std::span<char> buffer) = 0;

  /// What `read_some` would give without waiting; nothing if it would have to wait. The cheap first try on a hot path.
  [[nodiscard]] virtual std::optional<std::size_t> try_read_some(std::span<char> buffer) = 0;

  /// How to wait for input without a buffer, for streams that can (`detail/input_awaiter.hpp`); null for others.
  /// Belongs to the stream.
  [[nodiscard]] virtual detail::input* input() noexcept { return nullptr; }

  /// Writes all of `data`, waiting as often as the peer is slow. The data must outlive the await.
  [[nodiscard]] virtual task<void> write_all(std::string_view data) = 0;

  /// Writes what fits without waiting; how many bytes (0 if none).
  [[nodiscard]] virtual std::size_t try_write_some(std::string_view data) = 0;

  /// Tells the peer that nothing more will be written. The stream can still be read.
  virtual void shutdown_write() = 0;

  /// Ends the stream: what waits on it throws `net_error`. Closing twice does nothing.
  virtual void close() noexcept = 0;

  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  /// Who is on the other side, such as `127.0.0.1:8080`, for messages to people.
  [[nodiscard]] virtual std::string peer() const = 0;
};

} // namespace actors::net
