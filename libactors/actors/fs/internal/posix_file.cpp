#include <actors/fs/internal/posix_file.hpp>

#include <actors/fs/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

namespace actors::fs::internal {

namespace {

/// Repeats a call that a signal has interrupted.
template <class F>
auto retry(F call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR)
      return result;
  }
}

off_t to_off(const std::filesystem::path& path, const char* operation, std::uint64_t offset) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    throw file_error(operation, path.native(), std::make_error_code(std::errc::file_too_large));
  return static_cast<off_t>(offset);
}

} // namespace

std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}

file_kind kind_of(mode_t mode) noexcept {
  if (S_ISREG(mode))
    return file_kind::regular;
  if (S_ISDIR(mode))
    return file_kind::directory;
  return S_ISLNK(mode) ? file_kind::symlink : file_kind::other;
}

posix_file::posix_file(const std::filesystem::path& path, int flags, mode_t permissions) : path_(path) {
  // The system would stop at a NUL and open another file than the one that was meant.
  if (path.native().find('\0') != std::string::npos)
    throw file_error("open", path.native(), std::make_error_code(std::errc::invalid_argument));
  // Without O_NONBLOCK, opening a pipe would wait for its other end, possibly for ever.
  fd_ = retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, permissions); });
  if (fd_ < 0)
    throw file_error("open", path.native(), last_error());
}

posix_file::~posix_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

void posix_file::require_content() const {
  const auto mode = status().st_mode;
  if (S_ISDIR(mode))
    throw file_error("open", path_.native(), std::make_error_code(std::errc::is_a_directory));
  // Devices such as /dev/null and /dev/urandom are fine.
  if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode))
    throw file_error("open", path_.native(), errc::not_a_file);
}

std::size_t posix_file::read(std::span<char> buffer, std::optional<std::uint64_t> offset) {
  std::size_t got = 0;
  while (got < buffer.size()) {
    const auto rest = buffer.subspan(got);
    const auto count = retry([&] {
      return offset ? ::pread(fd_, rest.data(), rest.size(), to_off(path_, "read", *offset + got))
                    : ::read(fd_, rest.data(), rest.size());
    });
    if (count < 0)
      throw file_error("read", path_.native(), last_error());
    if (count == 0)
      break;
    got += static_cast<std::size_t>(count);
  }
  return got;
}

void posix_file::write(std::string_view data, std::optional<std::uint64_t> offset) {
  std::size_t done = 0;
  while (done < data.size()) {
    const auto rest = data.substr(done);
    const auto count = retry([&] {
      return offset ? ::pwrite(fd_, rest.data(), rest.size(), to_off(path_, "write", *offset + done))
                    : ::write(fd_, rest.data(), rest.size());
    });
    if (count < 0)
      throw file_error("write", path_.native(), last_error(),
                       std::to_string(done) + " of " + std::to_string(data.size()) + " bytes were written");
    done += static_cast<std::size_t>(count);
  }
}

struct ::stat posix_file::status() const {
  struct ::stat result{};
  if (::fstat(fd_, &result) != 0)
    throw file_error("stat", path_.native(), last_error());
  return result;
}

void posix_file::set_permissions(mode_t permissions) {
  if (::fchmod(fd_, permissions) != 0)
    throw file_error("set the permissions of", path_.native(), last_error());
}

void posix_file::truncate(std::uint64_t size) {
  const auto length = to_off(path_, "truncate", size);
  if (retry([&] { return ::ftruncate(fd_, length); }) != 0)
    throw file_error("truncate", path_.native(), last_error());
}

void posix_file::sync() {
  if (retry([&] { return ::fsync(fd_); }) != 0)
    throw file_error("sync", path_.native(), last_error());
}

void posix_file::close() {
  // The number is free again whatever close says (close(2)).
  if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) != 0 && errno != EINTR)
    throw file_error("close", path_.native(), last_error());
}

} // namespace actors::fs::internal
