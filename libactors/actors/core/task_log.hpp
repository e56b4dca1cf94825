#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/log.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

/// Logging from tasks: `task_log("crawler").info("fetched", {{"url", url}})`.
///
/// `task_log(component)`, called in a task or handler, writes to the log of its runtime. What it writes carries the
/// task's name, its log context (log_fields.hpp) and its trace, as every `log_record` does that is made there; this is
/// just the short way to write one. A `logger` may be kept and used from any thread.
///
/// Threads: any. Errors: `task_log` throws `misuse_error` outside of a task; writing never fails. Cost: a record that
/// the level keeps out costs a comparison.
///
/// @snippet examples/observe.cpp log context
namespace actors {

class logger {
public:
  /// `sink` must not be null.
  logger(std::shared_ptr<log_sink> sink, std::string component) noexcept;

  void write(log_level level, std::string_view text, std::initializer_list<log_field> fields = {}) const;

  void trace(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::trace, text, fields);
  }

  void debug(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::debug, text, fields);
  }

  void info(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::info, text, fields);
  }

  void warning(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::warning, text, fields);
  }

  void error(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::error, text, fields);
  }

  void critical(std::string_view text, std::initializer_list<log_field> fields = {}) const {
    write(log_level::critical, text, fields);
  }

  /// Whether a record of this level would be kept.
  [[nodiscard]] bool enabled(log_level level) const noexcept { return sink_->enabled(level); }

  [[nodiscard]] const std::shared_ptr<log_sink>& sink() const noexcept { return sink_; }

private:
  std::shared_ptr<log_sink> sink_;
  std::string component_;
};

/// The log of the runtime that the running task belongs to.
[[nodiscard]] logger task_log(std::string component);

} // namespace actors
