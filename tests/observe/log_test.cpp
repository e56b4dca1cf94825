#include <actors/observe/log.hpp>
#include <tests/support/file_size_limit.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

using actors::log_level;
using actors::log_record;
using actors::observe::log_options;
using actors::observe::log_setup_error;
using actors::observe::make_spdlog_sink;

class temporary_folder {
public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "actors-log-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  ~temporary_folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

log_options file_only(const std::filesystem::path& file) {
  return log_options().console(false).file(file);
}

std::string failure_of(const log_options& options) {
  try {
    (void)make_spdlog_sink(options);
  } catch (const log_setup_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(spdlog_sink, a_file_has_the_same_lines_as_the_plain_sink) {
  const temporary_folder folder;
  const auto sink = make_spdlog_sink(file_only(folder.file("a.log")));
  const std::array fields{actors::log_field{"attempt", "2"}};
  const auto when = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + std::chrono::milliseconds(43'200'123);
  const log_record record(log_level::warning, "scraper", "page\nis slow {} %v %n", fields, when);
  sink->write(record);
  // Every line is flushed, the sink still lives.
  EXPECT_EQ(content(folder.file("a.log")), actors::format_log_line(record) + "\n");
  EXPECT_EQ(content(folder.file("a.log")),
            "2026-01-01T12:00:00.123Z warning scraper: page\\nis slow {} %v %n attempt=2\n");
}

TEST(spdlog_sink, every_level_has_its_name_and_low_ones_are_left_out) {
  const temporary_folder folder;
  const auto sink = make_spdlog_sink(file_only(folder.file("a.log")).level(log_level::debug));
  for (const auto level : {log_level::trace, log_level::debug, log_level::info, log_level::warning, log_level::error,
                           log_level::critical}) {
    EXPECT_EQ(sink->enabled(level), level != log_level::trace);
    sink->write(log_record(level, "c", "x"));
  }
  const std::string text = content(folder.file("a.log"));
  for (const char* name : {" debug c: x", " info c: x", " warning c: x", " error c: x", " critical c: x"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(text.find("trace"), std::string::npos);
}

TEST(spdlog_sink, the_console_is_standard_error_and_plain_when_it_is_no_terminal) {
  testing::internal::CaptureStderr();
  make_spdlog_sink(log_options())->write(log_record(log_level::error, "c", "text"));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.ends_with("Z error c: text\n")) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(spdlog_sink, colours_are_used_when_asked_for) {
  testing::internal::CaptureStderr();
  make_spdlog_sink(log_options().console_colour(log_options::colour::always))
      ->write(log_record(log_level::error, "c", "text"));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("\x1b["), std::string::npos);
  EXPECT_NE(text.find("m c: text\n"), std::string::npos) << text;
}

TEST(spdlog_sink, console_and_file_get_the_same) {
  const temporary_folder folder;
  testing::internal::CaptureStderr();
  make_spdlog_sink(log_options().file(folder.file("a.log")))->write(log_record(log_level::info, "c", "both"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), content(folder.file("a.log")));
}

TEST(spdlog_sink, a_file_that_is_full_is_rotated_and_old_ones_are_bounded) {
  const temporary_folder folder;
  const auto sink = make_spdlog_sink(file_only(folder.file("a.log")).max_file_size(1024).max_old_files(2));
  for (int i = 0; i < 100; ++i)
    sink->write(log_record(log_level::info, "c", "line " + std::to_string(i) + std::string(100, 'x')));
  EXPECT_TRUE(std::filesystem::exists(folder.file("a.log")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("a.1.log")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("a.2.log")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.3.log")));
  EXPECT_LE(std::filesystem::file_size(folder.file("a.log")), 1024U);
  EXPECT_LE(std::filesystem::file_size(folder.file("a.1.log")), 1024U);
  EXPECT_NE(content(folder.file("a.log")).find("line 99"), std::string::npos);
}

TEST(spdlog_sink, no_old_files_means_one_bounded_file) {
  const temporary_folder folder;
  const auto sink = make_spdlog_sink(file_only(folder.file("a.log")).max_file_size(1024).max_old_files(0));
  for (int i = 0; i < 100; ++i)
    sink->write(log_record(log_level::info, "c", std::string(100, 'x')));
  EXPECT_LE(std::filesystem::file_size(folder.file("a.log")), 1024U);
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.1.log")));
}

TEST(spdlog_sink, an_existing_file_is_appended_to_and_missing_folders_are_made) {
  const temporary_folder folder;
  const auto file = folder.file("x/y/a.log");
  make_spdlog_sink(file_only(file))->write(log_record(log_level::info, "c", "first"));
  make_spdlog_sink(file_only(file))->write(log_record(log_level::info, "c", "second"));
  const std::string text = content(file);
  EXPECT_LT(text.find("first"), text.find("second"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(spdlog_sink, a_file_that_cannot_be_opened_is_named) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder.file("d"));
  EXPECT_EQ(failure_of(file_only(folder.file("d"))),
            "log file " + folder.file("d").string() + ": is not a regular file");
  EXPECT_EQ(failure_of(file_only("/dev/null")), "log file /dev/null: is not a regular file");
  std::ofstream(folder.file("f")) << "x";
  const std::string below_a_file = failure_of(file_only(folder.file("f/a.log")));
  EXPECT_NE(below_a_file.find(folder.file("f/a.log").string()), std::string::npos) << below_a_file;
  EXPECT_NE(below_a_file.find("Not a directory"), std::string::npos) << below_a_file;
}

TEST(spdlog_sink, options_out_of_range_are_named) {
  EXPECT_EQ(failure_of(log_options().max_file_size(1023)), "log file size: 1023 bytes are less than 1024");
  EXPECT_EQ(failure_of(log_options().max_old_files(1001)), "log files to keep: 1001 are more than 1000");
  EXPECT_EQ(failure_of(log_options().queue_size(0)), "log queue: 0 lines are not between 1 and 1000000");
  EXPECT_EQ(failure_of(log_options().queue_size(1'000'001)), "log queue: 1000001 lines are not between 1 and 1000000");
}

TEST(spdlog_sink, many_threads_write_whole_lines) {
  const temporary_folder folder;
  for (const bool asynchronous : {false, true}) {
    const auto file = folder.file(asynchronous ? "async.log" : "sync.log");
    const auto sink = make_spdlog_sink(file_only(file).asynchronous(asynchronous).queue_size(16));
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i)
          sink->write(log_record(log_level::info, "c", std::string(50, 'x')));
      });
    }
    for (auto& thread : threads)
      thread.join();
    sink->flush();
    const std::string text = content(file);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1000);
    std::size_t at = 0;
    for (std::size_t n = 0; n < 1000; ++n) {
      const std::size_t end = text.find('\n', at);
      EXPECT_TRUE(text.substr(at, end - at).ends_with(" info c: " + std::string(50, 'x')));
      at = end + 1;
    }
  }
}

TEST(spdlog_sink, an_asynchronous_one_has_written_everything_when_it_is_gone) {
  const temporary_folder folder;
  {
    const auto sink = make_spdlog_sink(file_only(folder.file("a.log")).asynchronous(true));
    for (int i = 0; i < 5000; ++i)
      sink->write(log_record(log_level::info, "c", std::to_string(i)));
  }
  const std::string text = content(folder.file("a.log"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5000);
  EXPECT_TRUE(text.ends_with("c: 4999\n"));
}

TEST(spdlog_sink, flushing_an_asynchronous_one_waits_for_what_was_written_before) {
  const temporary_folder folder;
  const auto sink = make_spdlog_sink(file_only(folder.file("a.log")).asynchronous(true));
  for (int round = 1; round <= 50; ++round) {
    for (int i = 0; i < 20; ++i)
      sink->write(log_record(log_level::info, "c", "x"));
    sink->flush();
    const std::string text = content(folder.file("a.log"));
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 20 * round);
  }
}

TEST(spdlog_sink, a_disk_that_is_full_is_said_once_and_never_thrown) {
  const temporary_folder folder;
  for (const bool asynchronous : {false, true}) {
    testing::internal::CaptureStderr();
    {
      const test_support::file_size_limit limit(4096);
      const auto file = folder.file(asynchronous ? "async.log" : "sync.log");
      const auto sink = make_spdlog_sink(file_only(file).asynchronous(asynchronous));
      for (int i = 0; i < 100; ++i)
        sink->write(log_record(log_level::info, "c", std::string(100, 'x')));
      sink->flush();
    }
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
    EXPECT_NE(text.find("File too large"), std::string::npos) << text;
    EXPECT_NE(text.find("writes failed in all"), std::string::npos) << text;
  }
}

} // namespace
