#include <actors/fs/file.hpp>

#include <actors/fs/error.hpp>
#include <actors/fs/internal/blocking.hpp>
#include <actors/fs/internal/posix_file.hpp>

#include <fcntl.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace actors::fs {

namespace {

int flags_of(open_mode mode) noexcept {
  switch (mode) {
  case open_mode::read:
    return O_RDONLY;
  case open_mode::write:
    return O_WRONLY | O_CREAT | O_TRUNC;
  case open_mode::append:
    return O_WRONLY | O_CREAT | O_APPEND;
  case open_mode::update:
    return O_RDWR | O_CREAT;
  case open_mode::create:
    return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

} // namespace

/// Outlives the object while a call runs.
class file::state {
public:
  state(const std::filesystem::path& path, open_mode mode)
      : file_(path, flags_of(mode)), append_(mode == open_mode::append) {
    file_.require_content();
  }

  /// Uses the open file; closing waits for that.
  template <class F>
  auto with(const char* operation, F use) {
    const std::shared_lock guard{mutex_};
    if (!file_.is_open())
      throw file_error(operation, path().native(), errc::closed);
    return use(file_);
  }

  void close() {
    const std::unique_lock guard{mutex_};
    open_.store(false, std::memory_order_release);
    file_.close();
  }

  [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }

  [[nodiscard]] bool appends() const noexcept { return append_; }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }

private:
  std::shared_mutex mutex_;
  internal::posix_file file_;
  std::atomic<bool> open_{true};
  bool append_;
};

const std::shared_ptr<file::state>& file::checked() const {
  if (!state_)
    throw file_error("use", "a file that was never opened", errc::closed);
  return state_;
}

task<std::string> file::read(std::size_t most) {
  return internal::blocking([opened = checked(), most] {
    return opened->with("read", [most](internal::posix_file& file) {
      // No more memory than the rest of the file needs, however much was asked for.
      std::string result;
      constexpr std::size_t step = std::size_t{1} << 20;
      while (result.size() < most) {
        const auto begin = result.size();
        const auto wanted = std::min(step, most - begin);
        result.resize(begin + wanted);
        const auto got = file.read(std::span<char>{result.data() + begin, wanted});
        result.resize(begin + got);
        if (got < wanted)
          break;
      }
      return result;
    });
  });
}

task<void> file::write(std::string_view data) {
  return internal::blocking(
      [opened = checked(), data] { opened->with("write", [data](internal::posix_file& file) { file.write(data); }); });
}

task<std::size_t> file::read_at(std::uint64_t offset, std::span<char> buffer) {
  return internal::blocking([opened = checked(), offset, buffer] {
    return opened->with("read", [&](internal::posix_file& file) { return file.read(buffer, offset); });
  });
}

task<void> file::write_at(std::uint64_t offset, std::string_view data) {
  return internal::blocking([opened = checked(), offset, data] {
    // Linux would append and ignore the offset (pwrite(2), BUGS).
    if (opened->appends())
      throw file_error("write", opened->path().native(), std::make_error_code(std::errc::operation_not_permitted),
                       "it is open for appending only");
    opened->with("write", [&](internal::posix_file& file) { file.write(data, offset); });
  });
}

task<std::uint64_t> file::size() {
  return internal::blocking([opened = checked()] {
    return opened->with("stat",
                        [](internal::posix_file& file) { return static_cast<std::uint64_t>(file.status().st_size); });
  });
}

task<void> file::truncate(std::uint64_t size) {
  return internal::blocking([opened = checked(), size] {
    opened->with("truncate", [size](internal::posix_file& file) { file.truncate(size); });
  });
}

task<void> file::sync() {
  return internal::blocking(
      [opened = checked()] { opened->with("sync", [](internal::posix_file& file) { file.sync(); }); });
}

task<void> file::close() {
  return internal::blocking([opened = state_] {
    if (opened)
      opened->close();
  });
}

bool file::is_open() const noexcept {
  return state_ && state_->is_open();
}

const std::filesystem::path& file::path() const noexcept {
  static const std::filesystem::path none;
  return state_ ? state_->path() : none;
}

task<file> open(std::filesystem::path path, open_mode mode) {
  return internal::blocking([path = std::move(path), mode] { return file{std::make_shared<file::state>(path, mode)}; });
}

} // namespace actors::fs
