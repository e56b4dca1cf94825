#include <actors/fs/temp_directory.hpp>

#include <actors/fs/error.hpp>
#include <actors/fs/internal/posix_file.hpp>

#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

namespace actors::fs {

temp_directory::temp_directory(std::string_view prefix) {
  std::error_code error;
  const auto base = std::filesystem::temp_directory_path(error);
  if (error)
    throw file_error("find", "a place for temporary files", error);
  auto name = (base / prefix).native() + "-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw file_error("create", name, internal::last_error());
  path_ = std::move(name);
}

temp_directory::temp_directory(temp_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}

temp_directory& temp_directory::operator=(temp_directory&& other) noexcept {
  temp_directory moved{std::move(other)};
  std::swap(path_, moved.path_);
  return *this;
}

temp_directory::~temp_directory() {
  if (path_.empty())
    return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

} // namespace actors::fs
