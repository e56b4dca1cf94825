#include <services/scraper/internal/file_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace services::scraper::internal {

namespace {

/// Is the open file still the one of that name? Its last owner may have removed it after we opened it.
bool is_current(int descriptor, const std::string& path) noexcept {
  struct stat open_file{};
  struct stat named_file{};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

} // namespace

file_lock::file_lock(const std::string& file) : path_(file + "-lock") {
  for (;;) {
    const auto descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
      throw std::system_error{errno, std::system_category(), path_};
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const auto reason = errno;
      if (reason == EINTR)
        continue;
      ::close(descriptor);
      if (reason == EWOULDBLOCK)
        return;
      throw std::system_error{reason, std::system_category(), path_};
    }
    if (is_current(descriptor, path_)) {
      descriptor_ = descriptor;
      return;
    }
    ::close(descriptor);
  }
}

file_lock::~file_lock() {
  if (!held())
    return;
  // Removed while it is still locked, so that nobody locks a file that then goes away under his lock.
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

} // namespace services::scraper::internal
