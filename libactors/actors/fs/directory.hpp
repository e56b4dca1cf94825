#pragma once

#include <actors/core/task.hpp>
#include <actors/fs/file_status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

/// Names, folders and what is known of them.
///
/// Each call is one hop to the blocking pool. Cancellation: a call that has not started is withdrawn, one that runs is
/// waited for.
///
/// Errors: `file_error` with the operation, the path and the system's reason.
namespace actors::fs {

/// True if there is something of that name (a broken symbolic link counts as nothing). An error other than that there
/// is nothing, such as a folder that may not be searched, is thrown.
[[nodiscard]] task<bool> exists(std::filesystem::path path);

/// What a path stands for; symbolic links are followed.
[[nodiscard]] task<file_status> stat(std::filesystem::path path);

/// The entries of a folder without `.` and `..`, in the order of their names. Throws `errc::too_large` if there are
/// more than `limit`.
[[nodiscard]] task<std::vector<directory_entry>> list_directory(std::filesystem::path path,
                                                                std::size_t limit = 100'000);

/// Creates a folder and those above it; false if it was there already.
[[nodiscard]] task<bool> create_directories(std::filesystem::path path);

/// Removes a file, a symbolic link or an empty folder; false if there was nothing.
[[nodiscard]] task<bool> remove(std::filesystem::path path);

/// Removes a folder with all that is in it, without following symbolic links; how many files and folders went.
[[nodiscard]] task<std::uintmax_t> remove_all(std::filesystem::path path);

/// Gives a file or folder another name on the same file system, replacing a file that has it.
[[nodiscard]] task<void> rename(std::filesystem::path from, std::filesystem::path to);

} // namespace actors::fs
