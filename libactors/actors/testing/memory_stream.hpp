#pragma once

#include <actors/net/stream.hpp>
#include <actors/testing/stream_faults.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

/// Connected streams in memory, for tests of everything that speaks over a `net::stream`.
///
/// `make_memory_streams()` gives the two ends of a connection. They behave as sockets do, with bounded buffers and
/// half-close, and without any system call; under virtual time a delay costs nothing. Faults can be set for each
/// direction: delay, bytes in small or random pieces, corrupted bytes, a connection that breaks after so many bytes.
///
/// Threads and cancellation: as for every stream. The two ends may be used by different workers.
///
/// Errors: those that sockets give, `net_error` with the peer's name from the options: broken pipe for a write that
/// nobody can read any more, connection reset after a cut.
///
/// Delays are measured with the clock of the runtime whose task writes, so both ends belong into one runtime then.
namespace actors::testing {

class memory_stream_options {
public:
  memory_stream_options() = default;

  /// Bytes that each direction holds before a writer has to wait; 64 KiB by default, at least 1.
  memory_stream_options& buffer(std::size_t value) noexcept {
    buffer_ = value > 0 ? value : 1;
    return *this;
  }

  /// What happens to the bytes that the first end writes.
  memory_stream_options& from_first(stream_faults value) {
    from_first_ = std::move(value);
    return *this;
  }

  /// What happens to the bytes that the second end writes.
  memory_stream_options& from_second(stream_faults value) {
    from_second_ = std::move(value);
    return *this;
  }

  /// The same for both directions.
  memory_stream_options& both_ways(const stream_faults& value) {
    from_first_ = value;
    from_second_ = value;
    return *this;
  }

  /// What each end is called by the other; "memory:1" and "memory:2" by default.
  memory_stream_options& names(std::string first, std::string second) {
    first_name_ = std::move(first);
    second_name_ = std::move(second);
    return *this;
  }

  [[nodiscard]] std::size_t buffer() const noexcept { return buffer_; }

  [[nodiscard]] const stream_faults& from_first() const noexcept { return from_first_; }

  [[nodiscard]] const stream_faults& from_second() const noexcept { return from_second_; }

  [[nodiscard]] const std::string& first_name() const noexcept { return first_name_; }

  [[nodiscard]] const std::string& second_name() const noexcept { return second_name_; }

private:
  std::size_t buffer_ = std::size_t{64} * 1024;
  stream_faults from_first_;
  stream_faults from_second_;
  std::string first_name_ = "memory:1";
  std::string second_name_ = "memory:2";
};

/// The two ends of a connection.
struct memory_streams {
  std::unique_ptr<net::stream> first;
  std::unique_ptr<net::stream> second;
};

[[nodiscard]] memory_streams make_memory_streams(const memory_stream_options& options = {});

} // namespace actors::testing
