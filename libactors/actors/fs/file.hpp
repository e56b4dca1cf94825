#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

/// Open files: read and write in pieces, in order or at any place.
///
///     auto log = co_await fs::open("app.log", fs::open_mode::append);
///     co_await log.write("started\n");
///
/// Each call is one hop to a thread of the blocking pool (some ten microseconds), so make the pieces large: 64 KiB and
/// more.
///
/// Ownership: the object owns the open file and closes it when it goes; `close` does so with a result, which matters
/// for what was written. Moved from, it is closed.
///
/// Threads: calls may overlap, from any tasks. `read` and `write` share one position, so let one task at a time use
/// these; `read_at` and `write_at` have none.
///
/// Cancellation: a call that has not started is withdrawn; one that runs is waited for, so buffers need to live only as
/// long as the await.
///
/// Errors: `file_error` with the operation, the path and the system's reason; `errc::closed` after `close`. A write
/// that fails half-way says how much was written.
namespace actors::fs {

enum class open_mode : std::uint8_t {
  /// Read a file that exists.
  read,
  /// Write a new file; one that exists is emptied.
  write,
  /// Write at the end, always; created if there is none.
  append,
  /// Read and write, keeping what is there; created if there is none.
  update,
  /// Read and write a new file; fails if there is one.
  create,
};

class file {
public:
  /// Stands for no file: every call throws `errc::closed`.
  file() noexcept = default;

  /// The next bytes, at most `most` of them and fewer at the end; empty at the end of the file.
  [[nodiscard]] task<std::string> read(std::size_t most);

  /// Writes all of `data` at the position, or at the end in append mode. The data must outlive the await.
  [[nodiscard]] task<void> write(std::string_view data);

  /// Fills `buffer` from `offset` on; how many bytes there were. The buffer must outlive the await.
  [[nodiscard]] task<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer);

  /// Writes all of `data` from `offset` on. The data must outlive the await. Not in append mode, which has but one
  /// place to write.
  [[nodiscard]] task<void> write_at(std::uint64_t offset, std::string_view data);

  /// Bytes.
  [[nodiscard]] task<std::uint64_t> size();

  /// Cuts the file off, or fills it up with zeros.
  [[nodiscard]] task<void> truncate(std::uint64_t size);

  /// Returns when what was written is on the disk.
  [[nodiscard]] task<void> sync();

  /// Closes the file; throws what the system reports only now. Calls that run are waited for. Closing twice does
  /// nothing.
  [[nodiscard]] task<void> close();

  [[nodiscard]] bool is_open() const noexcept;

  /// As it was opened.
  [[nodiscard]] const std::filesystem::path& path() const noexcept;

private:
  friend task<file> open(std::filesystem::path path, open_mode mode);

  class state;

  explicit file(std::shared_ptr<state> opened) noexcept : state_(std::move(opened)) {}

  [[nodiscard]] const std::shared_ptr<state>& checked() const;

  std::shared_ptr<state> state_;
};

/// Opens a file. Folders, pipes and sockets cannot be opened.
[[nodiscard]] task<file> open(std::filesystem::path path, open_mode mode = open_mode::read);

} // namespace actors::fs
