#include <actors/sql/error.hpp>
#include <actors/sql/sqlite_connection.hpp>
#include <services/scraper/store.hpp>

#include <gtest/gtest.h>

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace services::scraper;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace sql = actors::sql;
using mode = result_store::mode;

namespace {

class store_test : public ::testing::Test {
protected:
  store_test() {
    auto pattern = (fs::temp_directory_path() / "actors-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error{"cannot make a temporary folder"};
    folder_ = pattern;
  }

  ~store_test() override { fs::remove_all(folder_); }

  std::string path(const std::string& name = "pages.sqlite") const { return (folder_ / name).string(); }

  template <class F>
  static std::string message_of(sql::errc kind, F&& f) {
    try {
      f();
    } catch (const sql::error& e) {
      EXPECT_EQ(to_string(e.kind()), to_string(kind)) << e.what();
      return e.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  fs::path folder_;
};

std::vector<frontier_record> urls(std::uint64_t from, std::uint64_t to, std::uint32_t depth = 0) {
  std::vector<frontier_record> result;
  for (auto i = from; i <= to; ++i)
    result.emplace_back(i, "http://h/" + std::to_string(i), depth);
  return result;
}

finished_page page(std::uint64_t number, std::vector<frontier_record> found = {}) {
  finished_page result;
  result.page.url = "http://h/" + std::to_string(number);
  result.page.status = 200;
  result.page.title = "Page " + std::to_string(number);
  result.page.text = "Text";
  result.page.links = {"http://h/1", "http://h/2"};
  result.page.fetched_at = std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 12h + 34min + 56s + 789ms;
  result.page.attempts = 1;
  result.found = std::move(found);
  return result;
}

std::vector<finished_page> pages(std::uint64_t from, std::uint64_t to) {
  std::vector<finished_page> result;
  for (auto i = from; i <= to; ++i)
    result.push_back(page(i));
  return result;
}

} // namespace

TEST_F(store_test, a_page_is_a_row_with_the_documented_columns) {
  {
    result_store store{path(), mode::fresh};
    store.add(urls(1, 1));
    store.write(std::vector{page(1, urls(2, 3, 1))});
  }
  sql::sqlite_connection db{path()};
  const auto rows = db.query("select * from pages");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.columns(),
            (sql::column_names{"url", "status", "title", "text", "links", "fetched_at", "attempts", "error"}));
  EXPECT_EQ(rows[0].get<std::string>("url"), "http://h/1");
  EXPECT_EQ(rows[0].get<int>("status"), 200);
  EXPECT_EQ(rows[0].get<std::string>("title"), "Page 1");
  EXPECT_EQ(rows[0].get<std::string>("fetched_at"), "2024-02-29T12:34:56.789Z");
  EXPECT_EQ(rows[0].get<int>("attempts"), 1);
  EXPECT_TRUE(rows[0]["error"].is_null());
  EXPECT_EQ(db.query("select value from pages, json_each(links)").size(), 2u);
  EXPECT_EQ(db.query("select strftime('%H:%M', fetched_at) from pages")[0].get<std::string>(0), "12:34");
  EXPECT_EQ(db.query("select url from frontier order by id").size(), 2u);
}

TEST_F(store_test, a_failure_is_a_row_without_a_status) {
  {
    result_store store{path(), mode::fresh};
    auto failed = page(1);
    failed.page.status = 0;
    failed.page.error = "connection refused";
    store.write(std::vector{failed});
    EXPECT_EQ(store.count().errors, 1u);
  }
  sql::sqlite_connection db{path()};
  const auto rows = db.query("select status, error from pages");
  EXPECT_TRUE(rows[0][0].is_null());
  EXPECT_EQ(rows[0].get<std::string>(1), "connection refused");
}

TEST_F(store_test, resuming_finds_what_is_finished_and_what_is_pending) {
  {
    result_store store{path(), mode::fresh};
    store.add(urls(1, 2));
    store.write(std::vector{page(1, urls(3, 5, 1))});
  }
  result_store store{path(), mode::resume};
  const auto figures = store.count();
  EXPECT_EQ(figures.pages, 1u);
  EXPECT_EQ(figures.pending, 4u);
  EXPECT_EQ(figures.last_id, 5u);
  std::vector<std::pair<std::string, bool>> known;
  store.for_each_known([&](std::string_view url, bool finished) { known.emplace_back(url, finished); });
  std::ranges::sort(known);
  EXPECT_EQ(known, (std::vector<std::pair<std::string, bool>>{{"http://h/1", true},
                                                              {"http://h/2", false},
                                                              {"http://h/3", false},
                                                              {"http://h/4", false},
                                                              {"http://h/5", false}}));
  auto pending = store.pending(0, 3);
  ASSERT_EQ(pending.size(), 3u);
  EXPECT_EQ(pending[0].id, 2u);
  EXPECT_EQ(pending[1].depth, 1u);
  pending = store.pending(pending.back().id, 3);
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].url, "http://h/5");
}

TEST_F(store_test, a_file_with_results_is_not_overwritten_by_accident) {
  {
    result_store store{path(), mode::fresh};
    store.add(urls(1, 3));
    store.write(std::vector{page(1)});
  }
  EXPECT_EQ(message_of(sql::errc::other, [&] { result_store store(path(), mode::fresh); }),
            path() +
                ": already holds the results of a crawl (1 page, 2 pending); go on with it with --resume, or choose "
                "another file with --db");
  EXPECT_EQ(result_store(path(), mode::resume).count().pages, 1u);
}

TEST_F(store_test, an_empty_result_file_may_be_used_again) {
  {
    result_store store{path(), mode::fresh};
  }
  result_store store{path(), mode::fresh};
  EXPECT_EQ(store.count().pages, 0u);
}

TEST_F(store_test, the_file_of_another_program_is_refused_and_left_as_it_was) {
  {
    sql::sqlite_connection db{path(), sql::sqlite_options{}.write_ahead_log(false)};
    db.execute("create table pages (url text)");
    db.execute("insert into pages values ('precious')");
  }
  const auto read = [&] {
    std::ostringstream content;
    content << std::ifstream{path(), std::ios::binary}.rdbuf();
    return content.str();
  };
  const auto before = read();
  const auto expected =
      path() + ": a database, but not one with results of this program; choose another file with --db";
  for (const auto how : {mode::fresh, mode::resume})
    EXPECT_EQ(message_of(sql::errc::other, [&] { result_store store(path(), how); }), expected);
  EXPECT_EQ(message_of(sql::errc::other, [&] { result_reader reader{path()}; }), expected);
  EXPECT_EQ(read(), before);
  EXPECT_EQ(std::distance(fs::directory_iterator{folder_}, {}), 1) << "nothing is left beside it";
}

TEST_F(store_test, a_file_that_is_not_a_database_is_refused_and_left_as_it_was) {
  std::ofstream{path()} << "my diary";
  const auto message = message_of(sql::errc::not_a_database, [&] { result_store store(path(), mode::resume); });
  EXPECT_TRUE(message.starts_with(path() + ": not an SQLite database")) << message;
  EXPECT_EQ(fs::file_size(path()), 8u);
}

TEST_F(store_test, a_folder_that_is_not_there_is_named) {
  const auto file = path("no/such/x.sqlite");
  EXPECT_EQ(message_of(sql::errc::cannot_open, [&] { result_store store(file, mode::fresh); }),
            file + ": cannot open the database for writing: No such file or directory");
}

TEST_F(store_test, a_newer_format_is_refused) {
  {
    result_store store{path(), mode::fresh};
  }
  {
    sql::sqlite_connection{path()}.execute("pragma user_version = 7");
  }
  const auto message = message_of(sql::errc::other, [&] { result_store store(path(), mode::resume); });
  EXPECT_NE(message.find("newer version"), std::string::npos) << message;
}

TEST_F(store_test, only_one_crawl_writes_to_a_file) {
  result_store store{path(), mode::fresh};
  EXPECT_EQ(message_of(sql::errc::busy, [&] { result_store second(path(), mode::resume); }),
            path() + ": another crawl is writing to this file");
  fs::create_symlink(path(), path("link"));
  EXPECT_THROW((result_store{path("link"), mode::resume}), sql::error);
  store.write(std::vector{page(1)});
}

TEST_F(store_test, others_can_read_while_it_is_written) {
  result_store store{path(), mode::fresh};
  result_reader reader{path()};
  std::uint64_t position = 0;
  EXPECT_TRUE(reader.read(position, 10).empty());
  store.write(pages(1, 3));
  auto got = reader.read(position, 2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].url, "http://h/1");
  EXPECT_EQ(got[0].links.size(), 2u);
  EXPECT_EQ(got[0].fetched_at, page(1).page.fetched_at);
  EXPECT_EQ(got[0].attempts, 1u);
  got = reader.read(position, 10);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].title, "Page 3");
  EXPECT_TRUE(reader.read(position, 10).empty());
}

TEST_F(store_test, a_disk_that_takes_no_more_loses_nothing_that_was_written) {
  const auto file = path();
  {
    result_store store{file, mode::fresh};
  }
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A limit for the size of files acts much as a full disk does, for this process only.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::string outcome = "written without end";
    std::uint64_t written = 0;
    try {
      result_store store{file, mode::resume};
      for (std::uint64_t i = 1; i < 10'000; ++i) {
        auto big = page(i, urls(i + 1, i + 1));
        big.page.text = std::string(5'000, 'x');
        store.write(std::vector{big});
        ++written;
      }
    } catch (const sql::error& e) {
      outcome = std::string{to_string(e.kind())} + ": " + e.what();
    }
    outcome = std::to_string(written) + ' ' + outcome;
    const auto size = ::write(ends[1], outcome.data(), outcome.size());
    ::_exit(size == static_cast<ssize_t>(outcome.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string outcome(1000, '\0');
  const auto size = ::read(ends[0], outcome.data(), outcome.size());
  ::close(ends[0]);
  ASSERT_GT(size, 0);
  outcome.resize(static_cast<std::size_t>(size));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto written = std::stoull(outcome);
  EXPECT_GT(written, 5u);
  // Which of the two depends on the file that reaches the limit; sqlite_connection_test has the sentence for a full
  // disk.
  outcome.erase(0, outcome.find(' ') + 1);
  EXPECT_TRUE(outcome.starts_with("full: " + file + ": ") || outcome.starts_with("io: " + file + ": ")) << outcome;

  result_store store{file, mode::resume};
  EXPECT_EQ(store.count().pages, written);
  EXPECT_EQ(store.count().pending, 1u);
  store.write(pages(written + 1, written + 5));
  EXPECT_EQ(store.count().pages, written + 5);
}

TEST_F(store_test, a_batch_is_written_whole_or_not_at_all) {
  result_store store{path(), mode::fresh};
  store.add(urls(1, 5));
  // Makes the third page of the batch fail.
  {
    sql::sqlite_connection db{path()};
    db.execute(
        "create trigger t before insert on pages when new.url = 'http://h/3' begin select raise(abort, 'no'); end");
  }
  EXPECT_THROW(store.write(pages(1, 5)), sql::error);
  EXPECT_EQ(store.count().pages, 0u);
  EXPECT_EQ(store.count().pending, 5u);
  {
    sql::sqlite_connection{path()}.execute("drop trigger t");
  }
  store.write(pages(1, 5));
  EXPECT_EQ(store.count().pages, 5u);
  EXPECT_EQ(store.count().pending, 0u);
}

TEST_F(store_test, what_was_written_survives_sigkill_whole) {
  // Ten times, killed wherever it happens to be.
  for (auto round = 0; round < 10; ++round) {
    const auto file = path(std::to_string(round));
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      result_store store{file, mode::fresh};
      store.add(urls(1, 1));
      for (std::uint64_t i = 1;; ++i) {
        // Each page finds the next.
        store.write(std::vector{page(i, urls(i + 1, i + 1))});
        const char done = 'x';
        if (::write(ends[1], &done, 1) != 1)
          ::_exit(0);
      }
    }
    ::close(ends[1]);
    std::uint64_t written = 0;
    char byte = 0;
    while (written < 5u + 3u * static_cast<unsigned>(round) && ::read(ends[0], &byte, 1) == 1)
      ++written;
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(ends[0], &byte, 1) == 1)
      ++written;
    ::close(ends[0]);

    result_store store{file, mode::resume};
    const auto figures = store.count();
    EXPECT_GE(figures.pages, written);
    EXPECT_LE(figures.pages, written + 1);
    EXPECT_EQ(figures.pending, 1u) << "a page and what was found on it come together";
    EXPECT_EQ(store.pending(0, 10).at(0).id, figures.pages + 1);
  }
}

TEST_F(store_test, texts_of_any_kind_come_back) {
  auto odd = page(1);
  odd.page.title = "it's \"quoted\"; drop table pages; --";
  odd.page.text = std::string(3 << 20, 'x') + "\xF0\x9F\x98\x80";
  odd.page.links = {"http://h/\"\\", "http://h/ü"};
  result_store store{path(), mode::fresh};
  store.write(std::vector{odd});
  result_reader reader{path()};
  std::uint64_t position = 0;
  const auto got = reader.read(position, 1).at(0);
  EXPECT_EQ(got.title, odd.page.title);
  EXPECT_EQ(got.text, odd.page.text);
  EXPECT_EQ(got.links, odd.page.links);
}

TEST_F(store_test, times_are_written_in_utc_with_milliseconds) {
  EXPECT_EQ(iso_8601(std::chrono::system_clock::time_point{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_8601(std::chrono::system_clock::time_point{-1ms}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(iso_8601(std::chrono::sys_days{std::chrono::year{2100} / 2 / 28} + 24h - 1ms), "2100-02-28T23:59:59.999Z");
}
