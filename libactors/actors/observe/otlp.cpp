#include <actors/observe/otlp.hpp>

#include <actors/observe/internal/local_socket.hpp>
#include <actors/observe/internal/otlp_json.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>

namespace actors::observe {

namespace {

constexpr std::size_t largest_queue = 1'000'000;
constexpr std::uint64_t smallest_file = std::uint64_t{64} * 1024;
constexpr std::size_t most_in_line = 512;
constexpr std::chrono::seconds flush_patience{10};
constexpr mode_t file_mode = 0640;

otlp_options checked(otlp_options options) {
  if (options.file().empty())
    throw otlp_setup_error("trace file: no name");
  if (options.queue_size() < 1 || options.queue_size() > largest_queue)
    throw otlp_setup_error("trace queue: " + std::to_string(options.queue_size()) + " spans are not between 1 and " +
                           std::to_string(largest_queue));
  if (options.max_file_size() < smallest_file)
    throw otlp_setup_error("trace file size: " + std::to_string(options.max_file_size()) + " bytes are less than " +
                           std::to_string(smallest_file));
  return options;
}

/// The file: whole lines, or nothing of them.
class line_file {
public:
  line_file(std::filesystem::path path, std::uint64_t limit) : path_(std::move(path)), limit_(limit) {
    open();
    if (!file_)
      throw otlp_setup_error("trace file " + path_.string() + ": " + std::system_category().message(errno));
  }

  [[nodiscard]] bool append(std::string_view line) {
    if (size_ > 0 && size_ + line.size() > limit_)
      rotate();
    if (!file_)
      open();
    if (!file_)
      return false;
    const auto before = size_;
    while (!line.empty()) {
      const auto count = ::write(file_.get(), line.data(), line.size());
      if (count < 0 && errno == EINTR)
        continue;
      if (count <= 0) {
        // Without its rest a line would spoil the next one too.
        if (size_ != before && ::ftruncate(file_.get(), static_cast<off_t>(before)) == 0)
          size_ = before;
        return false;
      }
      size_ += static_cast<std::uint64_t>(count);
      line.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

private:
  void open() {
    file_ = actors::detail::unique_fd{
        ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, file_mode)};
    if (!file_)
      return;
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      // Rotation renames it, which must never happen to a device.
      file_ = actors::detail::unique_fd{};
      errno = EINVAL;
      return;
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  void rotate() {
    auto older = path_;
    older += ".1";
    std::error_code failure;
    std::filesystem::rename(path_, older, failure);
    // Where it cannot be renamed it grows: better than spans lost.
    if (!failure)
      open();
  }

  std::filesystem::path path_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
  actors::detail::unique_fd file_;
};

} // namespace

struct otlp_file_sink::impl {
  explicit impl(otlp_options given)
      : options(checked(std::move(given))), file(options.file(), options.max_file_size()), thread([this] { run(); }) {}

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    {
      const std::scoped_lock guard{mutex};
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }

  void run() {
    // Signals are for the program's own threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), "actors.traces");
    std::vector<span_record> batch;
    std::unique_lock guard{mutex};
    for (;;) {
      changed.wait(guard, [this] { return stopping || !queue.empty(); });
      if (queue.empty())
        return;
      const auto size = std::min(most_in_line, queue.size());
      for (std::size_t i = 0; i < size; ++i) {
        batch.push_back(std::move(queue.front()));
        queue.pop_front();
      }
      guard.unlock();
      (store(batch) ? written : dropped).fetch_add(size, std::memory_order_relaxed);
      batch.clear();
      guard.lock();
      handled += size;
      progress.notify_all();
    }
  }

  [[nodiscard]] bool store(const std::vector<span_record>& batch) noexcept {
    try {
      auto line = internal::otlp_json(options.service(), options.resource(), batch);
      line += '\n';
      return file.append(line);
    } catch (const std::exception&) {
      return false; // out of memory
    }
  }

  otlp_options options;
  line_file file;
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> dropped{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable progress;
  std::deque<span_record> queue;
  std::uint64_t queued = 0;
  std::uint64_t handled = 0;
  bool stopping = false;
  std::thread thread; // the last: it uses all others
};

otlp_file_sink::otlp_file_sink(otlp_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

otlp_file_sink::~otlp_file_sink() = default;

void otlp_file_sink::write(span_record finished) noexcept {
  try {
    const std::scoped_lock guard{impl_->mutex};
    if (impl_->queue.size() < impl_->options.queue_size()) {
      impl_->queue.push_back(std::move(finished));
      ++impl_->queued;
      impl_->changed.notify_one();
      return;
    }
  } catch (const std::exception&) {
    // Out of memory: lost as well.
  }
  impl_->dropped.fetch_add(1, std::memory_order_relaxed);
}

void otlp_file_sink::flush() noexcept {
  std::unique_lock guard{impl_->mutex};
  const auto all = impl_->queued;
  impl_->progress.wait_for(guard, flush_patience, [&] { return impl_->handled >= all; });
}

std::uint64_t otlp_file_sink::written() const noexcept {
  return impl_->written.load(std::memory_order_relaxed);
}

std::uint64_t otlp_file_sink::dropped() const noexcept {
  return impl_->dropped.load(std::memory_order_relaxed);
}

std::shared_ptr<otlp_file_sink> make_otlp_file_sink(otlp_options options) {
  return std::make_shared<otlp_file_sink>(std::move(options));
}

} // namespace actors::observe
