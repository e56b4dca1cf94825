#include <actors/core/log.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using actors::log_field;
using actors::log_level;
using actors::log_record;
using namespace std::chrono_literals;

constexpr auto new_year = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

log_record record_of(std::string_view component, std::string_view text, std::span<const log_field> fields = {}) {
  return {log_level::warning, component, text, fields, new_year + 12h + 123ms};
}

/// A pipe of which one end is written by a sink and the other read by the test.
class test_pipe {
public:
  test_pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }

  test_pipe(const test_pipe&) = delete;
  test_pipe& operator=(const test_pipe&) = delete;

  ~test_pipe() {
    close_writer();
    ::close(ends_[0]);
  }

  [[nodiscard]] int reader() const { return ends_[0]; }

  [[nodiscard]] int writer() const { return ends_[1]; }

  void close_writer() {
    if (ends_[1] >= 0)
      ::close(ends_[1]);
    ends_[1] = -1;
  }

  [[nodiscard]] std::string read_to_end() const {
    std::string result;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer.data(), buffer.size())) > 0;) {
      result.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return result;
  }

private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(log_level, names_are_read_back_in_any_case) {
  for (const auto level : {log_level::trace, log_level::debug, log_level::info, log_level::warning, log_level::error,
                           log_level::critical}) {
    EXPECT_EQ(actors::parse_log_level(actors::to_string(level)), level);
  }
  EXPECT_EQ(actors::parse_log_level("WARNING"), log_level::warning);
  EXPECT_EQ(actors::parse_log_level("warn"), log_level::warning);
  EXPECT_EQ(actors::parse_log_level("Err"), log_level::error);
  EXPECT_EQ(actors::parse_log_level("fatal"), log_level::critical);
  for (const char* wrong : {"", "warnings", "inf", "7", " info"})
    EXPECT_EQ(actors::parse_log_level(wrong), std::nullopt);
  EXPECT_EQ(actors::to_string(static_cast<log_level>(77)), "unknown");
}

TEST(log_line, has_time_level_component_and_text) {
  EXPECT_EQ(actors::format_log_line(record_of("scraper", "page is slow")),
            "2026-01-01T12:00:00.123Z warning scraper: page is slow");
  EXPECT_EQ(actors::format_log_line(record_of("", "no component")), "2026-01-01T12:00:00.123Z warning no component");
}

TEST(log_line, times_before_1970_and_on_leap_days_are_right) {
  const auto at = [](std::chrono::system_clock::time_point when) {
    return actors::format_log_line(log_record(log_level::info, "", "x", {}, when)).substr(0, 24);
  };
  EXPECT_EQ(at(std::chrono::sys_days(std::chrono::year(1969) / 12 / 31) + 23h + 59min + 59s + 999ms),
            "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(at(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)), "2024-02-29T00:00:00.000Z");
}

TEST(log_line, fields_follow_the_text_and_are_quoted_where_needed) {
  const std::array fields{log_field{"url", "http://a/b"}, log_field{"title", "a \"b\" c"}, log_field{"empty", ""},
                          log_field{"query", "x=1"}};
  EXPECT_EQ(actors::format_log_text(record_of("scraper", "fetched", fields)),
            R"(scraper: fetched url=http://a/b title="a \"b\" c" empty="" query="x=1")");
}

TEST(log_line, what_a_peer_sends_cannot_forge_a_line) {
  const std::array fields{log_field{"url", "http://a/\n2026-01-01T00:00:00.000Z error fake: line"}};
  const std::string line = actors::format_log_line(record_of("a\nb", "text\r\nnext\x1b[2J\xff", fields));
  EXPECT_EQ(line, R"(2026-01-01T12:00:00.123Z warning a\nb: text\r\nnext\x1b[2J\xff)"
                  R"( url="http://a/\n2026-01-01T00:00:00.000Z error fake: line")");
}

TEST(log_line, a_huge_text_is_cut_and_says_so) {
  const std::string line = actors::format_log_line(record_of("c", std::string(1'000'000, 'x')));
  EXPECT_LT(line.size(), 20'000U);
  EXPECT_TRUE(line.ends_with("x… (983616 more bytes)")) << line.substr(line.size() - 40);
}

TEST(descriptor_log_sink, keeps_what_is_at_or_above_its_level) {
  test_pipe pipe;
  actors::descriptor_log_sink sink(pipe.writer(), log_level::warning);
  EXPECT_FALSE(sink.enabled(log_level::info));
  EXPECT_TRUE(sink.enabled(log_level::warning));
  sink.write(log_record(log_level::info, "c", "dropped"));
  sink.write(log_record(log_level::warning, "c", "first"));
  sink.write(log_record(log_level::critical, "c", "second"));
  pipe.close_writer();
  const std::string text = pipe.read_to_end();
  EXPECT_EQ(text.find("dropped"), std::string::npos);
  EXPECT_NE(text.find("Z warning c: first\n"), std::string::npos);
  EXPECT_NE(text.find("Z critical c: second\n"), std::string::npos);
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(descriptor_log_sink, lines_of_many_threads_do_not_mix) {
  constexpr int threads = 4;
  constexpr int lines = 500;
  test_pipe pipe;
  std::string text;
  std::thread reader([&] { text = pipe.read_to_end(); });
  {
    actors::descriptor_log_sink sink(pipe.writer());
    std::vector<std::thread> writers;
    writers.reserve(threads);
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([&sink, t] {
        for (int i = 0; i < lines; ++i) {
          const std::string message = std::to_string(t) + "/" + std::to_string(i) + " " + std::string(300, 'x');
          sink.write(log_record(log_level::info, "c", message));
        }
      });
    }
    for (auto& writer : writers)
      writer.join();
  }
  pipe.close_writer();
  reader.join();
  std::set<std::string> seen;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) {
    EXPECT_TRUE(line.ends_with(" " + std::string(300, 'x')));
    seen.insert(line.substr(line.find(": ")));
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(threads * lines));
}

TEST(descriptor_log_sink, a_descriptor_that_cannot_be_written_costs_records_only) {
  actors::descriptor_log_sink sink(-1);
  sink.write(log_record(log_level::info, "c", "x"));
  sink.write(log_record(log_level::info, "c", "y"));
  EXPECT_EQ(sink.dropped(), 2U);
}

TEST(descriptor_log_sink, a_full_disk_costs_records_only) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  actors::descriptor_log_sink sink(full);
  sink.write(log_record(log_level::info, "c", "x"));
  EXPECT_EQ(sink.dropped(), 1U);
  ::close(full);
}

TEST(descriptor_log_sink, waits_for_a_slow_reader_of_a_non_blocking_pipe) {
  test_pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
  std::string text;
  actors::descriptor_log_sink sink(pipe.writer());
  std::thread writer([&] {
    // More than a pipe holds.
    for (int i = 0; i < 100; ++i)
      sink.write(log_record(log_level::info, "c", std::string(4000, 'x')));
    pipe.close_writer();
  });
  text = pipe.read_to_end();
  writer.join();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 100);
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(null_log_sink, takes_nothing) {
  const auto sink = actors::make_null_log_sink();
  EXPECT_FALSE(sink->enabled(log_level::critical));
  sink->write(log_record(log_level::critical, "c", "x"));
  sink->flush();
}

TEST(stderr_log_sink, writes_plain_lines_to_standard_error) {
  testing::internal::CaptureStderr();
  const auto sink = actors::make_stderr_log_sink(log_level::debug);
  sink->write(log_record(log_level::debug, "node", "hello"));
  sink->write(log_record(log_level::trace, "node", "too fine"));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.ends_with("Z debug node: hello\n")) << text;
}

} // namespace
