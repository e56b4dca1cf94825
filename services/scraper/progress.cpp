#include <services/scraper/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace services::scraper {

namespace {

using namespace std::chrono_literals;

/// Old samples lose half their weight in this time.
constexpr std::chrono::duration<double> half_life = 4s;

constexpr std::size_t bar_width = 24;
constexpr std::size_t narrowest_bar = 8;

std::string number(double x) {
  char text[40];
  const auto size = std::snprintf(text, sizeof text, x < 9.95 ? "%.1f" : "%.0f", x);
  return {text, static_cast<std::size_t>(size)};
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto x = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (x >= 1000 && unit + 1 < std::size(units)) {
    x /= 1000;
    ++unit;
  }
  return (unit == 0 ? std::to_string(bytes) : number(x)) + ' ' + units[unit];
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string{noun} + (count == 1 ? "" : "s");
}

/// A bar of `width` columns without brackets.
std::string bar(double fraction, std::size_t width, bool utf8) {
  constexpr std::string_view partial[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto steps = utf8 ? 8u : 1u;
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(width * steps));
  std::string result;
  for (std::size_t i = 0; i < filled / steps; ++i)
    result += utf8 ? "█" : "#";
  auto used = filled / steps;
  if (filled % steps != 0) {
    result += partial[filled % steps];
    ++used;
  }
  result.append(width - used, utf8 ? ' ' : '.');
  return result;
}

std::string percent(double fraction) {
  char text[16];
  // Rounded down: 100% means done.
  const auto size = std::snprintf(text, sizeof text, "%3d%%", static_cast<int>(fraction * 100));
  return {text, static_cast<std::size_t>(size)};
}

} // namespace

// ---- the meter ------------------------------------------------------------------------------------------------------

progress_meter::progress_meter(time_point start, std::uint64_t pages)
    : start_(start), last_(start), last_pages_(pages) {}

progress_view progress_meter::update(const progress_counters& counters, time_point now) {
  // An exponential moving average over time, so that it does not depend on how often it is asked for.
  const std::chrono::duration<double> passed = now - last_;
  if (passed > 0s) {
    const auto pages = counters.pages > last_pages_ ? counters.pages - last_pages_ : 0;
    const auto keep = std::exp2(-passed / half_life);
    rate_ = rate_ * keep + static_cast<double>(pages) / passed.count() * (1 - keep);
    weight_ = weight_ * keep + (1 - keep);
    last_ = now;
    last_pages_ = counters.pages;
  }

  progress_view view;
  view.counters = counters;
  view.elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::max(now - start_, decltype(now - start_){}));
  // Divided by the weight, because at the start the average contains a past in which nothing happened.
  view.rate = weight_ > 0 ? rate_ / weight_ : 0;
  auto left = counters.queued + counters.running;
  if (counters.max_pages)
    left = std::min(left, *counters.max_pages > counters.pages ? *counters.max_pages - counters.pages : 0);
  if (counters.pages + left > 0)
    view.fraction = static_cast<double>(counters.pages) / static_cast<double>(counters.pages + left);
  if (left == 0) {
    view.eta = 0s;
  } else if (view.rate > 1e-3) {
    // A crawl that takes years is a mistake; the arithmetic must survive it.
    const auto seconds = std::min(static_cast<double>(left) / view.rate, 1e9);
    view.eta = std::chrono::seconds{static_cast<std::int64_t>(std::ceil(seconds))};
  }
  return view;
}

// ---- text -----------------------------------------------------------------------------------------------------------

std::string short_duration(std::chrono::seconds time) {
  const auto total = std::max<std::int64_t>(time.count(), 0);
  const auto days = total / 86'400;
  const auto hours = total / 3'600 % 24;
  const auto minutes = total / 60 % 60;
  const auto seconds = total % 60;
  char text[48];
  if (days > 0)
    std::snprintf(text, sizeof text, "%lldd%02lldh", static_cast<long long>(days), static_cast<long long>(hours));
  else if (hours > 0)
    std::snprintf(text, sizeof text, "%lldh%02lldm", static_cast<long long>(hours), static_cast<long long>(minutes));
  else if (minutes > 0)
    std::snprintf(text, sizeof text, "%lldm%02llds", static_cast<long long>(minutes), static_cast<long long>(seconds));
  else
    std::snprintf(text, sizeof text, "%llds", static_cast<long long>(seconds));
  return text;
}

std::string progress_bar(const progress_view& view, std::size_t width, bool utf8) {
  const auto& c = view.counters;
  // From what matters most to what matters least; all of it ASCII, so a byte is a column.
  std::vector<std::string> parts;
  parts.push_back(counted(c.pages, "page"));
  parts.push_back(number(view.rate) + "/s");
  if (c.errors > 0)
    parts.push_back(counted(c.errors, "error"));
  parts.push_back(std::to_string(c.queued) + " queued");
  parts.push_back("ETA " + (view.eta ? short_duration(*view.eta) : std::string{"-"}));
  if (c.retries > 0)
    parts.push_back(c.retries == 1 ? "1 retry" : std::to_string(c.retries) + " retries");

  const auto share = view.fraction ? percent(*view.fraction) : std::string{"  -%"};
  const std::string separator = utf8 ? " · " : ", ";
  constexpr std::size_t separator_width = 3; // of the wider one

  std::string text;
  auto used = share.size();
  for (const auto& part : parts) {
    const auto more = part.size() + (text.empty() ? 2 : separator_width);
    if (used + more > width)
      break;
    text += (text.empty() ? std::string(2, ' ') : separator) + part;
    used += more;
  }
  if (used > width)
    return {};
  if (used + narrowest_bar + 3 > width)
    return share + text;
  const auto room = std::min(bar_width, width - used - 3);
  const auto drawn = bar(std::clamp(view.fraction.value_or(0), 0.0, 1.0), room, utf8);
  return (utf8 ? "▕" + drawn + "▏" : "[" + drawn + "]") + ' ' + share + text;
}

std::string progress_line(const progress_view& view) {
  const auto& c = view.counters;
  return counted(c.pages, "page") + ", " + number(view.rate) + "/s, " + counted(c.errors, "error") + ", " +
         std::to_string(c.queued) + " queued, " + std::to_string(c.running) + " running, ETA " +
         (view.eta ? short_duration(*view.eta) : std::string{"unknown"});
}

std::string progress_summary(const progress_view& view) {
  const auto& c = view.counters;
  const auto seconds = static_cast<double>(view.elapsed.count()) / 1000;
  auto text = counted(c.pages, "page") + ", " + counted(c.errors, "error");
  if (c.retries > 0)
    text += ", " + (c.retries == 1 ? std::string{"1 retry"} : std::to_string(c.retries) + " retries");
  if (c.queued > 0)
    text += ", " + std::to_string(c.queued) + " still queued";
  text +=
      ", " + size_text(c.bytes) + " in " +
      (seconds < 60 ? number(seconds) + " s" : short_duration(std::chrono::round<std::chrono::seconds>(view.elapsed)));
  return text;
}

bool environment_is_utf8() {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
    if (value == nullptr || *value == '\0')
      continue;
    std::string text{value};
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

// ---- the writer -----------------------------------------------------------------------------------------------------

progress_writer::progress_writer(int descriptor, style how, bool utf8, time_point start, std::uint64_t pages)
    : descriptor_(descriptor), style_(how), utf8_(utf8), meter_(start, pages) {
  if (style_ == style::automatic) {
    const auto* terminal = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): as above
    const auto dumb = terminal != nullptr && std::string_view{terminal} == "dumb";
    style_ = ::isatty(descriptor) == 1 && !dumb ? style::bar : style::lines;
  }
  // The first line comes after an interval, the bar at once.
  if (style_ == style::lines)
    last_ = start;
}

progress_writer::~progress_writer() {
  if (drawn_)
    write("\n");
}

std::chrono::milliseconds progress_writer::interval() const noexcept {
  return style_ == style::bar ? 100ms : 5000ms;
}

void progress_writer::update(const progress_counters& counters, time_point now) {
  if (finished_ || style_ == style::quiet || (last_ && now - *last_ < interval()))
    return;
  last_ = now;
  const auto view = meter_.update(counters, now);
  if (style_ == style::lines) {
    write(progress_line(view) + '\n');
    return;
  }
  // One column stays free: some terminals wrap when the last one is written.
  bar_ = progress_bar(view, columns() - 1, utf8_);
  write('\r' + bar_ + "\x1b[K");
  drawn_ = true;
}

void progress_writer::message(const std::string& text) {
  if (drawn_)
    write("\r\x1b[K" + text + '\n' + bar_);
  else
    write(text + '\n');
}

void progress_writer::finish(const progress_counters& counters, time_point now) {
  if (finished_)
    return;
  finished_ = true;
  if (style_ == style::quiet)
    return;
  const auto summary = progress_summary(meter_.update(counters, now));
  write((drawn_ ? "\r\x1b[K" : "") + summary + '\n');
  drawn_ = false;
}

void progress_writer::write(const std::string& text) noexcept {
  std::string_view rest{text};
  while (!rest.empty()) {
    const auto count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t progress_writer::columns() const noexcept {
  winsize size{};
  if (::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

} // namespace services::scraper
