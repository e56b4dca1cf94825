#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// What can go wrong with a database.
///
/// Every failure of this folder is thrown as `sql::error`. Its `what()` is a whole sentence that starts with the file
/// (or the server) and says what failed and why, so it can be shown as it is; `kind()` is for code that reacts;
/// `native_code()` is the driver's own number for the rest (for SQLite the extended result code,
/// <https://www.sqlite.org/rescode.html>).
///
/// Retrying makes sense for `busy` only. After `full` or `io` the transaction is gone, what was committed is safe.
namespace actors::sql {

/// The kinds of failures that a program may want to tell apart.
enum class errc : std::uint8_t {
  other = 1,      ///< anything not named below
  cannot_open,    ///< the file or its folder is missing or may not be accessed
  not_a_database, ///< the file exists, but something else wrote it
  corrupt,        ///< the database is damaged
  full,           ///< the disk, a quota or the database's own size limit is exhausted
  read_only,      ///< a write to a database that may only be read
  busy,           ///< another connection held the lock for longer than the busy timeout
  constraint,     ///< a unique, foreign key, check or not null rule refused the change
  interrupted,    ///< `interrupt` was called
  io,             ///< reading or writing the file failed
  too_large,      ///< a text, blob, statement or result exceeds a limit
  syntax,         ///< the SQL is wrong or names what does not exist
  type_mismatch,  ///< a value was asked for as a type that it is not
  no_such_column, ///< a result has no column of that name or index
  misuse,         ///< a mistake in the calling program, such as a wrong number of parameters
};

/// A short name such as `not_a_database`, stable for logs and metrics.
[[nodiscard]] std::string_view to_string(errc kind) noexcept;

/// The exception of this folder.
class error : public std::runtime_error {
public:
  /// `where` is the file or server, or empty for a value in memory; `message` says the rest and may be a whole
  /// sentence.
  error(errc kind, std::string where, const std::string& message, int native_code = 0)
      : std::runtime_error(where.empty() ? message : where + ": " + message), where_(std::move(where)),
        native_code_(native_code), kind_(kind) {}

  [[nodiscard]] errc kind() const noexcept { return kind_; }

  /// The file or server that it is about; empty if there is none.
  [[nodiscard]] const std::string& where() const noexcept { return where_; }

  /// The driver's own code, 0 if the failure does not come from the driver.
  [[nodiscard]] int native_code() const noexcept { return native_code_; }

private:
  std::string where_;
  int native_code_;
  errc kind_;
};

} // namespace actors::sql
