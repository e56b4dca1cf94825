#include <actors/fs/whole_file.hpp>

#include <actors/fs/error.hpp>
#include <actors/fs/internal/blocking.hpp>
#include <actors/fs/internal/posix_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace actors::fs {

namespace {

using internal::posix_file;

std::string read_blocking(const std::filesystem::path& path, std::size_t limit) {
  posix_file file{path, O_RDONLY};
  file.require_content();
  const auto too_large = [&] {
    throw file_error("read", path.native(), errc::too_large, "the limit is " + std::to_string(limit) + " bytes");
  };
  // The size is a hint only: the file may grow, and those of /proc have none.
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(file.status().st_size, 0));
  if (size > limit)
    too_large();
  std::string result;
  std::size_t got = 0;
  std::size_t room = static_cast<std::size_t>(size) + 1;
  for (;;) {
    result.resize(room);
    got += file.read(std::span<char>{result.data() + got, room - got});
    if (got > limit)
      too_large();
    if (got < room)
      break;
    room += std::clamp<std::size_t>(room, 4096, std::size_t{16} << 20);
  }
  result.resize(got);
  return result;
}

void write_in_place(const std::filesystem::path& path, const std::string& data) {
  posix_file file{path, O_WRONLY | O_CREAT | O_TRUNC};
  file.require_content();
  file.write(data);
  file.close();
}

/// The file that a path leads to in the end; a link would otherwise be replaced by a file.
std::filesystem::path follow_links(const std::filesystem::path& path) {
  std::error_code error;
  auto real = std::filesystem::canonical(path, error);
  return error ? path : real;
}

/// A new file beside another one, which goes again unless it has been put in the other's place.
class replacement {
public:
  explicit replacement(const std::filesystem::path& target) : target_(target), path_(unused_name(target)) {}

  replacement(const replacement&) = delete;
  replacement& operator=(const replacement&) = delete;

  ~replacement() {
    if (!path_.empty())
      ::unlink(path_.c_str());
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  void put_in_place() {
    if (::rename(path_.c_str(), target_.c_str()) != 0)
      throw file_error("replace", target_.native(), internal::last_error());
    path_.clear();
  }

private:
  /// Not by mkostemp: its files are private, and what the process gives to new files can only be had by creating one.
  static std::filesystem::path unused_name(const std::filesystem::path& target) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      auto name = target.native() + '.' + std::to_string(std::random_device{}());
      if (const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); fd >= 0) {
        ::close(fd);
        return name;
      }
      if (errno != EEXIST)
        break;
    }
    throw file_error("create a file beside", target.native(), internal::last_error());
  }

  std::filesystem::path target_;
  std::filesystem::path path_;
};

/// The permissions of the file that is replaced; none if there is no such file.
std::optional<mode_t> permissions_of(const std::filesystem::path& target) {
  struct ::stat status{};
  if (::stat(target.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode))
      throw file_error("replace", target.native(), std::make_error_code(std::errc::is_a_directory));
    if (!S_ISREG(status.st_mode))
      throw file_error("replace", target.native(), errc::not_a_file);
    return status.st_mode & 07777;
  }
  return std::nullopt;
}

void write_replacing(const std::filesystem::path& path, const std::string& data) {
  const auto target = follow_links(path);
  const auto permissions = permissions_of(target);
  replacement beside{target};
  {
    posix_file file{beside.path(), O_WRONLY};
    if (permissions)
      file.set_permissions(*permissions);
    file.write(data);
    file.sync();
    file.close();
  }
  beside.put_in_place();
  // The name is on the disk only when its folder is.
  const auto folder = target.parent_path();
  posix_file{folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY}.sync();
}

} // namespace

task<std::string> read_file(std::filesystem::path path, std::size_t limit) {
  return internal::blocking([path = std::move(path), limit] { return read_blocking(path, limit); });
}

task<void> write_file(std::filesystem::path path, std::string data, write_mode mode) {
  return internal::blocking([path = std::move(path), data = std::move(data), mode] {
    if (mode == write_mode::replace)
      write_replacing(path, data);
    else
      write_in_place(path, data);
  });
}

task<void> append_file(std::filesystem::path path, std::string data) {
  return internal::blocking([path = std::move(path), data = std::move(data)] {
    posix_file file{path, O_WRONLY | O_CREAT | O_APPEND};
    file.require_content();
    file.write(data);
    file.close();
  });
}

} // namespace actors::fs
