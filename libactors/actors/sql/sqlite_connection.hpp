#pragma once

#include <actors/sql/result.hpp>
#include <actors/sql/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite on the calling thread.
///
/// The blocking base of SQLite access: every call may wait for the disk or, up to the busy timeout, for another
/// connection's lock. So use it in `to_thread`, on a thread of its own or in a tool, never on a worker of the runtime.
///
/// One connection belongs to one thread at a time; only `interrupt` may come from another one. Statements and
/// transactions refer to their connection and must be gone before it. Prepared statements are cached by their text.
///
/// Defaults are chosen for a program's own database: write-ahead log (readers do not block the writer), `synchronous =
/// normal` (a killed process loses nothing that was committed, a power cut may lose the last commits but never
/// corrupts), foreign keys on.
///
/// Errors: `sql::error`, whose text starts with the file. A failed statement leaves the connection usable.
///
/// @snippet tests/sql/sqlite_connection_test.cpp insert and query
namespace actors::sql {

class sqlite_connection;

/// How a file is opened.
class sqlite_options {
public:
  enum class access : std::uint8_t {
    create,     ///< read and write, make the file if there is none
    read_write, ///< read and write an existing file
    read_only,
  };

  sqlite_options() = default;

  sqlite_options& open_for(access x) noexcept {
    access_ = x;
    return *this;
  }

  /// How long a statement waits for another connection's lock before it fails with `busy`. 5 s by default.
  sqlite_options& busy_timeout(std::chrono::milliseconds x) noexcept {
    busy_timeout_ = x;
    return *this;
  }

  /// Switches to the write-ahead log when opened for writing; on by default.
  sqlite_options& write_ahead_log(bool x) noexcept {
    write_ahead_log_ = x;
    return *this;
  }

  /// How many prepared statements are kept for reuse; 64 by default.
  sqlite_options& cached_statements(std::size_t x) noexcept {
    cached_statements_ = x;
    return *this;
  }

  [[nodiscard]] access open_for() const noexcept { return access_; }

  [[nodiscard]] std::chrono::milliseconds busy_timeout() const noexcept { return busy_timeout_; }

  [[nodiscard]] bool write_ahead_log() const noexcept { return write_ahead_log_; }

  [[nodiscard]] std::size_t cached_statements() const noexcept { return cached_statements_; }

private:
  access access_ = access::create;
  bool write_ahead_log_ = true;
  std::chrono::milliseconds busy_timeout_ = std::chrono::seconds{5};
  std::size_t cached_statements_ = 64;
};

/// A prepared statement on loan from its connection's cache; goes back, reset and without parameters, when it is
/// destroyed. Parameters and columns are counted from 0.
class sqlite_statement {
public:
  sqlite_statement(sqlite_statement&& other) noexcept;
  sqlite_statement& operator=(sqlite_statement&& other) noexcept;
  ~sqlite_statement();

  [[nodiscard]] std::size_t parameters() const noexcept;

  [[nodiscard]] std::size_t columns() const noexcept;

  [[nodiscard]] column_names names() const;

  sqlite_statement& bind(std::size_t parameter, const value& x);

  /// Binds text without copying it: it must stay where it is until the statement is reset.
  sqlite_statement& bind_text(std::size_t parameter, std::string_view text);

  sqlite_statement& bind_integer(std::size_t parameter, std::int64_t x);

  sqlite_statement& bind_null(std::size_t parameter);

  /// Binds all parameters; their number must fit.
  sqlite_statement& bind_all(std::span<const value> parameters);

  /// Goes to the next row: false when there is none.
  [[nodiscard]] bool step();

  /// Steps to the end, for statements without rows, and resets. Returns the number of changed rows.
  std::int64_t run();

  /// A copy of a cell of the current row.
  [[nodiscard]] value column(std::size_t index) const;

  /// A cell of the current row as SQLite converts it, without copying: valid until the next `step`, `reset` or
  /// conversion.
  [[nodiscard]] std::string_view text(std::size_t index) const;

  [[nodiscard]] std::int64_t integer(std::size_t index) const;

  /// Back to before the first row; parameters stay.
  void reset() noexcept;

private:
  friend class sqlite_connection;

  sqlite_statement(sqlite_connection& connection, sqlite3_stmt* statement) noexcept
      : connection_(&connection), statement_(statement) {}

  void check(int code) const;
  [[nodiscard]] int checked_parameter(std::size_t parameter) const;
  [[nodiscard]] int checked_column(std::size_t index) const;

  sqlite_connection* connection_;
  sqlite3_stmt* statement_;
};

/// A transaction that is rolled back unless it is committed.
class sqlite_transaction {
public:
  sqlite_transaction(sqlite_transaction&& other) noexcept;
  sqlite_transaction& operator=(sqlite_transaction&&) = delete;
  ~sqlite_transaction();

  /// Throws, and rolls back, if the changes could not be made durable.
  void commit();

  void rollback() noexcept;

private:
  friend class sqlite_connection;

  explicit sqlite_transaction(sqlite_connection& connection) noexcept : connection_(&connection) {}

  sqlite_connection* connection_;
};

class sqlite_connection {
public:
  /// Opens `file` (`:memory:` for a database without a file) and looks at its header, so that a file that is not a
  /// database fails here and is left untouched.
  explicit sqlite_connection(std::string file, const sqlite_options& options = sqlite_options{});

  sqlite_connection(sqlite_connection&&) = delete;
  sqlite_connection& operator=(sqlite_connection&&) = delete;
  ~sqlite_connection();

  /// Exactly one statement, from the cache if it is there.
  [[nodiscard]] sqlite_statement prepare(std::string_view sql);

  /// Runs one statement and returns all of its rows.
  result_set query(std::string_view sql, std::span<const value> parameters = {});

  result_set query(std::string_view sql, std::initializer_list<value> parameters) {
    return query(sql, std::span{parameters.begin(), parameters.size()});
  }

  /// Runs one statement for its effect; returns the number of rows changed.
  std::int64_t execute(std::string_view sql, std::span<const value> parameters = {});

  std::int64_t execute(std::string_view sql, std::initializer_list<value> parameters) {
    return execute(sql, std::span{parameters.begin(), parameters.size()});
  }

  /// Runs any number of statements separated by semicolons, stopping at the first that fails.
  void execute_script(std::string_view sql);

  /// Begins a transaction that takes the write lock at once (`begin immediate`), so that it cannot fail with `busy`
  /// half-way.
  [[nodiscard]] sqlite_transaction begin();

  [[nodiscard]] bool in_transaction() const noexcept;

  /// Makes what runs now fail with `interrupted`. May be called from any thread while the connection exists.
  void interrupt() noexcept;

  [[nodiscard]] const std::string& file() const noexcept;

private:
  friend class sqlite_statement;
  friend class sqlite_transaction;

  struct impl;

  [[noreturn]] void fail(int code, std::string_view doing) const;
  void give_back(sqlite3_stmt* statement) noexcept;

  std::unique_ptr<impl> impl_;
};

} // namespace actors::sql
