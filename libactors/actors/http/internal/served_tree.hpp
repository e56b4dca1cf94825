#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace actors::http::internal {

/// An open file or folder; what it is was asked of the descriptor, so that it cannot be another one by now.
class served_entry {
public:
  served_entry() = default;

  served_entry(int descriptor, const struct ::stat& status) noexcept : descriptor_(descriptor), status_(status) {}

  served_entry(served_entry&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), status_(other.status_) {}

  served_entry& operator=(served_entry&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(status_, other.status_);
    return *this;
  }

  ~served_entry();

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

  [[nodiscard]] bool is_file() const noexcept { return is_open() && S_ISREG(status_.st_mode); }

  [[nodiscard]] bool is_folder() const noexcept { return is_open() && S_ISDIR(status_.st_mode); }

  [[nodiscard]] std::uint64_t size() const noexcept { return static_cast<std::uint64_t>(status_.st_size); }

  /// Nanoseconds since 1970.
  [[nodiscard]] std::int64_t modified() const noexcept {
    return std::int64_t{status_.st_mtim.tv_sec} * 1'000'000'000 + status_.st_mtim.tv_nsec;
  }

  /// Fills the buffer from `offset` on, as far as the file goes. @throws std::system_error
  [[nodiscard]] std::size_t read(std::span<char> buffer, std::uint64_t offset) const;

  struct name {
    std::string text;
    bool is_folder = false;
  };

  /// Of a folder: its names, sorted, folders first; at most `limit` of them. @throws std::system_error
  [[nodiscard]] std::vector<name> names(bool dot_files, std::size_t limit) const;

private:
  int descriptor_ = -1;
  struct ::stat status_{};
};

/// A folder whose files are served: opens what lies in it and nothing else, whatever changes at the same time.
///
/// With openat2 (Linux 5.6) the system itself resolves the whole path beneath the root, symbolic links included as long
/// as they are relative and stay inside. Elsewhere, and if links are not to be followed, every component is opened in
/// its folder and no link is followed. Blocks: to be used off the workers.
class served_tree {
public:
  /// @throws std::system_error if there is no such folder.
  served_tree(const std::filesystem::path& root, bool follows_links, bool may_use_openat2 = true);
  served_tree(const served_tree&) = delete;
  served_tree& operator=(const served_tree&) = delete;
  ~served_tree();

  /// Opens a path below the root, empty for the root itself. Not open if there is nothing to serve: no such name, a
  /// link to the outside, a pipe or device. @throws std::system_error `permission_denied`, and for lack of means.
  [[nodiscard]] served_entry open(const std::string& relative) const;

private:
  [[nodiscard]] int open_beneath(const std::string& relative) const;
  [[nodiscard]] int open_stepwise(const std::string& relative) const;

  int root_ = -1;
  bool follows_links_;
  bool may_use_openat2_;
};

} // namespace actors::http::internal
