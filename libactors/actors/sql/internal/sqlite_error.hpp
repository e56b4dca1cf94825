#pragma once

#include <chrono>
#include <string>
#include <string_view>

struct sqlite3;

namespace actors::sql::internal {

/// SQL for a message: one line, cut after a reasonable length.
[[nodiscard]] std::string shown_sql(std::string_view sql);

/// Throws the `sql::error` for a result code of SQLite, or `std::bad_alloc`. `db` may be null. `doing` is the SQL, or
/// empty when the file was being opened.
[[noreturn]] void throw_sqlite_error(sqlite3* db, const std::string& file, int code, std::string_view doing,
                                     std::chrono::milliseconds busy_timeout);

} // namespace actors::sql::internal
