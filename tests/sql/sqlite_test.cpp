#include <actors/core/gather.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/timeout.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/sql/error.hpp>
#include <actors/sql/sqlite.hpp>
#include <tests/core/held_pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace actors::sql {
namespace {

using namespace std::chrono_literals;

// Counts to a number that takes SQLite far longer than any test may last.
constexpr const char* endless =
    "with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000000000000) select sum(x) from n";

class sqlite_in_tasks : public testing::Test {
protected:
  sqlite_in_tasks() {
    std::string name = (std::filesystem::temp_directory_path() / "actors-sql-XXXXXX").string();
    folder = mkdtemp(name.data());
  }

  ~sqlite_in_tasks() override { std::filesystem::remove_all(folder); }

  [[nodiscard]] std::string file() const { return (folder / "test.sqlite").string(); }

  std::filesystem::path folder;
  runtime home{runtime_options{}.workers(2)};
};

task<std::int64_t> count(sqlite db) {
  const auto rows = co_await db.query("select count(*) from items");
  co_return rows.front().get<std::int64_t>(0);
}

task<sqlite> open_with_table(std::string file) {
  auto db = co_await sqlite::open(std::move(file));
  co_await db.execute("create table items(name text, price integer)");
  co_return db;
}

TEST_F(sqlite_in_tasks, what_was_written_is_read) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    sqlite::parameters bread;
    bread.emplace_back("bread");
    bread.emplace_back(std::int64_t{3});
    const auto changed = co_await db.execute("insert into items values (?, ?)", bread);
    EXPECT_EQ(changed, 1);
    const auto rows = co_await db.query("select name, price from items");
    EXPECT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].get<std::string>("name"), "bread");
    EXPECT_EQ(rows[0].get<std::int64_t>("price"), 3);
  });
}

task<> insert(sqlite db, std::int64_t price) {
  sqlite::parameters values;
  values.emplace_back(price);
  co_await db.execute("insert into items values ('x', ?)", values);
}

TEST_F(sqlite_in_tasks, many_tasks_share_a_connection) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    std::vector<task<>> inserts;
    for (std::int64_t i = 0; i < 200; ++i)
      inserts.push_back(insert(db, i));
    co_await gather(std::move(inserts));
    const auto total = co_await count(db);
    EXPECT_EQ(total, 200);
  });
}

TEST_F(sqlite_in_tasks, statements_of_one_task_run_in_order) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    for (std::int64_t i = 0; i < 50; ++i)
      co_await insert(db, i);
    const auto rows = co_await db.query("select price from items order by rowid");
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_EQ(rows[i].get<std::int64_t>(0), static_cast<std::int64_t>(i));
  });
}

TEST_F(sqlite_in_tasks, a_cancelled_statement_is_interrupted_and_the_connection_goes_on) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    const auto start = std::chrono::steady_clock::now();
    bool timed_out = false;
    try {
      co_await with_timeout(50ms, db.query(endless));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    const auto total = co_await count(db);
    EXPECT_EQ(total, 0);
  });
}

TEST_F(sqlite_in_tasks, every_call_that_waits_for_its_turn_is_withdrawn_when_it_is_cancelled) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    std::promise<void> begun;
    std::promise<void> may_end;
    const auto running = spawn(db.transaction([&](sqlite_connection&) {
      begun.set_value();
      may_end.get_future().wait();
    }));
    co_await to_thread([&begun] { begun.get_future().wait(); });
    using core_test::is_cancelled_where_it_waits;
    EXPECT_TRUE(co_await is_cancelled_where_it_waits(db.query("insert into items values ('x', 1) returning price")));
    EXPECT_TRUE(co_await is_cancelled_where_it_waits(db.execute("insert into items values ('x', 1)")));
    EXPECT_TRUE(co_await is_cancelled_where_it_waits(db.execute_script("drop table items;")));
    const auto work = [](sqlite_connection& connection) { connection.execute("insert into items values ('x', 1)"); };
    EXPECT_TRUE(co_await is_cancelled_where_it_waits(db.transaction(work)));
    EXPECT_TRUE(co_await is_cancelled_where_it_waits(db.close()));
    may_end.set_value();
    co_await running;
    EXPECT_EQ(co_await count(db), 0);
  });
}

TEST_F(sqlite_in_tasks, an_opening_that_waits_for_a_thread_is_withdrawn_when_it_is_cancelled) {
  runtime narrow{runtime_options{}.workers(1).blocking_threads(1)};
  const auto target = file();
  narrow.block_on([&target]() -> task<> {
    auto cancel = [&target]() -> task<> {
      EXPECT_TRUE(co_await core_test::is_cancelled_where_it_waits(sqlite::open(target)));
    };
    co_await core_test::while_the_pool_is_held(cancel);
    EXPECT_FALSE(std::filesystem::exists(target));
    static_cast<void>(co_await sqlite::open(target));
  });
}

TEST_F(sqlite_in_tasks, a_transaction_or_script_that_runs_is_interrupted_and_taken_back) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    const auto work = [](sqlite_connection& connection) {
      connection.execute("insert into items values ('x', 1)");
      static_cast<void>(connection.query(endless));
    };
    bool timed_out = false;
    try {
      co_await with_timeout(50ms, db.transaction(work));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(std::exchange(timed_out, false));
    EXPECT_EQ(co_await count(db), 0);
    try {
      co_await with_timeout(50ms, db.execute_script(std::string{endless} + ";"));
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(co_await count(db), 0);
  });
}

TEST_F(sqlite_in_tasks, a_statement_that_waits_for_its_turn_is_dropped_without_hurting_the_one_that_runs) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    std::promise<void> begun;
    std::promise<void> may_end;
    const auto running = spawn(db.transaction([&](sqlite_connection& connection) {
      connection.execute("insert into items values ('runs', 2)");
      begun.set_value();
      may_end.get_future().wait();
    }));
    co_await to_thread([&begun] { begun.get_future().wait(); });
    const auto waiting = spawn(insert(db, 1));
    co_await sleep(5ms);
    waiting.cancel();
    bool was_cancelled = false;
    try {
      co_await waiting;
    } catch (const cancelled&) {
      was_cancelled = true;
    }
    EXPECT_TRUE(was_cancelled);
    may_end.set_value();
    co_await running;
    const auto stored = co_await count(db);
    EXPECT_EQ(stored, 1);
  });
}

TEST_F(sqlite_in_tasks, a_transaction_commits_when_its_function_returns) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    const auto answer = co_await db.transaction([](sqlite_connection& connection) {
      connection.execute("insert into items values ('a', 1)");
      connection.execute("insert into items values ('b', 2)");
      return 42;
    });
    EXPECT_EQ(answer, 42);
    const auto total = co_await count(db);
    EXPECT_EQ(total, 2);
  });
}

TEST_F(sqlite_in_tasks, a_transaction_whose_function_throws_changes_nothing) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    std::string what;
    try {
      co_await db.transaction([](sqlite_connection& connection) {
        connection.execute("insert into items values ('a', 1)");
        throw std::runtime_error("no");
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "no");
    const auto total = co_await count(db);
    EXPECT_EQ(total, 0);
  });
}

TEST_F(sqlite_in_tasks, a_file_that_is_no_database_is_named) {
  std::ofstream{file()} << std::string(5000, 'x');
  home.block_on([this]() -> task<> {
    std::string what;
    try {
      co_await sqlite::open(file());
    } catch (const error& problem) {
      what = problem.what();
    }
    EXPECT_NE(what.find(file()), std::string::npos) << what;
  });
}

TEST_F(sqlite_in_tasks, after_close_calls_say_so) {
  home.block_on([this]() -> task<> {
    auto db = co_await open_with_table(file());
    co_await db.close();
    bool refused = false;
    try {
      co_await db.query("select 1");
    } catch (const misuse_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

} // namespace
} // namespace actors::sql
