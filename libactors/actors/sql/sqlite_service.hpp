#pragma once

#include <actors/core/service.hpp>
#include <actors/sql/message_types.hpp>
#include <actors/sql/sqlite.hpp>

#include <optional>
#include <string>

namespace actors::sql {

/// SQLite as an actor: takes `sql::query` and `sql::execute` from tasks, plain CAF actors and other nodes.
///
/// ```
/// const auto db = spawn_service(std::make_unique<sql::sqlite_service>("shop.sqlite"));
/// const auto rows = co_await ask<sql::result_set>(db, sql::query{"select * from items"});
/// ```
///
/// The file is opened before the first message is handled; if that fails, the service ends with the error. Statements
/// run one at a time in the order in which they came. A caller that gives up interrupts its statement. The file is
/// closed when the service stops.
///
/// Register the messages first (`register_sql_messages`). Errors: those of `sqlite`, as text.
class sqlite_service final : public service {
public:
  explicit sqlite_service(std::string file, sqlite_options options = sqlite_options{});

protected:
  task<void> on_start() override;
  task<void> on_stop() override;

private:
  std::string file_;
  sqlite_options options_;
  std::optional<sqlite> database_;
};

} // namespace actors::sql
