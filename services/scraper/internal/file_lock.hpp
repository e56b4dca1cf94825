#pragma once

#include <string>

namespace services::scraper::internal {

/// Keeps a second process, or a second part of this one, away from a file: an advisory lock on `<file>-lock`, which
/// goes with the process however that ends. The file itself must not be locked: closing a descriptor of it would drop
/// SQLite's own locks.
class file_lock {
public:
  /// Throws `std::system_error` if the lock file cannot be made; see `held` for a lock that somebody else has.
  explicit file_lock(const std::string& file);
  ~file_lock();
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

  [[nodiscard]] bool held() const noexcept { return descriptor_ >= 0; }

private:
  std::string path_;
  int descriptor_ = -1;
};

} // namespace services::scraper::internal
