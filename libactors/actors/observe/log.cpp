#include <actors/observe/log.hpp>

#include <actors/observe/log_json.hpp>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace actors::observe {

namespace {

constexpr std::uint64_t smallest_file_size = 1024;
constexpr std::size_t most_old_files = 1000;
constexpr std::size_t largest_queue = 1'000'000;
constexpr std::chrono::seconds flush_patience{10};

/// As `format_log_line`: UTC, level (coloured), and `component: text` as the payload.
constexpr const char* line_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";

/// The payload is the whole line.
constexpr const char* json_pattern = "%v";

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::critical:
    break;
  }
  return spdlog::level::critical;
}

spdlog::color_mode spdlog_colour(log_options::colour mode) {
  if (mode == log_options::colour::always)
    return spdlog::color_mode::always;
  if (mode == log_options::colour::never)
    return spdlog::color_mode::never;
  // https://no-color.org; reading is safe as long as nobody calls setenv while other threads run.
  const char* no_colour = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  return refused ? spdlog::color_mode::never : spdlog::color_mode::automatic;
}

void check(const log_options& options) {
  if (options.max_file_size() < smallest_file_size) {
    throw log_setup_error("log file size: " + std::to_string(options.max_file_size()) + " bytes are less than " +
                          std::to_string(smallest_file_size));
  }
  if (options.max_old_files() > most_old_files) {
    throw log_setup_error("log files to keep: " + std::to_string(options.max_old_files()) + " are more than " +
                          std::to_string(most_old_files));
  }
  if (options.queue_size() < 1 || options.queue_size() > largest_queue) {
    throw log_setup_error("log queue: " + std::to_string(options.queue_size()) + " lines are not between 1 and " +
                          std::to_string(largest_queue));
  }
  // Rotation renames the file: it must never do that to a device.
  std::error_code ignored;
  const auto status = std::filesystem::status(options.file(), ignored);
  if (!options.file().empty() && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw log_setup_error("log file " + options.file().string() + ": is not a regular file");
  }
}

spdlog::sink_ptr make_file_sink(const log_options& options) {
  try {
    // A kept count of 0 would make spdlog truncate in place, which is what is asked for then.
    return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        options.file().string(), static_cast<std::size_t>(options.max_file_size()), options.max_old_files());
  } catch (const spdlog::spdlog_ex& failure) {
    throw log_setup_error("log file " + options.file().string() + ": " + failure.what());
  }
}

/// The last sink of a logger that flushes every line: when its `flush` runs, the line has passed all others.
class progress_sink final : public spdlog::sinks::sink {
public:
  void log(const spdlog::details::log_msg& /*msg*/) override {}

  void set_pattern(const std::string& /*pattern*/) override {}

  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  void flush() override {
    const std::lock_guard lock(mutex_);
    ++done_;
    changed_.notify_all();
  }

  /// Bounded, because a line that could not even be queued (out of memory) never arrives here.
  void wait_for(std::uint64_t lines) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, flush_patience, [&] { return done_ >= lines; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t done_ = 0;
};

/// What went wrong while writing, said once and counted.
class failure_report {
public:
  explicit failure_report(std::string where) : where_(std::move(where)) {}

  failure_report(const failure_report&) = delete;
  failure_report& operator=(const failure_report&) = delete;

  ~failure_report() {
    const auto total = count_.load(std::memory_order_relaxed);
    if (total > 1)
      say(std::to_string(total) + " writes failed in all");
  }

  void add(const std::string& what) {
    if (count_.fetch_add(1, std::memory_order_relaxed) == 0)
      say(what + " (said once)");
  }

  /// When there is not even memory to say what.
  void add_silently() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

private:
  void say(const std::string& what) const {
    descriptor_log_sink(2).write(log_record(log_level::error, "log", where_ + ": " + what));
  }

  const std::string where_;
  std::atomic<std::uint64_t> count_{0};
};

class spdlog_sink final : public log_sink {
public:
  explicit spdlog_sink(const log_options& options)
      : threshold_(options.level()), format_(options.format()),
        failures_(std::make_shared<failure_report>(options.file().empty() ? "console" : options.file().string())) {
    std::vector<spdlog::sink_ptr> sinks;
    if (options.console()) {
      sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog_colour(options.console_colour())));
    }
    if (!options.file().empty())
      sinks.push_back(make_file_sink(options));
    sinks.push_back(progress_);
    if (options.asynchronous()) {
      // Signals are for the program's own threads.
      const auto block_signals = [] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
      };
      pool_ = std::make_shared<spdlog::details::thread_pool>(options.queue_size(), 1, block_signals);
      logger_ = std::make_shared<spdlog::async_logger>("", sinks.begin(), sinks.end(), pool_,
                                                       spdlog::async_overflow_policy::block);
    } else {
      logger_ = std::make_shared<spdlog::logger>("", sinks.begin(), sinks.end());
    }
    // What is kept is decided before a line is made.
    logger_->set_level(spdlog::level::trace);
    logger_->flush_on(spdlog::level::trace);
    logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        format_ == log_format::json ? json_pattern : line_pattern, spdlog::pattern_time_type::utc));
    logger_->set_error_handler([failures = failures_](const std::string& what) { failures->add(what); });
  }

  void write(const log_record& record) noexcept override {
    if (!enabled(record.level))
      return;
    try {
      const auto text = format_ == log_format::json ? format_log_json(record) : format_log_text(record);
      posted_.fetch_add(1, std::memory_order_relaxed);
      logger_->log(record.when, spdlog::source_loc{}, spdlog_level(record.level), text);
    } catch (...) {
      failures_->add_silently(); // out of memory
    }
  }

  [[nodiscard]] bool enabled(log_level level) const noexcept override {
    return level >= threshold_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::optional<log_level> level() const noexcept override {
    return threshold_.load(std::memory_order_relaxed);
  }

  bool set_level(log_level level) noexcept override {
    threshold_.store(level, std::memory_order_relaxed);
    return true;
  }

  void flush() noexcept override {
    // Without a thread every line is flushed before `write` returns.
    if (pool_ == nullptr)
      return;
    progress_->wait_for(posted_.load(std::memory_order_relaxed));
  }

private:
  std::atomic<log_level> threshold_;
  const log_format format_;
  const std::shared_ptr<failure_report> failures_;
  const std::shared_ptr<progress_sink> progress_ = std::make_shared<progress_sink>();
  std::atomic<std::uint64_t> posted_{0};
  // Destroyed in reverse: the pool writes what is queued and joins its thread, then the logger is nobody else's.
  std::shared_ptr<spdlog::logger> logger_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
};

} // namespace

log_options& log_options::level(log_level value) {
  level_ = value;
  return *this;
}

log_options& log_options::format(log_format value) {
  format_ = value;
  return *this;
}

log_options& log_options::console(bool value) {
  console_ = value;
  return *this;
}

log_options& log_options::console_colour(colour value) {
  colour_ = value;
  return *this;
}

log_options& log_options::file(std::filesystem::path value) {
  file_ = std::move(value);
  return *this;
}

log_options& log_options::max_file_size(std::uint64_t bytes) {
  max_file_size_ = bytes;
  return *this;
}

log_options& log_options::max_old_files(std::size_t count) {
  max_old_files_ = count;
  return *this;
}

log_options& log_options::asynchronous(bool value) {
  asynchronous_ = value;
  return *this;
}

log_options& log_options::queue_size(std::size_t lines) {
  queue_size_ = lines;
  return *this;
}

std::shared_ptr<log_sink> make_spdlog_sink(const log_options& options) {
  check(options);
  try {
    return std::make_shared<spdlog_sink>(options);
  } catch (const spdlog::spdlog_ex& failure) {
    throw log_setup_error(std::string("log: ") + failure.what());
  }
}

} // namespace actors::observe
