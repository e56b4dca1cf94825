#pragma once

#include <actors/core/log.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace actors::observe {

/// The log sink of programs: standard error with colours on a terminal, a rotating file, or both.
///
/// Lines look as those of the plain sink (`2026-01-01T12:00:00.123Z warning component: text key=value`), backed by
/// spdlog; or each line is a JSON object (`format`, see log_json.hpp). The level can be changed while the program runs,
/// with `log_sink::set_level` and from outside with `actors log-level`. The sink owns its file and, if asynchronous,
/// one thread; both end with the last `std::shared_ptr`, after everything written has reached the file. Every line is
/// flushed: what was logged before a crash is there.
///
/// Threads: any. Errors: `log_setup_error` from the factory if the file cannot be opened; afterwards nothing is thrown:
/// a line that cannot be written (disk full) is counted, and said once on standard error. Units: sizes in bytes. Files:
/// `path` is the newest, `path` with `.1`, `.2`, … before its extension are older.
/// What a line looks like.
enum class log_format : std::uint8_t {
  text, ///< for people
  json, ///< for programs
};

class log_options {
public:
  enum class colour : std::uint8_t {
    automatic, ///< if standard error is a terminal that knows colours and `NO_COLOR` is unset or empty
    always,
    never,
  };

  log_options() = default;

  /// The least level that is kept; `info` by default.
  log_options& level(log_level value);
  /// `text` by default.
  log_options& format(log_format value);
  /// Whether lines go to standard error; yes by default.
  log_options& console(bool value);
  log_options& console_colour(colour value);
  /// Also write to this file; its folder is made if missing. Not written by default.
  log_options& file(std::filesystem::path value);
  /// Start a new file when this one would exceed so many bytes; 16 MiB by default, at least 1 KiB.
  log_options& max_file_size(std::uint64_t bytes);
  /// Older files that are kept besides the newest; 4 by default, at most 1000.
  log_options& max_old_files(std::size_t count);
  /// Hand lines to a thread of the sink instead of writing them in the caller's; off by default. The queue is bounded
  /// (`queue_size` lines, 8192 by default, 1 to 1,000,000); when it is full, writers wait: nothing is lost.
  log_options& asynchronous(bool value);
  log_options& queue_size(std::size_t lines);

  [[nodiscard]] log_level level() const noexcept { return level_; }

  [[nodiscard]] log_format format() const noexcept { return format_; }

  [[nodiscard]] bool console() const noexcept { return console_; }

  [[nodiscard]] colour console_colour() const noexcept { return colour_; }

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  [[nodiscard]] std::uint64_t max_file_size() const noexcept { return max_file_size_; }

  [[nodiscard]] std::size_t max_old_files() const noexcept { return max_old_files_; }

  [[nodiscard]] bool asynchronous() const noexcept { return asynchronous_; }

  [[nodiscard]] std::size_t queue_size() const noexcept { return queue_size_; }

private:
  log_level level_ = log_level::info;
  log_format format_ = log_format::text;
  bool console_ = true;
  colour colour_ = colour::automatic;
  std::filesystem::path file_;
  std::uint64_t max_file_size_ = std::uint64_t{16} << 20U;
  std::size_t max_old_files_ = 4;
  bool asynchronous_ = false;
  std::size_t queue_size_ = 8192;
};

/// The sink could not be made: an option is out of its range, or the file cannot be opened.
class log_setup_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Makes the sink. Throws `log_setup_error`.
[[nodiscard]] std::shared_ptr<log_sink> make_spdlog_sink(const log_options& options);

} // namespace actors::observe
