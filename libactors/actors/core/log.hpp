#pragma once

#include <actors/core/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors {

/// Where log records go: the interface, and a plain sink that writes to a file descriptor.
///
/// There is no global logger. A sink is handed to whatever logs (a runtime, a component) as a
/// `std::shared_ptr<log_sink>` and lives as long as somebody holds it. A record refers to its texts and owns nothing: a
/// sink that keeps one past `write` copies what it needs.
///
/// Threads: `write`, `enabled` and `flush` may be called from any thread at any time, also concurrently.
/// Errors: logging never fails its caller; a sink that cannot write drops the record (and counts it, where it can).
/// Units: `when` is system time, shown in UTC with milliseconds. Cost of `enabled`: one comparison; ask it before
/// building an expensive text. The spdlog-backed sink (colours, rotating files) is in `<actors/observe/log.hpp>`.
enum class log_level : std::uint8_t { trace, debug, info, warning, error, critical };

/// "trace", "debug", "info", "warning", "error" or "critical".
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// The level of that name, in any case; also `warn`, `err` and `fatal`. Nothing for any other text.
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view text) noexcept;

/// One named value that goes with a record, such as `url` or `attempt`.
struct log_field {
  std::string_view key;
  std::string_view value;
};

/// Where a record was made: the task or handler that runs on this thread, as far as there is one. Refers to what that
/// holds.
struct log_origin {
  /// Of the calling code. A function that runs in `to_thread` belongs to its task.
  [[nodiscard]] static log_origin here() noexcept;

  std::string_view task;                ///< the name of the task or service, empty outside of them
  const trace_context* trace = nullptr; ///< the trace that its work belongs to, null for none
  const log_fields* fields = nullptr;   ///< the task's log context (`with_log_fields`), null for none
};

/// One thing that happened. All texts belong to the caller and are valid during `log_sink::write` only.
struct log_record {
  log_record(log_level level_arg, std::string_view component_arg, std::string_view text_arg,
             std::span<const log_field> fields_arg = {},
             std::chrono::system_clock::time_point when_arg = std::chrono::system_clock::now())
      : level(level_arg), when(when_arg), component(component_arg), text(text_arg), fields(fields_arg),
        origin(log_origin::here()) {}

  log_level level;
  std::chrono::system_clock::time_point when;
  std::string_view component;        ///< who says it, such as `scraper`; may be empty
  std::string_view text;             ///< what happened, one line without its end
  std::span<const log_field> fields; ///< shown as ` key=value` after the text
  log_origin origin;                 ///< its fields are shown after those of the record
};

/// The part of a log line after time and level: `component: text key=value`. In a task with a log context its fields
/// follow (where the record has none of that name), and the task's name as `task=…`. Control characters and invalid
/// UTF-8 are escaped (see `printable_text`), so that a record is one line whatever a peer put into it; values with
/// spaces, quotes or `=` are quoted; text and values above 16 KiB are cut with a mark that says how much is missing.
[[nodiscard]] std::string format_log_text(const log_record& record);

/// Adds the time as lines show it, such as `2026-01-01T12:00:00.123Z`.
void append_log_time(std::string& out, std::chrono::system_clock::time_point when);

/// A whole line without its end: `2026-01-01T12:00:00.123Z warning component: text key=value`.
[[nodiscard]] std::string format_log_line(const log_record& record);

/// Takes log records. Implementations are safe to call from any thread.
class log_sink {
public:
  log_sink() = default;
  log_sink(const log_sink&) = delete;
  log_sink& operator=(const log_sink&) = delete;
  virtual ~log_sink() = default;

  /// Takes one record, if its level is enabled. Keeps no reference to the record's texts after it returns.
  virtual void write(const log_record& record) noexcept = 0;

  /// Whether a record of this level would be kept.
  [[nodiscard]] virtual bool enabled(log_level level) const noexcept;

  /// The least level that is kept, and changing it while the program runs, also between two lines of other threads.
  /// Nothing and false for a sink whose level cannot be changed, which is the default.
  [[nodiscard]] virtual std::optional<log_level> level() const noexcept;
  virtual bool set_level(log_level level) noexcept;

  /// Returns when all that was written before has left the process's own buffers.
  virtual void flush() noexcept;
};

/// Writes each record as one line with one `write(2)`, so that lines of several processes on one pipe do not mix (up to
/// PIPE_BUF). Borrows the descriptor. A descriptor that accepts nothing for a second (a full non-blocking pipe) or
/// fails costs the record, which `dropped` counts. A pipe that nobody reads raises SIGPIPE, as for every `write(2)`,
/// unless the program ignores it.
class descriptor_log_sink final : public log_sink {
public:
  explicit descriptor_log_sink(int descriptor, log_level threshold = log_level::info);

  void write(const log_record& record) noexcept override;
  [[nodiscard]] bool enabled(log_level level) const noexcept override;
  [[nodiscard]] std::optional<log_level> level() const noexcept override;
  bool set_level(log_level level) noexcept override;

  /// Records lost because they could not be written.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
  const int descriptor_;
  std::atomic<log_level> threshold_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> dropped_{0};
};

/// The default: plain lines on standard error.
[[nodiscard]] std::shared_ptr<log_sink> make_stderr_log_sink(log_level threshold = log_level::info);

/// Keeps nothing; `enabled` is false for every level.
[[nodiscard]] std::shared_ptr<log_sink> make_null_log_sink();

} // namespace actors
