#include <actors/sql/error.hpp>
#include <actors/sql/sqlite_connection.hpp>

#include <gtest/gtest.h>

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace std::chrono_literals;
using actors::sql::blob;
using actors::sql::errc;
using actors::sql::error;
using actors::sql::sqlite_connection;
using actors::sql::sqlite_options;
using actors::sql::value;

namespace fs = std::filesystem;

namespace {

class sqlite_connection_test : public ::testing::Test {
protected:
  sqlite_connection_test() {
    auto pattern = (fs::temp_directory_path() / "actors-sql-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error{"cannot make a temporary folder"};
    folder_ = pattern;
  }

  ~sqlite_connection_test() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static void write(const std::string& file, const std::string& content) {
    std::ofstream{file, std::ios::binary} << content;
  }

  static std::string read(const std::string& file) {
    std::ostringstream content;
    content << std::ifstream{file, std::ios::binary}.rdbuf();
    return content.str();
  }

  template <class F>
  static std::string message_of(errc kind, F&& f) {
    try {
      f();
    } catch (const error& e) {
      EXPECT_EQ(to_string(e.kind()), to_string(kind)) << e.what();
      return e.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  fs::path folder_;
};

} // namespace

//! [insert and query]
TEST_F(sqlite_connection_test, rows_that_were_inserted_come_back_with_their_types) {
  sqlite_connection db{path("a.sqlite")};
  db.execute("create table t (id integer primary key, name text, size real, data blob)");
  EXPECT_EQ(db.execute("insert into t (name, size, data) values (?, ?, ?)", {"one", 1.5, blob{std::byte{0}}}), 1);
  EXPECT_EQ(db.execute("insert into t (name) values (?)", {nullptr}), 1);

  const auto rows = db.query("select * from t where id >= ? order by id", {1});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].get<std::string>("name"), "one");
  EXPECT_DOUBLE_EQ(rows[0].get<double>("size"), 1.5);
  EXPECT_EQ(rows[0].get<blob>("data"), blob{std::byte{0}});
  EXPECT_EQ(rows[1].get<std::optional<std::string>>("name"), std::nullopt);
}

//! [insert and query]

TEST_F(sqlite_connection_test, texts_with_nuls_and_empty_values_survive) {
  sqlite_connection db{":memory:"};
  db.execute("create table t (x)");
  const std::vector<value> values{value{std::string{"a\0b", 3}}, value{""}, value{blob{}}, value{INT64_MIN}, value{}};
  for (const auto& x : values)
    db.execute("insert into t values (?)", {x});
  const auto rows = db.query("select x from t order by rowid");
  ASSERT_EQ(rows.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(rows[i][0], values[i]) << i;
}

TEST_F(sqlite_connection_test, a_statement_can_be_bound_and_read_without_copies) {
  sqlite_connection db{":memory:"};
  db.execute("create table t (x text, y integer, z)");
  {
    auto insert = db.prepare("insert into t values (?, ?, ?)");
    const std::string_view none;
    EXPECT_EQ(insert.bind_text(0, "abc").bind_integer(1, 7).bind_null(2).run(), 1);
    EXPECT_EQ(insert.bind_text(0, none).run(), 1);
  }
  auto select = db.prepare("select x, y, z from t order by rowid");
  ASSERT_TRUE(select.step());
  EXPECT_EQ(select.text(0), "abc");
  EXPECT_EQ(select.integer(1), 7);
  EXPECT_TRUE(select.column(2).is_null());
  ASSERT_TRUE(select.step());
  EXPECT_EQ(select.column(0), value{""}) << "an empty text is not null";
  EXPECT_FALSE(select.step());
}

TEST_F(sqlite_connection_test, changes_and_ids_are_those_of_the_statement) {
  sqlite_connection db{":memory:"};
  db.execute("create table t (id integer primary key, x)");
  const auto inserted = db.query("insert into t (x) values (1), (2), (3)");
  EXPECT_EQ(inserted.changes(), 3);
  EXPECT_EQ(inserted.last_insert_id(), 3);
  EXPECT_EQ(db.query("select * from t").changes(), 0);
  EXPECT_EQ(db.execute("update t set x = 0 where id > 1"), 2);
  EXPECT_EQ(db.execute("update t set x = 0 where id > 100"), 0);
  EXPECT_EQ(db.execute("create table u (x)"), 0);
}

TEST_F(sqlite_connection_test, statements_are_reused_and_come_back_clean) {
  sqlite_connection db{":memory:", sqlite_options{}.cached_statements(2)};
  db.execute("create table t (x)");
  for (auto i = 0; i < 100; ++i) {
    db.execute("insert into t values (?)", {i});
    db.query("select " + std::to_string(i));
  }
  // Two of the same at once, and one left in the middle of its rows.
  {
    auto a = db.prepare("select x from t order by x");
    auto b = db.prepare("select x from t order by x");
    ASSERT_TRUE(a.step());
    ASSERT_TRUE(a.step());
    ASSERT_TRUE(b.step());
    EXPECT_EQ(a.integer(0), 1);
    EXPECT_EQ(b.integer(0), 0);
  }
  auto again = db.prepare("select x from t order by x");
  ASSERT_TRUE(again.step());
  EXPECT_EQ(again.integer(0), 0);
  db.prepare("insert into t values (?)").bind_integer(0, 5);
  EXPECT_EQ(db.prepare("insert into t values (?)").run(), 1);
  EXPECT_TRUE(db.query("select x from t order by rowid desc limit 1")[0][0].is_null()) << "a parameter was kept";
}

TEST_F(sqlite_connection_test, a_transaction_that_is_not_committed_is_rolled_back) {
  sqlite_connection db{path("a.sqlite")};
  db.execute("create table t (x unique)");
  {
    auto transaction = db.begin();
    db.execute("insert into t values (1)");
    EXPECT_TRUE(db.in_transaction());
  }
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(db.query("select count(*) from t")[0].get<int>(0), 0);
  {
    auto transaction = db.begin();
    db.execute("insert into t values (2)");
    transaction.commit();
  }
  try {
    auto transaction = db.begin();
    db.execute("insert into t values (3)");
    db.execute("insert into t values (2)");
    transaction.commit();
    FAIL() << "the second row violates the unique constraint";
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), errc::constraint);
    EXPECT_NE(std::string_view{e.what()}.find("UNIQUE constraint failed: t.x"), std::string_view::npos) << e.what();
  }
  EXPECT_EQ(db.query("select x from t").size(), 1u);
}

TEST_F(sqlite_connection_test, transactions_do_not_nest) {
  sqlite_connection db{":memory:"};
  auto transaction = db.begin();
  EXPECT_THROW((void)db.begin(), error);
  transaction.commit();
  EXPECT_THROW(transaction.commit(), error);
  EXPECT_FALSE(db.in_transaction());
}

TEST_F(sqlite_connection_test, a_file_that_is_not_a_database_is_named_and_left_as_it_was) {
  for (const auto& content : {std::string{"hello"}, std::string(100, 'x'), std::string(100'000, '\n'),
                              std::string{"SQLite format 2"}, std::string(4096, '\0')}) {
    const auto file = path("notes.txt");
    write(file, content);
    const auto message = message_of(errc::not_a_database, [&] { sqlite_connection db{file}; });
    EXPECT_TRUE(message.starts_with(file + ": not an SQLite database")) << message;
    EXPECT_EQ(read(file), content);
    EXPECT_FALSE(fs::exists(file + "-wal"));
  }
}

TEST_F(sqlite_connection_test, an_empty_file_becomes_a_database) {
  const auto file = path("empty");
  write(file, "");
  sqlite_connection db{file};
  db.execute("create table t (x)");
  EXPECT_TRUE(read(file).starts_with("SQLite format 3"));
}

TEST_F(sqlite_connection_test, a_truncated_database_is_an_error_not_a_crash) {
  const auto file = path("cut.sqlite");
  {
    sqlite_connection db{file};
    db.execute("create table t (x)");
    for (auto i = 0; i < 100; ++i)
      db.execute("insert into t values (?)", {std::string(1000, 'x')});
  }
  fs::resize_file(file, fs::file_size(file) / 2);
  const auto message = message_of(errc::corrupt, [&] {
    sqlite_connection db{file};
    (void)db.query("select sum(length(x)) from t");
  });
  EXPECT_TRUE(message.starts_with(file)) << message;
}

TEST_F(sqlite_connection_test, what_cannot_be_opened_is_named_with_the_reason) {
  const auto missing = path("no/such/folder/a.sqlite");
  EXPECT_EQ(message_of(errc::cannot_open, [&] { sqlite_connection db{missing}; }),
            missing + ": cannot open the database: No such file or directory");
  const auto absent = path("absent.sqlite");
  EXPECT_EQ(
      message_of(errc::cannot_open,
                 [&] { sqlite_connection db{absent, sqlite_options{}.open_for(sqlite_options::access::read_write)}; }),
      absent + ": cannot open the database: No such file or directory");
  EXPECT_FALSE(fs::exists(absent));
  const auto message = message_of(errc::cannot_open, [&] { sqlite_connection db{folder_.string()}; });
  EXPECT_TRUE(message.starts_with(folder_.string() + ": cannot open the database")) << message;
  EXPECT_THROW(sqlite_connection{""}, error);
  EXPECT_THROW((sqlite_connection{std::string{"a\0b", 3}}), error);
}

TEST_F(sqlite_connection_test, a_read_only_connection_says_that_it_cannot_write) {
  const auto file = path("a.sqlite");
  {
    sqlite_connection{file}.execute("create table t (x)");
  }
  sqlite_connection db{file, sqlite_options{}.open_for(sqlite_options::access::read_only)};
  EXPECT_EQ(db.query("select * from t").size(), 0u);
  EXPECT_EQ(message_of(errc::read_only, [&] { db.execute("insert into t values (1)"); }),
            file + ": the database may be read but not written");
}

TEST_F(sqlite_connection_test, a_full_database_says_so_and_keeps_what_was_committed) {
  const auto file = path("full.sqlite");
  {
    sqlite_connection db{file};
    db.execute("create table t (x)");
    db.execute("insert into t values ('kept')");
    // SQLite reports its own limit exactly as it reports a full disk.
    (void)db.query("pragma max_page_count = 20");
    const auto message = message_of(errc::full, [&] {
      auto transaction = db.begin();
      for (auto i = 0; i < 1000; ++i)
        db.execute("insert into t values (?)", {std::string(1000, 'x')});
      transaction.commit();
    });
    EXPECT_EQ(message,
              file + ": no space left for the database: the disk is full, or a quota or size limit is reached");
    EXPECT_FALSE(db.in_transaction());
    EXPECT_EQ(db.query("select x from t").size(), 1u);
    db.execute("insert into t values ('also kept')");
  }
  sqlite_connection db{file};
  EXPECT_EQ(db.query("select x from t").size(), 2u);
  EXPECT_EQ(db.query("pragma integrity_check")[0].get<std::string>(0), "ok");
}

TEST_F(sqlite_connection_test, a_commit_after_a_rollback_by_the_database_is_an_error) {
  sqlite_connection db{path("a.sqlite")};
  db.execute("create table t (x)");
  auto transaction = db.begin();
  db.execute("insert into t values (1)");
  db.execute("rollback");
  EXPECT_THROW(transaction.commit(), error);
}

TEST_F(sqlite_connection_test, a_lock_held_by_another_connection_is_busy_after_the_timeout) {
  const auto file = path("a.sqlite");
  sqlite_connection one{file};
  one.execute("create table t (x)");
  sqlite_connection two{file, sqlite_options{}.busy_timeout(1ms)};
  auto transaction = one.begin();
  one.execute("insert into t values (1)");
  EXPECT_EQ(message_of(errc::busy, [&] { (void)two.begin(); }),
            file + ": another connection has locked the database for longer than 1 ms");
  EXPECT_EQ(two.query("select * from t").size(), 0u) << "readers do not wait for the writer";
  transaction.commit();
  auto second = two.begin();
  EXPECT_EQ(two.query("select * from t").size(), 1u);
}

TEST_F(sqlite_connection_test, a_running_statement_can_be_interrupted_from_another_thread) {
  sqlite_connection db{":memory:"};
  std::atomic<bool> done = false;
  std::thread other{[&] {
    while (!done.load()) {
      db.interrupt();
      std::this_thread::yield();
    }
  }};
  const auto message = message_of(errc::interrupted, [&] {
    (void)db.query("with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n");
  });
  done = true;
  other.join();
  EXPECT_EQ(message, ":memory:: the statement was interrupted");
  EXPECT_EQ(db.query("select 1")[0].get<int>(0), 1);
}

TEST_F(sqlite_connection_test, wrong_sql_is_quoted_in_the_error) {
  sqlite_connection db{":memory:"};
  EXPECT_EQ(message_of(errc::syntax, [&] { (void)db.query("selec\n  1"); }),
            ":memory:: near \"selec\": syntax error [selec 1]");
  EXPECT_EQ(message_of(errc::syntax, [&] { (void)db.query("select * from absent"); }),
            ":memory:: no such table: absent [select * from absent]");
  const auto message = message_of(errc::syntax, [&] { (void)db.query("selec '" + std::string(100'000, 'x') + "'"); });
  EXPECT_LT(message.size(), 300u);
}

TEST_F(sqlite_connection_test, one_call_runs_one_statement) {
  sqlite_connection db{":memory:"};
  EXPECT_THROW((void)db.query("select 1; select 2"), error);
  EXPECT_THROW((void)db.query(""), error);
  EXPECT_THROW((void)db.query(" -- nothing"), error);
  EXPECT_EQ(db.query("select 1; -- and a comment\n")[0].get<int>(0), 1);
  db.execute_script("create table t (x); insert into t values (1); ; insert into t values (2); -- end");
  EXPECT_EQ(db.query("select * from t").size(), 2u);
  EXPECT_THROW(db.execute_script("insert into t values (3); nonsense"), error);
  EXPECT_EQ(db.query("select * from t").size(), 3u);
}

TEST_F(sqlite_connection_test, a_wrong_number_of_parameters_is_a_mistake_that_is_named) {
  sqlite_connection db{":memory:"};
  EXPECT_EQ(message_of(errc::misuse, [&] { (void)db.query("select ?, ?", {1}); }),
            ":memory:: the statement has 2 parameters, but 1 values were given [select ?, ?]");
  auto statement = db.prepare("select ?");
  EXPECT_THROW(statement.bind(1, value{}), error);
  ASSERT_TRUE(statement.step());
  EXPECT_THROW((void)statement.column(1), error);
}

TEST_F(sqlite_connection_test, closing_leaves_a_single_file) {
  const auto file = path("a.sqlite");
  {
    sqlite_connection db{file};
    db.execute("create table t (x)");
    EXPECT_TRUE(fs::exists(file + "-wal"));
  }
  EXPECT_FALSE(fs::exists(file + "-wal"));
  EXPECT_FALSE(fs::exists(file + "-shm"));
}
