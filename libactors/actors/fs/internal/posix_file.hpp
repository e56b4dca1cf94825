#pragma once

#include <actors/fs/file.hpp>
#include <actors/fs/file_status.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace actors::fs::internal {

/// An open file, used by whoever may block. Throws `file_error`; interrupted calls are repeated.
class posix_file {
public:
  posix_file(const std::filesystem::path& path, int flags, mode_t permissions = 0666);
  posix_file(const posix_file&) = delete;
  posix_file& operator=(const posix_file&) = delete;
  ~posix_file();

  /// Throws `errc::not_a_file`, or "Is a directory", for what has no content to read or write.
  void require_content() const;

  /// How many bytes; fewer than asked for only at the end. Without an offset, from the position on.
  [[nodiscard]] std::size_t read(std::span<char> buffer, std::optional<std::uint64_t> offset = {});

  void write(std::string_view data, std::optional<std::uint64_t> offset = {});

  [[nodiscard]] struct ::stat status() const;
  void set_permissions(mode_t permissions);
  void truncate(std::uint64_t size);
  void sync();
  void close();

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
  int fd_ = -1;
};

[[nodiscard]] std::error_code last_error() noexcept;
[[nodiscard]] file_kind kind_of(mode_t mode) noexcept;

} // namespace actors::fs::internal
