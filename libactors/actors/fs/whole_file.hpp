#pragma once

#include <actors/core/task.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

/// Whole files at once: read one, write one, append to one.
///
/// Each call is one hop to a thread of the runtime's blocking pool, whatever it does there, because Linux has no way to
/// wait for a file without blocking.
///
/// Cancellation: a call that has not started is withdrawn; one that runs is waited for, so a file is never left
/// half-written by a cancellation.
///
/// Errors: `file_error` with the operation, the path and the system's reason. A write that fails half-way (a full disk)
/// says how much was written; with `write_mode::replace` the old file is then still there, untouched.
namespace actors::fs {

/// How much `read_file` reads if nobody says otherwise: 64 MiB.
inline constexpr std::size_t default_read_limit = std::size_t{64} << 20;

/// What happens to the file that was there.
enum class write_mode : std::uint8_t {
  /// It is emptied and written anew. Whoever reads meanwhile, or after a crash, may find a part.
  in_place,
  /// The data goes to a new file beside it, is flushed to the disk, and then takes its place in one step: readers see
  /// the old content or the
  /// new one, after a crash too. Keeps the permissions, follows symbolic links.
  replace,
};

/// The content of a file. Throws `errc::too_large` if there are more than `limit` bytes.
[[nodiscard]] task<std::string> read_file(std::filesystem::path path, std::size_t limit = default_read_limit);

/// Writes a file, and creates it if there is none.
[[nodiscard]] task<void> write_file(std::filesystem::path path, std::string data,
                                    write_mode mode = write_mode::in_place);

/// Adds to the end of a file, and creates it if there is none. Appends by several tasks or processes do not mix.
[[nodiscard]] task<void> append_file(std::filesystem::path path, std::string data);

} // namespace actors::fs
