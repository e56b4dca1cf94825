#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// How far a crawl is, as text: a bar that is redrawn on a terminal, plain lines elsewhere.
///
/// `progress_meter` turns counters into rates and an estimate of the time left, with the time passed in. `progress_bar`
/// and `progress_line` make text of the result and do nothing else. `progress_writer` writes to a file descriptor when
/// it is time to, and knows whether that is a terminal, how wide it is and whether it shows UTF-8.
///
/// The estimate assumes that what is queued now is all there is: while a crawl still discovers pages it is too low.
/// Nothing here throws for a descriptor that cannot be written; progress is then lost, not the crawl.
namespace services::scraper {

/// Counters of a crawl; they only grow, except for `queued` and `running`.
class progress_counters {
public:
  progress_counters() = default;

  std::uint64_t pages = 0;   ///< finished URLs, with errors or without
  std::uint64_t errors = 0;  ///< those with errors
  std::uint64_t retries = 0; ///< attempts beyond the first
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t bytes = 0;                ///< received
  std::optional<std::uint64_t> max_pages; ///< the limit, if there is one
};

/// What is shown.
class progress_view {
public:
  progress_view() = default;

  progress_counters counters;
  double rate = 0;                         ///< pages per second, lately
  std::optional<double> fraction;          ///< 0 to 1; nothing while nothing is known
  std::optional<std::chrono::seconds> eta; ///< nothing while there is no rate
  std::chrono::milliseconds elapsed{0};
};

class progress_meter {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `pages` were finished before, in an earlier run: they count as pages, not for the rate.
  progress_meter(time_point start, std::uint64_t pages = 0);

  /// Takes the counters at `now` and tells what to show.
  [[nodiscard]] progress_view update(const progress_counters& counters, time_point now);

private:
  time_point start_;
  time_point last_;
  std::uint64_t last_pages_;
  double rate_ = 0;
  double weight_ = 0; // of the samples in rate_, 0 to 1
};

/// One line without a line break, at most `width` columns: what matters less is left out when there is no room.
[[nodiscard]] std::string progress_bar(const progress_view& view, std::size_t width, bool utf8);

/// One line without a line break, for logs and pipes.
[[nodiscard]] std::string progress_line(const progress_view& view);

/// The last line: what was done, in how long.
[[nodiscard]] std::string progress_summary(const progress_view& view);

/// `1h02m`, `3m05s`, `42s`.
[[nodiscard]] std::string short_duration(std::chrono::seconds time);

/// Whether the environment says that text is UTF-8 (LC_ALL, LC_CTYPE, LANG, in this order).
[[nodiscard]] bool environment_is_utf8();

/// Writes progress to a descriptor, which it does not own.
class progress_writer {
public:
  using time_point = progress_meter::time_point;

  enum class style : std::uint8_t {
    automatic, ///< a bar on a terminal, lines elsewhere
    bar,
    lines,
    quiet, ///< nothing
  };

  progress_writer(int descriptor, style how, bool utf8, time_point start, std::uint64_t pages = 0);
  ~progress_writer();
  progress_writer(const progress_writer&) = delete;
  progress_writer& operator=(const progress_writer&) = delete;

  /// How often `update` should be called: ten times a second for a bar, every five seconds for lines.
  [[nodiscard]] std::chrono::milliseconds interval() const noexcept;

  /// Shows the counters if it is time to.
  void update(const progress_counters& counters, time_point now);

  /// Writes a line of text, above the bar if there is one.
  void message(const std::string& text);

  /// Replaces the bar by the summary. Nothing more is written.
  void finish(const progress_counters& counters, time_point now);

private:
  void write(const std::string& text) noexcept;
  [[nodiscard]] std::size_t columns() const noexcept;

  int descriptor_;
  style style_;
  bool utf8_;
  bool drawn_ = false;
  bool finished_ = false;
  progress_meter meter_;
  std::optional<time_point> last_;
  std::string bar_; // as it stands on the screen
};

} // namespace services::scraper
