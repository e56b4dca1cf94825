#include <actors/fs/directory.hpp>

#include <actors/fs/error.hpp>
#include <actors/fs/internal/blocking.hpp>
#include <actors/fs/internal/posix_file.hpp>

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

namespace actors::fs {

namespace {

std::chrono::system_clock::time_point to_time(const timespec& value) noexcept {
  using namespace std::chrono;
  return system_clock::time_point{
      duration_cast<system_clock::duration>(seconds{value.tv_sec} + nanoseconds{value.tv_nsec})};
}

bool exists_blocking(const std::filesystem::path& path) {
  struct ::stat status{};
  if (::stat(path.c_str(), &status) == 0)
    return true;
  if (errno == ENOENT || errno == ENOTDIR)
    return false;
  throw file_error("look for", path.native(), internal::last_error());
}

file_status stat_blocking(const std::filesystem::path& path) {
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0)
    throw file_error("stat", path.native(), internal::last_error());
  return file_status{internal::kind_of(status.st_mode), static_cast<std::uint64_t>(status.st_size),
                     to_time(status.st_mtim), status.st_mode & 07777U};
}

file_kind kind_of_entry(int folder, const dirent& entry) noexcept {
  switch (entry.d_type) {
  case DT_REG:
    return file_kind::regular;
  case DT_DIR:
    return file_kind::directory;
  case DT_LNK:
    return file_kind::symlink;
  case DT_UNKNOWN:
    break;
  default:
    return file_kind::other;
  }
  // Some file systems do not say.
  struct ::stat status{};
  return ::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? internal::kind_of(status.st_mode)
                                                                            : file_kind::other;
}

std::vector<directory_entry> list_blocking(const std::filesystem::path& path, std::size_t limit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir(path.c_str()), &::closedir};
  if (folder == nullptr)
    throw file_error("list", path.native(), internal::last_error());
  std::vector<directory_entry> result;
  for (;;) {
    errno = 0;
    // Safe: the stream is not shared (readdir(3)).
    const auto* entry = ::readdir(folder.get()); // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) {
      if (errno != 0)
        throw file_error("list", path.native(), internal::last_error());
      break;
    }
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..")
      continue;
    if (result.size() == limit)
      throw file_error("list", path.native(), errc::too_large, "the limit is " + std::to_string(limit) + " entries");
    result.emplace_back(std::string{name}, kind_of_entry(::dirfd(folder.get()), *entry));
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return result;
}

/// Runs a function of the standard library that reports its error in its last argument.
template <class F>
auto checked(const char* operation, const std::filesystem::path& path, F call) {
  std::error_code error;
  auto result = call(error);
  if (error)
    throw file_error(operation, path.native(), error);
  return result;
}

} // namespace

std::string to_string(file_kind kind) {
  switch (kind) {
  case file_kind::regular:
    return "regular";
  case file_kind::directory:
    return "directory";
  case file_kind::symlink:
    return "symlink";
  case file_kind::other:
    return "other";
  }
  return "unknown";
}

task<bool> exists(std::filesystem::path path) {
  return internal::blocking([path = std::move(path)] { return exists_blocking(path); });
}

task<file_status> stat(std::filesystem::path path) {
  return internal::blocking([path = std::move(path)] { return stat_blocking(path); });
}

task<std::vector<directory_entry>> list_directory(std::filesystem::path path, std::size_t limit) {
  return internal::blocking([path = std::move(path), limit] { return list_blocking(path, limit); });
}

task<bool> create_directories(std::filesystem::path path) {
  return internal::blocking([path = std::move(path)] {
    return checked("create folder", path,
                   [&](std::error_code& error) { return std::filesystem::create_directories(path, error); });
  });
}

task<bool> remove(std::filesystem::path path) {
  return internal::blocking([path = std::move(path)] {
    return checked("remove", path, [&](std::error_code& error) { return std::filesystem::remove(path, error); });
  });
}

task<std::uintmax_t> remove_all(std::filesystem::path path) {
  return internal::blocking([path = std::move(path)] {
    return checked("remove", path, [&](std::error_code& error) { return std::filesystem::remove_all(path, error); });
  });
}

task<void> rename(std::filesystem::path from, std::filesystem::path to) {
  return internal::blocking([from = std::move(from), to = std::move(to)] {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error)
      throw file_error("rename", from.native(), error, "to " + to.native());
  });
}

} // namespace actors::fs
