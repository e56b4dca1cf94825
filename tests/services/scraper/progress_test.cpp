#include <services/scraper/progress.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

using namespace services::scraper;
using namespace std::chrono_literals;

namespace {

const progress_meter::time_point start{1'000'000s};

progress_counters counters(std::uint64_t pages, std::uint64_t queued, std::uint64_t errors = 0) {
  progress_counters result;
  result.pages = pages;
  result.queued = queued;
  result.errors = errors;
  return result;
}

/// Columns of text made of ASCII and the characters of a bar, each of which takes one.
std::size_t columns(const std::string& text) {
  std::size_t result = 0;
  for (const auto c : text)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
      ++result;
  return result;
}

/// A pipe whose content can be read as text.
class captured {
public:
  captured() {
    if (::pipe(ends_.data()) != 0)
      throw std::runtime_error{"no pipe"};
  }

  ~captured() {
    ::close(ends_[0]);
    if (ends_[1] >= 0)
      ::close(ends_[1]);
  }

  captured(const captured&) = delete;
  captured& operator=(const captured&) = delete;

  [[nodiscard]] int descriptor() const { return ends_[1]; }

  std::string text() {
    ::close(ends_[1]);
    ends_[1] = -1;
    std::string result;
    std::array<char, 4096> buffer{};
    while (const auto count = ::read(ends_[0], buffer.data(), buffer.size()))
      result.append(buffer.data(), static_cast<std::size_t>(count));
    return result;
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

} // namespace

TEST(progress, the_rate_follows_a_steady_crawl_from_the_start) {
  progress_meter meter{start};
  progress_view view;
  for (auto i = 1; i <= 20; ++i) {
    view = meter.update(counters(i * std::uint64_t{10}, 1000), start + i * 100ms);
    EXPECT_NEAR(view.rate, 100, 1) << i;
  }
  EXPECT_EQ(view.eta, 10s);
  EXPECT_EQ(view.elapsed, 2s);
  EXPECT_NEAR(*view.fraction, 200.0 / 1200, 1e-9);
}

TEST(progress, the_rate_does_not_depend_on_how_often_it_is_asked_for) {
  progress_meter often{start};
  progress_meter seldom{start};
  progress_view one;
  for (auto i = 1; i <= 1000; ++i)
    one = often.update(counters(i, 1), start + i * 10ms);
  const auto two = seldom.update(counters(1000, 1), start + 10s);
  EXPECT_NEAR(one.rate, two.rate, 0.5);
  EXPECT_EQ(often.update(counters(1000, 1), start + 10s).rate, one.rate) << "the same time again changes nothing";
}

TEST(progress, a_stalled_crawl_has_a_falling_rate_and_then_no_estimate) {
  progress_meter meter{start};
  (void)meter.update(counters(100, 100), start + 1s);
  const auto later = meter.update(counters(100, 100), start + 20s);
  EXPECT_LT(later.rate, 10);
  const auto much_later = meter.update(counters(100, 100), start + 1h);
  EXPECT_EQ(much_later.eta, std::nullopt);
}

TEST(progress, pages_of_an_earlier_run_are_no_speed) {
  progress_meter meter{start, 1000};
  EXPECT_NEAR(meter.update(counters(1010, 10), start + 1s).rate, 10, 0.1);
}

TEST(progress, a_limit_of_pages_bounds_the_estimate) {
  progress_meter meter{start};
  auto limited = counters(50, 100'000);
  limited.max_pages = 100;
  const auto view = meter.update(limited, start + 1s);
  EXPECT_EQ(view.eta, 1s);
  EXPECT_DOUBLE_EQ(*view.fraction, 0.5);
}

TEST(progress, the_bar_says_what_matters) {
  progress_meter meter{start};
  const auto view = meter.update(counters(50, 150, 2), start + 1s);
  EXPECT_EQ(progress_bar(view, 100, false),
            "[######..................]  25%  50 pages, 50/s, 2 errors, 150 queued, ETA 3s");
  EXPECT_EQ(progress_bar(view, 100, true),
            "▕██████                  ▏  25%  50 pages · 50/s · 2 errors · 150 queued · ETA 3s");
}

TEST(progress, the_bar_never_is_wider_than_the_terminal) {
  progress_meter meter{start};
  auto big = counters(1'234'567'890, 9'876'543'210, 1'000'000);
  big.retries = 123'456;
  const auto view = meter.update(big, start + 100h);
  for (const auto utf8 : {false, true})
    for (std::size_t width = 0; width < 200; ++width)
      EXPECT_LE(columns(progress_bar(view, width, utf8)), width) << width;
  EXPECT_EQ(progress_bar(view, 4, false), " 11%");
  EXPECT_EQ(progress_bar(view, 3, false), "");
}

TEST(progress, an_unfinished_crawl_is_never_at_100_percent) {
  progress_meter meter{start};
  EXPECT_NE(progress_bar(meter.update(counters(99'999, 1), start + 1s), 80, false).find(" 99%"), std::string::npos);
  EXPECT_NE(progress_bar(meter.update(counters(100'000, 0), start + 2s), 80, false).find("100%"), std::string::npos);
  EXPECT_NE(progress_bar(progress_view{}, 80, false).find("0 pages"), std::string::npos);
}

TEST(progress, the_plain_line_has_no_control_characters) {
  progress_meter meter{start};
  const auto view = meter.update(counters(50, 150, 1), start + 1s);
  EXPECT_EQ(progress_line(view), "50 pages, 50/s, 1 error, 150 queued, 0 running, ETA 3s");
  EXPECT_EQ(progress_line(progress_view{}), "0 pages, 0.0/s, 0 errors, 0 queued, 0 running, ETA unknown");
}

TEST(progress, the_summary_tells_what_was_done) {
  progress_meter meter{start};
  auto all = counters(1169, 0);
  all.bytes = 16'119'000;
  all.retries = 60;
  EXPECT_EQ(progress_summary(meter.update(all, start + 1500ms)), "1169 pages, 0 errors, 60 retries, 16 MB in 1.5 s");
  all.queued = 3;
  EXPECT_EQ(progress_summary(meter.update(all, start + 185s)),
            "1169 pages, 0 errors, 60 retries, 3 still queued, 16 MB in 3m05s");
}

TEST(progress, durations_are_short) {
  EXPECT_EQ(short_duration(0s), "0s");
  EXPECT_EQ(short_duration(59s), "59s");
  EXPECT_EQ(short_duration(60s), "1m00s");
  EXPECT_EQ(short_duration(3599s), "59m59s");
  EXPECT_EQ(short_duration(3720s), "1h02m");
  EXPECT_EQ(short_duration(50h), "2d02h");
  EXPECT_EQ(short_duration(-5s), "0s");
  EXPECT_FALSE(short_duration(std::chrono::seconds::max()).empty());
}

TEST(progress, lines_come_every_five_seconds_and_at_the_end) {
  captured pipe;
  {
    progress_writer writer{pipe.descriptor(), progress_writer::style::automatic, true, start};
    EXPECT_EQ(writer.interval(), 5s);
    for (auto i = 1; i <= 110; ++i)
      writer.update(counters(i, 0), start + i * 100ms);
    writer.message("something happened");
    writer.finish(counters(110, 0), start + 11s);
    writer.update(counters(111, 0), start + 20s);
    writer.finish(counters(111, 0), start + 21s);
  }
  const auto text = pipe.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 4);
  EXPECT_TRUE(text.starts_with("50 pages, 10/s,")) << text;
  EXPECT_TRUE(text.ends_with("something happened\n110 pages, 0 errors, 0 B in 11 s\n")) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(progress, a_bar_is_redrawn_in_place_and_messages_go_above_it) {
  captured pipe;
  {
    progress_writer writer{pipe.descriptor(), progress_writer::style::bar, false, start};
    writer.update(counters(0, 1), start);
    writer.update(counters(1, 1), start + 10ms);
    writer.message("note");
    writer.update(counters(2, 1), start + 200ms);
    writer.finish(counters(3, 0), start + 300ms);
  }
  const auto text = pipe.text();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2) << text;
  EXPECT_EQ(text.find("1 page,"), std::string::npos) << "not redrawn before its time";
  EXPECT_NE(text.find("\r\x1b[Knote\n["), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\r\x1b[K3 pages, 0 errors, 0 B in 0.3 s\n")) << text;
}

TEST(progress, quiet_is_quiet) {
  captured pipe;
  {
    progress_writer writer{pipe.descriptor(), progress_writer::style::quiet, false, start};
    writer.update(counters(1, 1), start + 1h);
    writer.finish(counters(1, 0), start + 2h);
  }
  EXPECT_EQ(pipe.text(), "");
}

TEST(progress, a_descriptor_that_cannot_be_written_loses_only_the_progress) {
  progress_writer writer{-1, progress_writer::style::bar, false, start};
  writer.update(counters(1, 1), start + 1s);
  writer.finish(counters(1, 0), start + 2s);
}
