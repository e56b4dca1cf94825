#pragma once

#include <actors/fs/temp_directory.hpp>
#include <actors/http/date.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// A folder of files for tests, which goes with the object.
namespace actors::http::test {

class file_tree {
public:
  file_tree() {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
    std::filesystem::create_directories(root());
  }

  file_tree(const file_tree&) = delete;
  file_tree& operator=(const file_tree&) = delete;

  /// What is around the root, for what must not be reached.
  [[nodiscard]] const std::filesystem::path& outside() const noexcept { return folder_.path(); }

  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "root"; }

  /// Writes a file below the root, last changed at this time.
  void add(const std::string& name, std::string_view content, std::chrono::sys_seconds changed = usual_time) const {
    const auto path = root() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << content;
    const ::timespec time{changed.time_since_epoch().count(), 0};
    const ::timespec times[] = {time, time};
    if (::utimensat(AT_FDCWD, path.c_str(), static_cast<const ::timespec*>(times), 0) != 0)
      throw std::runtime_error("cannot set the time of " + path.string());
  }

  void link(const std::string& name, const std::filesystem::path& target) const {
    std::filesystem::create_symlink(target, root() / name);
  }

  static constexpr std::chrono::sys_seconds usual_time =
      std::chrono::sys_days{std::chrono::year{2020} / 5 / 17} + std::chrono::hours{12};

private:
  fs::temp_directory folder_{"actors-static"};
};

} // namespace actors::http::test
