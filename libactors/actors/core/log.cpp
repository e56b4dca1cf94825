#include <actors/core/log.hpp>

#include <actors/core/detail/context_values.hpp>
#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/task_context.hpp>
#include <actors/core/log_fields.hpp>
#include <actors/core/printable_text.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace actors {

namespace {

constexpr std::size_t text_limit = std::size_t{16} * 1024;
constexpr std::size_t name_limit = 256;
constexpr int write_patience_ms = 1000;

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warning", "error", "critical"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

void append_padded(std::string& out, std::uint64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width)
    out.append(width - digits.size(), '0');
  out += digits;
}

void append_value(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(" \"=") == std::string_view::npos) {
    append_printable_text(out, value, text_limit);
    return;
  }
  out += '"';
  const std::string shown = printable_text(value, text_limit);
  for (const char c : shown) {
    if (c == '"')
      out += '\\';
    out += c;
  }
  out += '"';
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  out += ' ';
  append_printable_text(out, key, name_limit);
  out += '=';
  append_value(out, value);
}

void append_text(std::string& out, const log_record& record) {
  if (!record.component.empty()) {
    append_printable_text(out, record.component, name_limit);
    out += ": ";
  }
  append_printable_text(out, record.text, text_limit);
  for (const log_field& field : record.fields)
    append_field(out, field.key, field.value);
  if (record.origin.fields == nullptr)
    return;
  for (const auto& [key, value] : record.origin.fields->all())
    if (std::ranges::find(record.fields, key, &log_field::key) == record.fields.end())
      append_field(out, key, value);
  if (!record.origin.task.empty())
    append_field(out, "task", record.origin.task);
}

bool write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EINTR) {
      continue;
    } else if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      // Whoever shares the terminal or pipe with us may have made it non-blocking.
      pollfd waiting{descriptor, POLLOUT, 0};
      if (::poll(&waiting, 1, write_patience_ms) == 0)
        return false;
    } else {
      return false;
    }
  }
  return true;
}

class null_log_sink final : public log_sink {
public:
  void write(const log_record& /*record*/) noexcept override {}

  [[nodiscard]] bool enabled(log_level /*level*/) const noexcept override { return false; }
};

} // namespace

std::string_view to_string(log_level level) noexcept {
  const auto index = static_cast<std::size_t>(level);
  return index < level_names.size() ? level_names[index] : "unknown";
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (equal_ignoring_case(text, level_names[i]))
      return static_cast<log_level>(i);
  }
  if (equal_ignoring_case(text, "warn"))
    return log_level::warning;
  if (equal_ignoring_case(text, "err"))
    return log_level::error;
  if (equal_ignoring_case(text, "fatal"))
    return log_level::critical;
  return std::nullopt;
}

log_origin log_origin::here() noexcept {
  log_origin result;
  const auto* values = static_cast<const detail::context_values*>(nullptr);
  if (const auto* const context = detail::running_context()) {
    result.task = context->host().name();
    values = &context->values();
  } else if (const auto* const borrowed = detail::borrowed_values::current()) {
    result.task = borrowed->name();
    values = &borrowed->values();
  }
  if (values != nullptr) {
    result.trace = values->peek_trace();
    result.fields = values->fields();
  }
  return result;
}

// Not `strftime`: it depends on the locale and knows no milliseconds.
void append_log_time(std::string& out, std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto whole = floor<milliseconds>(when);
  const auto day = floor<days>(whole);
  const year_month_day date{day};
  const hh_mm_ss time{whole - day};
  const int year = static_cast<int>(date.year());
  if (year < 0)
    out += '-';
  append_padded(out, static_cast<std::uint64_t>(year < 0 ? -year : year), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<std::uint64_t>(time.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(time.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(time.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<std::uint64_t>(time.subseconds().count()), 3);
  out += 'Z';
}

std::string format_log_text(const log_record& record) {
  std::string out;
  append_text(out, record);
  return out;
}

std::string format_log_line(const log_record& record) {
  std::string out;
  out.reserve(64 + record.component.size() + std::min(record.text.size(), text_limit));
  append_log_time(out, record.when);
  out += ' ';
  out += to_string(record.level);
  out += ' ';
  append_text(out, record);
  return out;
}

bool log_sink::enabled(log_level /*level*/) const noexcept {
  return true;
}

std::optional<log_level> log_sink::level() const noexcept {
  return std::nullopt;
}

bool log_sink::set_level(log_level /*level*/) noexcept {
  return false;
}

void log_sink::flush() noexcept {}

descriptor_log_sink::descriptor_log_sink(int descriptor, log_level threshold)
    : descriptor_(descriptor), threshold_(threshold) {}

void descriptor_log_sink::write(const log_record& record) noexcept {
  if (!enabled(record.level))
    return;
  bool written = false;
  try {
    std::string line = format_log_line(record);
    line += '\n';
    const std::lock_guard lock(mutex_);
    written = write_all(descriptor_, line);
  } catch (...) {
    written = false; // out of memory: the caller has worse worries than this line
  }
  if (!written)
    dropped_.fetch_add(1, std::memory_order_relaxed);
}

bool descriptor_log_sink::enabled(log_level level) const noexcept {
  return level >= threshold_.load(std::memory_order_relaxed);
}

std::optional<log_level> descriptor_log_sink::level() const noexcept {
  return threshold_.load(std::memory_order_relaxed);
}

bool descriptor_log_sink::set_level(log_level level) noexcept {
  threshold_.store(level, std::memory_order_relaxed);
  return true;
}

std::uint64_t descriptor_log_sink::dropped() const noexcept {
  return dropped_.load(std::memory_order_relaxed);
}

std::shared_ptr<log_sink> make_stderr_log_sink(log_level threshold) {
  return std::make_shared<descriptor_log_sink>(STDERR_FILENO, threshold);
}

std::shared_ptr<log_sink> make_null_log_sink() {
  return std::make_shared<null_log_sink>();
}

} // namespace actors
