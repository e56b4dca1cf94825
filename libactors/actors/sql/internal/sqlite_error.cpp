#include <actors/sql/internal/sqlite_error.hpp>

#include <actors/sql/error.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace actors::sql::internal {

namespace {

errc kind_of(int code, int system_errno) {
  switch (code & 0xff) {
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return errc::cannot_open;
  case SQLITE_NOTADB:
    return errc::not_a_database;
  case SQLITE_CORRUPT:
    return errc::corrupt;
  case SQLITE_FULL:
    return errc::full;
  case SQLITE_IOERR:
    // Growing the write-ahead log's index reports a full disk as an I/O error.
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG ? errc::full : errc::io;
  case SQLITE_READONLY:
    return errc::read_only;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return errc::busy;
  case SQLITE_CONSTRAINT:
    return errc::constraint;
  case SQLITE_INTERRUPT:
    return errc::interrupted;
  case SQLITE_TOOBIG:
    return errc::too_large;
  case SQLITE_ERROR:
    return errc::syntax;
  case SQLITE_MISUSE:
  case SQLITE_RANGE:
    return errc::misuse;
  default:
    return errc::other;
  }
}

std::string system_reason(int system_errno) {
  return system_errno == 0 ? std::string{} : std::system_category().message(system_errno);
}

} // namespace

std::string shown_sql(std::string_view sql) {
  constexpr std::size_t limit = 120;
  std::string text;
  auto blank = true; // swallows blanks at the start
  for (const auto c : sql) {
    const auto is_blank = static_cast<unsigned char>(c) <= ' ';
    if (is_blank && blank)
      continue;
    if (text.size() >= limit)
      return text + "…";
    text += is_blank ? ' ' : c;
    blank = is_blank;
  }
  return text;
}

void throw_sqlite_error(sqlite3* db, const std::string& file, int code, std::string_view doing,
                        std::chrono::milliseconds busy_timeout) {
  if ((code & 0xff) == SQLITE_NOMEM)
    throw std::bad_alloc{};
  // Before anything else is asked of the connection, which would replace them.
  const auto system_errno = db == nullptr ? 0 : sqlite3_system_errno(db);
  std::string detail = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  const auto extended = db == nullptr || code > 0xff ? code : sqlite3_extended_errcode(db);
  const auto native = (extended & 0xff) == (code & 0xff) ? extended : code;
  const auto kind = kind_of(code, system_errno);
  const auto reason = system_reason(system_errno);

  std::string message;
  switch (kind) {
  case errc::cannot_open:
    message = "cannot open the database: " + (reason.empty() ? detail : reason);
    break;
  case errc::not_a_database:
    message = "not an SQLite database (something else wrote this file, or it is encrypted)";
    break;
  case errc::corrupt:
    message = "the database is damaged: " + detail;
    break;
  case errc::full:
    message = "no space left for the database: the disk is full, or a quota or size limit is reached";
    break;
  case errc::read_only:
    message = "the database may be read but not written";
    break;
  case errc::busy:
    message =
        "another connection has locked the database for longer than " + std::to_string(busy_timeout.count()) + " ms";
    break;
  case errc::interrupted:
    message = "the statement was interrupted";
    break;
  case errc::io:
    message = "reading or writing the database failed: " + (reason.empty() ? detail : reason);
    break;
  default:
    message = std::move(detail);
    if (!doing.empty())
      message += " [" + shown_sql(doing) + ']';
    break;
  }
  throw error{kind, file, message, native};
}

} // namespace actors::sql::internal
