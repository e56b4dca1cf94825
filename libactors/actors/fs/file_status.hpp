#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace actors::fs {

/// What a path stands for.
enum class file_kind : std::uint8_t { regular, directory, symlink, other };

[[nodiscard]] std::string to_string(file_kind kind);

/// What the system knows of a file.
class file_status {
public:
  file_status() = default;

  file_status(file_kind kind, std::uint64_t size, std::chrono::system_clock::time_point modified,
              std::uint32_t permissions) noexcept
      : kind_(kind), size_(size), modified_(modified), permissions_(permissions) {}

  [[nodiscard]] file_kind kind() const noexcept { return kind_; }

  /// Bytes.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  [[nodiscard]] std::chrono::system_clock::time_point modified() const noexcept { return modified_; }

  /// The low twelve bits of the mode, such as 0644.
  [[nodiscard]] std::uint32_t permissions() const noexcept { return permissions_; }

  /// As a message: the time is in nanoseconds since 1970.
  template <class Inspector>
  friend bool inspect(Inspector& f, file_status& x) {
    auto kind = static_cast<std::uint8_t>(x.kind_);
    auto modified = static_cast<std::int64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(x.modified_.time_since_epoch()).count());
    const bool good = f.object(x).fields(f.field("kind", kind), f.field("size", x.size_), f.field("modified", modified),
                                         f.field("permissions", x.permissions_));
    if constexpr (Inspector::is_loading) {
      x.kind_ = kind <= static_cast<std::uint8_t>(file_kind::other) ? static_cast<file_kind>(kind) : file_kind::other;
      x.modified_ = std::chrono::system_clock::time_point{
          std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds{modified})};
    }
    return good;
  }

private:
  file_kind kind_ = file_kind::other;
  std::uint64_t size_ = 0;
  std::chrono::system_clock::time_point modified_;
  std::uint32_t permissions_ = 0;
};

/// One name in a folder.
class directory_entry {
public:
  directory_entry() = default;

  directory_entry(std::string name, file_kind kind) : name_(std::move(name)), kind_(kind) {}

  /// Without the folder.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Of the entry itself: a symbolic link is not followed.
  [[nodiscard]] file_kind kind() const noexcept { return kind_; }

  template <class Inspector>
  friend bool inspect(Inspector& f, directory_entry& x) {
    auto kind = static_cast<std::uint8_t>(x.kind_);
    const bool good = f.object(x).fields(f.field("name", x.name_), f.field("kind", kind));
    if constexpr (Inspector::is_loading)
      x.kind_ = kind <= static_cast<std::uint8_t>(file_kind::other) ? static_cast<file_kind>(kind) : file_kind::other;
    return good;
  }

private:
  std::string name_;
  file_kind kind_ = file_kind::other;
};

} // namespace actors::fs
