#pragma once

#include <filesystem>
#include <string_view>

namespace actors::fs {

/// A folder for temporary files, which goes with everything in it when the object goes.
///
/// Made in the system's place for such things (`TMPDIR`, else /tmp), for this user only. The two calls that make and
/// remove it block; they are short, unless a great many files were put in. What cannot be removed stays behind without
/// an error.
///
/// Errors: `file_error` if it cannot be made.
class temp_directory {
public:
  /// `prefix` begins the folder's name.
  explicit temp_directory(std::string_view prefix = "actors");
  temp_directory(temp_directory&& other) noexcept;
  temp_directory& operator=(temp_directory&& other) noexcept;
  ~temp_directory();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace actors::fs
