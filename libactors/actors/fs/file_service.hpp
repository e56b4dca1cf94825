#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/spawn_options.hpp>
#include <actors/fs/message_types.hpp>
#include <actors/fs/whole_file.hpp>

#include <cstddef>
#include <filesystem>
#include <utility>

/// Files as an actor: what this folder's functions do, as messages, for plain CAF code and for other nodes.
///
/// | message | answer |
/// |---|---|
/// | `read_file_atom, std::string path` | `std::string` |
/// | `write_file_atom, std::string path, std::string data` | empty; the file is replaced in one step |
/// | `append_file_atom, std::string path, std::string data` | empty |
/// | `stat_atom, std::string path` | `file_status` |
/// | `list_directory_atom, std::string path` | `std::vector<directory_entry>` |
/// | `create_directories_atom, std::string path` | `bool`: false if it was there already |
/// | `remove_atom, std::string path` | `bool`: false if there was nothing |
/// | `rename_atom, std::string from, std::string to` | empty |
///
/// Paths are relative to the service's folder and cannot lead out of it by `..` or a leading `/`. Symbolic links inside
/// of the folder are followed wherever they lead.
///
/// Order: calls run at the same time, as far as the blocking pool has threads; who needs an order waits for the answer.
///
/// Cancellation: a call that has not started is withdrawn, one that runs is waited for.
///
/// Errors: as `caf::error` with the text of the `file_error`.
///
/// `register_fs_messages` has to run before the first runtime.
namespace actors::fs {

class file_service_options {
public:
  /// `folder` is what the service gives access to.
  explicit file_service_options(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The largest file that is read, in bytes; 64 MiB by default.
  file_service_options& read_limit(std::size_t value) noexcept {
    read_limit_ = value;
    return *this;
  }

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  [[nodiscard]] std::size_t read_limit() const noexcept { return read_limit_; }

private:
  std::filesystem::path folder_;
  std::size_t read_limit_ = default_read_limit;
};

/// Starts the service as a child of the running task or service.
[[nodiscard]] service_ref spawn_file_service(const file_service_options& files, const spawn_options& options = {});

/// Starts the service as one of the runtime.
[[nodiscard]] service_ref spawn_file_service(const runtime& owner, const file_service_options& files,
                                             const spawn_options& options = {});

} // namespace actors::fs
