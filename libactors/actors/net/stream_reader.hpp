#pragma once

#include <actors/core/task.hpp>
#include <actors/net/error.hpp>
#include <actors/net/stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Reads what protocols are made of: lines, parts up to a mark, blocks of a known length. As asyncio's `StreamReader`.
///
/// Ownership: the reader refers to its stream and holds what it has read ahead; both outlive every read. Whoever reads
/// from the stream itself meanwhile misses what the reader holds; `take_buffered` gives it back. Writing goes on at the
/// stream.
///
/// Threads: one read at a time, as with the stream. Cancellation: a read that is cancelled has taken nothing; what has
/// come is there for the next one. Time: wrap in `with_timeout`.
///
/// Errors: those of the stream; `incomplete_read` if it ends too early, with the part that was there; `net_error` with
/// `errc::too_long` if there is no end within the limit. Memory: the limit and one chunk of 16 KiB, except that
/// `read_exactly` takes as much as it is asked for.
///
/// @snippet tests/net/stream_reader_test.cpp reader
namespace actors::net {

/// The stream has ended in the middle of something.
class incomplete_read : public net_error {
public:
  incomplete_read(std::string_view peer, std::string partial, std::size_t expected);

  /// What was there; it has been taken from the reader.
  [[nodiscard]] const std::string& partial() const noexcept { return *partial_; }

  /// How many bytes were wanted; 0 if a mark was looked for.
  [[nodiscard]] std::size_t expected() const noexcept { return expected_; }

private:
  std::shared_ptr<const std::string> partial_;
  std::size_t expected_;
};

class stream_reader {
public:
  static constexpr std::size_t default_limit = std::size_t{64} * 1024;

  /// `limit` is the longest line, or part up to a mark, in bytes without its end. Throws `misuse_error` if it is 0.
  explicit stream_reader(stream& source, std::size_t limit = default_limit);

  /// What is there, at least one byte and at most `count`; waits if there is nothing. Empty at the end of the stream.
  [[nodiscard]] task<std::string> read_some(std::size_t count);

  /// Exactly `count` bytes. Throws `incomplete_read`.
  [[nodiscard]] task<std::string> read_exactly(std::size_t count);

  /// Everything up to the mark, which is taken from the stream and not part of the result. Throws `incomplete_read`,
  /// also if nothing was there; `errc::too_long` with the bytes left where they are, so that `read_some` can have them.
  /// Throws `misuse_error` for an empty mark.
  [[nodiscard]] task<std::string> read_until(std::string mark);

  /// The next line without its end, "\n" or "\r\n"; nothing at the end of the stream. A last line may do without an
  /// end. A line over the limit is dropped: this call throws `errc::too_long`, and the next one gives the line after
  /// it.
  [[nodiscard]] task<std::optional<std::string>> read_line();

  /// Everything to the end of the stream, at most `limit` bytes (`errc::too_long`).
  [[nodiscard]] task<std::string> read_all(std::size_t limit);

  /// True once the stream has ended and all of it was read.
  [[nodiscard]] bool at_end() const noexcept { return ended_ && buffered().empty(); }

  /// What was read ahead, taken out of the reader.
  [[nodiscard]] std::string take_buffered();

private:
  [[nodiscard]] std::string_view buffered() const noexcept { return std::string_view{buffer_}.substr(begin_); }

  /// Waits for more bytes; false at the end of the stream.
  [[nodiscard]] task<bool> fill();

  [[nodiscard]] std::string take(std::size_t count);
  void drop(std::size_t count);
  [[noreturn]] void throw_too_long(std::string_view what, std::size_t limit) const;

  stream* source_;
  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0; // of what has not been given out
  std::string chunk_;
  bool ended_ = false;
  bool dropping_line_ = false;
};

} // namespace actors::net
