#include <actors/core/ask.hpp>
#include <actors/core/runtime.hpp>
#include <actors/sql/sqlite_service.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace actors::sql {
namespace {

using namespace std::chrono_literals;

TEST(sqlite_service, answers_queries_of_tasks) {
  runtime home{runtime_options{}.workers(2)};
  home.block_on([]() -> task<> {
    const auto db = spawn_service(std::make_unique<sqlite_service>(":memory:"));
    co_await ask<std::int64_t>(db, execute{"create table t(x)"});
    std::vector<value> seven;
    seven.emplace_back(std::int64_t{7});
    const auto changed = co_await ask<std::int64_t>(db, execute{"insert into t values (?)", seven});
    EXPECT_EQ(changed, 1);
    const auto rows = co_await ask<result_set>(db, query{"select x from t"});
    EXPECT_EQ(rows.front().get<std::int64_t>("x"), 7);
  });
}

TEST(sqlite_service, answers_plain_caf_actors) {
  runtime home{runtime_options{}.workers(2)};
  const auto db = spawn_service(home, std::make_unique<sqlite_service>(":memory:"));
  caf::scoped_actor self{home.system()};
  std::int64_t answer = 0;
  self->request(db.actor(), 5s, query{"select 6 * 7 as x"})
      .receive([&](const result_set& rows) { answer = rows.front().get<std::int64_t>("x"); },
               [](const caf::error& error) { FAIL() << to_string(error); });
  EXPECT_EQ(answer, 42);
}

TEST(sqlite_service, tells_the_error_of_a_statement_and_goes_on) {
  runtime home{runtime_options{}.workers(2)};
  home.block_on([]() -> task<> {
    const auto db = spawn_service(std::make_unique<sqlite_service>(":memory:"));
    std::string what;
    try {
      co_await ask<result_set>(db, query{"select * from nowhere"});
    } catch (const remote_error& error) {
      what = error.what();
    }
    EXPECT_NE(what.find("nowhere"), std::string::npos) << what;
    const auto rows = co_await ask<result_set>(db, query{"select 1"});
    EXPECT_EQ(rows.size(), 1u);
  });
}

TEST(sqlite_service, a_caller_that_gives_up_interrupts_its_statement) {
  runtime home{runtime_options{}.workers(2)};
  home.block_on([]() -> task<> {
    const auto db = spawn_service(std::make_unique<sqlite_service>(":memory:"));
    const query endless{
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000000000000) select sum(x) from n"};
    bool timed_out = false;
    try {
      co_await ask<result_set>(db, endless).within(50ms);
    } catch (const timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    const auto rows = co_await ask<result_set>(db, query{"select 1"}).within(10s);
    EXPECT_EQ(rows.size(), 1u);
  });
}

TEST(sqlite_service, one_that_cannot_open_its_file_answers_that_it_is_gone) {
  runtime home{runtime_options{}.workers(2).log_to(make_null_log_sink())};
  home.block_on([]() -> task<> {
    const auto db = spawn_service(std::make_unique<sqlite_service>("/nonexistent/folder/x.sqlite"));
    bool failed = false;
    try {
      co_await ask<result_set>(db, query{"select 1"}).within(10s);
    } catch (const std::exception&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
  });
}

} // namespace
} // namespace actors::sql
